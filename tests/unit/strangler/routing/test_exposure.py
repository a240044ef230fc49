from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from strangler.routing import Group, Route, RouteTable, Upstream
from strangler.routing.exposure import exposed

GROUP = Group(
    "billing",
    "billing",
    share=10,
    allow=("user:a",),
    deny=("user:b",),
    shares=(("acme", 20.0),),
    writer="monolith",
)


def table(group: Group | None, **route: Any) -> RouteTable:
    return RouteTable(
        upstreams={"billing": Upstream("billing", "http://127.0.0.1:9001")},
        groups={"billing": group} if group else {},
        routes=(Route("billing", "/inv/", group="billing" if group else None, **route),),
    )


@pytest.mark.parametrize(
    "change",
    [
        {"share": 11},
        {"allow": ("user:a", "user:c")},
        {"deny": ()},
        {"shares": (("acme", 21.0),)},
        {"shares": (("acme", 20.0), ("new", 11.0))},
        {"writer": "service"},
    ],
)
def test_whatever_brings_a_user_closer_is_exposure(change: dict[str, Any]) -> None:
    assert exposed(table(GROUP), table(replace(GROUP, **change))) == ["billing"]


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"share": 0.0},
        {"allow": ()},
        {"deny": ("user:b", "user:c")},
        {"shares": (("acme", 0.0),)},
        {"shares": ()},
        {"shadow": 100.0},
        {"writer": "undeclared"},
    ],
)
def test_going_back_is_none(change: dict[str, Any]) -> None:
    assert exposed(table(GROUP), table(replace(GROUP, **change))) == []


def test_a_group_that_only_reads_is_none() -> None:
    read = {"methods": frozenset({"GET"})}
    assert exposed(table(GROUP, **read), table(replace(GROUP, share=50), **read)) == []


def test_a_group_that_appears_with_a_share_is_exposed() -> None:
    assert exposed(table(None), table(GROUP)) == ["billing"]
    assert exposed(table(None), table(Group("billing", "billing"))) == []
