"""The monolith is asked once, and what it said does not outlive the cookie."""

from __future__ import annotations

import asyncio
import json

import pytest
from fakes.issuer import Clock, Sessions

from strangler.facade import Failure
from strangler.facade.sessions import (
    KEPT_FAILURE,
    KEPT_STRANGER,
    LONGEST_COOKIE,
    MOST_ASKED,
    Question,
    SessionBridge,
    digest_of,
    read_answer,
)
from strangler.routing.identity import SessionRules

pytestmark = pytest.mark.anyio
ADA = {"sub": "17", "name": "ada"}


class Bench:
    """A bridge, its monolith and its clock."""

    def __init__(self) -> None:
        self.monolith = Sessions(s1=ADA, s2={"sub": 18})
        self.clock = Clock()
        self.bridge = SessionBridge(SessionRules(), self.monolith, self.clock)

    async def who(self, cookie: str, host: str = "shop.example") -> str | None:
        known = await self.bridge.know(Question(cookie, host, "http"))
        return None if known is None else known.identity.subject


async def test_a_cookie_that_was_changed_is_asked_about_again() -> None:
    bench = Bench()
    assert await bench.who("s1") == "17"
    bench.monolith.users["s1"] = None
    assert await bench.who("s1") == "17"
    bench.bridge.forget(digest_of("s1"))
    assert await bench.who("s1") is None


async def test_an_answer_that_was_under_way_while_somebody_logged_out_is_not_kept() -> None:
    bench = Bench()
    bench.monolith.gate.clear()
    early = asyncio.create_task(bench.who("s1"))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    bench.bridge.forget(digest_of("s1"))
    bench.monolith.users["s1"] = None
    late = asyncio.create_task(bench.who("s1"))
    await asyncio.sleep(0)
    bench.monolith.gate.set()
    assert [await early, await late] == ["17", None]
    assert await bench.who("s1") is None


async def test_a_session_ends_when_the_monolith_said_and_after_a_while_anyway() -> None:
    bench = Bench()
    assert await bench.who("s1") == "17"
    bench.clock.now += 29
    assert await bench.who("s1") == "17"
    assert len(bench.monolith.asked) == 1
    bench.clock.now += 1
    assert await bench.who("s1") == "17"
    assert len(bench.monolith.asked) == 2


async def test_what_cannot_be_a_session_is_not_asked_about() -> None:
    bench = Bench()
    for cookie in ("", "x" * (LONGEST_COOKIE + 1), "s\xe9"):
        assert await bench.who(cookie) is None
    assert not bench.monolith.asked


async def test_a_stranger_is_asked_about_once_for_a_while() -> None:
    bench = Bench()
    assert [await bench.who("x") for _ in range(3)] == [None] * 3
    assert len(bench.monolith.asked) == 1
    bench.clock.now += KEPT_STRANGER
    assert await bench.who("x") is None
    assert len(bench.monolith.asked) == 2


async def test_a_silent_monolith_makes_nobody_a_stranger_and_is_left_alone_for_a_moment() -> None:
    bench = Bench()
    bench.monolith.failure = Failure("read timeout", "it took more than 5 s")
    for _ in range(3):
        with pytest.raises(Failure) as caught:
            await bench.who("s1")
        assert caught.value.status == 503
    assert len(bench.monolith.asked) == 1
    bench.clock.now += KEPT_FAILURE
    bench.monolith.failure = None
    assert await bench.who("s1") == "17"


async def test_not_more_than_so_many_are_asked_about_at_once() -> None:
    bench = Bench()
    bench.monolith.gate.clear()
    waiting = [asyncio.create_task(bench.who(f"x{number}")) for number in range(MOST_ASKED)]
    await asyncio.sleep(0)
    with pytest.raises(Failure) as caught:
        await bench.who("one more")
    assert caught.value.status == 503
    bench.monolith.gate.set()
    assert await asyncio.gather(*waiting) == [None] * MOST_ASKED


async def test_a_client_that_goes_away_does_not_take_the_answer_from_others() -> None:
    bench = Bench()
    bench.monolith.gate.clear()
    first, second = (asyncio.create_task(bench.who("s1")) for _ in range(2))
    await asyncio.sleep(0)
    first.cancel()
    await asyncio.sleep(0)
    bench.monolith.gate.set()
    assert await second == "17"
    assert first.cancelled()
    assert len(bench.monolith.asked) == 1


async def test_an_answer_for_one_host_is_none_for_another() -> None:
    bench = Bench()
    assert await bench.who("s1") == "17"
    assert await bench.who("s1", "other.example") == "17"
    assert [question.host for question in bench.monolith.asked] == ["shop.example", "other.example"]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>",
        b"[]",
        b"[" * 5000,
        b"{}",
        b'{"version": 2, "user": null}',
        b'{"version": 1}',
        b'{"version": 1, "user": "ada"}',
        b'{"version": 1, "user": {}}',
        b'{"version": 1, "user": {"sub": ""}}',
        b'{"version": 1, "user": {"sub": true}}',
        b'{"version": 1, "user": {"sub": "a\\nb"}}',
        json.dumps({"version": 1, "user": {"sub": "x" * 300}}).encode(),
        b'{"version": 1, "user": {"sub": "1"}, "expires": "soon"}',
    ],
)
def test_what_is_no_answer_of_the_view_makes_nobody_known(body: bytes) -> None:
    with pytest.raises(Failure):
        read_answer(body)
