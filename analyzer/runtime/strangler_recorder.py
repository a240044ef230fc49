"""Records which tables the views of a Django project really touch, and how often and how fast they are asked.

One file without dependencies, for Python 3.8 and Django 3.2 and later. Copy it beside ``manage.py`` and put one line
first in the settings::

    MIDDLEWARE = ["strangler_recorder.middleware", ...]

Options, all of them optional::

    STRANGLER_RECORDER = {
        "FILE": "strangler-observations.jsonl",  # relative to ROOT; one file for all processes
        "ROOT": BASE_DIR,  # the folder that `strangler analyze` is given
        "SAMPLE": 0.1,  # share of the requests whose statements are looked at; all requests are counted
        "INTERVAL": 10,  # seconds between two writes; a process that is killed loses as much
        "MAX_MB": 64,  # the file never grows beyond this
    }

It writes counts: no values of parameters, no SQL, no paths, no users. It never raises into a request: what goes wrong
inside is counted and written. Memory is bounded; what does not fit is counted as dropped. `strangler observe FILE`
shows what a file holds; `strangler analyze --runtime FILE` merges it with what the code says.
"""

from __future__ import annotations

import atexit
import contextlib
import contextvars
import functools
import inspect
import json
import logging
import os
import platform
import random
import re
import stat
import sys
import threading
import time
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:  # annotations are never evaluated: Python 3.8 may not understand them
    from collections.abc import Callable, Iterator

    Place = tuple[str, int, str] | None  # (absolute file name, line, function) of project code
    Key = tuple[str | None, str, str, str]  # (route, view, name, method)

try:
    import fcntl
except ImportError:  # Windows: appends of one write each have to do
    _LOCKS = 0
else:
    _LOCKS = 50

VERSION = 1
BUCKETS_MS = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000)
"""Upper bounds of the latency histogram; the last bucket is everything above."""
MAX_VIEWS, MAX_ROWS, MAX_STATEMENTS, MAX_CACHED, MAX_SQL = 2_000, 20_000, 2_000, 2_000, 8_000
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_log = logging.getLogger("strangler.recorder")
_current: contextvars.ContextVar[_Seen | None] = contextvars.ContextVar("strangler", default=None)


# ---- SQL -> tables ---------------------------------------------------------------------------------------------------


class Tables(NamedTuple):
    """What a statement touches: table names in lower case, and pairs of tables whose columns it equates."""

    reads: tuple[str, ...]
    writes: tuple[str, ...]
    joins: tuple[tuple[str, str], ...]


_SKIPPED = r"--[^\n]*|/\*.*?(?:\*/|\Z)|'(?:[^']|'')*'|\$(\w*)\$.*?(?:\$\1\$|\Z)"
_SKIPPED_MYSQL = r"--\s[^\n]*|\#[^\n]*|/\*.*?(?:\*/|\Z)|'(?:[^'\\]|\\.|'')*'|\"(?:[^\"\\]|\\.|\"\")*\""
_PARTS = r"|(?P<quoted>{0})|(?P<word>[^\W\d][\w$]*)|(?P<mark>[(),.=;])|\d[\w.]*|%\(\w+\)s|%s"


def _scanner(skipped: str, quoted: str) -> Any:
    return re.compile(skipped + _PARTS.format(quoted), re.DOTALL)


_SCANNERS = {
    "mysql": _scanner(_SKIPPED_MYSQL, r"`[^`]*`"),
    "microsoft": _scanner(_SKIPPED, r'"(?:[^"]|"")*"|\[[^\]]*\]'),
    "": _scanner(_SKIPPED, r'"(?:[^"]|"")*"|`[^`]*`'),
}


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_VERBS = _words("SELECT WITH INSERT REPLACE UPDATE DELETE MERGE TRUNCATE VALUES")
_ENDS_FROM = _words(
    "WHERE GROUP ORDER HAVING LIMIT OFFSET FETCH WINDOW UNION EXCEPT INTERSECT RETURNING SET FOR SELECT"
)
_NO_ALIAS = _ENDS_FROM | _words(
    "ON USING JOIN INNER LEFT RIGHT FULL CROSS OUTER NATURAL STRAIGHT_JOIN VALUES DEFAULT WHEN FROM FORCE USE IGNORE "
    "WITH TABLESAMPLE LATERAL AND OR NOT CASCADE RESTRICT RESTART CONTINUE IDENTITY"
)
_BEFORE_TABLE = _words("ONLY LATERAL TABLE IGNORE LOW_PRIORITY DELAYED QUICK HIGH_PRIORITY")


