"""From what the interpreter knows to ``Facts``: flat, sorted, and the same for the same input."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from analyzer.discover import Project
from analyzer.model.facts import (
    Access,
    CacheUse,
    Call,
    EntryPoint,
    Facts,
    Finding,
    Join,
    Location,
    Model,
    Module,
    OpenQuery,
    RawSQL,
    Relation,
    Transaction,
    Unresolved,
)
from analyzer.resolve import caches, databases, languages, tenants
from analyzer.resolve.declarations import Link
from analyzer.resolve.imports import import_key, imports_of, problem_key
from analyzer.resolve.keys import keys_of
from analyzer.resolve.levels import Found
from analyzer.resolve.machine import Machine
from analyzer.resolve.modules import ModuleState
from analyzer.resolve.registry import Info
from analyzer.resolve.seen import Doing, InFile, Seen, united
from analyzer.resolve.sites import FOREIGN
from analyzer.resolve.trace import Trace
from analyzer.resolve.values import Bound, Class, Function, Instance, Literal, Map, Value, View, text


def assemble(m: Machine, project: Project, trace: Trace, problems: Iterable[Finding]) -> Facts:
    """Everything that was found, in the order that ``Facts`` promises."""
    files = _files(trace.seen)
    names = {state.file: state.name for state in m.index.states}
    accesses = list(_accesses(files, names, trace.routed))
    models = _models(m, trace, {access.table for access in accesses if access.kind != "migration"})
    sites, resolved, unresolved = _sites(m, files)
    codes, language_code = languages.of_project(m)
    raw_sql = {raw: None for _, found in files for raw in found.raw_sql}
    receivers = {fact: None for _, found in files for fact in found.receivers}
    return Facts(
        project=project.name,
        modules=tuple(_modules(m, project)),
        models=tuple(models),
        imports=tuple(
            sorted({item for state in m.index.states for item in imports_of(m.index, state)}, key=import_key)
        ),
        routes=tuple(
            replace(found.route, tables_read=touches.usual[0], tables_written=touches.usual[1])
            for found, touches in trace.routes
        ),
        accesses=tuple(accesses),
        joins=tuple(
            Join(left, right, Location(file, line), function)
            for file, found in files
            for line, left, right, function in sorted(
                (line, left, right, function) for line, function, left, right in found.joins
            )
            if left != right
        ),
        transactions=tuple(_transactions(m, files, names, trace)),
        calls=tuple(
            sorted(
                (
                    Call(source, target, Location(file, line))
                    for file, found in files
                    for source, target, line in found.calls
                ),
                key=lambda call: (call.location, call.source, call.target),
            )
        ),
        entry_points=tuple(_entry_points(trace)),
        receivers=tuple(sorted(receivers, key=lambda fact: (fact.location, fact.signal))),
        raw_sql=tuple(sorted(raw_sql, key=lambda raw: (raw.location, raw.tables_read, raw.tables_written))),
        unresolved=tuple(unresolved),
        orm_sites=sites,
        orm_sites_resolved=resolved,
        problems=tuple(
            sorted(
                [
                    *problems,
                    *m.ledger.problems,
                    *{problem: None for found in trace.seen for problem in found.problems},
                    *_unread_sql(files, raw_sql),
                    *_open_relations(m, trace),
                    *_uninstalled(trace),
                ],
                key=problem_key,
            )
        ),
        languages=codes,
        language_code=language_code,
        use_tz=_use_tz(m),
        open_queries=tuple(_open_queries(files)),
        cache_uses=tuple(_cache_uses(m, files, trace)),
    )


def _files(seen: Iterable[Seen]) -> list[tuple[str, InFile]]:
    """What anybody saw in each file; of what only one can be right, what the first one says."""
    found: dict[str, InFile] = {}
    for each in seen:
        for file, own in each.files.items():
            if file in found:
                found[file] = united(found[file], own)
            else:
                found[file] = own
    return sorted(found.items())


def _use_tz(m: Machine) -> bool:
    """Django 5 and later say True where the settings say nothing."""
    said = m.setting("USE_TZ")
    return not (isinstance(said, Literal) and said.value is False)


def _modules(m: Machine, project: Project) -> Iterator[Module]:
    by_file = {state.file: state for state in m.index.states}
    for source in project.files:
        state = by_file.get(source.file)
        app = m.apps.of(state) if state is not None else None
        lines = state.lowered.lines if state is not None and state.lowered is not None else 0
        yield Module(
            source.module, source.file, lines, app.label if app else None, source.is_test, source.is_migration
        )


def _accesses(
    files: Iterable[tuple[str, InFile]], names: Mapping[str, str], routed: databases.Routing
) -> Iterator[Access]:
    for file, found in files:
        for line, function, table, mode, kind, confidence, rule in sorted(found.accesses, key=_access_key):
            database = found.databases.get(line) or routed.get((table, mode), "")
            yield Access(
                Location(file, line), names[file], function, table, mode, kind, confidence, rule, database
            )


def _access_key(access: Doing) -> tuple[object, ...]:
    line, function, *rest = access
    return line, function, rest


def _entry_points(trace: Trace) -> list[EntryPoint]:
    found = [
        EntryPoint(entry.kind, entry.name, entry.location, *touches.every, entry.takes)
        for entry, touches in trace.entries
    ]
    seen: set[str] = set()
    for item, touches in trace.routes:
        route = item.route
        if route.library or not route.view or route.view in seen:
            continue
        seen.add(route.view)
        found.append(EntryPoint("view", route.view, route.location, *touches.every))
    return sorted(
        set(found),
        key=lambda e: (e.location, e.kind, e.name, e.tables_read, e.tables_written, e.takes),
    )


def _transactions(
    m: Machine, files: Iterable[tuple[str, InFile]], names: Mapping[str, str], trace: Trace
) -> list[Transaction]:
    """Each span once for every set of tables it was seen with: code that classes share has other tables in each."""
    seen: dict[tuple[Location, str, str], dict[tuple[tuple[str, ...], tuple[str, ...]], None]] = {}
    spread: dict[Location, tuple[str, ...]] = {}
    for file, found in files:
        for line, function, read, written, several in sorted(found.spans):
            place = (Location(file, line), names[file], function)
            seen.setdefault(place, {})[read, written] = None
            if several:
                spread[place[0]] = several
    if _atomic_requests(m):
        for item, touches in trace.routes:
            if not item.route.library and item.route.view and touches.module:
                place = (_view_place(item), touches.module, item.route.view.rpartition(".")[2])
                seen.setdefault(place, {})[touches.firm] = None
    return [
        Transaction(*place, read, written, spread.get(place[0], ()))
        for place, found_with in sorted(seen.items())
        for read, written in sorted(_largest(found_with))
    ]


def _view_place(found: Found) -> Location:
    """Where a view of the project is written; where that is not known, its URL pattern."""
    match found.view:
        case View() | Instance():
            return Location(found.view.cls.module.file, found.view.cls.node.line)
        case Function():
            return Location(found.view.module.file, found.view.node.line)
        case Bound():
            return Location(found.view.function.module.file, found.view.function.node.line)
        case _:
            return found.route.location


def _largest(
    sets: Iterable[tuple[tuple[str, ...], tuple[str, ...]]],
) -> list[tuple[tuple[str, ...], tuple[str, ...]]]:
    """Without those that another one contains."""
    kept: list[tuple[set[str], set[str]]] = []
    for read, written in sorted(sets, key=lambda item: (-len(item[0]) - len(item[1]), item)):
        if not any(set(read) <= more[0] and set(written) <= more[1] for more in kept):
            kept.append((set(read), set(written)))
    return [(tuple(sorted(read)), tuple(sorted(written))) for read, written in kept]


def _atomic_requests(m: Machine) -> bool:
    """Whether each request is a transaction: no settings module with databases, not even the tests', denies it."""
    flags = [_is_atomic(state.names) for state in m.index.states if _names_databases(m, state)]
    return bool(flags) and all(flags)


