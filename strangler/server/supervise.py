"""One process that serves nothing, and watches the workers that do.

It holds the listening sockets, so that connections wait in the kernel's queue and none is refused while a worker is
replaced. Workers are new processes, not forks: SIGHUP replaces them one by one, and with them code and certificates.
"""

from __future__ import annotations

import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import msgspec

from strangler.errors import StranglerError
from strangler.server.prepare import Sockets, announce, prepared
from strangler.server.settings import Settings, say
from strangler.server.worker import Order
from strangler.telemetry.access_log import STDOUT
from strangler.telemetry.crew import Crew

START_TIMEOUT = 30.0
"""Seconds in which a worker has to be ready."""
MARGIN = 5.0
"""Seconds that a worker gets after its grace before it is killed."""
PAUSE = 1.0
"""Seconds before a worker that has died is replaced."""
_SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGCHLD)

Process = subprocess.Popen[bytes]


def supervise(settings: Settings) -> None:
    """Serves with several workers until SIGTERM or SIGINT; a second SIGINT does not wait. Raises ``StranglerError``
    when they cannot start."""
    with (
        prepared(settings) as (sockets, note),
        tempfile.TemporaryDirectory(prefix="strangler-") as folder,
        _signals() as inbox,
    ):
        crew = _Workers(settings, sockets, folder, os.dup(1) if settings.access_log == STDOUT else None)
        try:
            for place in range(settings.workers):
                if not crew.start(place):
                    raise StranglerError("the workers cannot start", remedy="What they said stands above.")
            announce(settings, sockets, note)
            _watch(crew, inbox)
        finally:
            crew.end()


def _watch(crew: _Workers, inbox: socket.socket) -> None:
    while True:
        timeout = PAUSE if crew.missing else None
        select.select([inbox], [], [], timeout)
        told = _drain(inbox)
        crew.bury()
        if signal.SIGTERM in told or signal.SIGINT in told:
            return crew.stop(inbox)
        if signal.SIGHUP in told:
            crew.replace_all()
        elif signal.SIGCHLD not in told:
            crew.fill()


@dataclass(slots=True)
class _Workers:
    """The processes, by place; the first place has the admin API. ``leaving`` have been told to end."""

    settings: Settings
    sockets: Sockets
    folder: str
    out: int | None = None
    """Standard output, where the access log goes there: that of a worker is for its ``ready``."""
    at: dict[int, Process] = field(default_factory=dict)
    leaving: list[Process] = field(default_factory=list)

    @property
    def missing(self) -> list[int]:
        """The places that nobody has."""
        return [place for place in range(self.settings.workers) if place not in self.at]

    def start(self, place: int) -> bool:
        """A new worker for a place, and whether it is ready; until then the old one stays."""
        process = self._spawn(place)
        assert process.stdout is not None
        readable, _, _ = select.select([process.stdout], [], [], START_TIMEOUT)
        if not readable or process.stdout.readline() != b"ready\n":
            process.kill()
            self.leaving.append(process)
            return False
        old = self.at.get(place)
        self.at[place] = process
        if old is not None:
            old.terminate()
            self.leaving.append(old)
        return True

    def replace_all(self) -> None:
        """Every worker by a new one, one after the other; the first that cannot start ends the attempt."""
        for place in range(self.settings.workers):
            if not self.start(place):
                say("warning: a new worker did not start; the others stay as they are")
                return
        say(f"all {self.settings.workers} workers are new")

    def fill(self) -> None:
        """Workers for the places of those that have died."""
        for place in self.missing:
            self.start(place)

    def bury(self) -> None:
        """Takes note of processes that have ended."""
        for place, process in list(self.at.items()):
            if process.poll() is not None:
                del self.at[place]
                self._ended(process)
                say(f"warning: worker {process.pid} has ended ({_cause(process)}); another one follows")
        for process in [one for one in self.leaving if one.poll() is not None]:
            self.leaving.remove(process)
            self._ended(process)

    def stop(self, inbox: socket.socket) -> None:
        """Lets all of them finish what is under way, within their grace."""
        running = [*self.at.values(), *self.leaving]
        for process in running:
            process.terminate()
        deadline = time.monotonic() + self.settings.grace + MARGIN
        while any(one.poll() is None for one in running) and time.monotonic() < deadline:
            select.select([inbox], [], [], deadline - time.monotonic())
            if signal.SIGINT in _drain(inbox):
                for process in running:  # two: the first finishes what is under way, the second does not wait
                    process.send_signal(signal.SIGINT)
                    process.send_signal(signal.SIGINT)

    def end(self) -> None:
        """Nobody is left behind."""
        for process in (*self.at.values(), *self.leaving):
            process.kill()
            self._ended(process)

    def _spawn(self, place: int) -> Process:
        front, out = self.sockets.front.fileno(), self.out
        admin = self.sockets.admin.fileno() if place == 0 and self.sockets.admin is not None else None
        process = subprocess.Popen(
            [sys.executable, "-P", "-m", "strangler.server.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            pass_fds=[descriptor for descriptor in (front, admin, out) if descriptor is not None],
            process_group=0,  # the terminal's Ctrl-C is for the one who watches
        )
        assert process.stdin is not None
        settings = self.settings if out is None else replace(self.settings, access_log=f"/dev/fd/{out}")
        order = Order(settings, front, admin, self.folder)
        try:
            process.stdin.write(msgspec.json.encode(order) + b"\n")
            process.stdin.flush()
        except BrokenPipeError:  # it has ended already, and ``start`` will see that
            pass
        return process

    def _ended(self, process: Process) -> None:
        process.wait()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                pipe.close()
        Crew(Path(self.folder), "").fold(str(process.pid))


def _cause(process: Process) -> str:
    code = process.returncode
    return f"signal {signal.Signals(-code).name}" if code < 0 else f"exit {code}"


@contextmanager
def _signals() -> Iterator[socket.socket]:
    """A socket at which the numbers of signals arrive, one byte each."""
    inbox, outbox = socket.socketpair()
    with inbox, outbox:
        inbox.setblocking(False)
        outbox.setblocking(False)
        before = {number: signal.signal(number, lambda *_: None) for number in _SIGNALS}
        wakeup = signal.set_wakeup_fd(outbox.fileno(), warn_on_full_buffer=False)
        try:
            yield inbox
        finally:
            signal.set_wakeup_fd(wakeup)
            for number, handler in before.items():
                signal.signal(number, handler)


def _drain(inbox: socket.socket) -> set[int]:
    try:
        return set(inbox.recv(4096))
    except BlockingIOError:
        return set()
