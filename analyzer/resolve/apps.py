"""Django's applications: their labels and configurations, read from the class bodies without interpreting anything."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from analyzer.extract import ir
from analyzer.resolve.modules import ModuleIndex, ModuleState, classes
from analyzer.resolve.values import PLACEHOLDER, Items, Literal, Value, options


@dataclass(frozen=True, slots=True)
class App:
    """An application: the package it is, its label, and the class that configures it (a name in ``config_module``)."""

    name: str
    label: str
    config_module: ModuleState | None = None
    config_class: str = ""


@dataclass(frozen=True, slots=True)
class Installed:
    """INSTALLED_APPS of all settings modules, the main one's last: packages or configuration classes, each with the
    module that lists it. ``complete``: nothing in these lists is unknown."""

    entries: tuple[tuple[str, ModuleState], ...] = ()
    complete: bool = False


def installed_by(settings: Iterable[ModuleState]) -> Installed:
    """What settings modules, which have run, install together."""
    settings = list(settings)
    entries: list[tuple[str, ModuleState]] = []
    complete = bool(settings) and "INSTALLED_APPS" in settings[-1].names
    for state in settings:
        value = state.names.get("INSTALLED_APPS")
        for entry in _listed(value) if value is not None else ():
            if entry is None:
                complete = False
            else:
                entries.append((entry, state))
    return Installed(tuple(entries), complete)


def _listed(value: Value) -> Iterator[str | None]:
    """The entries of a list of applications; None stands for any number of entries that are not known."""
    for option in options(value):
        match option:
            case Literal(value=str() as text) if PLACEHOLDER not in text:
                yield text
            case Items():
                for item in option.items:
                    yield from _listed(item)
                if option.rest is not None:
                    yield None
            case _:
                yield None


class AppIndex:
    """Which application a module belongs to, and whether it is installed.

    What is installed decides between several configurations of one package. Where INSTALLED_APPS cannot be read to the
    end, packages that it does not name still count as applications when they hold models.
    """

    def __init__(self, index: ModuleIndex, installed: Installed = Installed()) -> None:
        self.index = index
        self.by_name: dict[str, App] = {}
        self.by_label: dict[str, App] = {}
        for state in index.states:
            if not state.is_test:
                self._read(state)
        chosen = [self._chosen(*entry) for entry in installed.entries]
        for app in chosen:
            package = index.find(app.name)
            if package is not None and package.source is not None:
                self.by_name.setdefault(app.name, app)
        self._installed = {app.name: app for app in chosen}
        self._labels = {app.label.lower() for app in chosen}
        self._complete = installed.complete
        for entry in sorted(
            self.by_name.values(), key=lambda app: (app.name not in self._installed, app.name)
        ):
            self.by_label.setdefault(entry.label, entry)

    def installs(self, module: ModuleState, label: str = "") -> bool:
        """Whether a model of this module, which may name its app's label, has a table: of the project's own models all
        have that may have, of a library's only those of applications that are listed."""
        if not self._installed or not (self._complete or module.is_library):
            return True
        if label and not module.is_library:
            return label.lower() in self._labels
        return self.lists(module)

    def names_any(self, packages: frozenset[str]) -> bool:
        """Whether INSTALLED_APPS names one of these packages, or one inside of it."""
        return any(name.partition(".")[0] in packages for name in self._installed)

    def lists(self, module: ModuleState) -> bool:
        """Whether INSTALLED_APPS names a package that holds the module."""
        if module.is_library:
            package = module.name.partition(".models")[0]
            return package in self._installed or package in _ALWAYS
        name = module.name
        while name and name not in self._installed:
            name = name.rpartition(".")[0]
        return bool(name)

    def of(self, module: ModuleState) -> App | None:
        """The application whose package holds the module: the nearest configured one, else that of its models."""
        if module.is_library:
            return _library_app(module.name)
        name = module.name if module.is_package else module.package
        nearest = name
        while name:
            if name in self.by_name:
                return self.by_name[name]
            if name in self._installed and self._installed[name].label:
                return self._installed[name]
            name = name.rpartition(".")[0]
        return self._plain(nearest)

    def label_of(self, module: ModuleState) -> str:
        """The app label of a model in this module that does not name its own."""
        app = self.of(module)
        return app.label if app else module.name.rpartition(".")[2]

    def _plain(self, package: str) -> App | None:
        """The application without a configuration: the package that holds ``models``."""
        parts = package.split(".")
        if "models" in parts:
            parts = parts[: parts.index("models")]
        while parts:
            name = ".".join(parts)
            if self.index.find(f"{name}.models") is not None or self.index.find(f"{name}.apps") is not None:
                return App(name, parts[-1])
            parts.pop()
        return None

    def _read(self, state: ModuleState) -> None:
        if state.name.rpartition(".")[2] not in {"apps", "app", "config"} and not state.is_package:
            return
        if state.unit is None:
            return
        found = list(classes(state.unit.body))
        for node in found:
            names = _constants(node)
            name = names.get("name")
            if name is None or not any(
                _last(base).endswith(("Config", "AppConfig", "Mixin", "App")) for base in node.bases
            ):
                continue
            if self.index.find(name) is None:
                continue
            app = App(name, names.get("label", name.rpartition(".")[2]), state, node.name)
            if name not in self.by_name or names.get("default") == "True":
                self.by_name[name] = app

    def _chosen(self, entry: str, near: ModuleState) -> App:
        """The application that an entry of INSTALLED_APPS names; a configuration class takes its package over."""
        package = self.index.find(entry, near)
        if package is not None:
            return self.by_name.get(package.name) or App(package.name, entry.rpartition(".")[2])
        module, _, cls = entry.rpartition(".")
        state = self.index.find(module, near) if module else None
        if state is None or state.unit is None:
            return App(_without_configuration(entry), "")
        found = {node.name: node for node in classes(state.unit.body)}
        names: dict[str, str] = {}
        waiting = [cls]
        while waiting:
            node = found.get(waiting.pop(0))
            if node is not None:
                names = {**_constants(node), **names}
                waiting.extend(_last(base) for base in node.bases)
                above = (state.static.get(_last(base)) for base in node.bases)
                library = [each.module for each in above if isinstance(each, ir.Import)]
                if library and library[0].endswith(".apps") and self.index.find(library[0], state) is None:
                    return App(library[0].removesuffix(".apps"), "")
        package = self.index.find(names["name"], near) if "name" in names else None
        name = package.name if package is not None else state.package
        label = names.get("label", names.get("name", name).rpartition(".")[2])
        app = App(name, label, state, cls)
        if "name" in names:
            self.by_name[name] = app
        return app