def _names_databases(m: Machine, state: ModuleState) -> bool:
    if state not in m.settings and not (state.is_test and "settings" in state.name and state.static):
        return False
    m.load(state)
    return isinstance(state.names.get("DATABASES"), Map) or "ATOMIC_REQUESTS" in state.names


def _is_atomic(settings: dict[str, Value]) -> bool:
    databases = settings.get("DATABASES")
    default = databases.items.get("default") if isinstance(databases, Map) else None
    flag = (
        default.items.get("ATOMIC_REQUESTS") if isinstance(default, Map) else settings.get("ATOMIC_REQUESTS")
    )
    return isinstance(flag, Literal) and flag.value is True


def _models(m: Machine, trace: Trace, touched: set[str]) -> list[Model]:
    """The project's models, and the library models that they or any access refer to."""
    project: list[Model] = []
    library: dict[str, Model] = {}
    swapped = _swapped(m, trace)
    for cls in trace.models:
        info = m.registry.info(cls)
        if info is None or cls in swapped:
            continue
        model = _model(m, info)
        if model.library:
            library.setdefault(model.label, model)
        else:
            project.append(model)
    wanted = {relation.target for model in project for relation in model.relations}
    referred = [
        model
        for model in library.values()
        if not model.abstract and (model.label in wanted or model.table in touched)
    ]
    return sorted([*_distinct(project), *referred], key=lambda model: (model.label, model.location))


def _distinct(models: list[Model]) -> list[Model]:
    """One model per label: conditional definitions of the same class are alternatives."""
    found: dict[str, Model] = {}
    for model in models:
        old = found.get(model.label)
        if old is None or (old.abstract and not model.abstract):
            found[model.label] = model
    return list(found.values())


def _swapped(m: Machine, trace: Trace) -> set[object]:
    found: set[object] = set()
    for cls in trace.models:
        info = m.registry.info(cls)
        chosen = text(m.setting(info.swappable)) if info is not None and info.swappable else None
        if info is not None and chosen is not None and chosen.lower() != info.label.lower():
            found.add(cls)
    return found


