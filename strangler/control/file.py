"""Routes that follow a file, as a repository keeps it: what the file changes becomes a change of the routes."""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

from strangler.config import read_routes
from strangler.control.service import Control, Outcome
from strangler.control.verbs import Apply, Request
from strangler.errors import StranglerError
from strangler.routing.document import from_document, to_document
from strangler.routing.merge import merge
from strangler.store import State, open_state

INTERVAL = 1.0
"""Seconds between two looks of a server at the file."""
LEASE = "file-follower"
LEASE_TTL = 5.0
"""Seconds; of several facades that follow a file, one does it, and is followed by another one after so long."""

log = logging.getLogger("strangler.control")


class FileFollower:
    """Looks at a file and carries over what has changed in it since it was last followed (see ``routing.merge``).

    What the file said last is kept in the state, so a restart repeats nothing: a share that the guard took back stays
    taken back until somebody changes it in the file.
    """

    def __init__(
        self, state: State, file: Path, *, holder: str, clock: Callable[[], float] = time.time
    ) -> None:
        self._state = state
        self._file = file
        self._holder = holder
        self._clock = clock
        self._control = Control(state.routes, actor=f"file {file.name}", clock=clock)
        self._note = f"follow {file.name}"
        self._told = ""

    def follow(self, *, dry_run: bool = False) -> Outcome | None:
        """Carry over what is new; None where nothing is, or somebody else does it. Raises ``StranglerError`` where the
        file cannot be read or means nothing, and where its change is refused."""
        lease = self._state.leases.acquire(LEASE, self._holder, self._clock(), LEASE_TTL)
        if lease is None:
            return None
        wanted = to_document(from_document(read_routes(self._file)))
        text = json.dumps(wanted, sort_keys=True)
        kept = self._state.notes.get(self._note)
        if kept == text:
            return None
        table = self._state.routes.load()
        document = merge(json.loads(kept or "{}"), wanted, to_document(table))
        reason = f"{self._file.name} sha256 {sha256(self._file.read_bytes()).hexdigest()[:12]}"
        outcome = self._control.change(
            Request(Apply(document=document), reason=reason, dry_run=dry_run),
            via="follow",
            expected_version=table.version,
            fence=lease,
        )
        if not dry_run:
            # A crash before this line makes the next look merge the same change again, which changes nothing.
            self._state.notes.put(self._note, text, lease)
        return outcome

    def look(self) -> None:
        """``follow`` for a loop: what is wrong is logged once, and looked at again."""
        try:
            outcome = self.follow()
        except StranglerError as error:
            self._say(f"{self._file.name} is not followed, the routes stay: {error}")
        except Exception as error:  # whatever it is: a loop that has died would follow nothing
            self._say(f"{self._file.name} is not followed: unexpected {type(error).__name__}: {error}")
        else:
            self._told = ""
            if outcome is not None and outcome.changed:
                log.warning("version %s: %s of %s", outcome.version, outcome.summary, self._file.name)

    def release(self) -> None:
        """Let another one follow at once."""
        lease = self._state.leases.holder(LEASE)
        if lease is not None and lease.holder == self._holder:
            self._state.leases.release(lease)

    def _say(self, line: str) -> None:
        if line != self._told:
            log.warning("%s", line)
        self._told = line


async def keep_following(state_url: str, file: Path, holder: str) -> None:
    """Look once a second until cancelled; what touches disks runs in a thread."""
    state = await asyncio.to_thread(open_state, state_url)
    follower = FileFollower(state, file, holder=holder)
    try:
        while True:
            await asyncio.to_thread(follower.look)
            await asyncio.sleep(INTERVAL)
    finally:
        try:
            follower.release()
        except StranglerError as error:
            log.warning("the file follower's lease runs out by itself: %s", error)
        state.close()
