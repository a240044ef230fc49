"""The state in memory: for tests, and for a facade that should forget. Safe to use from several threads."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace
from threading import RLock
from time import sleep
from typing import Any

from strangler.errors import Refused, Unknown
from strangler.rollout.window import Counted
from strangler.routing import RouteTable
from strangler.store.differences import MOST_PATHS, OTHER_PATHS, Differing, below, in_order
from strangler.store.leases import Lease
from strangler.store.rollouts import RolloutRecord, stale_rollout
from strangler.store.routes import Entry, Record, lost_lease, no_version, stale
from strangler.store.tokens import Token
from strangler.store.windows import Total, Window


class MemoryLeases:
    def __init__(self, lock: RLock) -> None:
        self._lock = lock
        self._leases: dict[str, Lease] = {}

    def acquire(self, name: str, holder: str, now: float, ttl: float) -> Lease | None:
        with self._lock:
            held = self._leases.get(name)
            if held is not None and held.holder != holder and now < held.expires <= now + 2 * ttl:
                return None
            mine = held is not None and held.holder == holder and held.expires > now
            token = held.token + (not mine) if held is not None else 1
            lease = self._leases[name] = Lease(name, holder, token, now + ttl)
            return lease

    def release(self, lease: Lease) -> None:
        with self._lock:
            held = self._leases.get(lease.name)
            if held is not None and held.token == lease.token:
                self._leases[lease.name] = replace(held, expires=0.0)

    def holder(self, name: str) -> Lease | None:
        with self._lock:
            return self._leases.get(name)

    def check(self, fence: Lease | None) -> None:
        """Raise ``Refused`` where a newer token than the fence's was given out."""
        if fence is None:
            return
        held = self._leases.get(fence.name)
        if held is None or held.token != fence.token:
            raise lost_lease(fence)


class MemoryRoutes:
    def __init__(self, lock: RLock, leases: MemoryLeases) -> None:
        self._lock = lock
        self._leases = leases
        self._tables = [RouteTable()]
        self._records: list[Record] = []

    def version(self) -> int:
        return len(self._tables) - 1

    def load(self) -> RouteTable:
        return self._tables[-1]

    def at(self, version: int) -> RouteTable:
        if not 0 <= version < len(self._tables):
            raise no_version(version, self.version())
        return self._tables[version]

    def commit(
        self, table: RouteTable, expected_version: int, entry: Entry, fence: Lease | None = None
    ) -> RouteTable:
        with self._lock:
            self._leases.check(fence)
            if self.version() != expected_version:
                raise stale(expected_version, self.version())
            committed = replace(table, version=expected_version + 1)
            self._tables.append(committed)
            self._records.append(Record(committed.version, entry))
            return committed

    def wait(self, seconds: float) -> None:
        sleep(seconds)

    def history(self, limit: int | None = None) -> list[Record]:
        with self._lock:
            return self._records[::-1][:limit]


class MemoryWindows:
    def __init__(self, lock: RLock) -> None:
        self._lock = lock
        self._windows: list[Window] = []

    def add(self, windows: Iterable[Window]) -> None:
        with self._lock:
            self._windows.extend(windows)

    def totals(
        self, since: int, until: int | None = None, group: str | None = None
    ) -> dict[tuple[str, Counted], Total]:
        sums: dict[tuple[str, Counted], Total] = {}
        with self._lock:
            for window in self._windows:
                if window.second < since or (until is not None and window.second >= until):
                    continue
                if group is not None and window.group != group:
                    continue
                key = (window.group, window.side)
                sums[key] = sums.get(key, Total()) + Total(window.requests, window.errors, window.latency)
        return sums

    def by_second(self, group: str, since: int, until: int) -> dict[tuple[int, Counted], Total]:
        sums: dict[tuple[int, Counted], Total] = {}
        with self._lock:
            for window in self._windows:
                if window.group == group and since <= window.second < until:
                    key = (window.second, window.side)
                    sums[key] = sums.get(key, Total()) + Total(window.requests, window.errors, window.latency)
        return sums

    def forget(self, before: int) -> None:
        with self._lock:
            self._windows = [window for window in self._windows if window.second >= before]


class MemoryRollouts:
    def __init__(self, lock: RLock, leases: MemoryLeases) -> None:
        self._lock = lock
        self._leases = leases
        self._rollouts: dict[str, tuple[str, int]] = {}

    def all(self) -> list[RolloutRecord]:
        with self._lock:
            return [RolloutRecord(g, json.loads(s), v) for g, (s, v) in sorted(self._rollouts.items())]

    def save(
        self, group: str, state: dict[str, Any], expected_version: int, fence: Lease | None = None
    ) -> RolloutRecord:
        with self._lock:
            self._leases.check(fence)
            current = self._rollouts.get(group, ("", 0))[1]
            if current != expected_version:
                raise stale_rollout(group, current)
            self._rollouts[group] = (json.dumps(state), current + 1)
            return RolloutRecord(group, state, current + 1)

    def delete(self, group: str) -> None:
        with self._lock:
            self._rollouts.pop(group, None)


class MemoryDifferences:
    def __init__(self, lock: RLock) -> None:
        self._lock = lock
        self._kept: dict[tuple[str, str], Differing] = {}

    def add(self, seen: Iterable[Differing]) -> None:
        with self._lock:
            for one in seen:
                known = sum(group == one.group for group, _ in self._kept)
                if (one.group, one.path) not in self._kept and known >= MOST_PATHS:
                    one = replace(one, path=OTHER_PATHS)
                key = one.group, one.path
                self._kept[key] = self._kept[key] + one if key in self._kept else one

    def all(self, group: str | None = None) -> list[Differing]:
        with self._lock:
            return in_order(one for one in self._kept.values() if group in (None, one.group))

    def forget(self, group: str, path: str | None = None) -> None:
        with self._lock:
            for key in [
                key for key in self._kept if key[0] == group and (path is None or below(key[1], path))
            ]:
                del self._kept[key]


class MemoryTokens:
    def __init__(self, lock: RLock) -> None:
        self._lock = lock
        self._tokens: dict[str, Token] = {}

    def add(self, token: Token, digest: str) -> None:
        with self._lock:
            if any(known.name == token.name for known in self._tokens.values()):
                raise Refused(
                    f"there is a token called {token.name!r} already", remedy="Choose another name."
                )
            self._tokens[digest] = token

    def find(self, digest: str) -> Token | None:
        return self._tokens.get(digest)

    def list(self) -> list[Token]:
        with self._lock:
            return sorted(self._tokens.values(), key=lambda token: token.name)

    def revoke(self, name: str) -> None:
        with self._lock:
            for digest, token in self._tokens.items():
                if token.name == name:
                    del self._tokens[digest]
                    return
        raise Unknown(f"there is no token called {name!r}", remedy="List them with: strangler tokens list.")


class MemoryNotes:
    def __init__(self, lock: RLock, leases: MemoryLeases) -> None:
        self._lock = lock
        self._leases = leases
        self._notes: dict[str, str] = {}

    def get(self, name: str) -> str | None:
        return self._notes.get(name)

    def put(self, name: str, text: str, fence: Lease | None = None) -> None:
        with self._lock:
            self._leases.check(fence)
            self._notes[name] = text

    def all(self, prefix: str) -> dict[str, str]:
        with self._lock:
            return {name: text for name, text in sorted(self._notes.items()) if name.startswith(prefix)}

    def drop(self, name: str) -> None:
        with self._lock:
            self._notes.pop(name, None)
