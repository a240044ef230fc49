import asyncio
from collections.abc import Awaitable, Callable

from strangler.shadow.compare import Answer
from strangler.shadow.mirror import MOST_AT_ONCE, MOST_PATHS, MOST_SAMPLES, MOST_WAITING, Copy, Mirror


def copy(body: bytes = b'{"a": 1}') -> Copy:
    answer = Answer(200, {"content-type": "application/json"}, body)
    return Copy("billing", "service", "GET", b"/api/x/?token=secret", (), answer)


def answering(body: bytes) -> Callable[[Copy], Awaitable[Answer]]:
    async def send(copy: Copy) -> Answer:
        return Answer(200, {"content-type": "application/json"}, body)

    return send


class Heard(list[tuple[str, bool]]):
    def __call__(self, group: str, differs: bool) -> None:
        self.append((group, differs))


async def run(send: Callable[[Copy], Awaitable[Answer]], copies: int) -> tuple[Mirror, Heard]:
    heard = Heard()
    mirror = Mirror(send, heard)
    for _ in range(copies):
        mirror.offer(copy())
    await mirror.drain()
    return mirror, heard


def test_a_full_bulkhead_drops_and_counts_and_never_waits() -> None:
    at_once = 0
    most = 0

    async def slow(copy: Copy) -> Answer:
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
    async def refuse(copy: Copy) -> Answer:
        raise ConnectionRefusedError

    mirror, _heard = asyncio.run(run(refuse, 2))
    tally = mirror.tallies()["billing"]
    assert (tally.compared, tally.differing, tally.unanswered) == (2, 2, 2)
    assert mirror.paths("billing") == {"status": 2}


def test_samples_show_no_query_and_are_bounded() -> None:
    mirror, _ = asyncio.run(run(answering(b'{"a": 2}'), 50))
    samples = mirror.samples("billing")
    assert len(samples) == MOST_SAMPLES
    assert {sample.request for sample in samples} == {"GET /api/x/"}


def test_documents_keyed_by_what_users_choose_do_not_fill_the_memory() -> None:
    number = 0

    async def other_keys(copy: Copy) -> Answer:
        nonlocal number
        number += 1
        return Answer(
            200, {"content-type": "application/json"}, b'{"a": 1, "%d%s": 2}' % (number, b"x" * 999)
        )

    async def many() -> Mirror:
        mirror = Mirror(other_keys, Heard())
        for _ in range(MOST_PATHS + 50):
            mirror.offer(copy())
            await mirror.drain()
        return mirror

    paths = asyncio.run(many()).paths("billing")
    assert len(paths) == MOST_PATHS + 1
    assert paths["(others)"] == 50
    assert max(map(len, paths)) <= 200


def test_equal_answers_are_counted_and_leave_nothing_behind() -> None:
    mirror, heard = asyncio.run(run(answering(b'{"a":1}'), 3))
    assert heard == [("billing", False)] * 3
    assert mirror.paths("billing") == {}
    assert mirror.samples("billing") == ()


def test_differences_are_grouped_by_path() -> None:
    mirror, heard = asyncio.run(run(answering(b'{"a": 2, "b": 3}'), 3))
    assert heard == [("billing", True)] * 3
    assert mirror.paths("billing") == {"$.a": 3, "$.b": 3}
