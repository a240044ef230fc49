from __future__ import annotations

import io
import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from fakes.commands import Answer, Here

from analyzer.model import schema
from analyzer.model.facts import Facts, Location
from analyzer.model.facts import Route as FoundRoute
from analyzer.model.plan import Analysis, Boundary, Metrics
from strangler.store import open_state

Run = Callable[..., Answer]
ADD = (
    "routes",
    "add",
    "billing",
    "--path",
    "/inv/<int:pk>/",
    "--path",
    "/inv/",
    "--service",
    "http://127.0.0.1:9001",
)


@pytest.fixture
def added(run: Run) -> Run:
    assert run(*ADD).code == 0
    return run


@pytest.fixture
def declared(added: Run) -> Run:
    assert added("routes", "writer", "billing", "monolith").code == 0
    return added


READING = [
    ("list",),
    ("show",),
    ("show", "billing"),
    ("test", "GET", "/"),
    ("history",),
    ("diff", "0"),
    ("export",),
    ("canary", "billing", "5"),
    ("flip", "billing", "--to", "service"),
    ("shadow", "billing", "5"),
    ("writer", "billing", "monolith"),
    ("policy", "billing", "none"),
    ("rollback",),
    ("remove", "billing"),
]


@pytest.mark.parametrize("arguments", READING)
def test_without_a_state_nothing_is_made_and_one_line_says_so(
    run: Run, tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    answer = run("routes", *arguments)
    assert (answer.code, answer.out) == (2, "")
    assert answer.err.count("\n") == 1
    assert "there is no state" in answer.err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (("canary", "biling", "5"), 2, "Did you mean 'billing'?"),
        (("canary", "billing", "5,5"), 2, "not a percentage"),
        (("canary", "billing", "100.01"), 2, "not a percentage"),
        (("canary", "billing", "-1"), 2, "Nothing here takes a negative number"),
        (("shadow", "billing", "-0.5"), 2, "Nothing here takes a negative number"),
        (("canary", "billing", "5", "--sticky", "claim:sub"), 2, "nothing verifies who asks"),
        (("canary", "billing", "5"), 3, "routes writer billing monolith"),
        (("flip", "billing", "--to", "service"), 3, "routes writer billing monolith"),
        (("canary", "billing", "5", "--force"), 3, "needs a reason"),
        (("rollback", "billing", "--to", "99"), 2, "no version 99"),
        (("diff", "7"), 2, "no version 7"),
        (("show", "biling"), 2, "Did you mean 'billing'?"),
        (("test", "GET", "inv/"), 2, "slash"),
        (("test", "G T", "/inv/"), 2, "method"),
        (("test", "GET", "/inv/", "-H", "x"), 2, "header"),
        (("add", "billing", "--path", "/x/", "--service", "http://x"), 3, "already"),
        (("add", "x", "--path", "/<x/", "--service", "http://x"), 2, "nothing closes"),
        (("add", "x", "--path", "/x/", "--service", "x"), 2, "address"),
        (("add", "x", "--path", "/x/"), 3, "--service"),
        (("set-upstream", "billing", "nowhere"), 2, "address"),
        (("import", "missing.json", "--boundary", "b", "--service", "http://x"), 2, "cannot be read"),
        (("apply", "missing.toml"), 2, "cannot be read"),
        (("list", "--state", "redis://x"), 2, "sqlite:///"),
        (("list", "--state", "memory://"), 2, "ends with this command"),
        (("list", "--state", "sqlite:///x.db", "--url", "http://x"), 2, "exclude"),
        (("list", "--url", "nonsense"), 2, "admin API"),
        (("list", "--url", "http://127.0.0.1:1"), 2, "does not answer"),
    ],
)
def test_bad_input_is_one_line_and_changes_nothing(
    added: Run, arguments: tuple[str, ...], code: int, says: str
) -> None:
    answer = added("routes", *arguments)
    assert (answer.code, answer.out) == (code, "")
    assert answer.err.count("\n") == 1
    assert says in answer.err
    assert len(added("routes", "history", "--format", "json").json["history"]) == 1


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("t.toml", "grups = 1", "Did you mean 'groups'?"),
        ("t.toml", "x = ", "not TOML"),
        ("t.json", "{", "not JSON"),
        ("t.json", "[]", "not a route table"),
        ("t.toml", "[[routes]]\nname='a'\npath='/'\njwt='x'", "routes[0].jwt"),
        ("strangler.toml", "sate = 'x'", "Did you mean 'state'?"),
    ],
)
def test_a_bad_document_makes_no_state(run: Run, tmp_path: Path, name: str, content: str, says: str) -> None:
    (tmp_path / name).write_text(content)
    answer = run("routes", "apply", name)
    assert answer.code == 2
    assert says in answer.err
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_a_dry_run_changes_nothing(declared: Run) -> None:
    answer = declared("routes", "flip", "billing", "--to", "service", "--dry-run")
    assert answer.code == 0
    assert "+share = 100" in answer.out
    assert declared("routes", "show", "billing", "--format", "json").json["groups"][0]["share"] == 0


