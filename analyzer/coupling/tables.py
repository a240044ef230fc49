"""Which model owns which table: the index that labels, tables and apps are looked up in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from analyzer.model.facts import Facts, Model

LIBRARY_TABLES: Mapping[str, str] = {
    "admin.LogEntry": "django_admin_log",
    "contenttypes.ContentType": "django_content_type",
    "flatpages.FlatPage": "django_flatpage",
    "redirects.Redirect": "django_redirect",
    "sessions.Session": "django_session",
    "sites.Site": "django_site",
}
"""Django's own models whose ``db_table`` is not ``app_model``."""


@dataclass(frozen=True, slots=True)
class Tables:
    """Tables by label and labels by table, for the project's models and the library models that they point at.

    ``label`` names each table's first concrete model; a table made for a many-to-many carries its declaring model's
    label. ``library`` holds the tables whose model is not part of the project (``auth_user`` and the like).
    """

    by_label: Mapping[str, str]
    label: Mapping[str, str]
    app: Mapping[str, str]
    module: Mapping[str, str]
    library: frozenset[str]
    through: Mapping[str, str]
    """Automatic many-to-many table -> table of the model that declares it."""

    def names(self) -> tuple[str, ...]:
        """Every known table, sorted."""
        return tuple(sorted(self.label))

    def app_of(self, label: str) -> str:
        """The app label in front of the dot."""
        return label.partition(".")[0]


def index_tables(facts: Facts) -> Tables:
    """Index the project's tables, then those of library models that relations and accesses name."""
    by_label: dict[str, str] = {}
    label: dict[str, str] = {}
    module: dict[str, str] = {}
    library = set()
    concrete = sorted(
        (m for m in facts.models if not m.abstract), key=lambda m: (m.library, m.proxy, m.label)
    )
    for model in concrete:
        table = model.table or _inherited_table(model, by_label) or _conventional_table(model.label)
        by_label[model.label] = table
        if model.library and table not in label:
            library.add(table)
        label.setdefault(table, model.label)
        module.setdefault(table, model.module)
    through = _automatic_through_tables(concrete, by_label, label)
    for table, owner in through.items():
        label[table] = label[owner]
        module[table] = module[owner]
        if owner in library:
            library.add(table)
    library |= _unlisted_tables(facts, by_label, label)
    return Tables(
        by_label=by_label,
        label=label,
        app={table: name.partition(".")[0] for table, name in label.items()},
        module=module,
        library=frozenset(library),
        through=through,
    )


def _inherited_table(model: Model, by_label: Mapping[str, str]) -> str:
    """A proxy has no table of its own."""
    return next((by_label[base] for base in model.bases if base in by_label), "")


def _automatic_through_tables(
    models: list[Model], by_label: Mapping[str, str], label: Mapping[str, str]
) -> dict[str, str]:
    return {
        relation.through_table: by_label[model.label]
        for model in models
        for relation in model.relations
        if relation.through_table
        and relation.through is None
        and relation.through_table not in label
        and model.label in by_label
    }


def _unlisted_tables(facts: Facts, by_label: dict[str, str], label: dict[str, str]) -> set[str]:
    """Tables that relations and accesses name but no model of the facts owns; they count as the libraries'.

    What only raw SQL names is left out: a temporary table, another database's, or a word that is none.
    """
    found = set()
    targets = {r.target for m in facts.models if not m.abstract for r in m.relations if r.target}
    for target in sorted(targets - {m.label for m in facts.models}):
        table = by_label[target] = _conventional_table(target)
        if table not in label:
            label[table] = target
            found.add(table)
    for table in sorted({a.table for a in facts.accesses if a.kind not in ("raw", "migration")} - set(label)):
        label[table] = table.replace("_", ".", 1)
        found.add(table)
    return found


def _conventional_table(label: str) -> str:
    return LIBRARY_TABLES.get(label, label.replace(".", "_").lower())