class _Scope:
    """A pair of parentheses: a query, a list of tables, or anything else."""

    __slots__ = ("from_", "name", "query")

    def __init__(self, query: bool, from_: bool, name: str = "") -> None:
        self.query, self.from_, self.name = query, from_, name


class _Reader:
    """Reads one statement from left to right. It knows where SQL names tables, and nothing else of SQL."""

    def __init__(self, sql: str, vendor: str) -> None:
        scanner = _SCANNERS.get(vendor, _SCANNERS[""])
        found = (match for match in scanner.finditer(sql) if match.lastgroup)
        self.tokens = [(match.lastgroup, match.group()) for match in found]
        self.at = 0
        self.truncating = False
        self.reads: list[str] = []
        self.writes: list[str] = []
        self.local: set[str] = set()
        self.aliases: dict[str, str] = {}
        self.equal: list[tuple[str, str]] = []

    def word(self, offset: int = 0) -> str:
        kind, text = self.token(offset)
        return text.upper() if kind == "word" else ""

    def mark(self, offset: int = 0) -> str:
        kind, text = self.token(offset)
        return text if kind == "mark" else ""

    def token(self, offset: int = 0) -> tuple[str | None, str]:
        place = self.at + offset
        return self.tokens[place] if 0 <= place < len(self.tokens) else (None, "")

    def tables(self) -> Tables:
        stack = [_Scope(True, False)]
        before = ""
        while self.at < len(self.tokens):
            before = self.step(stack, before)
        reads = {name for name in self.reads if name not in self.local}
        writes = {self.aliases.get(name, name) for name in self.writes} - self.local
        pairs = {self.pair(one, two) for one, two in self.equal}
        return Tables(tuple(sorted(reads)), tuple(sorted(writes)), tuple(sorted(p for p in pairs if p)))

    def pair(self, one: str, two: str) -> Any:
        a, b = self.aliases.get(one), self.aliases.get(two)
        if not a or not b or self.local & {a, b}:
            return ()
        return (min(a, b), max(a, b))

    def step(self, stack: list[_Scope], before: str) -> str:
        """Take one token, or a table with its alias; the answer is the word that was taken."""
        word, mark, scope = self.word(), self.mark(), stack[-1]
        if mark == "(":
            self.open(stack, before)
        elif mark == ")":
            self.at += 1
            if len(stack) > 1:
                stack.pop()
        elif mark == ";":
            self.at += 1
            del stack[1:]
            scope.from_ = False
        elif mark == "," and scope.from_:
            self.at += 1
            self.table(stack, self.reads)
        elif word == "FROM":
            self.from_(scope, stack, before)
        elif word in ("JOIN", "STRAIGHT_JOIN"):
            self.at += 1
            self.table(stack, self.reads)
        elif word == "INTO":
            self.at += 1
            self.table(stack, self.writes)
        elif word == "TRUNCATE" or (mark == "," and self.truncating):
            self.truncating = True
            self.at += 1
            self.table(stack, self.writes)
        elif word == "UPDATE" and before not in ("FOR", "DO", "KEY", "NO"):
            self.at += 1
            if self.word() == "OR":  # SQLite's UPDATE OR IGNORE
                self.at += 2
            self.table(stack, self.writes)
            scope.from_ = True  # MySQL's UPDATE a, b SET
        elif word == "USING" and self.mark(1) != "(":
            self.at += 1
            scope.from_ = True
            self.table(stack, self.reads)
        elif word == "DELETE" and self.word(1) != "FROM" and before in ("", "(") and self.token(1)[0]:
            self.at += 1
            self.deleted()
        else:
            if word in _ENDS_FROM:
                scope.from_ = False
            self.equation()
            self.at += 1
        return word or mark

    def open(self, stack: list[_Scope], before: str) -> None:
        """A parenthesis: a common table's body when ``name AS (`` stands before a verb."""
        query = self.word(1) in _VERBS
        if query and before in ("AS", "MATERIALIZED"):
            self.note_common_table()
        stack.append(_Scope(query, False))
        self.at += 1

    def note_common_table(self) -> None:
        offset = -1
        while self.word(offset) in ("AS", "MATERIALIZED", "NOT"):
            offset -= 1
        if self.mark(offset) == ")":  # name (columns) AS (
            while self.mark(offset) not in ("(", ""):
                offset -= 1
            while self.token(offset)[0] and self.mark(offset) != "(":
                offset -= 1
            offset -= 1
        self.local.add(_plain(*self.token(offset)))

    def from_(self, scope: _Scope, stack: list[_Scope], before: str) -> None:
        self.at += 1
        if not scope.query or before == "DISTINCT":  # EXTRACT(year FROM x), IS DISTINCT FROM x
            return
        scope.from_ = True
        deleting = before == "DELETE"
        self.table(stack, self.writes if deleting else self.reads)
        if deleting and self.writes:
            scope.from_ = False

    def deleted(self) -> None:
        """MySQL's ``DELETE a FROM a JOIN b``."""
        kind, text = self.token()
        if kind in ("word", "quoted"):
            self.writes.append(_plain(kind, text))
            self.at += 1

    def table(self, stack: list[_Scope], into: list[str]) -> None:
        while self.word() in _BEFORE_TABLE:
            self.at += 1
        if self.mark() == "(":
            query = self.word(1) in _VERBS
            stack.append(_Scope(query, not query))
            self.at += 1
            if not query:
                self.table(stack, into)
            return
        kind, text = self.token()
        if kind not in ("word", "quoted") or (kind == "word" and text.upper() in _NO_ALIAS):
            return
        self.at += 1
        while self.mark() == "." and self.token(1)[0] in ("word", "quoted"):
            kind, text = self.token(1)
            self.at += 2
        name = _plain(kind, text)
        if self.mark() == "(" and into is self.reads:  # generate_series(...)
            return
        into.append(name)
        self.aliases.setdefault(name, name)
        self.alias(name)

    def alias(self, name: str) -> None:
        if self.word() == "AS":
            self.at += 1
        kind, text = self.token()
        if kind == "quoted" or (kind == "word" and text.upper() not in _NO_ALIAS):
            self.aliases[_plain(kind, text)] = name
            self.at += 1

    def equation(self) -> None:
        """``a.x = b.y``, the right side perhaps in parentheses."""
        if self.mark() != "=" or self.mark(-2) != ".":
            return
        right = 2 if self.mark(1) == "(" else 1
        if self.mark(right + 1) == "." and self.token(right + 2)[0] in ("word", "quoted"):
            one, two = _plain(*self.token(-3)), _plain(*self.token(right))
            if one != two:  # subqueries use the same aliases again; an outer table may be named further on
                self.equal.append((self.aliases.get(one, one), self.aliases.get(two, two)))


