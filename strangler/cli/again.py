"""``strangler analyze`` once more, with nothing changed: the answer of the last run is looked up and written.

Imports next to nothing: the library that reads command lines, and the analyzer's own code, take longer to import
than the rest takes. Whatever is not plain (an option that is not known here, a configuration, a terminal, a first run)
is left to the long way, which gives the same answer.
"""

from __future__ import annotations

import sys
from pathlib import Path
from time import perf_counter

_OPTIONS = {
    "--cache-dir": "cache",
    "--format": "format",
    "--output": "output",
    "--seed": "seed",
    "-o": "output",
}
_CONFIGURATIONS = ("strangler.toml", "pyproject.toml")


def again(arguments: list[str]) -> bool:
    """Write the answer that an earlier run has kept for this command line; False where there is none."""
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
    options = options_key(int(asked.get("seed", "0")))
    folder = Path(asked["cache"]) if "cache" in asked else default_folder()
    place = place_of(project, folder, Limits().max_file_bytes, options)
    more = [str(path).encode("utf-8", "replace")] if kind == "text" else []
    found = place.read(kind, *more)
    if found is None:
        return False
    write(found, output)
    tell(len(project.files), perf_counter() - started)
    return True


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
