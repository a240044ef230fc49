"""What an earlier run saw, as far as it would see the same again: cell by cell, by what each has consulted."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec

from analyzer.resolve import seen
from analyzer.resolve.names import Consulted, Written
from analyzer.resolve.pieces import Difference
from analyzer.resolve.seen import Seen


class Kept(msgspec.Struct, array_like=True):
    """One cell: how many roots it had, the functions that it was to run if nobody reaches them, what it saw."""

    roots: int
    candidates: list[Written]
    seen: bytes


class Cells(msgspec.Struct, array_like=True):
    """All cells of a run by name, and what was consulted before they began: that is everybody's."""

    functions: set[Written]
    names: set[str]
    kept: dict[str, Kept]


class Earlier:
    """An earlier run, and what has become of each file since; of other files nothing has."""

    def __init__(self, cells: Cells, differences: Mapping[str, Difference]) -> None:
        self._cells = cells
        self._differences = {file: found for file, found in differences.items() if not found.is_plain()}

    def methods(self) -> set[str]:
        """The names of all methods that came or went."""
        return {
            name
            for found in self._differences.values()
            for owner, name in found.names
            if owner != found.module
        }

    def begins_alike(self) -> bool:
        """Whether everything before the first cell is as it was."""
        cells = self._cells
        if self._asked(cells.names):
            return False
        return not any(
            (file, line, name) in cells.functions
            for file, found in self._differences.items()
            for line, name in found.changed
        )

    def _asked(self, names: set[str]) -> bool:
        """Whether somebody who asked for these names would get another answer now."""
        return any(
            name in names or f"{owner}.*" in names
            for found in self._differences.values()
            for owner, name in found.names
        )

    def seen(self, cell: str, roots: int, candidates: Iterable[Written]) -> tuple[Seen, bytes] | None:
        """What a cell saw and would see again, where things are now; also encoded. None if it must run anew."""
        kept = self._cells.kept.get(cell)
        if kept is None or kept.roots != roots:
            return None
        try:
            if {self._where(written) for written in kept.candidates} != set(candidates):
                return None
            found = seen.decode(kept.seen)
            moved = self._moved(found)
        except (KeyError, msgspec.DecodeError):
            return None
        if moved is None:
            return None
        return found, (seen.encode(found) if moved else kept.seen)

    def _where(self, written: Written) -> Written:
        file, line, name = written
        found = self._differences.get(file)
        return written if found is None else (file, found.moves.lines[line], name)

    def _moved(self, found: Seen) -> bool | None:
        """Put everything where it is now. None if the cell looked at something that has changed."""
        if self._asked(found.names):
            return None
        moved = False
        for file, difference in self._differences.items():
            own = found.files.get(file)
            if own is not None:
                if not own.consulted.isdisjoint(difference.changed):
                    return None
                found.files[file] = seen.moved(own, difference.moves)
                moved = True
        return moved


def of_run(consulted: Consulted, kept: dict[str, Kept]) -> Cells:
    return Cells(set(consulted.functions), set(consulted.names), kept)
