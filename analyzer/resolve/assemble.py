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
    Relation,
    Route,
    Transaction,
    Unresolved,
)
from analyzer.resolve import caches, closure, databases, languages, tenants
from analyzer.resolve.declarations import Link
from analyzer.resolve.imports import import_key, imports_of, problem_key
from analyzer.resolve.keys import keys_of
from analyzer.resolve.levels import Found
from analyzer.resolve.machine import Machine
from analyzer.resolve.modules import ModuleState
from analyzer.resolve.registry import Info
from analyzer.resolve.scope import Context, Effect
from analyzer.resolve.sites import FOREIGN
from analyzer.resolve.trace import Trace
from analyzer.resolve.values import Bound, Class, Function, Instance, Literal, Map, Value, View, text


def assemble(m: Machine, project: Project, trace: Trace, problems: Iterable[Finding]) -> Facts:
    """Everything that was found, in the order that ``Facts`` promises."""
    contexts = _contexts(m, trace)
    everywhere = closure.everything()
    borrowed = closure.Borrowed()
    routed = databases.routing(m, trace.models)
    accesses = _accesses(contexts, borrowed, m.ledger.databases, routed)
    joins = _joins(contexts, borrowed)
    models = _models(m, trace, {access.table for access in accesses if access.kind != "migration"})
    sites, resolved, unresolved = _sites(m)
    codes, language_code = languages.of_project(m)
    return Facts(
        project=project.name,
        modules=tuple(_modules(m, project)),
        models=tuple(models),
        imports=tuple(
            sorted({item for state in m.index.states for item in imports_of(m.index, state)}, key=import_key)
        ),
        routes=tuple(_routes(trace)),
        accesses=tuple(accesses),
        joins=tuple(joins),
        transactions=tuple(_transactions(m, contexts, trace, routed)),
        calls=tuple(
            sorted(
                (Call(source, target, Location(file, line)) for source, target, file, line in m.ledger.calls),
                key=lambda call: (call.location, call.source, call.target),
            )
        ),
        entry_points=tuple(_entry_points(everywhere, trace)),
        receivers=tuple(
            sorted(
                (receiver.fact for receiver in m.ledger.receivers),
                key=lambda fact: (fact.location, fact.signal),
            )
        ),
        raw_sql=tuple(
            sorted(m.ledger.raw_sql, key=lambda raw: (raw.location, raw.tables_read, raw.tables_written))
        ),
        open_queries=tuple(_open_queries(m)),
        cache_uses=tuple(_cache_uses(m, trace)),
        unresolved=tuple(unresolved),
        orm_sites=sites,
        orm_sites_resolved=resolved,
        problems=tuple(
            sorted(
                [
                    *problems,
                    *m.ledger.problems,
                    *m.templates.problems,
                    *_unread_sql(m),
                    *_open_relations(m, trace),
                    *_uninstalled(trace),
                ],
                key=problem_key,
            )
        ),
        languages=codes,
        language_code=language_code,
        use_tz=_use_tz(m),
    )


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


def _contexts(m: Machine, trace: Trace) -> list[Context]:
    """Every context of the project's own code, with those that stand for entry points."""
    found = dict.fromkeys(m.ledger.contexts.values())
    found.update(dict.fromkeys(m.module_contexts.values()))
    found.update(dict.fromkeys(context for _, context in trace.routes))
    found.update(dict.fromkeys(entry.context for entry in trace.entries))
    return [context for context in found if context.module.source is not None and not context.module.is_test]


def _accesses(
    contexts: list[Context],
    borrowed: closure.Borrowed,
    named: Mapping[tuple[str, int], str],
    routed: databases.Routing,
) -> list[Access]:
    found: set[tuple[str, str, Effect]] = set()
    names: dict[str, str] = {}
    for context in contexts:
        file, function = context.module.file, context.place
        names[file] = context.module.name
        effects = [*context.effects]
        effects.extend(effect._replace(line=line) for line, effect in borrowed.effects(context))
        if context.module.is_migration:
            effects = [effect._replace(kind="migration") for effect in effects]
        found.update((file, function, effect) for effect in effects)
    return [
        Access(
            Location(file, line),
            names[file],
            function,
            table,
            mode,
            kind,
            confidence,
            rule,
            named.get((file, line)) or routed.get((table, mode), ""),
        )
        for file, function, (line, table, mode, kind, confidence, rule) in sorted(found, key=_access_key)
    ]


