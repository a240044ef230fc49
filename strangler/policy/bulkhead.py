"""Who may be with an upstream, who waits, and who has to go: bounded, and fair between tenants.

A place that becomes free goes to the tenants in turn, whatever each of them has waiting. Where the queue is full, the
tenant with the most in it gives way to one with fewer (McKenney, "Stochastic Fairness Queueing", 1990, with one queue
for each tenant).
"""

from __future__ import annotations

from collections import OrderedDict, deque
from typing import Generic, TypeVar

from strangler.routing.policy import Bulkhead

Waiter = TypeVar("Waiter")


class Compartments(Generic[Waiter]):
    """``Waiter`` is whatever stands for a waiting request; equal ones are the same request."""

    def __init__(self, rule: Bulkhead) -> None:
        self._rule = rule
        self._inside: dict[str, int] = {}
        self._queues: OrderedDict[str, deque[Waiter]] = OrderedDict()
        self.active = 0
        """Requests that are with the upstream."""
        self.waiting = 0
        """Requests in the queue."""

    def enter(self, tenant: str) -> bool:
        """Takes a place, if there is one for this tenant and nobody has waited for it longer."""
        if self.active >= self._rule.concurrency or not self._has_room(tenant) or tenant in self._queues:
            return False
        self._take(tenant)
        return True

    def queue(self, tenant: str, waiter: Waiter) -> tuple[bool, Waiter | None]:
        """Whether a request may wait, and who has to leave the queue for it where that is full."""
        evicted = None
        if self.waiting >= self._rule.queue:
            longest = max(self._queues, key=lambda name: len(self._queues[name]), default=tenant)
            own = len(self._queues.get(tenant, ()))
            if len(self._queues.get(longest, ())) <= own + 1:
                return False, None
            evicted = self._queues[longest].pop()
            self.waiting -= 1
        self._queues.setdefault(tenant, deque()).append(waiter)
        self.waiting += 1
        return True, evicted

    def give_up(self, tenant: str, waiter: Waiter) -> None:
        """A request does not wait any longer; one that does not wait is nobody's concern."""
        queue = self._queues.get(tenant)
        if queue is None or waiter not in queue:
            return
        queue.remove(waiter)
        self.waiting -= 1
        if not queue:
            del self._queues[tenant]

    def leave(self, tenant: str) -> list[Waiter]:
        """A request has ended; those whose turn it is now have their places already."""
        self.active -= 1
        self._inside[tenant] -= 1
        if not self._inside[tenant]:
            del self._inside[tenant]
        called = []
        while self.active < self._rule.concurrency and (next_one := self._call()) is not None:
            called.append(next_one)
        return called

    def _call(self) -> Waiter | None:
        for tenant, queue in self._queues.items():
            if not self._has_room(tenant):
                continue
            waiter = queue.popleft()
            self.waiting -= 1
            self._queues.move_to_end(tenant)
            if not queue:
                del self._queues[tenant]
            self._take(tenant)
            return waiter
        return None

    def _has_room(self, tenant: str) -> bool:
        most = self._rule.per_tenant
        return most is None or self._inside.get(tenant, 0) < most

    def _take(self, tenant: str) -> None:
        self.active += 1
        self._inside[tenant] = self._inside.get(tenant, 0) + 1
