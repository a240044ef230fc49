"""Finds the source files of a project and the dotted name each of them is imported by. Nothing is parsed here."""

from __future__ import annotations

import errno
import os
import re
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from analyzer.config import IGNORED_FOLDERS, TEST_FOLDERS
from analyzer.errors import NoProject

_SETTINGS = re.compile(r"""DJANGO_SETTINGS_MODULE["']\s*[,\]][\s=]*["']([\w.]+)""")


@dataclass(frozen=True, slots=True, order=True)
class Source:
    """One Python file: its path below the project, its dotted name, and the folder that this name starts from."""

    file: str
    module: str
    root: str
    is_package: bool
    is_test: bool
    is_migration: bool


@dataclass(frozen=True, slots=True)
class Project:
    """A folder to analyse. ``files`` are sorted by path; ``folder`` is absolute."""

    name: str
    folder: Path
    files: tuple[Source, ...]
    closed: tuple[tuple[str, str], ...] = ()
    """Folders that could not be listed and files whose names are no text, each with the reason."""


def discover(path: Path) -> Project:
    """List the Python sources below ``path``.

    Virtual environments, hidden folders, build output and links that lead back up are left out.
    Raises :class:`NoProject` when the path is missing, is not a folder, or holds no Python file.
    """
    if not path.exists():
        raise NoProject(
            "there is nothing at this path", where=str(path), remedy="Give the folder of a Django project."
        )
    if not path.is_dir():
        raise NoProject(
            "this is a file, not a folder", where=str(path), remedy="Give the folder of a Django project."
        )
    folder = path.resolve()
    closed: list[tuple[str, str]] = []
    names = sorted(_python_files(folder, closed))
    if not names:
        raise NoProject(
            "no Python file below this folder",
            where=str(path),
            remedy="Give the folder that holds manage.py.",
        )
    layout = _Layout(folder, frozenset(names))
    sources = tuple(layout.source(name) for name in names)
    return Project(_printable(folder.name), folder, sources, tuple(sorted(closed)))


def size_of(path: Path) -> int:
    """The size of a regular file. Raises OSError for the rest: reading a pipe would wait for its writer."""
    status = path.stat()
    if not stat.S_ISREG(status.st_mode):
        raise OSError(errno.EINVAL, "it is not a regular file")
    return status.st_size


def _python_files(folder: Path, closed: list[tuple[str, str]]) -> Iterator[str]:
    """Their paths below a folder. A folder that links lead to is looked at once, by the first of its names.

    ``closed`` takes what cannot be read, with the reason.
    """
    top = os.path.realpath(folder)
    seen = {top}
    waiting = [("", os.fspath(folder), top)]
    while waiting:
        prefix, path, real = waiting.pop()
        inner: list[tuple[str, str, str]] = []
        try:
            entries = _entries(path)
        except OSError as error:
            closed.append((_printable(prefix.rstrip("/")) or ".", error.strerror or "it cannot be listed"))
            continue
        for entry in entries:
            name = entry.name
            if name.startswith("."):
                continue
            if not _is_folder(entry):
                if name.endswith(".py") and _is_text(prefix + name):
                    yield prefix + name
                elif name.endswith(".py"):
                    closed.append((_printable(prefix + name), "its name is not UTF-8"))
            elif not _is_ignored(entry.path, name):
                target = os.path.realpath(entry.path) if entry.is_symlink() else f"{real}{os.sep}{name}"
                if target not in seen:
                    seen.add(target)
                    inner.append((f"{prefix}{name}/", entry.path, target))
        waiting.extend(reversed(inner))


def _entries(path: str) -> list[os.DirEntry[str]]:
    with os.scandir(path) as entries:
        return sorted(entries, key=lambda entry: entry.name)


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:
        return False  # a link to itself


def _is_text(name: str) -> bool:
    """Whether a path can be written down: one that is not UTF-8 comes with lone surrogates in it."""
    return name.isascii() or name == _printable(name)


def _printable(name: str) -> str:
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def _is_ignored(path: str, name: str) -> bool:
    """Whether a folder never holds the project's own source. (Strings: this is the hot loop of large trees.)"""
    if name.endswith(".egg-info") or os.access(os.path.join(path, "pyvenv.cfg"), os.F_OK):  # noqa: PTH118
        return True
    return name in IGNORED_FOLDERS and not Path(path, "__init__.py").exists()


class _Layout:
    """Which folder each module's name starts from: the one above its top package, or the project that holds it.

    A folder without ``__init__.py`` inside a package is a namespace portion of it. A package that stands in plain
    folders below a ``manage.py`` is imported by its path from there, as Python does when ``manage.py`` runs.
    """

    def __init__(self, folder: Path, names: frozenset[str]) -> None:
        self.folder = folder
        self.packages = {_parent(name) for name in names if name.endswith("__init__.py")}
        self.names = names
        self.projects = {self._project_root(name) for name in names if name.rpartition("/")[2] == "manage.py"}
        self.outer = _outer_packages(folder) if "" in self.packages and "" not in self.projects else ()

    def _project_root(self, manage: str) -> str:
        """The folder that ``manage.py`` imports from: its own, unless its settings lie below one further up."""
        try:
            size_of(self.folder / manage)
            text = (self.folder / manage).read_text("utf-8", "replace")
        except OSError:
            return _parent(manage)
        found = _SETTINGS.search(text)
        path = found[1].replace(".", "/") if found else ""
        for ancestor in _ancestors(_parent(manage)):
            below = f"{ancestor}/{path}" if ancestor else path
            if path and not self.names.isdisjoint({below + ".py", below + "/__init__.py"}):
                return ancestor
        return _parent(manage)

    def source(self, name: str) -> Source:
        root = self.root(_parent(name))
        stem = name[len(root) + 1 if root else 0 : -len(".py")]
        is_package = stem == "__init__" or stem.endswith("/__init__")
        parts = [part for part in stem.split("/") if part]
        if is_package:
            parts.pop()
        if root == "":
            parts = [*self.outer, *parts]
        module = ".".join(parts) or "__init__"
        return Source(name, module, root, is_package, _is_test(name), "migrations" in parts[:-1])

    def root(self, folder: str) -> str:
        top = None
        for ancestor in _ancestors(folder):
            if ancestor in self.projects:
                return ancestor
            if ancestor in self.packages:
                top = ancestor
        if top is None:
            return self._plain_root(folder)
        above = _parent(top) if top else ""
        return self._plain_root(above)

    def _plain_root(self, folder: str) -> str:
        if folder.rpartition("/")[2] == "src":
            return folder
        for ancestor in _ancestors(folder):
            if ancestor in self.projects or ancestor.rpartition("/")[2] == "src":
                return ancestor
        return folder


def _outer_packages(folder: Path) -> tuple[str, ...]:
    """The packages that the analysed folder itself is inside of, when it is a package."""
    names: list[str] = []
    while (folder / "__init__.py").exists() and folder.parent != folder:
        names.insert(0, folder.name)
        folder = folder.parent
    return tuple(names)


def _ancestors(folder: str) -> Iterator[str]:
    """The folder itself, then each folder above it, up to the project's own (the empty string)."""
    while folder:
        yield folder
        folder = _parent(folder)
    yield ""


def _parent(name: str) -> str:
    return name.rpartition("/")[0]


def _is_test(name: str) -> bool:
    *folders, file = name.lower().split("/")
    stem = file.removesuffix(".py")
    if (
        stem in {"tests", "conftest", "test"}
        or stem.startswith("test_")
        or stem.endswith(("_test", "_tests"))
    ):
        return True
    return not TEST_FOLDERS.isdisjoint(folders)