def _plain(kind: str | None, text: str) -> str:
    """A name without its quotes, in lower case; SQLite's and PostgreSQL's doubled quotes are undone."""
    if kind == "quoted":
        return text[1:-1].replace('""', '"').lower()
    return text.lower()


def tables_of(sql: str, vendor: str = "") -> Tables:
    """The tables that a statement reads and writes, and those it joins. ``vendor`` is Django's name of the database."""
    return _Reader(sql, vendor).tables()


# ---- what one request did --------------------------------------------------------------------------------------------


class _Seen:
    """One sampled request: statements by (tables, place, inside the view?), and atomic blocks that wrote something."""

    __slots__ = ("atomics", "dropped", "queries", "request", "spans", "statements")

    def __init__(self, request: Any) -> None:
        self.request = request
        self.statements: dict[tuple[Tables, Place, bool], list[int]] = {}
        self.atomics: dict[tuple[Place, str, tuple[str, ...]], int] = {}
        self.spans: list[_Span] = []
        self.queries = 0
        self.dropped = 0


class _Span:
    """An open atomic block. Blocks of one thread on one database close in the order opposite to their opening."""

    __slots__ = ("database", "opened", "place", "thread", "writes")

    def __init__(self, database: str, place: Place, opened: str) -> None:
        self.database, self.place, self.opened = database, place, opened
        self.thread = threading.get_ident()
        self.writes: set[str] = set()


