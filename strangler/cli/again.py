"""``strangler analyze`` for plain command lines: the answer of the last run is looked up and written.

As long as nothing has changed, next to nothing is imported: the library that reads command lines, and the analyzer's
own code, take longer to import than the rest takes. Whatever is not plain (an option that is not known here, a
configuration, a terminal that wants colours or progress) is left to the long way, which gives the same answer.
"""

from __future__ import annotations

import sys
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from analyzer.pipeline import Outcome

_OPTIONS = {
    "--cache-dir": "cache",
    "--format": "format",
    "--output": "output",
    "--seed": "seed",
    "-o": "output",
}
_CONFIGURATIONS = ("strangler.toml", "pyproject.toml")


def again(arguments: list[str]) -> bool:
    """Write the answer to a plain command line; False, and nothing done, for any other."""
    started = perf_counter()
    asked = _read(arguments)
    if asked is None:
        return False
    path = Path(asked.get("path", "."))
    output = asked.get("output", "-")
    kind = asked.get("format", "text")
    if not path.is_dir() or any(_is_configured(folder) for folder in {Path(), path}):
        return False
    from strangler.cli.output import is_plain, write

    if kind not in ("json", "text") or (kind == "text" and not is_plain(output)):
        return False
    from analyzer.cache import default_folder, options_key, place_of
    from analyzer.config import Limits
    from analyzer.discover import discover
    from analyzer.errors import NoProject

    try:
        project = discover(path)
    except NoProject:
        return False
    seed = int(asked.get("seed", "0"))
    folder = Path(asked["cache"]) if "cache" in asked else default_folder()
    place = place_of(project, folder, Limits().max_file_bytes, options_key(seed))
    found = place.read(kind, *_more(kind, str(path)))
    if found is None:
        if sys.stderr.isatty():
            return False
        from analyzer.pipeline import Options, answer

        outcome = answer(place, Options(seed=seed))
        found = outcome.document() if kind == "json" else plain_report(outcome, str(path))
    write(found, output)
    tell(len(project.files), perf_counter() - started)
    return True


def plain_report(outcome: Outcome, path: str) -> bytes:
    """The report as text without colours; ``path`` is what the reader called the project."""

    def made() -> bytes:
        from analyzer.report import report

        return report(outcome.analysis(), path).plain.encode() + b"\n"

    return outcome.kept("text", made, *_more("text", path))


def _more(kind: str, path: str) -> tuple[bytes, ...]:
    """What a kept document depends on beside the analysis."""
    return (path.encode("utf-8", "surrogateescape"),) if kind == "text" else ()


def tell(modules: int, seconds: float) -> None:
    """Say on standard error how much was analysed, and how long that took."""
    noun = "module" if modules == 1 else "modules"
    print(f"analysed {modules:,} {noun} in {seconds:.1f} s", file=sys.stderr)  # noqa: T201


def _read(arguments: list[str]) -> dict[str, str] | None:
    """The options by name; None for a command line that is anything but plain."""
    found: dict[str, str] = {}
    waiting = iter(arguments)
    for argument in waiting:
        name, sign, value = argument.partition("=")
        if not argument.startswith("-"):
            name, value = "path", argument
        elif name not in _OPTIONS or (sign and not name.startswith("--")):
            return None
        else:
            name, value = _OPTIONS[name], value if sign else next(waiting, "")
        if name in found or not value:
            return None
        found[name] = value
    return found if found.get("seed", "0").isdecimal() else None


def _is_configured(folder: Path) -> bool:
    """Whether a configuration stands in a folder: only the long way reads it."""
    own, shared = (folder / name for name in _CONFIGURATIONS)
    if own.is_file():
        return True
    try:
        return b"[tool.strangler" in shared.read_bytes()
    except OSError:
        return False
