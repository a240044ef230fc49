"""Tells others what became of routes and rollouts: the audit log as signed webhooks, each line at least once, in order.

The request is that of Standard Webhooks (standardwebhooks.com, version 1): ``webhook-id``, ``webhook-timestamp``, and
``webhook-signature: v1,BASE64`` with the HMAC-SHA256 of ``id.timestamp.body``.
"""

from __future__ import annotations

import asyncio
import base64
import hmac
import json
import logging
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict
from hashlib import sha256
from typing import Any

import httpx

from strangler.errors import StranglerError
from strangler.store import State, open_state

LEASE = "notifier"
LEASE_TTL = 20.0
"""Seconds; more than an answer may take."""
INTERVAL = 1.0
TIMEOUT = 10.0
"""Seconds for an answer."""
LONGEST_WAIT = 300.0
"""Seconds between two tries, at most; they double from one."""

log = logging.getLogger("strangler.control")

Message = dict[str, Any]


class Notifier:
    """Sends what is new to one address. How far it has come stands in the state: nothing is lost by a restart, and
    nothing skipped while nobody answers. The first time it begins with what happens from then on."""

    def __init__(
        self,
        state: State,
        url: str,
        secret: bytes,
        *,
        holder: str,
        client: Callable[[], httpx.Client] = lambda: httpx.Client(timeout=TIMEOUT, follow_redirects=False),
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._state = state
        self._url = url
        self._key = _key(secret)
        self._holder = holder
        self._client = client()
        self._clock = clock
        self._note = f"notified {sha256(url.encode()).hexdigest()[:16]}"
        self._failures = 0
        self._not_before = 0.0

    def look(self) -> None:
        """Send what is new, if this one holds the lease and need not wait after a failure. Raises ``StranglerError``
        where the state cannot be reached."""
        if self._clock() < self._not_before:
            return
        lease = self._state.leases.acquire(LEASE, self._holder, self._clock(), LEASE_TTL)
        if lease is None:
            return
        kept = self._state.notes.get(self._note)
        if kept is None:
            self._state.notes.put(self._note, json.dumps(self._now()), lease)
            return
        for message, after in self._new(json.loads(kept)):
            if not self._sent(message):
                return
            self._state.notes.put(self._note, json.dumps(after), lease)
            self._state.leases.acquire(LEASE, self._holder, self._clock(), LEASE_TTL)

    def close(self) -> None:
        """Let another one go on at once."""
        self._client.close()
        lease = self._state.leases.holder(LEASE)
        if lease is not None and lease.holder == self._holder:
            self._state.leases.release(lease)

    def _now(self) -> dict[str, Any]:
        phases = {record.group: record.state.get("phase") for record in self._state.rollouts.all()}
        return {"version": self._state.routes.version(), "phases": phases}

    def _new(self, told: dict[str, Any]) -> Iterator[tuple[Message, dict[str, Any]]]:
        """Each message, and how far one has come with it."""
        missing = self._state.routes.version() - told["version"]
        for record in reversed(self._state.routes.history(missing) if missing > 0 else []):
            if record.version > told["version"]:
                told = {**told, "version": record.version}
                yield (
                    {
                        "type": "change",
                        "id": f"change-{record.version}",
                        "version": record.version,
                        **asdict(record.entry),
                    },
                    told,
                )
        for rollout in self._state.rollouts.all():
            phase = rollout.state.get("phase")
            if told["phases"].get(rollout.group) != phase:
                told = {**told, "phases": {**told["phases"], rollout.group: phase}}
                verdict = rollout.state.get("verdict") or {}
                yield (
                    {
                        "type": "rollout",
                        "id": f"rollout-{rollout.group}-{rollout.version}",
                        "group": rollout.group,
                        "phase": phase,
                        "guard": verdict.get("reason", ""),
                    },
                    told,
                )

    def _sent(self, message: Message) -> bool:
        body = json.dumps(message, ensure_ascii=False).encode()
        stamp = str(int(self._clock()))
        headers = {
            "content-type": "application/json",
            "webhook-id": message["id"],
            "webhook-timestamp": stamp,
            "webhook-signature": signature(self._key, message["id"], stamp, body),
        }
        try:
            status = self._client.post(self._url, content=body, headers=headers).status_code
            trouble = "" if 200 <= status < 300 else f"status {status}"
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            trouble = str(error) or type(error).__name__
        if trouble:
            self._failed(trouble)
        else:
            self._failures = 0
        return not trouble

    def _failed(self, trouble: str) -> None:
        if self._failures == 0:
            log.warning("a notification was not taken, and is sent again until it is: %s", trouble)
        self._not_before = self._clock() + min(LONGEST_WAIT, 2.0**self._failures)
        self._failures = min(self._failures + 1, 20)


def signature(key: bytes, message_id: str, timestamp: str, body: bytes) -> str:
    """The value of ``webhook-signature``."""
    signed = f"{message_id}.{timestamp}.".encode() + body
    return "v1," + base64.b64encode(hmac.digest(key, signed, "sha256")).decode()


def _key(secret: bytes) -> bytes:
    """``whsec_`` and base64, as Standard Webhooks writes secrets, or any other bytes as they are."""
    if secret.startswith(b"whsec_"):
        try:
            return base64.b64decode(secret.removeprefix(b"whsec_"), validate=True)
        except ValueError:
            return secret
    return secret


async def keep_notifying(state_url: str, url: str, secret: bytes, holder: str) -> None:
    """Look once a second until cancelled; what touches disks and sockets runs in a thread."""
    notifier: Notifier | None = None
    state: State | None = None
    troubled = False
    try:
        while True:
            try:
                if notifier is None:
                    state = await asyncio.to_thread(open_state, state_url)
                    notifier = Notifier(state, url, secret, holder=holder)
                await asyncio.to_thread(notifier.look)
                troubled = False
            except Exception as error:  # whatever it is: a loop that has died would tell nobody anything
                if not troubled:
                    log.warning("nobody is notified for now: %s", error)
                troubled = True
            await asyncio.sleep(INTERVAL)
    finally:
        if notifier is not None and state is not None:
            try:
                notifier.close()
            except StranglerError as error:
                log.warning("the notifier's lease runs out by itself: %s", error)
            state.close()