class _View:
    """The counters of one URL pattern, view and method since the last write."""

    __slots__ = ("around", "ms", "queries", "query_ns", "requests", "sampled", "seconds", "status", "tables")

    def __init__(self) -> None:
        self.requests = self.sampled = self.queries = self.query_ns = 0
        self.seconds = 0.0
        self.status: dict[str, int] = {}
        self.ms = [0] * (len(BUCKETS_MS) + 1)
        self.tables: dict[tuple[str, str], int] = {}
        self.around: dict[tuple[str, str], int] = {}


class _Batch:
    """Everything since the last write. ``rows``: (kind, key, ...) -> [count, nanoseconds]."""

    def __init__(self) -> None:
        self.began = time.monotonic()
        self.views: dict[Key, _View] = {}
        self.rows: dict[tuple[Any, ...], list[int]] = {}
        self.dropped = self.failures = 0


# ---- the recorder ----------------------------------------------------------------------------------------------------


class _Recorder:
    """The state of one process. Its public methods never raise."""

    def __init__(self, root: str, options: dict[str, Any]) -> None:
        unknown = set(options) - {"FILE", "ROOT", "SAMPLE", "INTERVAL", "MAX_MB"}
        if unknown:
            raise ValueError(f"STRANGLER_RECORDER knows no {', '.join(sorted(unknown))}")
        self.root = os.path.join(os.path.realpath(str(options.get("ROOT") or root)), "")
        self.file = os.path.join(self.root, str(options.get("FILE") or "strangler-observations.jsonl"))
        self.sample = min(1.0, max(0.0, float(options.get("SAMPLE", 0.1))))
        self.interval = max(1.0, float(options.get("INTERVAL", 10)))
        self.limit = int(float(options.get("MAX_MB", 64)) * 1_000_000)
        self.cache: dict[tuple[str, str], Tables] = {}
        self.kinds: dict[str, str] = {}
        self.full = False
        self.reset()

    def reset(self) -> None:
        """A forked child starts with empty books: the parent writes its own."""
        self.lock = threading.Lock()
        self.writing = threading.Lock()
        self.batch = _Batch()
        self.thread: threading.Thread | None = None
        self.stop = threading.Event()

    def begin(self, request: Any) -> _Seen | None:
        seen = _Seen(request) if random.random() < self.sample else None  # noqa: S311 - a sample, not a secret
        _current.set(seen)
        return seen

    def end(self, request: Any, seen: _Seen | None, started: float, status: int) -> None:
        elapsed = time.perf_counter() - started
        _current.set(None)
        try:
            key = _key(request)
            with self.lock:
                self._count(key, status, elapsed, seen)
            if self.thread is None:
                self._start()
            elif time.monotonic() - self.batch.began > 3 * self.interval:
                self.flush()  # threads do not run here (uWSGI without --enable-threads)
        except Exception:
            self.batch.failures += 1

    def execute(self, execute: Callable[..., Any], sql: Any, params: Any, many: bool, context: Any) -> Any:
        """Django's execute wrapper."""
        seen = _current.get()
        if seen is None:
            return execute(sql, params, many, context)
        started = time.perf_counter()
        try:
            return execute(sql, params, many, context)
        finally:
            try:
                self._statement(seen, sql, context["connection"], time.perf_counter() - started)
            except Exception:
                self.batch.failures += 1

    def opened(self, database: str) -> None:
        seen = _current.get()
        if seen is None:
            return
        try:
            place, opened = self._opener(sys._getframe(2))
            seen.spans.append(_Span(database, place, opened))
        except Exception:
            self.batch.failures += 1

    def closed(self, database: str) -> None:
        seen = _current.get()
        if seen is None:
            return
        try:
            thread = threading.get_ident()
            for i in range(len(seen.spans) - 1, -1, -1):
                span = seen.spans[i]
                if span.database == database and span.thread == thread:
                    del seen.spans[i]
                    if span.writes and len(seen.atomics) < MAX_STATEMENTS:
                        key = (span.place, span.opened, tuple(sorted(span.writes)))
                        seen.atomics[key] = seen.atomics.get(key, 0) + 1
                    return
        except Exception:
            self.batch.failures += 1

    def flush(self) -> None:
        """Append what was counted since the last time. What cannot be written is counted again with the next batch."""
        try:
            if not self.writing.acquire(False):
                return
            try:
                self._flush()
            finally:
                self.writing.release()
        except Exception:
            self.batch.failures += 1

    def _flush(self) -> None:
        with self.lock:
            batch, self.batch = self.batch, _Batch()
        if not batch.views and not batch.failures:
            return
        lines = [json.dumps(line, separators=(",", ":")) for line in _lines(batch, self.sample)]
        try:
            fits = _append(self.file, ("\n".join(lines) + "\n").encode("utf-8"), self.limit)
        except OSError as error:
            fits = False
            self._complain(f"{self.file}: {error}")
        if not fits:
            self._complain(f"{self.file} is full (MAX_MB)")
            self.batch.dropped += batch.dropped + len(lines)

    def _complain(self, what: str) -> None:
        if not self.full:
            self.full = True  # once a process: a log is no place for a heartbeat
            _log.warning("strangler_recorder: %s; observations are dropped until that changes", what)

    def _start(self) -> None:
        with self.lock:
            if self.thread is not None:
                return
            self.thread = threading.Thread(target=self._run, name="strangler_recorder", daemon=True)
        self.thread.start()

    def _run(self) -> None:
        stop = self.stop
        while not stop.wait(self.interval):
            self.flush()

    def _count(self, key: Key, status: int, elapsed: float, seen: _Seen | None) -> None:
        batch = self.batch
        view = batch.views.get(key)
        if view is None:
            if len(batch.views) >= MAX_VIEWS:
                batch.dropped += 1
                return
            view = batch.views[key] = _View()
        view.requests += 1
        view.seconds += elapsed
        view.ms[_bucket(elapsed * 1000)] += 1
        kind = f"{status // 100}xx" if 100 <= status < 600 else "none"
        view.status[kind] = view.status.get(kind, 0) + 1
        if seen is not None:
            self._merge(batch, key, view, seen)

    def _merge(self, batch: _Batch, key: Key, view: _View, seen: _Seen) -> None:
        view.sampled += 1
        view.queries += seen.queries
        batch.dropped += seen.dropped
        for (tables, place, inside), (count, spent) in list(seen.statements.items()):
            view.query_ns += spent
            counted = view.tables if inside else view.around
            site = self._relative(place)
            for mode, names in (("read", tables.reads), ("write", tables.writes)):
                for name in names:
                    counted[name, mode] = counted.get((name, mode), 0) + count
                    self._row(batch, ("site", key, site, name, mode, inside), count, spent)
            for pair in tables.joins:
                self._row(batch, ("join", key, site, *pair), count, 0)
        for (place, opened, written), count in list(seen.atomics.items()):
            self._row(batch, ("atomic", key, self._relative(place), opened, written), count, 0)

    def _row(self, batch: _Batch, row: tuple[Any, ...], count: int, spent: int) -> None:
        found = batch.rows.get(row)
        if found is not None:
            found[0] += count
            found[1] += spent
        elif len(batch.rows) < MAX_ROWS:
            batch.rows[row] = [count, spent]
        else:
            batch.dropped += 1

    def _statement(self, seen: _Seen, sql: Any, connection: Any, elapsed: float) -> None:
        if not isinstance(sql, str):  # psycopg's composed statements, or bytes
            sql = (
                sql.decode("utf-8", "replace")
                if isinstance(sql, bytes)
                else sql.as_string(connection.connection)
            )
        tables = self._tables(sql, connection.vendor)
        seen.queries += 1
        if not tables.reads and not tables.writes:
            return
        for span in seen.spans:
            if span.database == connection.alias:
                span.writes.update(tables.writes)
        place, inside = self._caller(sys._getframe(2))
        if inside is None:
            inside = getattr(seen.request, "resolver_match", None) is not None
        key = (tables, place, inside)
        counted = seen.statements.get(key)
        if counted is not None:
            counted[0] += 1
            counted[1] += int(elapsed * 1e9)
        elif len(seen.statements) < MAX_STATEMENTS:
            seen.statements[key] = [1, int(elapsed * 1e9)]
        else:
            seen.dropped += 1

    def _tables(self, sql: str, vendor: str) -> Tables:
        found = self.cache.get((sql, vendor))
        if found is None:
            found = tables_of(sql[: 4 * MAX_SQL], vendor)
            if len(sql) <= MAX_SQL:
                if len(self.cache) >= MAX_CACHED:
                    self.cache = {}
                self.cache[sql, vendor] = found
        return found

    def _caller(self, frame: Any) -> tuple[Place, bool | None]:
        """The innermost project frame below Django's handler, and whether that handler was calling the view."""
        place: Place = None
        for _ in range(500):
            if frame is None:
                break
            code = frame.f_code
            kind = self.kinds.get(code.co_filename) or self._classify(code.co_filename)
            if kind == "project":
                if place is None:
                    place = (code.co_filename, frame.f_lineno, _function(code))
            elif kind == "handler":
                return place, code.co_name in ("_get_response", "_get_response_async")
            elif kind == "bridge" and code.co_name == "thread_handler":
                break  # sync code called from async: what stands below in this thread did not call it
            frame = frame.f_back
        return place, None

    def _opener(self, frame: Any) -> tuple[Place, str]:
        """Where an atomic block stands: the ``with``, or the function that it decorates."""
        code = frame.f_code
        if code.co_name == "inner" and code.co_filename.endswith("contextlib.py"):
            inner = getattr(inspect.unwrap(frame.f_locals["func"]), "__code__", None)
            if inner is not None and self._kind(inner) == "project":
                return (inner.co_filename, inner.co_firstlineno, _function(inner)), "decorator"
            if self._kind(frame.f_back.f_code) == "handler":
                return None, "request"
        elif self._kind(code) == "project":
            return (code.co_filename, frame.f_lineno, _function(code)), "with"
        elif code.co_filename.endswith("contextlib.py") and code.co_name in ("enter_context", "_enter_cm"):
            return self._caller(frame)[0], "with"
        return self._caller(frame)[0], "library"

    def _kind(self, code: Any) -> str:
        return self.kinds.get(code.co_filename) or self._classify(code.co_filename)

    def _classify(self, filename: str) -> str:
        kind = "library"
        real = os.path.realpath(filename).replace(os.sep, "/")
        if "/django/core/handlers/" in real:
            kind = "handler"
        elif real.endswith("/asgiref/sync.py"):
            kind = "bridge"
        elif (
            real.startswith(self.root.replace(os.sep, "/"))
            and os.path.basename(real) != "strangler_recorder.py"
        ):
            inside = real[len(self.root) :].split("/")
            if not any(part in _FOREIGN or part.startswith(".") for part in inside):
                kind = "project"
        if len(self.kinds) < MAX_ROWS:
            self.kinds[filename] = kind
        return kind

    def _relative(self, place: Place) -> Place:
        if place is None:
            return None
        real = os.path.realpath(place[0])
        return (real[len(self.root) :].replace(os.sep, "/"), place[1], place[2])


