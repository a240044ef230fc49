"""Templates by the name they are loaded by. Files are looked for once, and read when a template is asked for."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

from analyzer.config import IGNORED_FOLDERS, TEMPLATE_SUFFIXES, TEST_FOLDERS
from analyzer.discover import size_of
from analyzer.extract.templates import Template, parse_template
from analyzer.model.facts import Finding, Location
from analyzer.resolve.templates.essence import essence

_MAX_BYTES = 1_000_000
_REMEDY = "What the template touches is missing from the analysis: look at it by hand."


class Templates:
    """The templates of a project.

    A template's name is its path below a folder called ``templates``. The folders of the ``DIRS`` setting are often
    computed, so a name that is not found that way is looked for as the end of any path.
    """

    def __init__(self, folder: Path | None) -> None:
        self.folder = folder
        self.knows_tag: Callable[[str], bool] = lambda name: True
        """Whether some library of the project defines a tag: one of Django's own touches nothing by itself."""
        self.problems: list[Finding] = []
        """The templates that were asked for and could not be read."""
        self._files: dict[str, list[str]] | None = None
        self._found: dict[str, list[str]] = {}
        self._parsed: dict[str, Template | None] = {}

    def get(self, name: str, below: tuple[Template, ...] = ()) -> Template | None:
        """The template of this name, or None when the project does not hold it.

        ``below`` are those that extend it: a template that extends its own name means the next of that name.
        """
        if name not in self._found:
            self._found[name] = self._find(name)
        for file in self._found[name]:
            if file not in self._parsed:
                self._parsed[file] = self._read(file)
            template = self._parsed[file]
            if not any(template is each for each in below):
                return template
        return None

    def inline(self, code: str) -> Template:
        """A template that stands in the code itself."""
        found = self._parsed.get(f"<{code}>")
        if found is None:
            found = self._parsed[f"<{code}>"] = parse_template(code)
        return found

    def _find(self, name: str) -> list[str]:
        if self.folder is None or not name:
            return []
        if self._files is None:
            self._files = {}
            for file in _walk(self.folder):
                self._files.setdefault(file.rpartition("/")[2], []).append(file)
        tail = "/" + name.lstrip("/")
        found = [file for file in self._files.get(name.rpartition("/")[2], ()) if ("/" + file).endswith(tail)]
        return sorted(found, key=lambda file: _rank(file, tail))

    def _read(self, file: str) -> Template | None:
        assert self.folder is not None
        path = self.folder / file
        try:
            if size_of(path) <= _MAX_BYTES:
                return essence(parse_template(path.read_text("utf-8", "replace")), self.knows_tag)
            why = f"it has more than {_MAX_BYTES:,} bytes"
        except OSError as error:
            why = error.strerror or str(error)
        except RecursionError:
            why = "it is nested too deeply"
        self.problems.append(
            Finding(
                "unread-template", "warning", f"{file} was not read: {why}", (Location(file, 1),), _REMEDY
            )
        )
        return None


def _rank(file: str, tail: str) -> tuple[bool, int, str]:
    """Below a ``templates`` folder first, then the shortest path."""
    above = ("/" + file)[: -len(tail)]
    return (above.rpartition("/")[2] not in {"templates", "jinja2"}, file.count("/"), file)


def _walk(folder: Path) -> Iterator[str]:
    for current, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if _holds_templates(name))
        base = Path(current).relative_to(folder).as_posix()
        prefix = "" if base == "." else base + "/"
        yield from (prefix + name for name in files if os.path.splitext(name)[1] in TEMPLATE_SUFFIXES)  # noqa: PTH122 - hot loop of strings


def _holds_templates(name: str) -> bool:
    return not name.startswith(".") and name not in IGNORED_FOLDERS and name not in TEST_FOLDERS
