"""Lays observations over the facts: what both know confirms, what only the observation knows is added and reported."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import combinations

from analyzer.model.facts import Access, Facts, Finding, Join, Location, Mode, Observed, Traffic, Transaction
from analyzer.runtime.access_log import AccessLog
from analyzer.runtime.latency import percentile
from analyzer.runtime.observations import Key, Observations, Site
from analyzer.runtime.urls import RouteIndex

ACCESS, JOIN, COWRITE, ROUTE = "STR111", "STR112", "STR113", "STR114"
OBSERVED = "observed"
"""The rule of an access that only the recorder saw."""
VIEWS_NAMED = 3

Pair = tuple[str, Mode]


@dataclass(frozen=True, slots=True)
class _Static:
    """What the analysis knew before."""

    facts: Facts
    index: RouteIndex
    modules: dict[str, str]
    """File -> module, without tests."""
    tables: frozenset[str]
    """Every table that the analysis knows; ``own``: those of the project's models, which the coverage counts."""
    own: frozenset[str]
    in_file: frozenset[tuple[str, str, Mode]]
    files: dict[str, str | None]
    """Files by the recorder's names, as far as they were looked for."""

    def site(self, seen: Site) -> Site | None:
        """A place of the recorder as the analysis names it: the two may have started in different folders."""
        if seen.file in self.modules:
            return seen
        if seen.file not in self.files:
            ends = [f for f in self.modules if f.endswith(f"/{seen.file}") or seen.file.endswith(f"/{f}")]
            self.files[seen.file] = ends[0] if seen.file and len(ends) == 1 else None
        file = self.files[seen.file]
        return seen._replace(file=file) if file is not None else None

    def position(self, key: Key) -> int | None:
        return None if key.route is None else self.index.named(key.route)

    def route_site(self, key: Key) -> Site | None:
        """Where a URL pattern stands, as the place of its view's whole work."""
        position = self.position(key)
        if position is None:
            return None
        route = self.facts.routes[position]
        known = route.location.file in self.modules
        return (
            Site(route.location.file, route.location.line, route.view.rpartition(".")[2]) if known else None
        )

    def claims(self, position: int) -> set[Pair]:
        route = self.facts.routes[position]
        read: set[Pair] = {(table, "read") for table in route.tables_read}
        return read | {(table, "write") for table in route.tables_written}

    def counted(self, pairs: Iterable[Pair]) -> set[Pair]:
        return {pair for pair in pairs if pair[0] in self.own}


def merge(facts: Facts, seen: Observations | None = None, log: AccessLog | None = None) -> Facts:
    """The facts with what was seen at run time: accesses (rule ``observed``), joins and transactions that only the
    recorder saw, the tables of the URL patterns, and ``observed``: traffic, coverage and findings.

    Traffic comes from the access log where there is one, else from the recorder: both counted the same requests.
    """
    seen = seen or Observations()
    static = _known(facts)
    reached = _reached(static, seen)
    counted = {position: static.counted(pairs) for position, pairs in reached.items()}
    accesses = _accesses(static, seen)
    joins, transactions = _joins(static, seen), _transactions(static, seen)
    findings = [
        *_missed_by_views(static, seen, counted),
        *_missed_around(static, seen),
        *_missed_joins(joins),
        *_missed_cowrites(static, transactions),
        *_unknown_routes(static, seen),
        *_unknown_to_the_code(static, seen),
    ]
    foreseen = {position: pairs & static.claims(position) for position, pairs in counted.items()}
    traffic, requests, unmatched = _traffic(static, seen, log)
    observed = Observed(
        requests=requests,
        unmatched=unmatched,
        traffic=traffic,
        routes_reached=len(reached),
        pairs_seen=sum(map(len, counted.values())),
        pairs_foreseen=sum(map(len, foreseen.values())),
        claims=sum(len(static.counted(static.claims(position))) for position in reached),
        claims_confirmed=sum(map(len, foreseen.values())),
        missed=tuple(sorted(findings, key=lambda f: (f.code, f.locations, f.message))),
    )
    routes = list(facts.routes)
    for position, pairs in reached.items():
        all_pairs = pairs | static.claims(position)
        routes[position] = replace(
            routes[position],
            tables_read=tuple(sorted(table for table, mode in all_pairs if mode == "read")),
            tables_written=tuple(sorted(table for table, mode in all_pairs if mode == "write")),
        )
    return replace(
        facts,
        routes=tuple(routes),
        accesses=tuple(sorted({*facts.accesses, *accesses}, key=_access_order)),
        joins=tuple(
            sorted({*facts.joins, *joins}, key=lambda j: (j.location, j.table_a, j.table_b, j.function))
        ),
        transactions=tuple(sorted({*facts.transactions, *transactions}, key=_transaction_order)),
        observed=observed,
    )


def _access_order(access: Access) -> tuple[object, ...]:
    return (access.location, access.table, access.mode, access.function, access.kind, access.rule)


def _transaction_order(span: Transaction) -> tuple[object, ...]:
    return (span.location, span.function, span.tables_written, span.tables_read)


