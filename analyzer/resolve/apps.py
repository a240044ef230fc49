"""Django's applications: their labels and configurations, read from the class bodies without interpreting anything."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from analyzer.extract import ir
from analyzer.resolve.modules import ModuleIndex, ModuleState, classes


@dataclass(frozen=True, slots=True)
class App:
    """An application: the package it is, its label, and the class that configures it (a name in ``config_module``)."""

    name: str
    label: str
    config_module: ModuleState | None = None
    config_class: str = ""


class AppIndex:
    """Which application a module belongs to.

    ``installed`` are the entries of INSTALLED_APPS as far as they could be read: packages or configuration classes.
    They decide between several configurations of one package; packages that they do not name still count as
    applications when they hold models, since plugins and settings that cannot be read install applications too.
    """

    def __init__(self, index: ModuleIndex, installed: Iterable[str] = ()) -> None:
        self.index = index
        self.by_name: dict[str, App] = {}
        self.by_label: dict[str, App] = {}
        for state in index.states:
            if not state.is_test:
                self._read(state)
        self._prefer(installed)
        for entry in sorted(self.by_name.values(), key=lambda app: app.name):
            self.by_label.setdefault(entry.label, entry)

    def of(self, module: ModuleState) -> App | None:
        """The application whose package holds the module: the nearest configured one, else that of its models."""
        if module.is_library:
            return _library_app(module.name)
        name = module.name if module.is_package else module.package
        nearest = name
        while name:
            if name in self.by_name:
                return self.by_name[name]
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
        if state.unit is None or (
            state.name.rpartition(".")[2] not in {"apps", "app", "config"} and not state.is_package
        ):
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

    def _prefer(self, installed: Iterable[str]) -> None:
        """Of several configurations of one package, the one that INSTALLED_APPS names."""
        for entry in installed:
            module, _, cls = entry.rpartition(".")
            state = self.index.find(module) if module else None
            if state is None or state.unit is None or self.index.find(entry) is not None:
                continue
            found = {node.name: node for node in classes(state.unit.body)}
            names: dict[str, str] = {}
            waiting = [cls]
            while waiting:
                node = found.get(waiting.pop(0))
                if node is not None:
                    names = {**_constants(node), **names}
                    waiting.extend(_last(base) for base in node.bases)
            if "name" in names:
                name = names["name"]
                self.by_name[name] = App(name, names.get("label", name.rpartition(".")[2]), state, cls)


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