_FOREIGN = frozenset({"site-packages", "dist-packages", "node_modules", "venv", "env", "lib64"})


def _function(code: Any) -> str:
    """``Class.method`` where the running Python knows it (3.11), else the bare name."""
    name: str = getattr(code, "co_qualname", code.co_name)
    return name.partition(".<locals>")[0]


def _bucket(ms: float) -> int:
    for i, bound in enumerate(BUCKETS_MS):
        if ms <= bound:
            return i
    return len(BUCKETS_MS)


def _key(request: Any) -> Key:
    method = request.method if request.method in _METHODS else "OTHER"
    match = getattr(request, "resolver_match", None)
    if match is None:
        return (None, "", "", method)
    return (match.route or "", _dotted(match.func), match.view_name or "", method)


def _dotted(view: Any) -> str:
    """The dotted name of a view: of its class, if ``as_view`` made it."""
    for _ in range(20):
        if isinstance(view, functools.partial):
            view = view.func
            continue
        made = getattr(view, "view_class", None) or getattr(view, "cls", None)
        if made is not None:
            view = made
            break
        inner = getattr(view, "__wrapped__", None)
        if inner is None:
            break
        view = inner
    owner = getattr(view, "__self__", None)
    if owner is not None and not inspect.isclass(owner):  # a bound method, of a ModelAdmin for example
        return f"{type(owner).__module__}.{type(owner).__qualname__}.{view.__name__}"
    named = view if hasattr(view, "__qualname__") else type(view)
    return f"{named.__module__}.{named.__qualname__}"