def _model(m: Machine, info: Info) -> Model:
    cls = info.cls
    relations = []
    for link in info.links.values():
        m.registry.resolve_link(link)
        relations.append(_relation(m, link))
    bases = tuple(
        ancestor.qualname
        for ancestor in cls.order()[0][1:]
        if ancestor.qualname != "django.db.models.base.Model"
    )
    return Model(
        info.label, cls.name, info.app, cls.module.name, info.table, Location(cls.module.file, cls.node.line),
        info.abstract, info.proxy, info.managed, tenants.tenant_key(m, info), bases,
        tuple(info.fields.values()), tuple(relations), cls.module.is_library, keys_of(m.registry, info),
    )  # fmt: skip


def _relation(m: Machine, link: Link) -> Relation:
    where = Location(link.owner.module.file, link.line)
    return Relation(
        link.kind, link.name, link.label, where, link.target_text, link.on_delete, link.related_name,
        link.through_label, link.through_table or None, link.null,
    )  # fmt: skip


def _unread_sql(files: Iterable[tuple[str, InFile]], raw_sql: Iterable[RawSQL]) -> Iterator[Finding]:
    """Raw SQL of which no call told what it says."""
    known = {raw.location for raw in raw_sql if raw.tables_read or raw.tables_written}
    unread = {Location(file, line): why for file, found in files for line, why in found.unread_sql.items()}
    for where, why in unread.items():
        if where not in known:
            yield Finding(
                "unread-sql",
                "warning",
                f"which tables the raw SQL here uses is not known: {why}",
                (where,),
                "Check by hand which tables it reads and writes.",
            )


def _open_relations(m: Machine, trace: Trace) -> Iterator[Finding]:
    """Relations of the project's models whose target could not be told, once for each declaration."""
    found: dict[Finding, None] = {}
    for cls in trace.models:
        info = m.registry.info(cls)
        for link in info.links.values() if info is not None and not cls.module.is_library else ():
            m.registry.resolve_link(link)
            if link.label is not None or link.kind == "gfk" or link.owner.module.is_library:
                continue
            why = (
                f"{link.target_text} is not in the analysed folder"
                if link.target_text
                else "it is not written plainly"
            )
            found[
                Finding(
                    "unresolved-relation",
                    "note",
                    f"the model that {link.owner.name}.{link.name} leads to is not known: {why}",
                    (Location(link.owner.module.file, link.line),),
                    'Name the model as "app_label.ModelName", or analyse the folder that holds it as well.',
                )
            ] = None
    yield from found


def _uninstalled(trace: Trace) -> Iterator[Finding]:
    """Models that no running site has, once for each module that holds some."""
    places: dict[ModuleState, list[Class]] = {}
    for cls in trace.uninstalled:
        places.setdefault(cls.module, []).append(cls)
    for module, found in places.items():
        names = ", ".join(cls.name for cls in sorted(found, key=lambda cls: cls.node.line))
        yield Finding(
            "uninstalled-models",
            "note",
            f"no settings module installs the application of {module.name}: left out {names}",
            (Location(module.file, min(cls.node.line for cls in found)),),
        )


def _open_queries(files: Iterable[tuple[str, InFile]]) -> list[OpenQuery]:
    queries = {
        OpenQuery(Location(file, line), function, table)
        for file, found in files
        for line, function, table in found.open_queries - found.closed
    }
    return sorted(queries, key=lambda query: (query.location, query.table, query.function))


def _cache_uses(m: Machine, files: Iterable[tuple[str, InFile]], trace: Trace) -> list[CacheUse]:
    found = {use for _, each in files for use in each.caches}
    for item, _ in trace.routes if m.owned else ():
        if item.route.view and not item.route.library:
            found.update(caches.pages(item.view, *item.route.view.rpartition(".")[::2]))
    return sorted(found, key=lambda use: (use.location, use.function, use.words))


def _sites(m: Machine, files: Iterable[tuple[str, InFile]]) -> tuple[int, int, list[Unresolved]]:
    """All ORM call sites, how many are resolved, and the others with the reason.

    A chain whose methods dicts and lists have as well counts when its receiver was found to be the ORM's.
    """
    total = resolved = 0
    seen = dict(files)
    unresolved: list[Unresolved] = []
    for state in m.index.states:
        if state.is_test or state.is_migration or state.unit is None:
            continue
        outcomes = seen[state.file].sites if state.file in seen else {}
        for number, site in enumerate(state.unit.sites, 1):
            outcome = outcomes.get(number, "no way into this code was found")
            if outcome == "":
                total += 1
                resolved += 1
            elif site.sure and outcome != FOREIGN:
                total += 1
                unresolved.append(Unresolved(Location(state.file, site.line), site.text, outcome))
    return total, resolved, sorted(unresolved, key=lambda item: (item.location, item.expression))
