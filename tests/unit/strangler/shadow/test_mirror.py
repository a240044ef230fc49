import asyncio
from collections.abc import Awaitable, Callable

from strangler.shadow.compare import Answer, Difference
from strangler.shadow.mirror import LONGEST_PATH, MOST_AT_ONCE, MOST_FRESH, MOST_WAITING, Copy, Mirror


def copy(body: bytes = b'{"a": 1}') -> Copy:
    answer = Answer(200, {"content-type": "application/json"}, body)
    return Copy("billing", "service", "GET", b"/api/x/?token=secret", (), answer)


def answering(body: bytes) -> Callable[[Copy, str], Awaitable[Answer]]:
    async def send(copy: Copy, upstream: str) -> Answer:
        return Answer(200, {"content-type": "application/json"}, body)

    return send


class Heard(list[tuple[str, bool]]):
    def __call__(self, group: str, differs: bool) -> None:
        self.append((group, differs))


async def run(
    send: Callable[[Copy, str], Awaitable[Answer]], copies: int, body: bytes = b'{"a": 1}'
) -> tuple[Mirror, Heard]:
    heard = Heard()
    mirror = Mirror(send, heard, roll=lambda: 1.0)
    for _ in range(copies):
        mirror.offer(copy(body))
    await mirror.drain()
    return mirror, heard


def test_a_full_bulkhead_drops_and_counts_and_never_waits() -> None:
    at_once = 0
    most = 0

    async def slow(copy: Copy, upstream: str) -> Answer:
        nonlocal at_once, most
        at_once += 1
        most = max(most, at_once)
        await asyncio.sleep(0)
        at_once -= 1
        return copy.answer

    mirror, heard = asyncio.run(run(slow, 500))
    tally = mirror.tallies()["billing"]
    assert most <= MOST_AT_ONCE
    assert tally.dropped == 500 - MOST_WAITING
    assert tally.compared == MOST_WAITING == len(heard)


def test_a_service_that_gives_no_answer_differs_and_harms_nobody() -> None:
    async def refuse(copy: Copy, upstream: str) -> Answer:
        raise ConnectionRefusedError

    mirror, _heard = asyncio.run(run(refuse, 2))
    tally = mirror.tallies()["billing"]
    assert (tally.compared, tally.differing, tally.unanswered) == (2, 2, 2)
    assert {sample.difference for sample in mirror.take()} == {Difference("status", "200", "(no answer)")}


def test_what_waits_to_be_kept_is_bounded() -> None:
    number = 0

    async def other_keys(copy: Copy, upstream: str) -> Answer:
        nonlocal number
        number += 1
        return Answer(
            200, {"content-type": "application/json"}, b'{"a": 1, "%d%s": 2}' % (number, b"x" * 999)
        )

    async def many() -> Mirror:
        mirror = Mirror(other_keys, Heard(), roll=lambda: 1.0)
        for _ in range(MOST_FRESH + 50):
            mirror.offer(copy())
            await mirror.drain()
        return mirror

    mirror = asyncio.run(many())
    taken = mirror.take()
    assert len(taken) == MOST_FRESH
    assert max(len(sample.difference.path) for sample in taken) <= LONGEST_PATH
    assert mirror.tallies()["billing"].differing == MOST_FRESH + 50
    assert mirror.take() == []


def test_samples_show_no_query_and_no_secret() -> None:
    mirror, _ = asyncio.run(run(answering(b'{"a": 2, "token": "t0ps3cret"}'), 1))
    samples = mirror.take()
    assert {sample.request for sample in samples} == {"GET /api/x/"}
    assert "t0ps3cret" not in str(samples)


def test_where_the_monolith_differs_from_itself_the_service_may_too() -> None:
    number = 0

    async def clock(copy: Copy, upstream: str) -> Answer:
        nonlocal number
        number += 1
        total = 1 if upstream == "monolith" else 2
        return Answer(
            200, {"content-type": "application/json"}, b'{"now": %d, "total": %d}' % (number, total)
        )

    async def many(body: bytes) -> tuple[Mirror, Heard]:
        heard = Heard()
        mirror = Mirror(clock, heard, roll=lambda: 0.0)
        for _ in range(20):
            mirror.offer(copy(body))
            await mirror.drain()
        return mirror, heard

    mirror, heard = asyncio.run(many(b'{"now": 0, "total": 2}'))
    tally = mirror.tallies()["billing"]
    assert heard == [("billing", False)] * 20
    assert (tally.noise, tally.repeated, tally.differing) == (20, 20, 0)
    assert mirror.take() == []
    mirror, heard = asyncio.run(many(b'{"now": 0, "total": 1}'))
    assert heard == [("billing", True)] * 20
    assert {sample.difference.path for sample in mirror.take()} == {"$.total"}


def test_the_monolith_is_asked_again_as_often_as_was_declared() -> None:
    asked: list[str] = []

    async def note(copy: Copy, upstream: str) -> Answer:
        asked.append(upstream)
        return copy.answer

    rolls = iter([0.0999, 0.1, 0.5])
    heard = Heard()

    async def three() -> None:
        mirror = Mirror(note, heard, roll=lambda: next(rolls))
        for _ in range(3):
            mirror.offer(copy())
            await mirror.drain()

    asyncio.run(three())
    assert asked == ["service", "monolith", "service", "service"]


def test_equal_answers_are_counted_and_leave_nothing_behind() -> None:
    mirror, heard = asyncio.run(run(answering(b'{"a":1}'), 3))
    assert heard == [("billing", False)] * 3
    assert mirror.take() == []


def test_an_answer_that_differs_twice_at_a_path_counts_once() -> None:
    mirror, heard = asyncio.run(run(answering(b'{"a": 2, "b": [1, 1]}'), 3, b'{"a": 1, "b": [2, 3]}'))
    assert heard == [("billing", True)] * 3
    assert sorted(sample.difference.path for sample in mirror.take()) == ["$.a"] * 3 + ["$.b[*]"] * 3