def _lines(batch: _Batch, sample: float) -> Iterator[dict[str, Any]]:
    import django

    yield {
        "v": VERSION,
        "kind": "batch",
        "at": int(time.time()),
        "seconds": round(time.monotonic() - batch.began, 1),
        "sample": sample,
        "python": platform.python_version(),
        "django": django.get_version(),
        "dropped": batch.dropped,
        "failures": batch.failures,
    }
    for key, view in batch.views.items():
        yield {
            **_named("view", key),
            "requests": view.requests,
            "sampled": view.sampled,
            "status": view.status,
            "seconds": round(view.seconds, 4),
            "ms": view.ms,
            "queries": view.queries,
            "query_ms": round(view.query_ns / 1e6, 3),
            "reads": _mode(view.tables, "read"),
            "writes": _mode(view.tables, "write"),
            "around": {"reads": _mode(view.around, "read"), "writes": _mode(view.around, "write")},
        }
    for row, (count, spent) in batch.rows.items():
        yield _row_line(row, count, spent)


def _row_line(row: tuple[Any, ...], count: int, spent: int) -> dict[str, Any]:
    line = {**_named(row[0], row[1]), "n": count}
    line["file"], line["line"], line["function"] = row[2] or ("", 0, "")
    if row[0] == "site":
        line["table"], line["mode"], line["inside"] = row[3:]
        line["ms"] = round(spent / 1e6, 3)
    elif row[0] == "join":
        line["tables"] = row[3:]
    else:
        line["opened"], line["tables"] = row[3:]
    return line


