"""Who is asking? Finds out as the route's policy wants it, and says so to the upstream in the facade's own words."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

from strangler.facade.asgi import Headers
from strangler.facade.failures import Failure
from strangler.facade.gate import Asked
from strangler.facade.headers import CookieView, HeaderView
from strangler.facade.issuers import Fetch, ReadSecret, Verifier, unauthorized
from strangler.facade.passage import NOBODY, Identity
from strangler.facade.sessions import Ask, Question, SessionBridge, digest_of
from strangler.policy.assertion import LIFETIME, Signer, TooLarge, plain_fields
from strangler.policy.identity import ClaimView, Known, is_cross_site
from strangler.policy.roles import missing
from strangler.routing import MONOLITH, Policy, Route, RouteTable
from strangler.routing.identity import IDENTITY_HEADER, Forwarding, SessionRules, TokenRules

logger = logging.getLogger("strangler.facade")

_BEARER = b"bearer"


class Identities:
    """Knows the users of a table's policies; made once, it follows the tables that come.

    ``fetch`` gets an issuer's keys, ``read_secret`` reads static ones, ``ask`` puts a question to the monolith,
    ``signer`` signs what services are told. ``clock`` tells Unix seconds, ``ticks`` seconds that never jump.
    """

    def __init__(
        self,
        fetch: Fetch,
        read_secret: ReadSecret,
        ask: Ask,
        signer: Signer | None = None,
        *,
        clock: Callable[[], float] = time.time,
        ticks: Callable[[], float] = time.monotonic,
    ) -> None:
        self._fetch = fetch
        self._read_secret = read_secret
        self._ask = ask
        self._signer = signer
        self._clock = clock
        self._ticks = ticks
        self._verifiers: dict[TokenRules, Verifier] = {}
        self._bridges: dict[SessionRules, SessionBridge] = {}
        self.on_forget: Callable[[bytes], None] = lambda digest: None
        """Hears of each session that ends, or changes, by its cookie's digest."""

    def follow(self, table: RouteTable) -> None:
        """Makes ready for a table's policies: issuers are asked for their keys before the first token comes. What was
        verified under rules that stay is kept."""
        rules = {policy.jwt for policy in table.policies.values() if policy.jwt is not None}
        sessions = {policy.session for policy in table.policies.values() if policy.session is not None}
        for gone in self._verifiers.keys() - rules:
            self._verifiers.pop(gone).close()
        for left in self._bridges.keys() - sessions:
            self._bridges.pop(left).close()
        for rule in rules:
            self._verifier(rule).refresh()
        for session in sessions:
            self._bridge(session)
        if self._signer is None and any(p.identity and p.identity.signed for p in table.policies.values()):
            logger.error("identities are to be signed, and there is no key: set STRANGLER_IDENTITY_KEY")

    def close(self) -> None:
        """Gives up what is under way."""
        for verifier in self._verifiers.values():
            verifier.close()
        for bridge in self._bridges.values():
            bridge.close()

    async def identify(self, policy: Policy, route: Route | None, asked: Asked) -> Identity:
        """Who asks, as far as the policy wants to know; raises ``Failure``: 401, 403, or 503 where nobody can tell."""
        if policy.jwt is None and policy.session is None:
            return NOBODY
        known, by_cookie = await self._known(policy, asked)
        if known is None:
            if policy.anonymous:
                return NOBODY
            raise unauthorized("this needs somebody who is known")
        _check(policy, known, by_cookie, asked)
        identity = known.identity
        audience = route.group if route is not None and route.group else MONOLITH
        fields = () if policy.identity is None else self._fields(policy.identity, known, audience)
        return Identity(identity.subject, ClaimView(identity.claims), fields)

    def note(self, cookies: Headers, answer: Headers) -> None:
        """Looks at an answer: one that sets or clears a session's cookie ends what was known of the request's."""
        if not self._bridges:
            return
        changed = {value.partition(b"=")[0].strip() for name, value in answer if name == b"set-cookie"}
        cleared = any(name == b"clear-site-data" for name, _ in answer)
        if not changed and not cleared:
            return
        for rules, bridge in self._bridges.items():
            if cleared or rules.cookie.encode() in changed:
                cookie = CookieView(cookies).get(rules.cookie)
                if cookie:
                    digest = digest_of(cookie)
                    bridge.forget(digest)
                    self.on_forget(digest)

    def forget(self, digest: bytes) -> None:
        """Ends what was known of a session whose cookie was changed elsewhere."""
        for bridge in self._bridges.values():
            bridge.forget(digest)

    async def _known(self, policy: Policy, asked: Asked) -> tuple[Known | None, bool]:
        """Who it is, and whether a cookie says so, which a browser adds by itself."""
        bearer = _bearer(asked.fields) if policy.jwt is not None else None
        cookies = CookieView(asked.fields)
        if policy.jwt is not None:
            by_cookie = bearer is None
            if bearer is None and policy.jwt.cookie is not None:
                bearer = cookies.get(policy.jwt.cookie, "").encode("latin-1") or None
            if bearer is not None:
                return await self._verifier(policy.jwt).know(bearer), by_cookie
        if policy.session is not None and (cookie := cookies.get(policy.session.cookie)):
            question = Question(cookie, asked.host, asked.scheme)
            return await self._bridge(policy.session).know(question), True
        return None, False

    def _fields(self, forwarding: Forwarding, known: Known, audience: str) -> tuple[tuple[bytes, bytes], ...]:
        fields = plain_fields(known.identity, forwarding)
        if forwarding.signed:
            fields.append((IDENTITY_HEADER.encode(), self._assertion(forwarding, known, audience)))
        return tuple(fields)

    def _assertion(self, forwarding: Forwarding, known: Known, audience: str) -> bytes:
        """A signed assertion; one that was signed before is used for half its life."""
        now, key = self._clock(), (audience, forwarding.claims)
        signed, until = known.assertions.get(key, (b"", 0.0))
        if now < until:
            return signed
        if self._signer is None:
            raise Failure("no identity", "there is no key to sign identities with")
        try:
            signed = self._signer.sign(known.identity, audience, forwarding.claims, now)
        except TooLarge as error:
            raise Failure("no identity", str(error)) from None
        known.assertions[key] = (signed, now + LIFETIME / 2)
        return signed

    def _verifier(self, rules: TokenRules) -> Verifier:
        found = self._verifiers.get(rules)
        if found is None:
            found = Verifier(rules, self._fetch, self._read_secret, self._clock, self._ticks)
            self._verifiers[rules] = found
        return found

    def _bridge(self, rules: SessionRules) -> SessionBridge:
        found = self._bridges.get(rules)
        if found is None:
            found = self._bridges[rules] = SessionBridge(rules, self._ask, self._clock)
        return found


