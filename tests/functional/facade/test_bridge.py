"""The sample monolith's sessions at the extracted service, through ``strangler serve``, before and after every flip."""

from __future__ import annotations

import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from functools import partial
from http.client import HTTPConnection

import httpx
import pytest

from strangler.control.service import Control
from strangler.control.verbs import Flip, Request, SetWriter
from strangler.monolith import IDENTITY_VIEW
from strangler.store import open_state

from .test_sample_monolith import SAMPLE, process

BILLING = SAMPLE / "extracted" / "billing"
SECRET, KEY = "b" * 48, "k" * 48
LIST = "/api/billing/invoices/"
SETTINGS = """\
from saas.settings import *
ROOT_URLCONF = "bridged_urls"
STRANGLER_IDENTITY = {{"SECRET": {secret!r}, "CLAIMS": "bridged_urls.claims"}}
"""
URLS = """\
from django.urls import include, path
import strangler_identity

def claims(request):
    role = request.user.role_in(request.tenant) if request.tenant else None
    return {"tenant": request.tenant.slug if request.tenant else None, "roles": [role.code] if role else []}

urlpatterns = [path("strangler/identity/", strangler_identity.view), path("", include("saas.urls"))]
"""
TABLE = """\
[gateway]
trusted_hops = 1
[policies.users.session]
[policies.users.identity]
[policies.users.require]
roles_any = ["owner", "accounting", "sales"]

[upstreams.billing]
url = "{service}"

[groups.billing]
service = "billing"
sticky = "user"
writer = "monolith"
policy = "users"

[[routes]]
name = "list"
group = "billing"
path = "/api/billing/invoices/"
[[routes]]
name = "detail"
group = "billing"
path = "/api/billing/invoices/<int:pk>/"
[[routes]]
name = "pay"
group = "billing"
path = "/api/billing/invoices/<int:pk>/pay/"
"""


@dataclass(frozen=True)
class Site:
    """The addresses of all (``several``: a facade of three workers), and the state in which routes move."""

    facade: str
    several: str
    monolith: str
    service: str
    state: str

    def flip(self, to: str, writer: str) -> None:
        """Moves reads and writes, and waits until the facade has heard of it."""
        state = open_state(self.state, create=False)
        try:
            control = Control(state.routes)
            control.change(Request(SetWriter("billing", writer), force=True, reason="a test"), via="store")
            control.change(Request(Flip("billing", to), force=True, reason="a test"), via="store")
        finally:
            state.close()
        expected = "service" if to == "service" else "monolith"
        with httpx.Client(base_url=self.facade, trust_env=False) as client, logged_in(client, "alice"):
            deadline = time.monotonic() + 10
            while client.get(LIST).headers["x-strangler-side"] != expected:
                assert time.monotonic() < deadline
                time.sleep(0.02)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("bridge")
    shutil.copy(IDENTITY_VIEW, folder)
    (folder / "bridged_settings.py").write_text(SETTINGS.format(secret=SECRET))
    (folder / "bridged_urls.py").write_text(URLS)
    legacy, copy, state = folder / "saas.db", folder / "billing.db", f"sqlite:///{folder / 'state.db'}"
    inside = {
        "PYTHONPATH": str(folder),
        "DJANGO_SETTINGS_MODULE": "bridged_settings",
        "SAAS_MEDIA": str(folder),
    }
    inside |= {"SAAS_TRUST_PROXY": "1", "SAAS_ALLOWED_HOSTS": "shop.example"}
    with ExitStack() as stack:
        run = [str(SAMPLE / "run.py"), "--port", "0", "--database", str(legacy), "--orders", "200"]
        monolith = stack.enter_context(process(run, "Serving", **inside))
        backfill = [sys.executable, BILLING / "backfill.py", "--legacy", legacy, "--database", copy]
        subprocess.run(backfill, check=True, capture_output=True)
        serve = [str(BILLING / "run.py"), "--database", str(copy)]  # without --monolith: it can ask nobody
        service = stack.enter_context(process(serve, "http://", STRANGLER_IDENTITY_KEY=KEY))
        (folder / "strangler.toml").write_text(TABLE.format(service=service))
        front = [
            "-m",
            "strangler.cli",
            "serve",
            "--monolith",
            monolith,
            "--bind",
            "127.0.0.1:0",
            "--debug-headers",
        ]
        front += ["--admin-bind", "127.0.0.1:0", "--state", state, "--config", str(folder / "strangler.toml")]
        secrets = {"STRANGLER_IDENTITY_KEY": KEY, "STRANGLER_BRIDGE_SECRET": SECRET}
        facade = stack.enter_context(process(front, "facade on", **secrets))
        several = stack.enter_context(process([*front, "--workers", "3"], "facade on", **secrets))
        yield Site(facade, several, monolith, service, state)


