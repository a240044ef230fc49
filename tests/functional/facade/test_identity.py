"""Who is asking: what a client says of itself never arrives, what was verified does, rules hold on every spelling."""

from __future__ import annotations

import asyncio
import json
from base64 import urlsafe_b64decode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any

import pytest
from fakes.facades import running
from fakes.issuer import Clock, Issuer, KeySets, Sessions
from fakes.wire import Answer, Head, Peer, connected, get, upstream

from strangler.facade.identify import Identities
from strangler.policy.assertion import Signer
from strangler.policy.keys import static_keys
from strangler.policy.tokens import read_token, verify
from strangler.routing import Gateway, Group, Policy, Route, RouteTable, Upstream
from strangler.routing.cohort import bucket_of
from strangler.routing.identity import Forwarding, Requirement, SessionRules, TokenRules

pytestmark = pytest.mark.anyio
KEY = b"k" * 48
ISSUER = Issuer()
JWT = TokenRules(
    algorithms=("ES256",),
    jwks="https://issuer.example/keys",
    issuer="https://issuer.example/",
    audience=("shop",),
    cookie="access",
)
ADA = {"sub": "17", "name": "ada", "roles": ["clerk"], "permissions": ["billing.pay"], "tenant": "acme"}
POLICY = Policy(
    "p",
    jwt=JWT,
    session=SessionRules(),
    identity=Forwarding(headers=(("x-auth-roles", "roles"), ("x-auth-user", "sub"))),
)
TOLD = TokenRules(algorithms=("HS256",), issuer="strangler", audience=("g",), required=("exp", "sub"))


@dataclass
class Site:
    """A facade between a client and both sides, all of whose requests are kept."""

    port: int
    sets: KeySets
    sessions: Sessions
    clock: Clock
    heard: list[tuple[str, Head]]

    async def ask(self, *fields: str, target: str = "/g/", method: str = "GET") -> Answer:
        async with connected(self.port) as client:
            await client.send(get(target, *fields, method=method))
            return await client.answer(method)

    @property
    def last(self) -> Head:
        return self.heard[-1][1]


@asynccontextmanager
async def site(
    policy: Policy = POLICY,
    *,
    signer: bool = True,
    share: float = 100.0,
    tenant: str | None = None,
    **group: Any,
) -> AsyncIterator[Site]:
    heard: list[tuple[str, Head]] = []

    def side(name: str) -> Any:
        async def script(peer: Peer) -> None:
            while True:
                head, _ = await peer.request()
                heard.append((name, head))
                cookie = b"Set-Cookie: sessionid=; Max-Age=0\r\n" if "logout" in head.target else b""
                await peer.send(
                    b"HTTP/1.1 200 OK\r\n"
                    + cookie
                    + b"X-Side: "
                    + name.encode()
                    + b"\r\nContent-Length: 0\r\n\r\n"
                )

        return script

    async with upstream(side("old")) as old, upstream(side("new")) as new:
        table = RouteTable(
            upstreams={"s": Upstream("s", new.url)},
            groups={"g": replace(Group("g", "s", share=share, policy="p", writer="service"), **group)},
            routes=(
                Route("open", "g/open/", group="g", policy="none"),
                Route("g", "g/", kind="prefix", group="g"),
                Route("guarded", "guarded/", policy="p"),
            ),
            policies={"p": policy},
            gateway=Gateway(tenant=tenant),
        )
        sets, sessions, clock = KeySets(ISSUER.jwk()), Sessions(s1=ADA), Clock()
        async with running(old.url, table) as front:
            front.facade.know(
                Identities(
                    sets,
                    lambda place: b"",
                    sessions,
                    Signer(KEY) if signer else None,
                    clock=clock,
                    ticks=clock,
                )
            )
            yield Site(front.port, sets, sessions, clock, heard)


def bearer(**claims: Any) -> str:
    return f"Authorization: Bearer {ISSUER.token(**claims).decode()}"


def told(head: Head) -> dict[str, Any]:
    """What the service is told, verified as a service does."""
    raw = head["x-strangler-identity"].encode()
    return verify(read_token(raw, TOLD), static_keys(KEY, ("HS256",)), TOLD, Clock()())


async def test_what_a_client_says_of_itself_never_arrives() -> None:
    lies = [
        "X-Strangler-Identity: forged",
        "X_Strangler_Identity: forged",
        "x-STRANGLER_identity: forged",
        "X-Auth-User: root",
        "X_Auth_User: root",
        "X-Auth_Roles: admin",
        "X-AUTH-ROLES: admin",
        "X-Strangler-Bridge: guess",
    ]
    async with site() as front:
        for target in ("/g/open/", "/elsewhere/", "/g/", "/guarded/"):
            await front.ask(*lies, *lies, "Cookie: sessionid=s1", target=target)
            text = repr(front.last).lower()
            assert "forged" not in text
            assert "root" not in text
            assert "admin" not in text
            assert "guess" not in text
        await front.ask(*lies, "Connection: x-strangler-identity, x-auth-user", "Cookie: sessionid=s1")
        assert told(front.last)["sub"] == front.last["x-auth-user"] == "17"


