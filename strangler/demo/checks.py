"""What the demo claims, checked: nobody saw a failure but those of the bad release, both sides say the same, the route
table tells the whole story."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING

import httpx

from strangler.demo.traffic import Result
from strangler.routing.cohort import bucket_of
from strangler.shadow import Answer, compare
from strangler.store import open_state

if TYPE_CHECKING:
    from strangler.demo.scenario import Demo

STORY = (
    *("import", "writer", "shadow", "shadow", "canary"),  # by hand; then the rollout's steps
    *("canary", "canary", "canary"),
    *("upstream", "rollback", "upstream"),  # the bad release, the guard, the good one again
)
"""The actions that the audit log must show, oldest first."""


REACH = 0.2
"""Seconds within which a change reaches every facade."""


@dataclass(frozen=True, slots=True)
class Step:
    """A share in percent, and from when to when it held, in monotonic seconds."""

    share: float
    begun: float
    ended: float


@dataclass(frozen=True, slots=True)
class Deployment:
    """The bad release: from when to when it was live, in monotonic seconds."""

    begun: float
    ended: float


@dataclass(frozen=True, slots=True)
class Check:
    """One claim, whether it held, and the figures."""

    claim: str
    held: bool
    figures: str


def check(demo: Demo, results: Sequence[Result]) -> list[Check]:
    """All claims about one run."""
    assert demo.deployment is not None
    compared, differing = demo.compared
    return [
        _failures(results, demo.deployment),
        _shares(results, demo.steps, _salt(demo)),
        _cohorts(results, demo.deployment),
        Check(
            "the shadow saw no difference",
            compared > 0 and differing == 0,
            f"{compared} answers compared, {differing} differ",
        ),
        _equal(demo),
        Check("the write went to the writer", demo.paid_by == "monolith", f"answered by the {demo.paid_by}"),
        _bad_release(results, demo.deployment),
        _history(demo),
    ]


def _failures(results: Sequence[Result], bad: Deployment) -> Check:
    """Only what the bad release answered while it was live is forgiven."""

    def deserved(result: Result) -> bool:
        live = bad.begun <= result.ended and result.at <= bad.ended + REACH
        return live and result.side == "service" and result.status != 0

    failed = [result for result in results if result.failed and not deserved(result)]
    forgiven = sum(result.failed for result in results) - len(failed)
    told = f"{len(results)} requests; {len(failed)} failed, besides {forgiven} that the bad release answered"
    return Check("nothing but the bad release failed", not failed, told + _first(failed))


def _shares(results: Sequence[Result], steps: Sequence[Step], salt: str) -> Check:
    """Each device was on the side that its bucket says, at every step."""
    strayed, told = 0, []
    for step in steps:
        during = [r for r in results if step.begun + REACH <= r.at and r.ended <= step.ended - REACH]
        devices = {r.request.device for r in during if r.side == "service"}
        strayed += sum(
            (r.side == "service") != (bucket_of(salt, r.request.device) < step.share * 100) for r in during
        )
        everybody = len({r.request.device for r in during})
        told.append(f"{step.share:g} %: {len(devices)} of {everybody} devices")
        strayed += not during
    return Check("every device was where its bucket belongs", bool(steps) and not strayed, "; ".join(told))


def _bad_release(results: Sequence[Result], bad: Deployment) -> Check:
    """It must have been seen to fail, or the rollback proves nothing; and nobody may be left on it."""
    during = [r for r in results if bad.begun <= r.at <= bad.ended]
    failed = [r for r in during if r.failed and r.side == "service"]
    after = [r for r in results if r.at > bad.ended + REACH]
    held = bool(failed) and bool(after) and all(r.side == "monolith" and not r.failed for r in after)
    return Check(
        "the guard took the bad release out",
        held,
        f"{len(failed)} errors in {bad.ended - bad.begun:.1f} s, then {len(after)} requests without one",
    )


def _cohorts(results: Sequence[Result], bad: Deployment) -> Check:
    """While the share only grew, a device that had been answered by the service never went to the monolith again."""
    arrived: dict[str, float] = {}
    grew = [result for result in results if result.at < bad.begun]
    for result in grew:
        if result.side == "service":
            device = result.request.device
            arrived[device] = min(result.ended, arrived.get(device, result.ended))
    returned = {
        r.request.device for r in grew if r.side == "monolith" and r.at > arrived.get(r.request.device, r.at)
    }
    devices = len({result.request.device for result in grew})
    return Check(
        "no device went back and forth", not returned, f"{devices} devices, {len(returned)} returned"
    )


def _equal(demo: Demo) -> Check:
    """Every invoice that the clients asked for, asked again on both sides directly."""
    asked = sorted({(r.path, r.authorization) for r in demo.requests})
    differing = []
    with httpx.Client(trust_env=False) as client:
        for path, authorization in asked:
            old, new = (_ask(client, base + path, authorization) for base in (demo.monolith, demo.service))
            if compare(old, new):
                differing.append(path)
    return Check(
        "both sides give equal answers", not differing, f"{len(asked)} URLs, {len(differing)} differ"
    )


def _ask(client: httpx.Client, url: str, authorization: str) -> Answer:
    answer = client.get(url, headers={"authorization": authorization})
    return Answer(answer.status_code, {k.lower(): v for k, v in answer.headers.items()}, answer.content)


def _salt(demo: Demo) -> str:
    with closing(open_state(demo.state, create=False)) as state:
        group = state.routes.load().groups[demo.group]
    return group.salt or group.name


def _history(demo: Demo) -> Check:
    with closing(open_state(demo.state, create=False)) as state:
        records = list(reversed(state.routes.history()))
    actions = tuple(record.entry.action for record in records)
    whole = [record.version for record in records] == list(range(1, len(records) + 1))
    by_guard = [record.entry.action for record in records if record.entry.via == "guard"] == ["rollback"]
    held = whole and by_guard and actions == STORY
    return Check("the history tells the story", held, f"{len(records)} versions: {', '.join(actions)}")


def _first(failed: Sequence[Result]) -> str:
    return f", the first: {failed[0].request.path} answered {failed[0].status}" if failed else ""