def _named(kind: str, key: Key) -> dict[str, Any]:
    return dict(zip(("v", "kind", "route", "view", "name", "method"), (VERSION, kind, *key)))


def _mode(tables: dict[tuple[str, str], int], mode: str) -> dict[str, int]:
    return {name: count for (name, found), count in tables.items() if found == mode}


def _append(path: str, data: bytes, limit: int) -> bool:
    """Append whole lines in one write, alone in the file; False when they do not fit. A half write is taken back."""
    flags = os.O_RDWR | os.O_APPEND | os.O_CREAT
    for name in ("O_CLOEXEC", "O_NOFOLLOW", "O_NONBLOCK", "O_BINARY"):
        flags |= getattr(os, name, 0)
    handle = os.open(path, flags, 0o600)
    try:
        found = os.fstat(handle)
        if not stat.S_ISREG(found.st_mode):
            raise OSError("not a regular file")
        locked = _lock(handle)
        size = os.fstat(handle).st_size
        if size + len(data) + 1 > limit:
            return False
        if size:
            os.lseek(handle, size - 1, os.SEEK_SET)
            if os.read(handle, 1) != b"\n":  # somebody died while writing: his half line ends here
                data = b"\n" + data
        if os.write(handle, data) != len(data):
            if locked:
                os.ftruncate(handle, size)
            raise OSError("the disk is full")
        return True
    finally:
        os.close(handle)


