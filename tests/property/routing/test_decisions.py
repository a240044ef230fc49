from __future__ import annotations

from collections import Counter
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from strangler.routing import SAFE_METHODS, Gateway, Group, RequestFacts, Route, RouteTable, Upstream, decide
from strangler.routing.cohort import bucket_of

TEXT = st.text(max_size=12)
PERCENT = st.integers(0, 10_000).map(lambda hundredths: hundredths / 100)
STICKY = st.sampled_from(["cookie:sessionid", "header:X-User", "tenant", "client"])
TENANT = st.sampled_from(["header:X-Tenant", "cookie:t", "host", "path:1", "path:9"])
GROUPS = st.builds(
    Group,
    name=st.just("billing"),
    service=st.just("billing"),
    share=PERCENT,
    sticky=STICKY,
    allow=st.sampled_from([(), ("tenant:acme",), ("header:X-Beta=1", "cookie:beta=1")]),
    deny=st.sampled_from([(), ("cookie:beta=1",)]),
    writer=st.sampled_from(["undeclared", "monolith", "service"]),
    shadow=PERCENT,
)
MAPPINGS = st.dictionaries(
    st.sampled_from(["sessionid", "x-user", "strangler_billing", "beta", "t", "x-beta"]), TEXT
)
FACTS = st.builds(
    RequestFacts,
    method=st.one_of(st.sampled_from(["GET", "HEAD", "POST", "DELETE"]), TEXT),
    path=TEXT.map("/".__add__),
    host=TEXT,
    headers=MAPPINGS,
    cookies=MAPPINGS,
    client=TEXT,
    roll=st.integers(0, 9_999),
    shadow_roll=st.integers(0, 9_999),
)


def table_of(group: Group, tenant: str = "host") -> RouteTable:
    return RouteTable(
        upstreams={"billing": Upstream("billing", "http://127.0.0.1:1")},
        groups={"billing": group},
        routes=(Route("all", "/", "prefix", group="billing"),),
        gateway=Gateway(tenant),
    )


@settings(max_examples=500)
@given(GROUPS, TENANT, FACTS)
def test_decide_never_raises_and_no_write_leaves_the_writer(
    group: Group, tenant: str, facts: RequestFacts
) -> None:
    decision = decide(table_of(group, tenant), facts)
    if facts.method not in SAFE_METHODS:
        assert decision.side == ("service" if group.writer == "service" else "monolith")
        assert decision.shadow is None


@settings(max_examples=300)
@given(GROUPS, FACTS, PERCENT)
def test_raising_a_share_takes_no_user_off_the_service(
    group: Group, facts: RequestFacts, share: float
) -> None:
    low, high = sorted((group.share, share))
    if decide(table_of(replace(group, share=low)), facts).side == "service":
        assert decide(table_of(replace(group, share=high)), facts).side == "service"


@given(GROUPS, FACTS, st.integers(0, 9_999))
def test_a_user_who_keeps_the_published_bucket_stays(group: Group, facts: RequestFacts, roll: int) -> None:
    table = table_of(group)
    first = decide(table, facts)
    if first.publish is not None:
        cookies = {**facts.cookies, "strangler_billing": str(first.publish)}
        assert decide(table, replace(facts, cookies=cookies, roll=roll)).side == first.side


@given(st.text(min_size=1, max_size=20))
def test_buckets_are_spread_evenly(salt: str) -> None:
    """Chi-squared over ten tenths of 2,000 users: 9 degrees of freedom stay under 52 but once in ten million salts."""
    tenths = Counter(bucket_of(salt, f"user-{number}") // 1_000 for number in range(2_000))
    assert sum((tenths[tenth] - 200) ** 2 / 200 for tenth in range(10)) < 52
