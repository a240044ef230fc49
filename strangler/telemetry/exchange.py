"""One request as it is told to people and to collectors: a line of the access log, the attributes of a span."""

from __future__ import annotations

from msgspec import Struct

from strangler.telemetry.traces import Trace


class Exchange(Struct, frozen=True):  # may be made for every request
    """A request that is over. ``started`` is seconds since the epoch; durations are seconds; ``asked`` and ``answered``
    are when the upstream was asked and the head of its answer came, from the start (None: it was not). ``status`` 499
    stands for a client that went away. Names are empty, and ``bucket`` is None, where there is none."""

    started: float
    duration: float
    request_id: str
    method: str
    path: str
    host: str
    scheme: str
    client: str
    status: int
    error: str = ""
    route: str = ""
    pattern: str = ""
    group: str = ""
    side: str = ""
    upstream: str = ""
    reason: str = ""
    bucket: int | None = None
    user: str = ""
    asked: float | None = None
    answered: float | None = None
    bytes_in: int = 0
    bytes_out: int = 0
    tunnel: bool = False
    trace: Trace | None = None
