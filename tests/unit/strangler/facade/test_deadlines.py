"""Deadlines end what takes too long, and nothing else. Time is told by a clock that is moved by hand."""

from __future__ import annotations

import asyncio

import pytest
from fakes.clock import HandClock

from strangler.facade.deadlines import Deadlines

pytestmark = pytest.mark.anyio


async def settle() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def told(deadlines: Deadlines, *lengths: float) -> str:
    """What came of waiting for good under deadlines, the one that is furthest out first."""
    if not lengths:
        await asyncio.get_running_loop().create_future()
    try:
        with deadlines.within(lengths[0]):
            return await told(deadlines, *lengths[1:])
    except TimeoutError:
        return f"{lengths[0]:g}"


def waiting(deadlines: Deadlines, *lengths: float) -> asyncio.Task[str]:
    return asyncio.create_task(told(deadlines, *lengths))


async def test_a_cancellation_from_outside_is_no_timeout() -> None:
    clock = HandClock()
    task = waiting(Deadlines(clock), 5)
    await settle()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    clock.advance(10)
    assert task.cancelled()


@pytest.mark.parametrize("first", ["the deadline", "the client"])
async def test_a_cancellation_from_outside_is_not_swallowed_where_the_deadline_passes_as_well(
    first: str,
) -> None:
    clock = HandClock()
    task = waiting(Deadlines(clock), 5)
    await settle()
    if first == "the deadline":
        clock.advance(5)
        task.cancel()
    else:
        task.cancel()
        clock.advance(5)
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_a_cancellation_from_before_stays_one() -> None:
    clock = HandClock()
    deadlines = Deadlines(clock)

    async def cancelled_before() -> str:
        try:
            await asyncio.get_running_loop().create_future()
        except asyncio.CancelledError:
            return await told(deadlines, 5)
        return "nothing"

    task = asyncio.create_task(cancelled_before())
    await settle()
    task.cancel()
    await settle()
    clock.advance(5)
    assert (await task, task.cancelling()) == ("5", 1)


async def test_what_is_met_in_time_is_never_cancelled_afterwards() -> None:
    clock = HandClock()
    deadlines = Deadlines(clock)
    with deadlines.within(5):
        clock.advance(4)
    clock.advance(10)
    await settle()
    task = asyncio.current_task()
    assert task is not None
    assert task.cancelling() == 0


async def test_a_lifted_deadline_does_not_end_anything() -> None:
    clock = HandClock()
    deadlines = Deadlines(clock)
    with deadlines.within(5) as deadline:
        deadline.lift()
        clock.advance(60)
        await settle()
    assert clock.due is None


async def test_an_error_of_its_own_is_not_hidden_by_a_deadline_that_passes() -> None:
    clock = HandClock()
    deadlines = Deadlines(clock)

    async def fails() -> None:
        with deadlines.within(5):
            try:
                await asyncio.get_running_loop().create_future()
            except asyncio.CancelledError:
                raise ValueError("broken") from None

    task = asyncio.create_task(fails())
    await settle()
    clock.advance(5)
    with pytest.raises(ValueError, match="broken"):
        await task
    assert task.cancelling() == 0


async def test_nothing_ends_before_its_time() -> None:
    clock = HandClock()
    task = waiting(Deadlines(clock), 5)
    await settle()
    clock.advance(4.9)
    await settle()
    assert not task.done()
    clock.advance(0.1)
    assert await task == "5"


async def test_no_timer_is_left_when_nothing_is_under_way() -> None:
    clock = HandClock()
    deadlines = Deadlines(clock)
    for _ in range(3):
        with deadlines.within(5), deadlines.within(2):
            clock.advance(0.5)
    clock.advance(10)
    assert clock.due is None


async def test_thousands_of_deadlines_that_are_met_set_one_timer() -> None:
    clock = HandClock()
    deadlines = Deadlines(clock)
    for _ in range(4000):
        with deadlines.within(5):
            clock.advance(0.001)
    assert clock.set == 1


@pytest.mark.parametrize(
    ("lengths", "after", "which"), [((10, 5), 5, "5"), ((5, 10), 5, "5"), ((5, 5), 5, "5")]
)
async def test_of_nested_deadlines_the_one_that_passes_is_told(
    lengths: tuple[float, ...], after: float, which: str
) -> None:
    clock = HandClock()
    task = waiting(Deadlines(clock), *lengths)
    await settle()
    clock.advance(after)
    assert (await task, task.cancelling()) == (which, 0)


async def test_where_both_pass_at_once_the_outer_one_is_told() -> None:
    clock = HandClock()
    task = waiting(Deadlines(clock), 5, 3)
    await settle()
    clock.advance(7)
    assert (await task, task.cancelling()) == ("5", 0)


async def test_what_follows_in_the_same_task_has_its_own_time() -> None:
    clock = HandClock()
    deadlines = Deadlines(clock)

    async def twice() -> list[str]:
        return [await told(deadlines, seconds) for seconds in (5, 2)]

    task = asyncio.create_task(twice())
    await settle()
    clock.advance(5)
    await settle()
    clock.advance(1)
    await settle()
    assert not task.done()
    clock.advance(1)
    assert await task == ["5", "2"]


async def test_each_passes_in_its_turn_whatever_was_set_before_it() -> None:
    clock = HandClock()
    deadlines, ended = Deadlines(clock), list[str]()
    for name, seconds in (("late", 9), ("middle", 5), ("soon", 1), ("soon too", 1)):
        waiting(deadlines, seconds).add_done_callback(lambda task, name=name: ended.append(name))
    await settle()
    for _ in range(9):
        clock.advance(1)
        await settle()
        ended.append("-")
    assert ended == ["soon", "soon too", "-", "-", "-", "-", "middle", "-", "-", "-", "-", "late", "-"]
    assert clock.due is None


async def test_the_loop_of_the_server_is_a_clock() -> None:
    deadlines = Deadlines(asyncio.get_running_loop())
    assert await told(deadlines, 10, 0.002) == "0.002"
