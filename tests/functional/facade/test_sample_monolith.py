"""The sample monolith direct and through the facade: two equal copies, the same visit, the same pages."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest
from fakes.servers import process

SAMPLE = Path(__file__).resolve().parents[3] / "sample_monolith"
SECRETS = re.compile(r'(csrfmiddlewaretoken" value=")[^"]+|(?:csrftoken|sessionid)=[A-Za-z0-9]+')
TOLD = (
    "content-type",
    "location",
    "vary",
    "cache-control",
    "content-disposition",
    "allow",
    "x-frame-options",
)


@dataclass(frozen=True)
class Sites:
    direct: str
    facade: str


@pytest.fixture(scope="module")
def sites(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sites]:
    folder = tmp_path_factory.mktemp("sample")

    def monolith(name: str) -> list[str]:
        return [str(SAMPLE / "run.py"), "--port", "0", "--database", str(folder / name), "--orders", "30"]

    with ExitStack() as stack:
        direct = stack.enter_context(process(monolith("a.db"), "Serving", SAAS_MEDIA=str(folder / "a")))
        behind = stack.enter_context(process(monolith("b.db"), "Serving", SAAS_MEDIA=str(folder / "b")))
        serve = ["-m", "strangler.cli", "serve", "--monolith", behind, "--bind", "127.0.0.1:0"]
        serve += ["--admin-bind", "127.0.0.1:0", "--state", f"sqlite:///{folder / 'state.db'}"]
        yield Sites(direct, stack.enter_context(process(serve, "facade on")))


@dataclass
class Visit:
    """A browser that writes down what it sees, without what must differ: addresses, tokens, session keys."""

    base: str
    client: httpx.Client = field(init=False)
    seen: list[tuple[object, ...]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.client = httpx.Client(base_url=self.base, trust_env=False, timeout=20)

    def get(self, path: str, **options: object) -> httpx.Response:
        return self._note("GET", path, **options)

    def post(self, path: str, data: dict[str, str], **options: object) -> httpx.Response:
        token = {"csrfmiddlewaretoken": self.client.cookies.get("csrftoken", "")}
        return self._note("POST", path, data={**token, **data}, headers={"Origin": self.base}, **options)

    def log_in(self, user: str) -> None:
        self.get("/accounts/login/?next=/")
        answer = self.post(
            "/accounts/login/", {"username": user, "password": "demo-password", "next": "/orders/"}
        )
        assert answer.status_code == 302, answer.text

    def _note(self, method: str, path: str, **options: object) -> httpx.Response:
        answer = self.client.request(method, path, **options)  # type: ignore[arg-type]
        fields = [(name, self._clean(answer.headers[name])) for name in TOLD if name in answer.headers]
        cookies = [re.sub("=[^;]*", "", c, count=1) for c in answer.headers.get_list("set-cookie")]
        cookies = [re.sub("expires=[^;]*", "expires", cookie) for cookie in cookies]
        body = (
            self._clean(answer.text) if "text" in answer.headers.get("content-type", "") else answer.content
        )
        self.seen.append((method, path, answer.status_code, fields, cookies, body))
        return answer

    def _clean(self, text: str) -> str:
        return SECRETS.sub("SECRET", text.replace(self.base, "BASE"))


def compare(sites: Sites, visit: object) -> None:
    """Plays a visit on both sites and compares page by page."""
    seen = []
    for base in (sites.direct, sites.facade):
        browser = Visit(base)
        with browser.client:
            visit(browser)  # type: ignore[operator]
        seen.append(browser.seen)
    direct, facade = seen
    assert len(direct) == len(facade)
    for expected, got in zip(direct, facade, strict=True):
        assert got == expected


def test_a_form_without_its_token_or_from_elsewhere_is_refused_by_django(sites: Sites) -> None:
    def visit(browser: Visit) -> None:
        browser.get("/accounts/login/")
        login = {"username": "alice", "password": "demo-password"}
        assert browser.client.post("/accounts/login/", data=login).status_code == 403
        token = {"csrfmiddlewaretoken": browser.client.cookies["csrftoken"]}
        evil = {"Origin": "http://evil.example"}
        assert (
            browser.client.post("/accounts/login/", data={**login, **token}, headers=evil).status_code == 403
        )
        browser.get("/orders/")

    compare(sites, visit)


def test_pages_redirects_errors_and_conditional_requests_are_equal(sites: Sites) -> None:
    def visit(browser: Visit) -> None:
        for path in (
            "/",
            "/healthz",
            "/nowhere/",
            "/orders",
            "/accounts/login/",
            "/static/saas/app.css",
            "/a//b/",
        ):
            browser.get(path)
        browser.log_in("alice")
        for path in ("/", "/orders/", "/orders/?page=2", "/customers/", "/billing/invoices/", "/catalog/"):
            assert browser.get(path).status_code in (200, 404)
        for path in ("/inventory/", "/support/", "/reports/", "/audit/", "/notifications/", "/orders"):
            browser.get(path)
        browser.client.cookies.delete("sessionid")
        assert browser.get("/orders/").status_code == 302

    compare(sites, visit)


def test_the_json_api_is_equal(sites: Sites) -> None:
    def visit(browser: Visit) -> None:
        token = {"Authorization": "Token demo-token-alice-acme"}
        for path in (
            "/api/me/",
            "/api/billing/invoices/?per_page=5",
            "/api/orders/",
            "/api/catalog/products/",
        ):
            assert browser.get(path, headers=token).status_code == 200
        listed = browser.get("/api/billing/invoices/?status=O&per_page=1", headers=token).json()
        invoice = listed["results"][0]["id"]
        paid = browser.client.post(
            f"/api/billing/invoices/{invoice}/pay/", json={"method": "C"}, headers=token
        )
        assert paid.json()["status"] == "P"
        assert browser.get(f"/api/billing/invoices/{invoice}/", headers=token).json()["status"] == "P"
        assert browser.get("/api/billing/invoices/", headers={"Authorization": "Token x"}).status_code in (
            401,
            403,
        )

    compare(sites, visit)


def test_upload_and_download_are_equal(sites: Sites) -> None:
    content = bytes(range(256)) * 4096  # 1 MiB of everything

    def visit(browser: Visit) -> None:
        browser.log_in("alice")
        form = browser.get("/support/new/").text
        customer = re.search(r'<option value="(\d+)"', form)
        assert customer is not None
        data = {"subject": "Größe", "body": "See the file.", "customer": customer[1]}
        answer = browser.post("/support/new/", data, files={"attachment": ("größe.bin", content)})
        assert answer.status_code == 302, answer.text
        page = browser.get(answer.headers["location"]).text
        link = re.search(r"/support/attachments/\d+/", page)
        assert link is not None
        assert browser.get(link[0]).content == content

    compare(sites, visit)


def test_a_streamed_export_is_equal(sites: Sites) -> None:
    def visit(browser: Visit) -> None:
        browser.log_in("alice")
        answer = browser.get("/orders/export.csv")
        assert answer.headers["transfer-encoding"] == "chunked"
        assert answer.text.count("\n") > 5

    compare(sites, visit)


def test_the_admin_works(sites: Sites) -> None:
    def visit(browser: Visit) -> None:
        browser.get("/admin/")
        browser.get("/admin/login/")
        data = {"username": "admin", "password": "demo-password", "next": "/admin/"}
        assert browser.post("/admin/login/", data).status_code == 302
        index = browser.get("/admin/").text
        links = list(dict.fromkeys(re.findall(r'href="(/admin/\w+/\w+/)"', index)))
        assert len(links) > 10
        for link in links[:8]:
            assert browser.get(link).status_code == 200
        assert browser.post("/admin/logout/", {}).status_code == 302

    compare(sites, visit)


def test_server_sent_events_come_while_the_stream_is_open(sites: Sites) -> None:
    """An event that is asked for again (Last-Event-ID) arrives at once, although the stream never ends."""

    def visit(browser: Visit) -> None:
        browser.log_in("alice")
        with browser.client.stream("GET", "/events/", headers={"Last-Event-ID": "0"}) as stream:
            assert stream.headers["content-type"].startswith("text/event-stream")
            first = next(line for line in stream.iter_lines() if line.startswith("data:"))
            browser.seen.append((stream.status_code, first))

    compare(sites, visit)