async def test_nobody_passes_unknown() -> None:
    async with site() as front:
        for fields in (
            (),
            ("Cookie: sessionid=",),
            ("Cookie: sessionid=nobody",),
            ("Cookie: Sessionid=s1",),
            ("Authorization: Basic YTpi",),
            ("Authorization: Token abc",),
            ("Authorization: Bearer",),
            ("Authorization: Bearer ",),
            ("Authorization: Bearer x",),
            ("Authorization: Bearer a.b.c", "Cookie: sessionid=s1"),
            (bearer(exp=1),),
            (bearer(), bearer()),
            (bearer(), "Authorization: Basic YTpi"),
            ("Authorization: Basic YTpi", bearer()),
            (f"Authorization: Bearer {'x' * 9000}",),
            ("Cookie: access=a.b.c; sessionid=s1",),
        ):
            answer = await front.ask(*fields)
            assert answer.status == 401, fields
            assert answer.head["www-authenticate"].startswith('Bearer realm="strangler"')
        assert not front.heard


async def test_rules_hold_on_every_spelling_of_a_path() -> None:
    async with site(replace(POLICY, require=Requirement(roles_any=("admin",)))) as front:
        for target in (
            *("/guarded/", "/%67uarded/", "//guarded/", "/./guarded/", "/x/../guarded/", "/guarded/;a=b"),
            *("/guarded%2f", "/x/..%2fguarded/", "/guarded\\", "/%2e/guarded/", "/x/%2e%2e/guarded/"),
            *("/g/open/../", "/g/open/..;/", "/g//open/", "/g/open/%2e%2e/x/", "/guarded/%00", "/guarded/#"),
        ):
            answer = await front.ask("Cookie: sessionid=s1", target=target)
            assert answer.status in (400, 403), target
        assert not front.heard


async def test_the_identity_view_is_nobody_elses() -> None:
    async with site() as front:
        for target in (
            *("/strangler/identity/", "/strangler/identity/?a=b", "//strangler/identity/"),
            *(
                "/strangler/./identity/",
                "/%73trangler/identity/",
                "/strangler%2fidentity/",
                "/strangler/identity/;x",
            ),
        ):
            answer = await front.ask("X-Strangler-Bridge: guess", target=target)
            assert answer.status in (400, 404), target
        assert not front.heard


async def test_a_site_cannot_make_a_browser_write_elsewhere() -> None:
    cookie = "Cookie: sessionid=s1"
    async with site() as front:
        for fields in (
            ("Origin: http://evil.example",),
            ("Origin: null",),
            ("Origin: http://shop.example.evil.example",),
            ("Origin: http://[",),
            ("Sec-Fetch-Site: cross-site",),
            ("Sec-Fetch-Site: same-site", "Origin: http://shop.example"),
        ):
            for method in ("POST", "PUT", "DELETE", "PATCH"):
                assert (await front.ask(cookie, *fields, method=method)).status == 403
            access = f"Cookie: access={ISSUER.token().decode()}"
            assert (await front.ask(access, *fields, method="POST")).status == 403
            assert (await front.ask(bearer(), *fields, method="POST")).status == 200
            assert (await front.ask(cookie, *fields)).status == 200
        for fields in (("Origin: http://shop.example",), ("Sec-Fetch-Site: same-origin",), ()):
            assert (await front.ask(cookie, *fields, method="POST")).status == 200
    async with site(replace(POLICY, origins=("https://app.example",))) as front:
        trusted = ("Origin: https://app.example", "Sec-Fetch-Site: cross-site")
        assert (await front.ask(cookie, *trusted, method="POST")).status == 200


async def test_a_site_cannot_make_a_browser_open_a_websocket_elsewhere() -> None:
    handshake = ("Cookie: sessionid=s1", "Connection: Upgrade", "Upgrade: websocket")
    async with site() as front:
        for fields in (("Origin: http://evil.example",), ("Sec-Fetch-Site: cross-site",)):
            assert (await front.ask(*handshake, *fields)).status == 403
        assert (await front.ask(*handshake, "Origin: http://shop.example")).status == 200


async def test_a_logout_is_known_at_once() -> None:
    async with site() as front:
        assert (await front.ask("Cookie: sessionid=s1")).status == 200
        front.sessions.users.clear()
        assert (await front.ask("Cookie: sessionid=s1")).status == 200
        assert (await front.ask("Cookie: a=1; sessionid=s1", target="/accounts/logout/")).status == 200
        assert (await front.ask("Cookie: sessionid=s1")).status == 401


async def test_without_its_keys_or_the_monolith_nobody_is_let_in() -> None:
    async with site(signer=False) as front:
        assert (await front.ask("Cookie: sessionid=s1")).status == 503
        assert not front.heard
    async with (
        running(
            "http://127.0.0.1:1", RouteTable(routes=(Route("a", "a/", policy="p"),), policies={"p": POLICY})
        ) as bare,
        connected(bare.port) as client,
    ):
        await client.send(get("/a/", bearer()))
        assert (await client.answer()).status == 503