def _known(facts: Facts) -> _Static:
    owned = {model.table for model in facts.models if not model.library}
    owned |= {r.through_table or "" for m in facts.models if not m.library for r in m.relations}
    tables = owned | {model.table for model in facts.models} | {access.table for access in facts.accesses}
    return _Static(
        facts=facts,
        index=RouteIndex(facts.routes),
        modules={m.file: m.name for m in facts.modules if not m.is_test and not m.is_migration},
        tables=frozenset(tables - {""}),
        own=frozenset(owned - {""}),
        files={},
        in_file=frozenset((a.location.file, a.table, a.mode) for a in facts.accesses),
    )


def _reached(static: _Static, seen: Observations) -> dict[int, set[Pair]]:
    """URL patterns with a sampled request -> the known tables that were touched inside their views."""
    reached: dict[int, set[Pair]] = {}
    for key, view in seen.views.items():
        position = static.position(key)
        if position is not None and view.sampled:
            pairs = {pair for pair in view.tables if pair[0] in static.tables}
            reached.setdefault(position, set()).update(pairs)
    return reached


def _sites(
    static: _Static, seen: Observations
) -> Iterator[tuple[Key, Site, Site | None, str, Mode, bool, int]]:
    """Sightings of known tables: the place as recorded, and as the analysis names it, if it does."""
    for (key, place, table, mode, inside), count in seen.sites.items():
        if table in static.tables:
            yield key, place, static.site(place), table, mode, inside, count


def _accesses(static: _Static, seen: Observations) -> set[Access]:
    found = set()
    for _, _, site, table, mode, _, _ in _sites(static, seen):
        if site is not None and (site.file, table, mode) not in static.in_file:
            location, module = Location(site.file, site.line), static.modules[site.file]
            found.add(Access(location, module, site.function, table, mode, rule=OBSERVED))
    return found


def _joins(static: _Static, seen: Observations) -> set[Join]:
    known = {(join.table_a, join.table_b) for join in static.facts.joins}
    found = set()
    for _, place, one, two in seen.joins:
        site = static.site(place)
        if site is not None and one != two and (one, two) not in known and {one, two} <= static.tables:
            found.add(Join(one, two, Location(site.file, site.line), site.function))
    return found


def _transactions(static: _Static, seen: Observations) -> set[Transaction]:
    """Blocks that the project opened and that wrote a pair of tables which no known span writes.

    What ``ATOMIC_REQUESTS`` opened around a class-based view has no place of its own: its URL pattern's is taken.
    """
    known = _cowritten(static.facts.transactions)
    found = set()
    for key, place, opened, tables in seen.atomics:
        site = static.route_site(key) if opened == "request" else static.site(place)
        written = tuple(table for table in tables if table in static.tables)
        if site is None or opened == "library" or set(combinations(written, 2)) <= known:
            continue
        location = Location(site.file, site.line)
        found.add(Transaction(location, static.modules[site.file], site.function, (), written))
    return found


def _cowritten(spans: Iterable[Transaction]) -> set[tuple[str, str]]:
    return {pair for span in spans for pair in combinations(sorted(set(span.tables_written)), 2)}


def _missed_by_views(static: _Static, seen: Observations, reached: dict[int, set[Pair]]) -> Iterator[Finding]:
    """Pairs that a URL pattern's view touched and was not known to; views that share the place share the finding."""
    places: dict[tuple[int, str, Mode], set[tuple[str, int]]] = defaultdict(set)
    for key, recorded, site, table, mode, inside, _ in _sites(static, seen):
        position = static.position(key)
        if position is not None and inside and (recorded.file or site):
            place = site or recorded
            places[position, table, mode].add((place.file, place.line))
    groups: dict[tuple[str, Mode, tuple[tuple[str, int], ...]], set[str]] = defaultdict(set)
    alone: list[tuple[int, str, Mode]] = []
    for position, pairs in sorted(reached.items()):
        for table, mode in sorted(pairs - static.claims(position)):
            where = tuple(sorted(places.get((position, table, mode), ())))
            if where:
                groups[table, mode, where].add(static.facts.routes[position].view)
            else:
                alone.append((position, table, mode))
    for (table, mode, where), views in groups.items():
        locations = tuple(Location(*place) for place in where)
        told = f"{_views(views)} {_did(mode)} {table}, at {_at(locations)}"
        yield _finding(ACCESS, f"{told}: {_because(static, locations, table, mode)}", locations)
    for position, table, mode in alone:
        route = static.facts.routes[position]
        told = f"view {route.view} {_did(mode)} {table}"
        yield _finding(
            ACCESS, f"{told}: no project code stood between: a library or a template did it", [route.location]
        )


def _missed_around(static: _Static, seen: Observations) -> Iterator[Finding]:
    """What middleware touched, in a file that was not known to touch it."""
    found = set()
    for _, _, site, table, mode, inside, _ in _sites(static, seen):
        if (
            not inside
            and table in static.own
            and site is not None
            and (site.file, table, mode) not in static.in_file
        ):
            found.add((site.file, site.line, table, mode))
    for file, line, table, mode in found:
        location = Location(file, line)
        told = f"middleware {_did(mode)} {table}, at {location}"
        yield _finding(ACCESS, f"{told}: {_because(static, [location], table, mode)}", [location])


