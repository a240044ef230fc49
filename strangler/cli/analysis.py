"""What ``analyze``, ``check`` and ``progress`` share: how a project is analysed from the command line."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from strangler.config import load, read_file
from strangler.errors import BadDocument

if TYPE_CHECKING:
    from analyzer.baseline import LineAt
    from analyzer.model.pins import Pins
    from analyzer.model.plan import EdgeKind
    from analyzer.pipeline import Outcome, Progress
    from analyzer.runtime import Evidence

FolderArgument = Annotated[Path, typer.Argument(metavar="PATH", help="The folder of the Django project.")]
OutputOption = Annotated[
    str, typer.Option("--output", "-o", metavar="FILE", help="Write here; - is standard output.")
]
PinOption = Annotated[
    Path | None, typer.Option("--pin", metavar="FILE", help="The boundaries; else those of strangler.toml.")
]
CacheOption = Annotated[
    bool, typer.Option("--cache/--no-cache", help="Keep what was found, for the next run.")
]
CacheFolderOption = Annotated[
    Path | None, typer.Option("--cache-dir", metavar="FOLDER", help="Where; else the user's cache folder.")
]


@dataclass(frozen=True, slots=True)
class Target:
    """A project to analyse, and whether and where what is found is kept for the next run."""

    path: Path
    cache: bool = True
    cache_dir: Path | None = None

    def run(
        self,
        decided: Decisions,
        *,
        pins: Pins | None = None,
        seed: int = 0,
        evidence: Evidence | None = None,
    ) -> Outcome:
        """Analyse it, with a progress bar on a terminal. ``pins`` stand for those that were decided."""
        from analyzer.cache import default_folder
        from analyzer.pipeline import Options, run

        folder = (self.cache_dir or default_folder()) if self.cache else None
        with _progress() as progress:
            options = Options(seed=seed, weights=decided.weights, pins=decided.pins if pins is None else pins)
            return run(self.path, options, progress=progress, cache=folder, evidence=evidence)


@dataclass(frozen=True, slots=True)
class Decisions:
    """What the team has decided, and where it stands."""

    pins: Pins
    weights: Mapping[EdgeKind, float]


def decisions(file: Path | None) -> Decisions:
    """The decisions in a file; without one, those of ``strangler.toml`` in the current directory."""
    from analyzer.coupling import read_weights
    from analyzer.model.pins import read_pins

    if file is not None:
        document, where = read_file(file), str(file)
    else:
        configuration = load(Path(), os.environ)
        document, where = configuration.decisions, str(configuration.file or "strangler.toml")
    section = document.get("analysis", {})
    if not isinstance(section, Mapping):
        raise BadDocument("analysis is not a table", where=where, remedy="Write [analysis].")
    for key in section:
        if key not in ("together", "apart", "weights"):
            remedy = "Known: together, apart, weights."
            raise BadDocument(f"unknown key {key!r}", where=f"{where}: analysis", remedy=remedy)
    return Decisions(read_pins(document, where), read_weights(document, where))


def below_repository(path: Path) -> str:
    """The analysed folder as seen from the root of its repository, with a slash behind it; empty where they are one,
    or where there is no repository."""
    folder = path.resolve()
    for root in (folder, *folder.parents):
        if (root / ".git").exists():
            below = folder.relative_to(root).as_posix()
            return "" if below == "." else f"{below}/"
    return ""


def lines_of(folder: Path) -> LineAt:
    """Reads lines of a project's files; each file is read once."""
    from functools import cache

    @cache
    def lines(file: str) -> list[str]:
        try:
            return (folder / file).read_text("utf-8", "replace").splitlines()
        except OSError:
            return []

    return lambda place: found[place.line - 1] if 0 < place.line <= len(found := lines(place.file)) else ""


@contextmanager
def _progress() -> Iterator[Progress | None]:
    """A progress bar on standard error, if that is a terminal: one bar over all stages, so that it never goes back."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, TaskProgressColumn, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as Bar

    columns = (TextColumn("{task.description:<10}"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn())
    # without a thread that redraws: parsing forks, which is safe only while there is no other thread
    with Bar(*columns, console=Console(stderr=True), transient=True, auto_refresh=False) as bar:
        task = bar.add_task("read", total=1.0)
        shown = -1.0

        def advance(stage: str, done: int, total: int) -> None:
            nonlocal shown
            start, share = _STAGES.get(stage, (0.0, 1.0))
            completed = start + share * done / max(total, 1)
            if completed - shown >= 0.005:
                shown = completed
                bar.update(task, description=stage, completed=completed, refresh=True)

        yield advance


_STAGES = {"parse": (0.0, 0.25), "resolve": (0.25, 0.6), "boundaries": (0.85, 0.15)}
"""Where on the bar each stage begins, and its share of it: about the time it takes."""
