"""The trace that a request belongs to: W3C Trace Context (recommendation of 23 November 2021). Pure."""

from __future__ import annotations

import re
from typing import NamedTuple

_PARENT = re.compile(rb"([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?")
_SAMPLED = 1
_ALL = 2**64


class Parent(NamedTuple):
    """What a ``traceparent`` field says: the trace, the caller's span, and whether the caller recorded it."""

    trace_id: str
    span_id: str
    sampled: bool


class Trace(NamedTuple):
    """A request's place in its trace: the caller's span (empty for none), the facade's own for the whole request, and
    the one under which it asks the upstream; ids are in hexadecimal. ``sampled``: these spans are recorded."""

    trace_id: str
    parent_id: str
    server_id: str
    client_id: str
    sampled: bool

    @property
    def field(self) -> bytes:
        """The ``traceparent`` that the upstream gets."""
        return f"00-{self.trace_id}-{self.client_id}-{'01' if self.sampled else '00'}".encode()


def read_parent(value: bytes | None) -> Parent | None:
    """What a ``traceparent`` says; None for none, and for one that breaks the rules of section 3.2.2."""
    found = _PARENT.fullmatch(value) if value is not None and len(value) <= 512 else None
    if found is None:
        return None
    version, trace_id, span_id, flags, more = found.groups()
    if version == b"ff" or (version == b"00" and more) or not trace_id.strip(b"0") or not span_id.strip(b"0"):
        return None
    return Parent(trace_id.decode(), span_id.decode(), bool(int(flags, 16) & _SAMPLED))


def threshold_of(percent: float) -> int:
    """What the lower half of a trace id stays below for this share of all traces."""
    return round(percent / 100 * _ALL)


def begin(parent: Parent | None, threshold: int, bits: int, *, trusted: bool = False) -> Trace:
    """The trace of a new request. ``bits`` are 256 random ones.

    The lower half of the trace id decides about the sample, so that all who take the same share record the same
    traces. That the caller records counts only where the caller is ``trusted``: else each could fill the collector.
    """
    trace_id = parent.trace_id if parent is not None else f"{bits >> 128 or 1:032x}"
    sampled = (trusted and parent is not None and parent.sampled) or int(trace_id[16:], 16) < threshold
    server, client = (bits >> 64) % _ALL or 1, bits % _ALL or 1
    return Trace(
        trace_id, parent.span_id if parent is not None else "", f"{server:016x}", f"{client:016x}", sampled
    )
