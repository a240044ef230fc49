"""What rollouts ask others: figures for their checks, consent of their hooks. In threads of their own, so that nobody's
slow answer delays the guard.

What comes back is not trusted: at most 1 MiB, no redirects, a finite number, a status.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Hashable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from time import monotonic
from typing import Any
from urllib.parse import urlsplit

import httpx

from strangler.errors import BadDocument
from strangler.rollout import Check, Figure
from strangler.routing.values import is_metadata

EVERY = 5.0
"""Seconds between two questions for the same figure, and between two to a hook that did not consent."""
STALE = 30.0
"""Seconds after which a figure is none any more."""
TIMEOUT = 5.0
"""Seconds for an answer."""
MOST = 1024 * 1024
"""Bytes of an answer."""
AT_ONCE = 4
PROMETHEUS = "prometheus+"
"""Before the ``http://`` of a Prometheus server: the expression is a query of its language."""

_CHECK = re.compile(
    r"\s*(?P<name>[\w.-]+)\s*=\s*(?P<url>\S+)\s+(?P<expression>.+?)\s*(?P<relation><=|>=|<|>)\s*(?P<limit>\S+)\s*"
)
_STEP = re.compile(r"\.([\w-]+)|\[(\d+)\]")


class Probes:
    """Asks in the background and hands over what was last heard."""

    def __init__(
        self,
        *,
        client: Callable[[], httpx.Client] = lambda: httpx.Client(timeout=TIMEOUT, follow_redirects=False),
        clock: Callable[[], float] = monotonic,
    ) -> None:
        self._client = client()
        self._clock = clock
        self._pool = ThreadPoolExecutor(AT_ONCE, "strangler-probe")
        self._asked: dict[Hashable, float] = {}
        self._under_way: dict[Hashable, Future[Any]] = {}
        self._figures: dict[Check, tuple[float, Figure]] = {}
        self._consents: dict[Hashable, tuple[bool, str]] = {}

    def close(self) -> None:
        self._pool.shutdown(wait=False, cancel_futures=True)
        self._client.close()

    def figures(self, checks: tuple[Check, ...]) -> tuple[Figure, ...]:
        """The last figure of each check, at most half a minute old; asks for the next one."""
        now = self._clock()
        found = []
        for check in checks:
            self._submit(check, lambda check=check: self._figure(check))  # type: ignore[misc]
            at, figure = self._figures.get(check, (now, Figure()))
            found.append(figure if now - at <= STALE else Figure(trouble="not heard for too long"))
        return tuple(found)

    def ask(self, key: Hashable, url: str, question: Mapping[str, Any]) -> None:
        """Post a question to a hook; ``consent`` has its answer later."""
        self._submit(key, lambda: self._consent(key, url, question))

    def consent(self, key: Hashable) -> tuple[bool | None, str]:
        """What a hook said to a question, and why not; None: it has not answered."""
        return self._consents.get(key, (None, ""))

    def _submit(self, key: Hashable, work: Callable[[], None]) -> None:
        running = self._under_way.get(key)
        if (running is not None and not running.done()) or self._clock() - self._asked.get(
            key, -math.inf
        ) < EVERY:
            return
        self._asked[key] = self._clock()
        self._under_way[key] = self._pool.submit(work)

    def _figure(self, check: Check) -> None:
        try:
            figure = Figure(fetch(self._client, check), "")
        except (httpx.HTTPError, httpx.InvalidURL, ValueError, RecursionError) as error:
            figure = Figure(trouble=str(error) or type(error).__name__)
        self._figures[check] = (self._clock(), figure)

    def _consent(self, key: Hashable, url: str, question: Mapping[str, Any]) -> None:
        try:
            status, body = _bounded(self._client, "POST", url, json=dict(question))
            text = body[:200].decode("utf-8", "replace").strip()
            self._consents[key] = (200 <= status < 300, f"{status} {text}".strip())
        except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
            self._consents[key] = (False, str(error) or type(error).__name__)