@contextmanager
def logged_in(client: httpx.Client, user: str) -> Iterator[httpx.Client]:
    answer = submit(client, "/accounts/login/", username=user, password="demo-password")
    assert answer.status_code == 302, answer.text
    yield client


def submit(client: httpx.Client, path: str, **fields: str) -> httpx.Response:
    """A form of the monolith, sent as a browser does, with its token."""
    if "csrftoken" not in client.cookies:
        client.get("/accounts/login/")
    fields["csrfmiddlewaretoken"] = client.cookies["csrftoken"]
    return client.post(path, data=fields, headers={"Origin": str(client.base_url).rstrip("/")})


def pay(client: httpx.Client, invoice: int, **headers: str) -> httpx.Response:
    return client.post(f"{LIST}{invoice}/pay/", json={}, headers=headers)


def open_invoice(client: httpx.Client) -> int:
    return int(client.get(f"{LIST}?status=O&per_page=1").json()["results"][0]["id"])


def ask_anew(base: str, cookie: str) -> tuple[int, str | None]:
    """Status and side of an answer over a connection of its own."""
    with closing(HTTPConnection(base.removeprefix("http://"), timeout=20)) as connection:
        connection.request("GET", LIST, headers={"Cookie": cookie})
        answer = connection.getresponse()
        answer.read()
        return answer.status, answer.headers["x-strangler-side"]


Visitor = Callable[[str], httpx.Client]


@pytest.fixture
def visitor(site: Site) -> Iterator[Visitor]:
    """Somebody who has just logged in through the facade; an empty name: a stranger."""
    with ExitStack() as stack:

        def visit(user: str) -> httpx.Client:
            client = stack.enter_context(httpx.Client(base_url=site.facade, trust_env=False, timeout=20))
            return stack.enter_context(logged_in(client, user)) if user else client

        yield visit


@pytest.mark.parametrize("to", ["service", "monolith"])
def test_strangers_and_whoever_lacks_the_role_are_refused_on_either_side(
    site: Site, visitor: Visitor, to: str
) -> None:
    site.flip(to, to)
    stranger = visitor("")
    assert stranger.get(LIST).status_code == 401
    assert stranger.get(LIST, headers={"Cookie": "sessionid=forged"}).status_code == 401
    assert stranger.get(LIST, headers={"X-Strangler-Identity": "a.b.c"}).status_code == 401
    assert visitor("frank").get(LIST).status_code == 403
    assert stranger.get("/strangler/identity/").status_code == 404
    assert stranger.get("/strangler/identity/", headers={"X-Strangler-Bridge": SECRET}).status_code == 404


def test_the_view_tells_nobody_who_does_not_know_the_secret(site: Site) -> None:
    for headers in (
        {},
        {"X-Strangler-Bridge": ""},
        {"X-Strangler-Bridge": SECRET[:-1]},
        {"X-Strangler-Bridge": "\xff"},
    ):
        told = {name: value.encode("latin-1") for name, value in headers.items()}
        assert httpx.get(f"{site.monolith}/strangler/identity/", headers=told).status_code == 404
    right = {"X-Strangler-Bridge": SECRET}
    assert httpx.post(f"{site.monolith}/strangler/identity/", headers=right).status_code in (403, 404)
    answer = httpx.get(f"{site.monolith}/strangler/identity/", headers=right)
    assert answer.json() == {"version": 1, "user": None, "expires": None}
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("to", ["service", "monolith"])
def test_a_write_without_its_token_or_from_elsewhere_is_refused_on_either_side(
    site: Site, visitor: Visitor, to: str
) -> None:
    site.flip(to, to)
    alice = visitor("alice")
    invoice = open_invoice(alice)
    token = {"X-CSRFToken": alice.cookies["csrftoken"]}
    assert pay(alice, invoice).status_code == 403
    assert pay(alice, invoice, **{"X-CSRFToken": "x" * 32}).status_code == 403
    assert pay(alice, invoice, Origin="http://evil.example", **token).status_code == 403
    assert pay(alice, invoice, **{"Sec-Fetch-Site": "cross-site"}, **token).status_code == 403
    assert alice.get(f"{LIST}{invoice}/").json()["status"] == "O"