def _without_configuration(entry: str) -> str:
    """The package of a library's entry: ``library.apps.LibraryConfig`` names a class."""
    package, _, last = entry.rpartition(".")
    return package.removesuffix(".apps") if last[:1].isupper() else entry


_ALWAYS = frozenset({"django.contrib.auth", "django.contrib.contenttypes"})
"""The applications of Django that others are built on: settings that cannot be seen may install them."""


def _library_app(module: str) -> App:
    package = module.partition(".models")[0]
    return App(package, _LIBRARY_LABELS.get(package, package.rpartition(".")[2]))


_LIBRARY_LABELS = {
    "wagtail": "wagtailcore",
    "wagtail.contrib.redirects": "wagtailredirects",
    "wagtail.documents": "wagtaildocs",
    "wagtail.images": "wagtailimages",
    "rest_framework.authtoken": "authtoken",
}


def _constants(node: ir.Class) -> dict[str, str]:
    found = {}
    for statement in node.body:
        if isinstance(statement, ir.Assign) and isinstance(statement.value, ir.Const):
            for target in statement.targets:
                if isinstance(target, ir.Name) and isinstance(statement.value.value, str | bool):
                    found[target.id] = str(statement.value.value)
    return found


def _last(base: ir.Expr) -> str:
    return base.attr if isinstance(base, ir.Attr) else base.id if isinstance(base, ir.Name) else ""
