from __future__ import annotations

import asyncio

import pytest

from strangler.facade.protocol import close_in_time

pytestmark = pytest.mark.anyio


class Line(asyncio.Transport):
    """A client's transport with so many bytes that were not sent yet."""

    def __init__(self, unsent: int) -> None:
        super().__init__()
        self.unsent = unsent
        self.aborted = asyncio.Event()
        self.closed = False

    def get_write_buffer_size(self) -> int:
        return self.unsent

    def close(self) -> None:
        self.closed = True

    def abort(self) -> None:
        self.aborted.set()


async def test_who_does_not_read_the_end_of_an_answer_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("strangler.facade.protocol.SEND_TIMEOUT", 0.01)
    line = Line(5)
    close_in_time(line)
    assert line.closed
    await asyncio.wait_for(line.aborted.wait(), 5)


async def test_who_has_read_everything_is_closed_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("strangler.facade.protocol.SEND_TIMEOUT", 0.0)
    line = Line(0)
    close_in_time(line)
    await asyncio.sleep(0.01)
    assert (line.closed, line.aborted.is_set()) == (True, False)
