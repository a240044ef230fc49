"""What one worker forgets, all forget: a session that was changed through one of them is not believed by another.

Each worker has a datagram socket in the crew's folder, which belongs to this user alone. What is sent are digests of
cookies, and all that they can do is to make somebody ask again.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

DIGEST = 32
"""Bytes of what is told about one cookie: a SHA-256."""
MOST_AT_ONCE = 256
"""Digests in one message."""
MOST_LATE = 4096
"""Digests that are kept for a worker that is too busy to hear; then the oldest go unheard."""
AGAIN = 0.005
"""Seconds after which a busy worker is told again."""


class Hearsay:
    """Hears what other workers forget, and tells them. Build it inside the event loop."""

    def __init__(self, folder: Path, name: str, heard: Callable[[bytes], None]) -> None:
        self._folder = folder
        self._own = folder / f"{name}.ear"
        self._heard = heard
        self._late: dict[Path, bytes] = {}
        self._again: asyncio.TimerHandle | None = None
        self._loop = asyncio.get_running_loop()
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.setblocking(False)
        self._own.unlink(missing_ok=True)
        self._socket.bind(str(self._own))
        self._loop.add_reader(self._socket, self._listen)

    def tell(self, digest: bytes) -> None:
        """Tells the others at once, or as soon as they have heard what was told before."""
        for ear in self._folder.glob("*.ear"):
            if ear != self._own:
                self._send(ear, (self._late.pop(ear, b"") + digest)[-MOST_LATE * DIGEST :])

    def close(self) -> None:
        """Hears no more, and tells no more."""
        if self._again is not None:
            self._again.cancel()
        self._loop.remove_reader(self._socket)
        self._socket.close()
        self._own.unlink(missing_ok=True)

    def _send(self, ear: Path, digests: bytes) -> None:
        size = MOST_AT_ONCE * DIGEST
        try:
            while digests:
                self._socket.sendto(digests[:size], str(ear))
                digests = digests[size:]
        except BlockingIOError:  # the kernel keeps about ten messages
            self._late[ear] = digests
            if self._again is None:
                self._again = self._loop.call_later(AGAIN, self._send_late)
        except ConnectionRefusedError:  # its worker was killed
            ear.unlink(missing_ok=True)
        except OSError:
            return

    def _send_late(self) -> None:
        self._again = None
        late, self._late = self._late, {}
        for ear, digests in late.items():
            self._send(ear, digests)

    def _listen(self) -> None:
        with suppress(BlockingIOError):
            while True:
                message = self._socket.recv(MOST_AT_ONCE * DIGEST + 1)
                if len(message) % DIGEST == 0:
                    for start in range(0, len(message), DIGEST):
                        self._heard(message[start : start + DIGEST])
