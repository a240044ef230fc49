"""What the team has decided: where models belong, whatever the clustering thinks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from re import fullmatch
from types import MappingProxyType
from typing import Any

from analyzer.errors import BadPins

FRAMEWORK = "framework"
"""The boundary of Django's and other libraries' tables; nobody can decide anything about it."""


@dataclass(frozen=True, slots=True)
class Pins:
    """``boundaries``: name -> its models (labels, ``app.*`` patterns or tables). ``shared``: name -> whether it is
    shared reference data, where the team has said so. ``rest``: one name for all that is neither pinned nor follows;
    empty leaves each as the draft has it. ``strict``: a model that is not there is an error. ``together`` and
    ``apart``: groups of models that the clustering must, and must not, put into one boundary."""

    boundaries: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: MappingProxyType({}))
    shared: Mapping[str, bool] = field(default_factory=lambda: MappingProxyType({}))
    rest: str = ""
    strict: bool = True
    together: tuple[tuple[str, ...], ...] = ()
    apart: tuple[tuple[str, ...], ...] = ()

    def __bool__(self) -> bool:
        return bool(self.boundaries)

    def with_rest(self, name: str) -> Pins:
        """The same decisions with everything else as one boundary; its name must not be one of theirs."""
        if name in self.boundaries:
            remedy = "It stands for everything that no boundary holds: choose another name."
            raise BadPins("this name is taken", where=f"boundaries.{name}", remedy=remedy)
        return replace(self, rest=name)


NO_PINS = Pins()


def read_pins(document: Mapping[str, Any], where: str) -> Pins:
    """The ``[boundaries.NAME]`` tables of a configuration (``models``, a list; ``shared``, true or false), and of its
    table ``[analysis]`` the lists of lists ``together`` and ``apart``.

    Raises BadPins for anything else; ``where`` names the file.
    """
    sections = document.get("boundaries", {})
    if not isinstance(sections, Mapping):
        raise BadPins("boundaries is not a table", where=where, remedy="Write [boundaries.NAME].")
    boundaries, shared = {}, {}
    for name, section in sections.items():
        place = f"{where}: boundaries.{name}"
        if not isinstance(section, Mapping):
            raise BadPins(
                "this is not a table", where=place, remedy='Write models = ["app.Model", ...] in it.'
            )
        if name == FRAMEWORK or not fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]*", name):
            raise BadPins(
                "no boundary can have this name", where=place, remedy="Use letters, digits, - and _."
            )
        for key in section:
            if key not in ("models", "shared"):
                raise BadPins(f"unknown key {key!r}", where=place, remedy="Known: models, shared.")
        models = section.get("models", [])
        if not isinstance(models, Sequence) or isinstance(models, str) or not _all_strings(models):
            raise BadPins("models is not a list of strings", where=place, remedy='Write ["app.Model", ...].')
        if "shared" in section:
            if not isinstance(section["shared"], bool):
                raise BadPins("shared is neither true nor false", where=place, remedy="Write shared = true.")
            shared[name] = section["shared"]
        boundaries[name] = tuple(models)
    wishes = document.get("analysis", {})
    together, apart = (_groups(wishes, key, where) for key in ("together", "apart"))
    return Pins(boundaries, shared, together=together, apart=apart)


def _groups(wishes: Mapping[str, Any], key: str, where: str) -> tuple[tuple[str, ...], ...]:
    found = wishes.get(key, [])
    if not isinstance(found, list) or not all(
        isinstance(g, list) and len(g) > 1 and _all_strings(g) for g in found
    ):
        raise BadPins(
            "this is not a list of groups of models",
            where=f"{where}: analysis.{key}",
            remedy='Write [["app.One", "app.Two"], ...].',
        )
    return tuple(map(tuple, found))


def _all_strings(values: Sequence[object]) -> bool:
    return all(isinstance(value, str) and value for value in values)
