"""Facts by hand: a code base that was never written, for tests of what is concluded from facts."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from analyzer.model.facts import (
    Access,
    AccessKind,
    EntryPoint,
    Facts,
    Import,
    Join,
    Location,
    Mode,
    Model,
    Module,
    Relation,
    Route,
    SignalReceiver,
    Transaction,
)


def table_of(label: str) -> str:
    """The table that Django would make."""
    return label.replace(".", "_").lower()


@dataclass
class CodeBase:
    """Collects facts; every one of them gets a line of its own."""

    parts: dict[str, list[Any]] = field(default_factory=dict)
    line: int = 0

    def model(
        self, label: str, *, cascade: str = "", fk: str = "", m2m: str = "", **settings: Any
    ) -> CodeBase:
        """A model in ``app/models.py``. ``cascade``, ``fk`` and ``m2m`` name targets, separated by spaces."""
        app, _, name = label.partition(".")
        relations = [self._relation("fk", target, on_delete="CASCADE") for target in cascade.split()]
        relations += [self._relation("fk", target, on_delete="PROTECT") for target in fk.split()]
        for target in m2m.split():
            through = f"{table_of(label)}_{target.partition('.')[2].lower()}"
            relations.append(self._relation("m2m", target, through_table=through))
        settings = {"relations": tuple(relations), "table": table_of(label)} | settings
        model = Model(
            label=label,
            name=name,
            app=app,
            module=f"{app}.models",
            location=self.place(app, "models"),
            **settings,
        )
        return self._keep("models", model)

    def access(
        self, function: str, *labels: str, mode: Mode = "read", kind: AccessKind = "query"
    ) -> CodeBase:
        """``function`` (``app.module.name``) touches the tables of these models."""
        module, _, name = function.rpartition(".")
        for label in labels:
            place = self.place(*module.split(".", 1))
            self._keep("accesses", Access(place, module, name, table_of(label), mode, kind))
        return self

    def writes(self, function: str, *labels: str) -> CodeBase:
        """``function`` writes the tables of these models."""
        return self.access(function, *labels, mode="write", kind="save")

    def transaction(self, function: str, *labels: str) -> CodeBase:
        """``function`` writes the tables of these models in one atomic span."""
        self.writes(function, *labels)
        module, _, name = function.rpartition(".")
        written = tuple(sorted(table_of(label) for label in labels))
        span = Transaction(self.place(*module.split(".", 1)), module, name, tables_written=written)
        return self._keep("transactions", span)

    def join(self, one: str, other: str) -> CodeBase:
        """A join of the tables of two models."""
        a, b = sorted((table_of(one), table_of(other)))
        return self._keep("joins", Join(a, b, self.place(one.partition(".")[0], "views")))

    def receiver(self, name: str, sender: str, *written: str) -> CodeBase:
        """A receiver of ``sender``'s ``post_save`` that writes."""
        place = self.place(*name.split(".")[:2])
        tables = tuple(table_of(label) for label in written)
        self._keep("entry_points", EntryPoint("receiver", name, place, tables_written=tables))
        return self._keep("receivers", SignalReceiver(name, "post_save", place, (sender,)))

    def route(self, route: str, view: str, *, read: str = "", written: str = "", **settings: Any) -> CodeBase:
        """A URL pattern whose view touches the tables of these models."""
        tables = {
            "tables_read": tuple(table_of(label) for label in read.split()),
            "tables_written": tuple(table_of(label) for label in written.split()),
        }
        place = self.place(view.partition(".")[0], "urls")
        return self._keep("routes", Route(route=route, view=view, location=place, **tables, **settings))

    def imports(self, source: str, target: str, *, deferred: bool = False) -> CodeBase:
        """One module imports another."""
        place = self.place(*source.split(".", 1))
        return self._keep("imports", Import(source, target, place, deferred=deferred))

    def add(self, key: str, item: Any) -> CodeBase:
        """Any other fact."""
        return self._keep(key, item)

    def place(self, app: str, module: str = "models") -> Location:
        """A fresh line in ``app/module.py``, which becomes a module of the code base."""
        self.line += 1
        known = self.parts.setdefault("modules", [])
        file = f"{app}/{module}.py"
        if all(m.file != file for m in known):
            known.append(Module(name=f"{app}.{module}", file=file, lines=100, app=app))
        return Location(file, self.line)

    def facts(self, **settings: Any) -> Facts:
        """All of it."""
        parts: dict[str, Any] = {key: tuple(items) for key, items in self.parts.items()}
        return Facts(**({"project": "shop"} | parts | settings))

    def _relation(self, kind: Any, target: str, **settings: Any) -> Relation:
        name = target.partition(".")[2].lower()
        self.line += 1
        return Relation(
            kind=kind, field=name, target=target, location=Location("models.py", self.line), **settings
        )

    def _keep(self, key: str, item: Any) -> CodeBase:
        self.parts.setdefault(key, []).append(item)
        return self


def shop() -> CodeBase:
    """Four apps of which three hold together, a user that everything refers to, and one transaction across."""
    code = CodeBase()
    code.model("accounts.User").model("accounts.Token", cascade="accounts.User")
    for app, names in {
        "billing": ("Invoice", "Payment", "Refund"),
        "orders": ("Order", "Line", "Note"),
        "support": ("Ticket", "Message", "Macro"),
    }.items():
        head, *rest = names
        code.model(f"{app}.{head}", cascade="accounts.User")
        for name in rest:
            code.model(f"{app}.{name}", cascade=f"{app}.{head}")
        labels = [f"{app}.{name}" for name in names]
        code.transaction(f"{app}.services.save", *labels).join(*labels[:2])
        code.access(f"{app}.views.show", *labels, "accounts.User")
        code.route(
            f"{app}/", f"{app}.views.show", read=" ".join([*labels, "accounts.User"]), written=labels[0]
        )
    code.model("accounts.Device", cascade="accounts.User")
    code.transaction("orders.services.place", "orders.Order", "orders.Line", "billing.Invoice")
    code.route("login/", "accounts.views.login", read="accounts.User", written="accounts.Token")
    return code