def test_on_a_terminal_a_no_changes_nothing_and_a_rollback_never_asks(
    declared: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    declared("routes", "canary", "billing", "50")
    monkeypatch.setattr("strangler.cli.views.interactive", lambda: True)
    monkeypatch.setattr(sys, "stdin", io.StringIO("n\n"))
    answer = declared("routes", "flip", "billing", "--to", "service")
    assert answer.code != 0
    assert "+share = 100" in answer.err
    assert declared("routes", "show", "--format", "json").json["groups"][0]["share"] == 50
    assert declared("routes", "rollback").code == 0
    monkeypatch.setattr(sys, "stdin", io.StringIO("y\n"))
    assert declared("routes", "canary", "billing", "7").code == 0


def test_a_route_is_added_listed_and_shown(added: Run) -> None:
    listed = added("routes", "list")
    assert listed.out.splitlines()[0].split() == [
        "ROUTE",
        "PATTERN",
        "METHODS",
        "GROUP",
        "SHARE",
        "WRITER",
        "SHADOW",
    ]
    assert listed.out.splitlines()[1].split() == [
        "billing",
        "/inv/<int:pk>/",
        "all",
        "billing",
        "0",
        "%",
        "undeclared",
        "-",
    ]
    shown = added("routes", "show", "billing-2")
    assert "http://127.0.0.1:9001" in shown.out
    assert "version 1" in shown.out
    listed_json = added("routes", "list", "--format", "json").json
    assert (listed_json["schema_version"], listed_json["version"]) == (1, 1)
    assert [route["name"] for route in listed_json["routes"]] == ["billing", "billing-2"]


def test_a_routes_name_moves_its_group_and_says_so(declared: Run) -> None:
    answer = declared("routes", "canary", "billing-2", "12.5", "--reason", "first users")
    assert "'billing-2' is a route of the group 'billing'" in answer.err
    assert answer.out == "version 3: share of billing 0 % -> 12.5 %\n"
    [record] = declared("routes", "history", "--limit", "1", "--format", "json").json["history"]
    assert (record["actor"], record["via"], record["reason"]) == ("tester", "store", "first users")


def test_a_path_that_the_facade_would_refuse_is_said_to_be(declared: Run) -> None:
    asked = declared("routes", "test", "GET", "/inv//7/", "--format", "json")
    assert asked.code == 1
    assert "read in several ways" in asked.json["reason"]
    assert "400 by the facade" in declared("routes", "test", "GET", "/inv/%2e/7/").out


def test_a_request_is_explained(declared: Run) -> None:
    declared("routes", "canary", "billing", "12.5")
    cookie = ("-H", "Cookie: sessionid=abc")
    explained = declared("routes", "test", "GET", "/inv/7/?page=2", *cookie, "--format", "json").json
    assert explained["route"] == "billing"
    assert explained["side"] == ("service" if explained["bucket"] < 1250 else "monolith")
    assert (
        declared("routes", "test", "POST", "/inv/7/", "--format", "json").json["reason"]
        == "the monolith is the writer"
    )
    drawn = declared("routes", "test", "GET", "/inv/7/")
    assert "either" in drawn.out
    assert "12.5 % of such users get the service" in drawn.out
    nothing = declared("routes", "test", "GET", "/nothing/")
    assert (nothing.code, "no route matches" in nothing.out) == (1, True)


def test_the_policies_that_a_request_meets_are_explained(run: Run, tmp_path: Path) -> None:
    (tmp_path / "table.toml").write_text(
        """
        [gateway]
        tenant = "header:X-Tenant"
        [policies.api]
        fallback = true
        [policies.api.rate]
        client = "100/1m burst 20"
        route = "1000/1s"
        [policies.api.retry]
        [policies.api.limits]
        body = "10MiB"
        [policies.api.timeouts]
        total = "30s"
        [policies.api.tenants]
        acme = "gold"
        [policies.gold]
        [upstreams.billing]
        url = "http://127.0.0.1:9001"
        [upstreams.billing.breaker]
        [upstreams.billing.bulkhead]
        per_tenant = 5
        [groups.billing]
        service = "billing"
        share = 100
        writer = "monolith"
        policy = "api"
        [[routes]]
        name = "billing"
        path = "/inv/"
        group = "billing"
        """
    )
    assert run("routes", "apply", str(tmp_path / "table.toml"), "--yes").code == 0
    told = run("routes", "test", "GET", "/inv/").out
    for words in (
        "api, by the group billing",
        "100 requests in 60 s for each client, at most 20 at once",
        "1000 requests in 1 s for this route",
        "body 10485760 bytes",
        "total 30 s",
        "sent up to 3 times",
        "the monolith, where the service gives no answer",
        "50 % of at least 20 requests in 10 s fail",
        "100 requests at once with billing (5 for one tenant), 100 wait up to 1 s",
    ):
        assert words in told, told
    of_acme = run("routes", "test", "GET", "/inv/", "-H", "X-Tenant: acme", "--format", "json").json
    assert of_acme["policy"] == {"name": "gold", "of": "the tenant, in place of api"}
    assert of_acme["guards"] == {"breaker": {}, "bulkhead": {"per_tenant": 5}}
    assert run("routes", "policy", "billing", "none", "--yes").code == 0
    assert run("routes", "test", "GET", "/inv/", "--format", "json").json["policy"] is None
    assert "there is no policy" in run("routes", "policy", "billing", "nobody", "--yes").err
    assert run("routes", "policy", "nobody", "api", "--yes").code == 2
    assert run("routes", "canary", "billing", "5", "--tenant", "acme", "--yes").code == 0
    assert "5 % of those of acme" in run("routes", "show", "billing").out
    assert "[groups.billing.shares]\nacme = 5" in run("routes", "export").out


def test_the_whole_way_there_and_back(declared: Run) -> None:
    assert declared("routes", "shadow", "billing", "10").code == 0
    assert declared("routes", "canary", "billing", "25", "--sticky", "client").code == 0
    assert declared("routes", "flip", "billing", "--to", "service").code == 0
    assert declared("routes", "writer", "billing", "service").code == 0
    back = declared("routes", "rollback", "billing", "--reason", "broken")
    assert back.code == 0
    assert "ALARM billing: writes still go to the service" in back.err
    assert declared("routes", "rollback", "--to", "4").code == 0
    history = declared("routes", "history").out
    assert [line.split()[0] for line in history.splitlines()[1:]] == ["8", "7", "6", "5", "4", "3", "2", "1"]
    assert "+share = 25" in declared("routes", "diff", "3", "4").out


def test_what_is_exported_can_be_applied(
    declared: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for format_ in ("toml", "json"):
        exported = declared("routes", "export", "--format", format_)
        (tmp_path / f"table.{format_}").write_text(exported.out)
        assert "stays" in declared("routes", "apply", f"table.{format_}").out
        monkeypatch.setattr(sys, "stdin", io.StringIO(exported.out))
        assert "stays" in declared("routes", "apply", "-").out
    assert declared("routes", "export", "-o", "out.toml").out == ""
    assert (tmp_path / "out.toml").read_text() == (tmp_path / "table.toml").read_text()


def test_a_configuration_file_may_hold_the_table_too(run: Run, tmp_path: Path) -> None:
    (tmp_path / "strangler.toml").write_text('state = "sqlite:///other.db"\n[gateway]\ntrusted_hops = 2\n')
    assert run("routes", "apply", "strangler.toml").code == 0
    assert (tmp_path / "other.db").exists()
    state = open_state(f"sqlite:///{tmp_path}/other.db")
    assert state.routes.load().gateway.trusted_hops == 2
    state.close()


@pytest.fixture
def analysed(tmp_path: Path) -> None:
    """An ``analysis.json`` with a home page, and a boundary that owns two patterns."""
    here = Location("urls.py", 1)
    routes = (
        FoundRoute("", "v", here, name="home"),
        FoundRoute("inv/", "v", here, name="inv", methods=("GET",)),
        FoundRoute("old/", "v", here, name="old", methods=("GET",)),
    )
    metrics = Metrics(0, 0, 0, 0, 0, 0.0)
    found = Boundary("billing", (), (), (), (1, 2), 1.0, (), "extract now", (), metrics, ())
    (tmp_path / "analysis.json").write_bytes(
        schema.write(Analysis(Facts("shop", routes=routes), (), (found,), (), ()))
    )


@pytest.mark.usefixtures("analysed")
def test_an_import_that_is_refused_says_nothing_of_patterns_that_stay(run: Run) -> None:
    how = ("routes", "import", "analysis.json", "--boundary", "billing", "--only", "inv/", "--service")
    answer = run(*how, "not an address")
    assert (answer.code, answer.out, answer.err.count("\n")) == (2, "", 1)
    assert "stays with the monolith" not in answer.err
    assert "1 of its patterns stays with the monolith" in run(*how, "http://127.0.0.1:9001").err


@pytest.mark.usefixtures("analysed")
def test_a_boundary_is_imported_from_an_analysis(run: Run) -> None:
    how = ("routes", "import", "analysis.json", "--service", "http://127.0.0.1:9001", "--boundary")
    assert "Did you mean 'billing'?" in run(*how, "biling").err
    assert run(*how, "billing").out == "version 1: import billing: 2 routes of 3 URL patterns\n"
    assert "stays" in run(*how, "billing").out
    listed = run("routes", "list")
    assert "inv    /inv/    read only  billing" in listed.out
    assert "and 1 pattern" in listed.err
    assert run("routes", "canary", "billing", "5").code == 0


def test_json_is_the_same_for_every_change(added: Run) -> None:
    answer = added("routes", "shadow", "billing", "10", "--format", "json").json
    assert (answer["schema_version"], answer["version"], answer["changed"], answer["alarms"]) == (
        1,
        2,
        True,
        [],
    )
    assert "+shadow = 10" in json.dumps(answer["difference"])


def test_a_file_is_followed_once_and_says_what_is_new(here: Here, tmp_path: Path) -> None:
    here.run("routes", "add", "billing", "--prefix", "/inv/", "--service", "http://127.0.0.1:9001")
    here.run("routes", "export", "-o", "routes.toml")
    file = tmp_path / "routes.toml"
    file.write_text(
        file.read_text("utf-8").replace("[groups.billing]", "[groups.billing]\nshare = 5"), "utf-8"
    )
    refused = here.run("routes", "follow", "routes.toml", "--once")
    assert (refused.code, "writer" in refused.err) == (3, True)
    file.write_text(file.read_text("utf-8").replace("share = 5", 'share = 5\nwriter = "monolith"'), "utf-8")
    assert "+share = 5" in here.run("routes", "follow", "routes.toml", "--dry-run").out
    assert here.run("routes", "follow", "routes.toml", "--once").out.startswith("version 2: apply")
    assert "nothing is new" in here.run("routes", "follow", "routes.toml", "--once").err