def _lock(handle: int) -> bool:
    """Wait at most a second for the other processes; one append is atomic without it as well."""
    for _ in range(_LOCKS):
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
        except OSError:
            time.sleep(0.02)
    return False


# ---- what Django calls -----------------------------------------------------------------------------------------------

_recorder: _Recorder | None = None
_starting = threading.Lock()


def middleware(get_response: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """The entry of ``MIDDLEWARE``, for WSGI and ASGI. Without a usable configuration it warns and takes itself out."""
    from django.core.exceptions import MiddlewareNotUsed

    try:
        recorder = _install()
    except Exception as error:
        _log.warning("strangler_recorder is off: %s", error)
        raise MiddlewareNotUsed(str(error)) from None

    if inspect.iscoroutinefunction(get_response):

        async def observe_async(request: Any) -> Any:
            seen, started, status = recorder.begin(request), time.perf_counter(), 0
            try:
                response = await get_response(request)
                status = response.status_code
                return response
            finally:
                recorder.end(request, seen, started, status)

        return observe_async

    def observe(request: Any) -> Any:
        seen, started, status = recorder.begin(request), time.perf_counter(), 0
        try:
            response = get_response(request)
            status = response.status_code
            return response
        finally:
            recorder.end(request, seen, started, status)

    return observe


middleware.sync_capable = True  # type: ignore[attr-defined]
middleware.async_capable = True  # type: ignore[attr-defined]


def _install() -> _Recorder:
    global _recorder
    from django.conf import settings

    with _starting:
        if _recorder is None:
            root = str(getattr(settings, "BASE_DIR", "") or os.getcwd())
            _recorder = _Recorder(root, dict(getattr(settings, "STRANGLER_RECORDER", None) or {}))
            _watch_connections(_recorder)
            _watch_transactions(_recorder)
            if hasattr(os, "register_at_fork"):
                os.register_at_fork(after_in_child=_recorder.reset)
            atexit.register(_recorder.flush)
    return _recorder


def _watch_connections(recorder: _Recorder) -> None:
    from django.db import connections
    from django.db.backends.signals import connection_created

    def watch(connection: Any, **_: Any) -> None:
        if recorder.execute not in connection.execute_wrappers:
            connection.execute_wrappers.append(recorder.execute)

    connection_created.connect(watch, weak=False, dispatch_uid="strangler_recorder")
    for connection in connections.all():
        if connection.connection is not None:
            watch(connection)


def _watch_transactions(recorder: _Recorder) -> None:
    """Django tells nobody where an atomic block begins: its two methods are wrapped, and run first and unchanged."""
    from django.db import DEFAULT_DB_ALIAS
    from django.db.transaction import Atomic

    enter, leave = Atomic.__enter__, Atomic.__exit__

    @functools.wraps(enter)
    def enter_observed(self: Any) -> Any:
        entered = enter(self)
        recorder.opened(self.using or DEFAULT_DB_ALIAS)
        return entered

    @functools.wraps(leave)
    def leave_observed(self: Any, *reason: Any) -> Any:
        try:
            return leave(self, *reason)
        finally:
            with contextlib.suppress(Exception):
                recorder.closed(self.using or DEFAULT_DB_ALIAS)

    Atomic.__enter__ = enter_observed
    Atomic.__exit__ = leave_observed