@pytest.mark.parametrize(("first", "then"), [("monolith", "service"), ("service", "monolith")])
def test_a_session_and_its_csrf_token_are_good_on_both_sides_of_a_flip(
    site: Site, visitor: Visitor, first: str, then: str
) -> None:
    site.flip(first, first)
    alice = visitor("alice")
    cookies = dict(alice.cookies)
    for side in (first, then):
        site.flip(side, side)
        answer = alice.get(LIST)
        assert (answer.status_code, answer.headers["x-strangler-side"]) == (200, side)
        own = {"X-CSRFToken": alice.cookies["csrftoken"], "Origin": site.facade}
        assert pay(alice, open_invoice(alice), **own).status_code == 200
        assert submit(alice, "/accounts/switch/", tenant="acme").status_code == 302
    assert {name: alice.cookies[name] for name in cookies} == cookies, (
        "neither side replaced the other's cookies"
    )


@pytest.mark.parametrize("to", ["service", "monolith"])
def test_a_logout_is_known_at_once_and_the_old_cookie_stays_dead(
    site: Site, visitor: Visitor, to: str
) -> None:
    site.flip(to, to)
    alice = visitor("alice")
    assert alice.get(LIST).status_code == 200
    stolen = f"sessionid={alice.cookies['sessionid']}"
    assert submit(alice, "/accounts/logout/").status_code == 302
    assert alice.get(LIST).status_code == 401
    assert httpx.get(f"{site.facade}{LIST}", headers={"Cookie": stolen}).status_code == 401
    with logged_in(alice, "alice"):
        assert alice.get(LIST).status_code == 200


def test_a_logout_through_one_worker_is_known_to_all(site: Site) -> None:
    site.flip("service", "service")
    with ThreadPoolExecutor(16) as many:  # or one worker would take all
        for _ in range(5):
            with (
                httpx.Client(base_url=site.several, trust_env=False, timeout=20) as alice,
                logged_in(alice, "alice"),
            ):
                stolen = [f"sessionid={alice.cookies['sessionid']}"] * 48
                while set(many.map(partial(ask_anew, site.several), stolen)) != {(200, "service")}:
                    time.sleep(0.02)  # one of them has not heard of the flip
                assert submit(alice, "/accounts/logout/").status_code == 302
                assert set(many.map(partial(ask_anew, site.several), stolen)) == {(401, None)}


def test_a_tenant_that_was_chosen_on_the_monolith_counts_at_the_service_at_once(
    site: Site, visitor: Visitor
) -> None:
    site.flip("service", "service")
    erin, seen = visitor("erin"), []
    for tenant in ("acme", "globex", "acme"):
        assert submit(erin, "/accounts/switch/", tenant=tenant).status_code == 302
        answer = erin.get(LIST)
        assert answer.headers["x-strangler-side"] == "service"
        seen.append({row["id"] for row in answer.json()["results"]})
    assert seen[0] == seen[2]
    assert seen[0]
    assert seen[1]
    assert seen[0].isdisjoint(seen[1])


@pytest.mark.parametrize("to", ["service", "monolith"])
def test_behind_a_tls_proxy_browsers_write_by_https_and_not_from_http(
    site: Site, visitor: Visitor, to: str
) -> None:
    site.flip(to, to)
    proxied = {"Host": "shop.example", "X-Forwarded-Proto": "https"}
    cookies = dict(visitor("alice").cookies)
    with httpx.Client(base_url=site.facade, trust_env=False, headers=proxied, cookies=cookies) as alice:
        answer = alice.get("/accounts/profile")
        assert (answer.status_code, answer.headers["location"]) == (301, "/accounts/profile/")
        invoice = open_invoice(alice)
        token = {"X-CSRFToken": cookies["csrftoken"], "Referer": "https://shop.example/"}
        assert pay(alice, invoice, Origin="http://shop.example.evil", **token).status_code == 403
        assert pay(alice, invoice, Origin="https://shop.example", **token).status_code == 200
        page = {"csrfmiddlewaretoken": cookies["csrftoken"], "tenant": "acme"}
        for origin, status in (("http://shop.example", 403), ("https://shop.example", 302)):
            headers = {"Origin": origin, "Referer": "https://shop.example/"}
            assert alice.post("/accounts/switch/", data=page, headers=headers).status_code == status


def test_a_service_that_is_reached_past_the_facade_believes_nobody(site: Site, visitor: Visitor) -> None:
    session = f"sessionid={visitor('alice').cookies['sessionid']}"
    for headers in ({"Cookie": session}, {"X-Strangler-Identity": "a.b.c"}, {"X-Strangler-Identity": ""}):
        assert httpx.get(f"{site.service}{LIST}", headers=headers).status_code == 401