def read_check(text: str, where: str) -> Check:
    """``NAME = URL EXPRESSION <= NUMBER``: a JSON path (``$.failed``), or after ``prometheus+http://...`` a query."""
    found = _CHECK.fullmatch(text)
    limit = _number(found["limit"]) if found else None
    if found is None or limit is None:
        raise BadDocument(
            f"{text!r} is not a check",
            where=where,
            remedy="Write it like 'failed = http://orders/health.json $.orders.failed <= 5'.",
        )
    url = read_hook(found["url"].removeprefix(PROMETHEUS), where)
    if found["url"].startswith(PROMETHEUS):
        url = PROMETHEUS + url
    elif not found["expression"].startswith("$"):
        raise BadDocument(
            f"{found['expression']!r} is not a JSON path",
            where=where,
            remedy="Begin it with $, as $.orders[0].failed.",
        )
    else:
        list(_steps(found["expression"], where))
    return Check(found["name"], url, found["expression"], found["relation"], limit)  # type: ignore[arg-type]


def read_hook(url: str, where: str) -> str:
    """The address of a page over http(s)."""
    try:
        parts = urlsplit(url)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
    if not usable or re.search(r"\s", url):
        raise BadDocument(
            f"{url!r} is not an address", where=where, remedy="Write it like https://ci.example/ok."
        )
    if is_metadata(parts.hostname or ""):
        raise BadDocument(
            f"{url!r} is where a cloud keeps its machines' secrets",
            where=where,
            remedy="Name another server.",
        )
    if "@" in parts.netloc:
        raise BadDocument(
            "a password does not belong in an address that is kept and shown",
            where=where,
            remedy="Leave it out.",
        )
    return url


def fetch(client: httpx.Client, check: Check) -> float:
    """The figure of a check; raises ``ValueError`` or ``httpx.HTTPError`` where there is none."""
    if check.url.startswith(PROMETHEUS):
        base = check.url.removeprefix(PROMETHEUS).rstrip("/")
        status, body = _bounded(client, "GET", f"{base}/api/v1/query", params={"query": check.expression})
        return _of_prometheus(status, body)
    status, body = _bounded(client, "GET", check.url)
    if status != 200:
        raise ValueError(f"status {status}")
    return _finite(_at(json.loads(body), check.expression))


def _of_prometheus(status: int, body: bytes) -> float:
    answer = json.loads(body)
    if not isinstance(answer, dict) or answer.get("status") != "success":
        told = answer.get("error", "") if isinstance(answer, dict) else ""
        raise ValueError(f"status {status} {str(told)[:200]}".strip())
    data = answer.get("data")
    result = data.get("result") if isinstance(data, dict) else None
    if isinstance(data, dict) and data.get("resultType") == "vector" and isinstance(result, list):
        if len(result) != 1:
            raise ValueError(f"the query gives {len(result)} series, not one")
        result = result[0].get("value") if isinstance(result[0], dict) else None
    if not isinstance(result, list) or len(result) != 2 or not isinstance(result[1], str):
        raise ValueError("the query gives no number")
    return _finite(float(result[1]))


def _at(document: Any, path: str) -> Any:
    for step in _steps(path, "check"):
        try:
            document = document[step]
        except (KeyError, IndexError, TypeError):
            raise ValueError(f"there is no {path}") from None
    return document


def _steps(path: str, where: str) -> Iterator[str | int]:
    position = 1
    while position < len(path):
        step = _STEP.match(path, position)
        if step is None:
            raise BadDocument(
                f"{path!r} is not a JSON path", where=where, remedy="Write it like $.orders[0].failed."
            )
        yield step[1] if step[1] is not None else int(step[2])
        position = step.end()


def _finite(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise ValueError(f"{str(value)[:50]!r} is not a number")
    return float(value)


def _number(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def _bounded(client: httpx.Client, method: str, url: str, **how: Any) -> tuple[int, bytes]:
    body = bytearray()
    began = monotonic()
    with client.stream(method, url, **how) as answer:
        for chunk in answer.iter_bytes():
            body += chunk
            if len(body) > MOST:
                raise ValueError(f"the answer has more than {MOST} bytes")
            if monotonic() - began > 2 * TIMEOUT:
                raise ValueError("the answer does not end")
        return answer.status_code, bytes(body)