def _access_key(access: tuple[str, str, Effect]) -> tuple[object, ...]:
    file, function, effect = access
    return file, effect.line, function, effect[1:]


def _joins(contexts: list[Context], borrowed: closure.Borrowed) -> list[Join]:
    found = set()
    for context in contexts:
        if context.module.is_migration:
            continue
        file, function = context.module.file, context.place
        for left, right, line in context.joins:
            found.add((file, line, left, right, function))
        for line, left, right in borrowed.joins(context):
            found.add((file, line, left, right, function))
    return [
        Join(left, right, Location(file, line), function)
        for file, line, left, right, function in sorted(found)
        if left != right
    ]


def _routes(trace: Trace) -> Iterator[Route]:
    reach = closure.usual()
    for found, context in trace.routes:
        read, written = reach.tables([(context, 0)])
        yield replace(found.route, tables_read=read, tables_written=written)


def _entry_points(reach: closure.Reach, trace: Trace) -> list[EntryPoint]:
    found = [
        EntryPoint(entry.kind, entry.name, entry.location, *reach.tables([(entry.context, 0)]), entry.takes)
        for entry in trace.entries
    ]
    seen: set[str] = set()
    for item, context in trace.routes:
        route = item.route
        if route.library or not route.view or route.view in seen:
            continue
        seen.add(route.view)
        found.append(EntryPoint("view", route.view, route.location, *reach.tables([(context, 0)])))
    return sorted(
        set(found),
        key=lambda e: (e.location, e.kind, e.name, e.tables_read, e.tables_written, e.takes),
    )


def _transactions(
    m: Machine, contexts: list[Context], trace: Trace, routed: databases.Routing
) -> list[Transaction]:
    """Each span once for every set of tables it was seen with: code that classes share has other tables in each."""
    seen: dict[tuple[Location, str, str], dict[tuple[tuple[str, ...], tuple[str, ...]], None]] = {}
    spread: dict[Location, tuple[str, ...]] = {}
    firm = closure.firm()
    for context in contexts:
        for span in context.spans if not context.module.is_migration else ():
            place = (Location(context.module.file, span.line), context.module.name, context.place)
            touched = firm.span(span)
            seen.setdefault(place, {})[touched] = None
            several = databases.of_span(m, context.module.file, span, touched[1], routed)
            if several:
                spread[place[0]] = several
    if _atomic_requests(m):
        for found, context in trace.routes:
            if not found.route.library and found.route.view and context.module.source is not None:
                place = (_view_place(found), context.module.name, found.route.view.rpartition(".")[2])
                seen.setdefault(place, {})[firm.tables([(context, 0)])] = None
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


def _unread_sql(m: Machine) -> Iterator[Finding]:
    """Raw SQL of which no call told what it says."""
    known = {raw.location for raw in m.ledger.raw_sql if raw.tables_read or raw.tables_written}
    for where, why in m.ledger.unread_sql.items():
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


def _open_queries(m: Machine) -> list[OpenQuery]:
    found = {
        OpenQuery(Location(file, line), function, table)
        for file, line, function, table in m.ledger.open_queries.keys() - m.ledger.closed
    }
    return sorted(found, key=lambda query: (query.location, query.table, query.function))


def _cache_uses(m: Machine, trace: Trace) -> list[CacheUse]:
    found = set(m.ledger.caches)
    for item, _ in trace.routes if m.owned else ():
        if item.route.view and not item.route.library:
            found.update(caches.pages(item.view, *item.route.view.rpartition(".")[::2]))
    return sorted(found, key=lambda use: (use.location, use.function, use.words))


def _sites(m: Machine) -> tuple[int, int, list[Unresolved]]:
    """All ORM call sites, how many are resolved, and the others with the reason.

    A chain whose methods dicts and lists have as well counts when its receiver was found to be the ORM's.
    """
    total = resolved = 0
    unresolved: list[Unresolved] = []
    for state in m.index.states:
        if state.is_test or state.is_migration or state.unit is None:
            continue
        for number, site in enumerate(state.unit.sites, 1):
            outcome = m.ledger.sites.get((state.file, number), "no way into this code was found")
            if outcome == "":
                total += 1
                resolved += 1
            elif site.sure and outcome != FOREIGN:
                total += 1
                unresolved.append(Unresolved(Location(state.file, site.line), site.text, outcome))
    return total, resolved, sorted(unresolved, key=lambda item: (item.location, item.expression))
