"""Requests that were made to be read in two ways, from ``tests/assets/framing``.

Each one is refused and its connection closed, or what reaches the upstream is the same, byte for byte, to a strict
reading and to h11, and is what stands in the file. In neither case does anything that stands in a body, or behind a
refused request, become a request, nor does any other client get an answer that is not its own.
"""

from __future__ import annotations

import asyncio
import random
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from fakes.facades import running
from fakes.strict import Seen, strict
from fakes.wire import Answer, Peer, connected

pytestmark = pytest.mark.anyio

FOLDER = Path(__file__).parents[2] / "assets" / "framing"
SMUGGLED = b"GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n"
CANARY = b"GET /canary HTTP/1.1\r\nHost: a\r\n\r\n"


@dataclass(frozen=True)
class Case:
    """``reaches`` is None for a request that is to be refused."""

    name: str
    raw: bytes
    reaches: list[list[str]] | None = None
    closes: bool = False
    without: tuple[str, ...] = ()
    with_: dict[str, str] = field(default_factory=dict)
    not_with: dict[str, str] = field(default_factory=dict)


def cases() -> Iterator[Case]:
    for file in sorted(FOLDER.glob("*.toml")):
        for told in tomllib.loads(file.read_text(encoding="utf-8"))["case"]:
            known: dict[str, Any] = dict(told)
            raw = known.pop("raw")
            text = raw if isinstance(raw, str) else "\r\n".join(raw)
            yield Case(
                f"{file.stem}: {known.pop('name')}",
                text.encode("latin-1"),
                without=tuple(known.pop("without", ())),
                with_=known.pop("with", {}),
                **known,
            )


CASES = list(cases())


def test_the_corpus_is_there_and_no_case_stands_twice() -> None:
    assert len(CASES) >= 250
    assert len({case.name for case in CASES}) == len(CASES)
    assert len({case.raw for case in CASES}) == len(CASES)


async def until_closed(client: Peer) -> list[Answer]:
    """Every answer until the facade closes."""
    found: list[Answer] = []
    try:
        while True:
            found.append(await client.answer())
    except (asyncio.IncompleteReadError, ConnectionError):
        return found


@pytest.mark.parametrize("case", [case for case in CASES if case.reaches is None], ids=lambda case: case.name)
async def test_what_is_unclear_is_refused_and_nothing_behind_it_is_read(case: Case) -> None:
    async with strict() as back, running(back.url) as front, connected(front.port) as client:
        await client.send(case.raw + SMUGGLED)
        answers = await until_closed(client)
        assert [answer.status for answer in answers] == [400]
        assert answers[0].head["connection"] == "close"
        assert back.requests() == []
        assert not any(b"smuggled" in raw for raw in back.raw)


@pytest.mark.parametrize(
    "case", [case for case in CASES if case.reaches is not None], ids=lambda case: case.name
)
async def test_what_is_clear_arrives_as_what_it_is(case: Case) -> None:
    assert case.reaches is not None
    async with strict() as back, running(back.url) as front, connected(front.port) as client:
        await client.send(case.raw + (b"" if case.closes else CANARY))
        expected = [*case.reaches, *([] if case.closes else [["GET", "/canary", ""]])]
        for method, target, _ in expected:
            answer = await client.answer(method)
            assert (answer.status, answer.body.decode()) == (200, f"{method} {target}")
        if case.closes:
            client.close()
        seen = back.requests()
        assert sorted(one.brief for one in seen) == sorted(expected)
        assert_fields(seen[0], case)


def assert_fields(seen: Seen, case: Case) -> None:
    found = dict(seen.fields)
    assert len(found) == len(seen.fields), "a field stands twice"
    assert not set(case.without) & set(found)
    for name, value in case.with_.items():
        assert found[name] == value
    for name, value in case.not_with.items():
        assert found[name] != value


@pytest.mark.parametrize("seed", range(3))
async def test_no_other_client_ever_gets_an_answer_that_is_not_its_own(seed: int) -> None:
    """All of it through one facade, in any order, cut into pieces anywhere, while others go on asking."""
    dice = random.Random(seed)
    async with (
        strict() as back,
        running(back.url, max_connections=4) as front,
        connected(front.port) as other,
    ):
        for number, case in enumerate(dice.sample(CASES, len(CASES))):
            async with connected(front.port) as attacker:
                cut = dice.randrange(len(case.raw) + 1)
                try:
                    await attacker.send(case.raw[:cut])
                    await asyncio.sleep(0)
                    await attacker.send(case.raw[cut:] + SMUGGLED)
                except ConnectionError:
                    pass  # the first piece was enough
                await other.send(b"GET /mine/%d HTTP/1.1\r\nHost: a\r\n\r\n" % number)
                answer = await other.answer()
                assert answer.body == b"GET /mine/%d" % number
        own = [one.target for one in back.requests() if one.target.startswith("/mine/")]
        assert sorted(own) == sorted(f"/mine/{number}" for number in range(len(CASES)))
