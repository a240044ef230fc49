"""The flag file says of every user what the facade decides."""

from __future__ import annotations

from types import MappingProxyType

from hypothesis import given
from hypothesis import strategies as st

from strangler.monolith import strangler_flags as flags
from strangler.routing import Gateway, Group, RequestFacts, Route, RouteTable, Upstream, decide
from strangler.routing.document import to_document

NAMES = st.sampled_from(["a", "b", "c", "ü", ""])
COOKIES = st.dictionaries(
    st.sampled_from(["sessionid", "strangler_billing", "beta"]),
    st.sampled_from(["1", "9999", "12345", "x", "٣", ""]),
)
HEADERS = st.dictionaries(st.sampled_from(["x-user", "x-tenant"]), NAMES)
RULES = st.lists(
    st.sampled_from(["tenant:a", "user:b", "header:X-User=c", "cookie:beta=1", "claim:sub=a"]), max_size=2
)
STICKY = st.sampled_from(["cookie:sessionid", "header:X-User", "tenant", "client", "user", "claim:sub"])
TENANTS = st.sampled_from(["header:X-Tenant", "cookie:beta", "host", "path:1", "claim:sub"])
PERCENT = st.sampled_from([0.0, 0.01, 12.5, 50.0, 99.99, 100.0])


@given(
    STICKY, PERCENT, RULES, RULES, TENANTS, COOKIES, HEADERS, NAMES, NAMES,
    st.dictionaries(st.just("sub"), NAMES), st.sampled_from(["", "salt"]), st.dictionaries(NAMES.filter(bool), PERCENT),
)  # fmt: skip
def test_the_file_agrees_with_the_facade(
    sticky: str, share: float, allow: list[str], deny: list[str], tenant: str, cookies: dict[str, str],
    headers: dict[str, str], user: str, first: str, claims: dict[str, str], salt: str, shares: dict[str, float],
) -> None:  # fmt: skip
    group = Group(
        "billing", "s", share, sticky, salt, tuple(allow), tuple(deny), shares=tuple(sorted(shares.items()))
    )
    table = RouteTable(
        1,
        MappingProxyType({"s": Upstream("s", "http://127.0.0.1:1")}),
        MappingProxyType({"billing": group}),
        (Route("r", "", "prefix", "billing"),),
        Gateway(tenant=tenant),
    )
    host, path = f"{first or 'x'}.example:80", f"/{first}/x/"
    known = RequestFacts(
        "GET", path, host, headers, cookies, "10.0.0.1", user=user, claims=claims, roll=9_999
    )
    asked = flags.Facts(
        user=user, host=host, path=path, client="10.0.0.1", cookies=cookies, headers=headers, claims=claims
    )
    decision = decide(table, known)
    assert flags.is_on(to_document(table), "billing", asked) == (decision.side == "service")