def told_fields(table: RouteTable) -> frozenset[bytes]:
    """The fields in which any policy of a table tells upstreams who asks."""
    parts = [policy.identity for policy in table.policies.values() if policy.identity is not None]
    return frozenset(name.encode("ascii") for part in parts for name, _ in part.headers)


def bridge_paths(table: RouteTable) -> frozenset[str]:
    """The paths of the monolith that only the facade may ask for."""
    return frozenset(policy.session.path for policy in table.policies.values() if policy.session is not None)


def _bearer(fields: Headers) -> bytes | None:
    """The bearer token of ``Authorization``; two such fields are nobody's choice."""
    told = [value for name, value in fields if name == b"authorization"]
    if len(told) > 1:
        raise unauthorized("Authorization stands twice", "invalid_request")
    if not told:
        return None
    scheme, _, token = told[0].partition(b" ")
    return token.strip(b" ") if scheme.lower() == _BEARER else None


def _check(policy: Policy, known: Known, by_cookie: bool, asked: Asked) -> None:
    if by_cookie and is_cross_site(
        "CONNECT" if asked.upgrades else asked.method, HeaderView(asked.fields), asked.host, policy.origins
    ):
        raise Failure("forbidden", "another site made the browser send this")
    lacking = None if policy.require is None else missing(policy.require, known.identity.claims)
    if lacking is not None:
        challenge: Headers = []
        if lacking == "scopes" and not by_cookie:
            challenge = [(b"www-authenticate", b'Bearer realm="strangler", error="insufficient_scope"')]
        raise Failure("forbidden", f"the {lacking} that this needs are not there", headers=challenge)
