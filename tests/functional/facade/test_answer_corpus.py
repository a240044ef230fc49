"""Answers that are malformed, or try to be two, from ``tests/assets/answers.toml``."""

from __future__ import annotations

import asyncio
import tomllib
from dataclasses import dataclass
from pathlib import Path

import pytest
from fakes.facades import running
from fakes.wire import OK, Answer, Peer, connected, get, repeats, upstream

pytestmark = pytest.mark.anyio

FILE = Path(__file__).parents[2] / "assets" / "answers.toml"


@dataclass(frozen=True)
class Case:
    """``passes`` is None for an answer that the client must not take for one."""

    name: str
    raw: str | list[str]
    passes: str | None = None
    status: int = 200
    breaks: bool = False
    ends: bool = False
    without: tuple[str, ...] = ()

    @property
    def wire(self) -> bytes:
        return (self.raw if isinstance(self.raw, str) else "\r\n".join(self.raw)).encode("latin-1")


CASES = [Case(**told) for told in tomllib.loads(FILE.read_text(encoding="utf-8"))["case"]]


async def answer_to(case: Case, pieces: int) -> Answer:
    """What a client gets when an upstream says this, in one or several pieces; the next client gets its own answer."""

    async def script(peer: Peer) -> None:
        await peer.request()
        step = max(1, len(case.wire) // pieces)
        for start in range(0, len(case.wire), step):
            await peer.send(case.wire[start : start + step])
            await asyncio.sleep(0.001 if pieces > 1 else 0)
        if not case.ends:
            await repeats(OK)(peer)

    async with upstream(script, repeats(OK)) as back, running(back.url) as front:
        try:
            async with connected(front.port) as client:
                await client.send(get())
                return await client.answer()
        finally:
            async with connected(front.port) as other:
                for _ in range(2):
                    await other.send(get("/own"))
                    assert (await other.answer()).body == b"ok"


@pytest.mark.parametrize("pieces", [1, 7])
@pytest.mark.parametrize(
    "case", [case for case in CASES if case.passes is None and not case.breaks], ids=lambda case: case.name
)
async def test_what_is_no_answer_is_502(case: Case, pieces: int) -> None:
    answer = await answer_to(case, pieces)
    assert answer.status == 502
    assert b"Request id: " in answer.body
    assert "set-cookie" not in answer.head


@pytest.mark.parametrize("pieces", [1, 7])
@pytest.mark.parametrize("case", [case for case in CASES if case.breaks], ids=lambda case: case.name)
async def test_a_body_that_goes_wrong_is_never_taken_for_whole(case: Case, pieces: int) -> None:
    try:
        answer = await answer_to(case, pieces)
    except asyncio.IncompleteReadError:
        return  # broken off, as the client can see
    assert answer.status == 502


@pytest.mark.parametrize("pieces", [1, 7])
@pytest.mark.parametrize(
    "case", [case for case in CASES if case.passes is not None], ids=lambda case: case.name
)
async def test_what_is_an_answer_passes_and_nothing_behind_it_does(case: Case, pieces: int) -> None:
    answer = await answer_to(case, pieces)
    assert (answer.status, answer.body.decode()) == (case.status, case.passes)
    assert not {name for name, _ in answer.head.fields} & set(case.without)