def _missed_joins(joins: Iterable[Join]) -> Iterator[Finding]:
    places: dict[tuple[str, str], set[Location]] = defaultdict(set)
    for join in joins:
        places[join.table_a, join.table_b].add(join.location)
    for (one, two), found in places.items():
        locations = sorted(found)
        yield _finding(JOIN, f"{one} is joined with {two}, at {_at(locations)}", locations)


def _missed_cowrites(static: _Static, spans: Iterable[Transaction]) -> Iterator[Finding]:
    known = _cowritten(static.facts.transactions)
    places: dict[tuple[str, str], set[Location]] = defaultdict(set)
    for span in spans:
        for pair in _cowritten([span]) - known:
            places[pair].add(span.location)
    for (one, two), found in places.items():
        locations = sorted(found)
        yield _finding(
            COWRITE, f"{one} and {two} are written in one transaction, at {_at(locations)}", locations
        )


def _unknown_routes(static: _Static, seen: Observations) -> Iterator[Finding]:
    requests: Counter[tuple[str, str]] = Counter()
    for key, view in seen.views.items():
        if key.route is not None and static.position(key) is None:
            requests[key.route, key.view] += view.requests
    for (route, name), count in requests.items():
        told = f"the URL pattern {route!r} (view {name}) served {count:,} requests and is not known"
        yield _finding(ROUTE, told, ())


def _unknown_to_the_code(static: _Static, seen: Observations) -> Iterator[Finding]:
    """What the database or a trace shows, without a place, and no code was known to do."""
    known = {(access.table, access.mode) for access in static.facts.accesses}
    for (table, mode), calls in seen.database.items():
        if table in static.own and (table, mode) not in known:
            told = f"the database {_did(mode)} {table} in {calls:,} statements, and no code was known to"
            yield _finding(ACCESS, told, ())
    joined = {(join.table_a, join.table_b) for join in static.facts.joins}
    pairs = {*seen.database_joins, *((one, two) for _, site, one, two in seen.joins if not site.file)}
    for one, two in pairs - joined:
        if one != two and {one, two} <= static.own:
            yield _finding(JOIN, f"{one} is joined with {two}, and no code was known to", ())


def _traffic(
    static: _Static, seen: Observations, log: AccessLog | None
) -> tuple[tuple[Traffic, ...], int, int]:
    """Traffic by position, all requests, and those that no known pattern answers."""
    if log is not None:
        found = (
            Traffic(
                p, h.requests, h.errors, round(h.seconds, 3), percentile(h.ms, 0.5), percentile(h.ms, 0.95)
            )
            for p, h in sorted(log.routes.items())
        )
        return tuple(found), log.requests, log.unmatched
    sums: dict[int, tuple[int, int, float, list[int]]] = {}
    unmatched = 0
    for key, view in seen.views.items():
        position = static.position(key)
        if position is None:
            unmatched += view.requests
            continue
        requests, errors, seconds, ms = sums.get(position, (0, 0, 0.0, [0] * len(view.ms)))
        added = [a + b for a, b in zip(ms, view.ms, strict=True)]
        sums[position] = (requests + view.requests, errors + view.errors, seconds + view.seconds, added)
    traffic = tuple(
        Traffic(p, requests, errors, round(seconds, 3), percentile(ms, 0.5), percentile(ms, 0.95))
        for p, (requests, errors, seconds, ms) in sorted(sums.items())
    )
    return traffic, seen.requests, unmatched


def _because(static: _Static, locations: Iterable[Location], table: str, mode: Mode) -> str:
    """Why the analysis did not know, as far as it can be said."""
    places = tuple(locations)
    for place in places:
        if place.file not in static.modules:
            return f"{place.file} is not among the analysed files"
        for open_ in static.facts.unresolved:
            if open_.location == place:
                return f"there {open_.expression} was not resolved ({open_.reason})"
    if any((place.file, table, mode) in static.in_file for place in places):
        return "no way from the view to this place was found"
    return "nothing in this file was known to touch it"


def _finding(code: str, message: str, locations: Iterable[Location]) -> Finding:
    return Finding(code, "note", message, tuple(sorted(locations)))


def _did(mode: Mode) -> str:
    return "wrote" if mode == "write" else "read"


def _at(locations: Iterable[Location]) -> str:
    places = [str(location) for location in locations]
    rest = len(places) - VIEWS_NAMED
    return ", ".join(places[:VIEWS_NAMED]) + (f" and {rest} more" if rest > 0 else "")


def _views(views: set[str]) -> str:
    named = sorted(views)
    rest = len(named) - VIEWS_NAMED
    head = "view" if len(named) == 1 else "views"
    return f"{head} {', '.join(named[:VIEWS_NAMED])}" + (f" and {rest} more" if rest > 0 else "")
