"""What earlier runs found out, kept below the user's cache folder and found again by content.

A project has a few *packs*, one of each kind, and the newest of each kind stays. A pack is good for one key: the code
of this analyzer, with the versions that matter, and the content of what was read. It holds no code and is decoded by
type. A pack that is damaged, foreign or out of reach is no pack; whatever fails here costs time and nothing else.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from hashlib import blake2b
from pathlib import Path

from analyzer.config import IGNORED_FOLDERS, TEMPLATE_SUFFIXES
from analyzer.discover import Project, size_of

_DIGEST = 32
_MAX_BYTES = 1 << 30


def default_folder() -> Path:
    """Where packs are kept unless another folder is named: the platform's cache folder of this user."""
    if sys.platform == "darwin":
        base = Path.home() / "Library" / "Caches"
    elif sys.platform == "win32":
        base = Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    else:
        named = os.environ.get("XDG_CACHE_HOME", "")
        base = Path(named) if named.startswith("/") else Path.home() / ".cache"
    return base / "strangler" / "analyzer"


def digest(*parts: bytes) -> bytes:
    """One digest of several byte strings; where one ends and the next begins counts."""
    found = blake2b(digest_size=_DIGEST)
    for part in parts:
        found.update(len(part).to_bytes(8, "big"))
        found.update(part)
    return found.digest()


@cache
def generation() -> bytes:
    """Digest of everything but the project that an analysis depends on: another version gives other facts.

    Of the analyzer's own files the sizes and times of change are looked at, of what it imports the versions: reading
    and importing them would take longer than all the rest of a run in which nothing has changed.
    """
    own = Path(__file__).parent
    parts = [sys.version, str(own), *_versions()]
    for folder, folders, files in os.walk(own):
        folders[:] = sorted(name for name in folders if name != "__pycache__")
        for name in sorted(files):
            status = os.stat(os.path.join(folder, name))  # noqa: PTH116, PTH118 - strings are faster
            parts.append(f"{name} {status.st_size} {status.st_mtime_ns}")
    return digest(*(part.encode("utf-8", "surrogateescape") for part in parts))


_LIBRARIES = ("msgspec-", "networkx-", "sqlglot-", "strangler-", "tree_sitter-", "tree_sitter_python-")


def _versions() -> Iterator[str]:
    """The installed versions of the libraries that facts depend on, as pip names them."""
    for place in dict.fromkeys(sys.path):
        try:
            names = os.listdir(place or ".")  # noqa: PTH208
        except OSError:
            continue
        yield from sorted(name for name in names if name.startswith(_LIBRARIES) and name.endswith("-info"))


@dataclass(frozen=True, slots=True)
class Packs:
    """The packs of one project. ``folder`` is shared by all projects and is held below ``max_bytes``."""

    folder: Path
    project: str
    max_bytes: int = _MAX_BYTES

    def read(self, kind: str, key: bytes) -> bytes | None:
        """The pack of this kind, if there is one for this key that is whole."""
        path = self._path(kind)
        try:
            data = path.read_bytes()
            os.utime(path)  # what is used stays longest
        except OSError:
            return None
        found, body = data[:_DIGEST], data[_DIGEST:]
        return body if found == digest(key, body) else None

    def write(self, kind: str, key: bytes, body: bytes) -> None:
        """Put a pack in the place of the one before, in one step: several runs may do so at once, the last one wins."""
        if len(body) > self.max_bytes:
            return
        temporary = self.folder / f"{self.project}.{kind}.{os.urandom(8).hex()}.new"
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            with os.fdopen(os.open(temporary, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as file:
                file.write(digest(key, body))
                file.write(body)
            temporary.replace(self._path(kind))
            self._prune()
        except OSError:
            with suppress(OSError):
                temporary.unlink(missing_ok=True)

    def _path(self, kind: str) -> Path:
        return self.folder / f"{self.project}.{kind}"

    def _prune(self) -> None:
        """Remove what was not used for longest, until the rest fits."""
        known = sorted(
            ((status.st_mtime_ns, status.st_size, path) for path, status in self._packs()), reverse=True
        )
        total = 0
        for _, size, path in known:
            total += size
            if total > self.max_bytes:
                path.unlink(missing_ok=True)

    def _packs(self) -> Iterator[tuple[Path, os.stat_result]]:
        for path in self.folder.iterdir():
            try:
                yield path, path.stat()
            except FileNotFoundError:
                continue  # another run was faster


@dataclass(frozen=True, slots=True)
class Place:
    """Where the answer to one question is kept: a project as it is now, and options."""

    project: Project
    packs: Packs
    files: Mapping[str, bytes]
    """File -> digest of its content."""
    layout: bytes
    """Digest of all that the analysis depends on but these contents and the options."""
    options: bytes
    key: bytes

    def read(self, kind: str, *more: bytes) -> bytes | None:
        """What an earlier run has kept of this kind; ``more`` is what it depends on beside the analysis."""
        return self.packs.read(kind, digest(self.key, *more))

    def write(self, kind: str, body: bytes, *more: bytes) -> None:
        self.packs.write(kind, digest(self.key, *more), body)


def place_of(project: Project, folder: Path, max_bytes: int, options: bytes) -> Place:
    """Where the analysis of a project is kept below a cache folder."""
    files, layout = contents(project, max_bytes), layout_of(project)
    return Place(
        project, packs_of(project, folder), files, layout, options, fingerprint(layout, files, options)
    )


def packs_of(project: Project, folder: Path) -> Packs:
    """The packs of a project, below a cache folder."""
    return Packs(folder, digest(str(project.folder).encode("utf-8", "surrogateescape")).hex()[:32])


def contents(project: Project, max_bytes: int) -> dict[str, bytes]:
    """File -> digest of its content. Of what is too large to be parsed, or cannot be read, only that is noted."""
    found = {}
    for source in project.files:
        path = project.folder / source.file
        try:
            size = size_of(path)
            found[source.file] = digest(path.read_bytes()) if size <= max_bytes else b"large %d" % size
        except OSError as error:
            found[source.file] = b"unreadable %d" % (error.errno or 0)
    return found


def options_key(seed: int, *more: object) -> bytes:
    """Bytes that stand for an analysis's options: the seed, and ``more`` for whatever else is not as by default."""
    return repr((seed, *more)).encode()


def layout_of(project: Project) -> bytes:
    """Digest of all that an analysis depends on but the content of Python files: their names, templates, this code."""
    names = [repr(source).encode("utf-8", "surrogateescape") for source in project.files]
    closed = repr(project.closed).encode("utf-8", "surrogateescape")
    name = project.name.encode("utf-8", "surrogateescape")
    return digest(generation(), name, closed, *names, b"templates", *_templates(project.folder))


def fingerprint(layout: bytes, files: Mapping[str, bytes], *options: bytes) -> bytes:
    """Digest of all that an analysis depends on."""
    return digest(layout, *(files[file] for file in sorted(files)), b"options", *options)


def _templates(folder: Path) -> Iterator[bytes]:
    """The files other than Python that an analysis may read: their paths, sizes and times of change."""
    for current, folders, files in os.walk(folder):
        folders[:] = sorted(
            name for name in folders if not name.startswith(".") and name not in IGNORED_FOLDERS
        )
        for name in sorted(files):
            if os.path.splitext(name)[1] in TEMPLATE_SUFFIXES:  # noqa: PTH122 - hot loop of strings
                path = os.path.join(current, name)  # noqa: PTH118
                try:
                    status = os.stat(path)  # noqa: PTH116
                except OSError:
                    continue
                yield f"{path} {status.st_size} {status.st_mtime_ns}".encode("utf-8", "surrogateescape")