async def test_what_is_required_has_to_be_there() -> None:
    for requirement, status in (
        (Requirement(roles_any=("admin", "clerk")), 200),
        (Requirement(roles_all=("admin", "clerk")), 403),
        (Requirement(permissions_all=("billing.pay",)), 200),
        (Requirement(permissions_any=("billing.void",)), 403),
        (Requirement(roles_any=("clerk",), scopes_all=("invoices",)), 403),
    ):
        async with site(replace(POLICY, require=requirement)) as front:
            assert (await front.ask("Cookie: sessionid=s1")).status == status
            assert (await front.ask()).status == 401
    async with site(replace(POLICY, require=Requirement(scopes_all=("a", "b")))) as front:
        assert (await front.ask(bearer(scope="b c a"))).status == 200
        answer = await front.ask(bearer(scope="ab"))
        assert (answer.status, answer.head["www-authenticate"]) == (
            403,
            'Bearer realm="strangler", error="insufficient_scope"',
        )


async def test_everybody_may_pass_where_that_is_said_but_not_with_a_bad_token() -> None:
    async with site(replace(POLICY, anonymous=True)) as front:
        assert (await front.ask()).status == 200
        assert "x-strangler-identity" not in front.last
        assert "x-auth-user" not in front.last
        assert (await front.ask(bearer(exp=1))).status == 401
        assert (await front.ask("Cookie: sessionid=s1")).status == 200
        assert told(front.last)["sub"] == "17"


async def test_sessions_and_tokens_arrive_as_the_same_identity() -> None:
    async with site() as front:
        claims = {"name": "ada", "roles": ["clerk"], "tenant": "acme"}
        ways = {
            "session": ("Cookie: sessionid=s1",),
            "token": (bearer(**claims), "Cookie: sessionid=other"),
            "cookie": (f"Cookie: access={ISSUER.token(**claims).decode()}; sessionid=other",),
        }
        for via, fields in ways.items():
            assert (await front.ask(*fields)).status == 200
            expected = {
                **claims,
                "sub": "17",
                "iss": "strangler",
                "aud": "g",
                "via": via.replace("cookie", "token"),
            }
            identity = told(front.last)
            assert identity.pop("exp") - identity.pop("iat") <= 60
            assert identity == expected
            assert (front.last["x-auth-user"], front.last["x-auth-roles"]) == ("17", "clerk")
        assert (await front.ask("Cookie: sessionid=s1", target="/guarded/")).status == 200
        payload = front.last["x-strangler-identity"].split(".")[1]
        assert json.loads(urlsafe_b64decode(payload + "=="))["aud"] == "monolith"


async def test_the_monolith_is_asked_once_for_many_requests_at_once() -> None:
    async with site() as front:
        front.sessions.gate.clear()
        asking = [asyncio.create_task(front.ask("Cookie: sessionid=s1")) for _ in range(20)]
        while not front.sessions.asked:  # noqa: ASYNC110
            await asyncio.sleep(0.001)
        front.sessions.gate.set()
        assert {answer.status for answer in await asyncio.gather(*asking)} == {200}
        assert len(front.sessions.asked) == 1
        assert (front.sessions.asked[0].host, front.sessions.asked[0].scheme) == ("shop.example", "http")


async def test_an_assertion_is_renewed_before_it_ends() -> None:
    async with site() as front:
        token, seen = bearer(), []
        for seconds in (29, 1, 0):
            await front.ask(token)
            seen.append(front.last["x-strangler-identity"])
            front.clock.now += seconds
        assert seen[0] == seen[1] != seen[2]


async def test_a_user_is_on_one_side_by_claim_and_by_either_way_in() -> None:
    below = next(str(n) for n in range(1000) if bucket_of("g", str(n)) < 5000)
    above = next(str(n) for n in range(1000) if bucket_of("g", str(n)) >= 5000)
    for sticky in ("user", "claim:sub"):
        async with site(share=50.0, sticky=sticky) as front:
            front.sessions.users.update(low={"sub": below}, high={"sub": above})
            for subject, cookie, side in ((below, "low", "new"), (above, "high", "old")):
                for fields in ((bearer(sub=subject),), (f"Cookie: sessionid={cookie}",)):
                    assert (await front.ask(*fields)).head["x-side"] == side


async def test_a_tenant_by_claim_chooses_the_side_and_cannot_be_claimed_without_proof() -> None:
    async with site(share=0.0, tenant="claim:tenant", allow=("tenant:acme",)) as front:
        assert (await front.ask(bearer(tenant="acme"))).head["x-side"] == "new"
        assert (await front.ask("Cookie: sessionid=s1")).head["x-side"] == "new"
        assert (await front.ask(bearer(tenant="evil"), "X-Tenant: acme", "Tenant: acme")).head[
            "x-side"
        ] == "old"
