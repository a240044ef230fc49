"""What one worker forgets, the others hear; what is no digest, or nobody's, harms nobody."""

from __future__ import annotations

import asyncio
import socket
from pathlib import Path
from typing import Any

import pytest

from strangler.server.hearsay import DIGEST, MOST_LATE, Hearsay

pytestmark = pytest.mark.anyio


@pytest.fixture(params=["uvloop"])
def anyio_backend(request: pytest.FixtureRequest) -> tuple[str, dict[str, Any]]:
    return "asyncio", {"use_uvloop": True}


def left(folder: Path) -> list[str]:
    return [file.name for file in folder.iterdir()]


async def heard(by: list[bytes], count: int) -> None:
    async with asyncio.timeout(10):
        while len(by) < count:  # noqa: ASYNC110
            await asyncio.sleep(0.001)


async def test_what_is_no_digest_is_not_heard_and_a_dead_ear_is_removed(tmp_path: Path) -> None:
    one: list[bytes] = []
    ear = Hearsay(tmp_path, "1", one.append)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as stranger:
        dead = tmp_path / "2.ear"
        stranger.bind(str(dead))
        for message in (b"", b"x" * (DIGEST - 1), b"x" * (DIGEST + 1), b"x" * 10_000):
            stranger.sendto(message, str(tmp_path / "1.ear"))
        stranger.sendto(b"d" * DIGEST, str(tmp_path / "1.ear"))
    await heard(one, 1)
    assert one == [b"d" * DIGEST]
    ear.tell(b"d" * DIGEST)
    assert not dead.exists()
    ear.close()
    assert left(tmp_path) == []


async def test_a_busy_worker_hears_all_the_same_and_so_do_all_others(tmp_path: Path) -> None:
    minds: list[list[bytes]] = [[], [], []]
    ears = [Hearsay(tmp_path, str(number), mind.append) for number, mind in enumerate(minds)]
    told = [number.to_bytes(DIGEST) for number in range(1000)]
    for digest in told:  # nobody listens meanwhile
        ears[0].tell(digest)
    await heard(minds[1], len(told))
    await heard(minds[2], len(told))
    assert minds == [[], told, told]
    for ear in ears:
        ear.close()


async def test_not_more_than_so_much_is_kept_for_a_worker_that_hangs(tmp_path: Path) -> None:
    mind: list[bytes] = []
    ear, hanging = Hearsay(tmp_path, "1", mind.append), Hearsay(tmp_path, "2", mind.append)
    for number in range(MOST_LATE + 1000):
        ear.tell(number.to_bytes(DIGEST))
    await heard(mind, MOST_LATE)
    assert MOST_LATE <= len(mind) < MOST_LATE + 100
    assert mind[-1] == (MOST_LATE + 999).to_bytes(DIGEST)
    ear.close()
    hanging.close()
