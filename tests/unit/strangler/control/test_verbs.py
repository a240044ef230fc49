from __future__ import annotations

import msgspec
import pytest

from strangler.control import Request
from strangler.control.verbs import (
    Add,
    Apply,
    Canary,
    Flip,
    Import,
    Pattern,
    Remove,
    Rollback,
    SetPolicy,
    SetUpstream,
    SetWriter,
    Shadow,
)
from strangler.routing.changes import ImportedRoute


@pytest.mark.parametrize(
    "body",
    [
        "{}",
        "[]",
        '{"change": {}}',
        '{"change": {"verb": "canry", "name": "x", "percent": 5}}',
        '{"change": {"verb": "canary", "name": "x"}}',
        '{"change": {"verb": "canary", "name": "x", "percent": "5"}}',
        '{"change": {"verb": "canary", "name": "x", "percent": 5, "sticki": "client"}}',
        '{"change": {"verb": "flip", "name": "x", "to": "nowhere"}}',
        '{"change": {"verb": "rollback"}, "dryrun": true}',
    ],
)
def test_what_is_no_change(body: str) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(body, type=Request)


@pytest.mark.parametrize(
    "verb",
    [
        Add(
            name="a",
            patterns=(Pattern("path", "/"),),
            service="http://x",
            methods=("GET",),
            writer="monolith",
        ),
        Import(boundary="a", service="http://x", routes=(ImportedRoute("n", "path", "/", True, True),)),
        Shadow(name="a", percent=1.5),
        Canary(name="a", percent=1, sticky="client"),
        Flip(name="a", to="service"),
        SetWriter(name="a", writer="service", way_back="dual_write"),
        SetPolicy(name="a", policy="api"),
        SetPolicy(name="a"),
        Rollback(),
        Rollback(name="a", to=3),
        Apply(document={"gateway": {"trusted_hops": 1}}),
        SetUpstream(name="a", url="http://x", read_timeout="1s"),
        Remove(name="a"),
    ],
)
def test_every_change_survives_the_wire(verb: object) -> None:
    request = Request(verb, reason="ü", force=True, dry_run=True)  # type: ignore[arg-type]
    assert msgspec.json.decode(msgspec.json.encode(request), type=Request) == request
