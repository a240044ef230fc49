"""The walls between boundaries as contracts of import-linter, so that they also stand in the project's own CI."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable

from analyzer.model.plan import Analysis


def contracts(analysis: Analysis, names: Iterable[str]) -> str:
    """For each named boundary two contracts, in TOML: it does not import the rest, nor the rest it.

    What crosses today is listed under ``ignore_imports``: the list may only become shorter. Modules that stand alone
    (``manage.py``), or in folders without ``__init__.py``, are not packages that import-linter can read: left out.
    """
    home = {module: boundary.name for boundary in analysis.boundaries for module in boundary.modules}
    files = {module.file: module.name for module in analysis.facts.modules}
    roots = sorted(name for file, name in files.items() if "." not in name and file.endswith("__init__.py"))
    known = {
        module.name
        for module in analysis.facts.modules
        if not module.is_test and not module.is_migration and module.name.partition(".")[0] in roots
    }
    crossing: dict[str, set[tuple[str, str]]] = defaultdict(set)
    for item in analysis.facts.imports:
        if {item.source, item.target} <= known:
            one, other = home.get(item.source, ""), home.get(item.target, "")
            if one != other:
                crossing[one].add((item.source, item.target))
                crossing[other].add((item.source, item.target))
    parts = [f"[tool.importlinter]\nroot_packages = {_list(roots)}\n"]
    for name in sorted(set(names)):
        own = sorted(module for module in known if home.get(module) == name)
        rest = sorted(known.difference(own))
        if own and rest:
            parts.append(_contract(f"{name} does not import the rest", own, rest, crossing[name]))
            parts.append(_contract(f"the rest does not import {name}", rest, own, crossing[name]))
    return "\n".join(parts)


def _contract(title: str, source: list[str], forbidden: list[str], crossing: set[tuple[str, str]]) -> str:
    sources = set(source)
    ignored = sorted(f"{one} -> {other}" for one, other in crossing if one in sources)
    lines = [
        f"name = {json.dumps(title)}",
        'type = "forbidden"',
        f"source_modules = {_list(source)}",
        f"forbidden_modules = {_list(forbidden)}",
        f"ignore_imports = {_list(ignored)}",
        "allow_indirect_imports = true",
        "as_packages = false",
        'unmatched_ignore_imports_alerting = "warn"',
    ]
    return "[[tool.importlinter.contracts]]\n" + "\n".join(lines) + "\n"


def _list(items: list[str]) -> str:
    if not items:
        return "[]"
    return "[\n" + "".join(f"    {json.dumps(item)},\n" for item in items) + "]"
