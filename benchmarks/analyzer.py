"""What an analysis costs, in units of parsing. Run: ``python benchmarks/analyzer.py [FOLDER ...]``.

The unit is the time that one process needs to ``ast.parse`` the same files. Measured in one run, whole commands with
the start of Python: cold with an empty cache, warm, and after edits of several kinds; peak memory; a synthetic monolith
of ten times the size, whose couplings are known; and what pydeps and grimp need for the import graph alone, where they
are installed. Each figure is given by the clock on the wall and by the time of processors, which other work disturbs
less.
Folders that are named are copied first and measured as well.
"""

from __future__ import annotations

import argparse
import ast
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from monolith import compare, write_monolith

APPS = 40
"""Apps of the smaller monolith: about 10,000 lines; the larger one has ten times as many."""
FUNCTION = "\n\ndef added(request):\n    return request.user\n"
COMMENT = "\n\n# a comment\n"


@dataclass(frozen=True, slots=True)
class Cost:
    """Seconds on the wall, and seconds of processors."""

    wall: float
    cpu: float


@dataclass(frozen=True, slots=True)
class Run:
    """One command: what it cost, the peak memory of its largest process in MB, and what it wrote."""

    cost: Cost
    megabytes: float
    output: bytes


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folders", nargs="*", type=Path, metavar="FOLDER")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        base = Path(name)
        small = _synthetic(base / "small", APPS)
        large = _synthetic(base / "large", 10 * APPS)
        ratios = large.cost.wall / small.cost.wall, large.cost.cpu / small.cost.cpu
        print(
            f"linearity: 10 times the code costs {ratios[0]:.1f} times the time, {ratios[1]:.1f} times the processors'"
        )
        for folder in arguments.folders:
            copy = base / "copies" / folder.resolve().name
            ignored = shutil.ignore_patterns(".git", "node_modules")
            shutil.copytree(folder, copy, ignore=ignored, symlinks=True)
            measure(copy, str(folder))


def _synthetic(folder: Path, apps: int) -> Run:
    truth = write_monolith(folder, apps)
    cold = measure(folder, f"synthetic, {apps} apps")
    for what, (recall, precision) in compare(json.loads(cold.output), truth).items():
        print(f"  {what:10} recall {recall:6.1%}   precision {precision:6.1%}")
    return cold


def measure(folder: Path, name: str) -> Run:
    """Print what the commands cost on a folder, and on what becomes of it by edits. Gives the cold run."""
    with tempfile.TemporaryDirectory() as cache:
        cold = analyze(folder, cache)
        modules = json.loads(cold.output)["modules"]
        unit = least([parse([folder / module["file"] for module in modules]) for _ in range(3)])
        lines = sum(module["lines"] for module in modules)
        print(f"{name}: {len(modules):,} files, {lines:,} lines, unit {unit.wall:.2f} s", flush=True)
        _print(
            "cold",
            cold.cost,
            unit,
            f"{cold.megabytes:5.0f} MB = {cold.megabytes * 200_000 / lines:.0f} MB / 200,000 lines",
        )
        warm = [analyze(folder, cache) for _ in range(3)]
        _print("warm", least([run.cost for run in warm]), unit)
        for what, path, text in edits(folder, modules):
            path.write_bytes(path.read_bytes() + text.encode())
            _print(what, analyze(folder, cache).cost, unit)
        assert analyze(folder, cache).output == analyze(folder, None).output, "the cache changed an answer"
    for what, cost in import_graphs(folder, modules):
        _print(what, cost, unit)
    return cold


def edits(folder: Path, modules: list[dict[str, Any]]) -> Iterator[tuple[str, Path, str]]:
    """Edits of one file each: what it is called, the file, what is appended."""
    code = [module for module in modules if not module["is_test"] and not module["is_migration"]]
    for what, files, text in (
        ("function in a test", [module for module in modules if module["is_test"]], FUNCTION),
        ("line in a migration", [module for module in modules if module["is_migration"]], "\nadded = 1\n"),
        ("comment in views", _called("view", code), COMMENT),
        ("comment in models", _called("model", code), COMMENT),
        ("function in views", _called("view", code), FUNCTION),
        ("function in models", _called("model", code), FUNCTION),
        ("function in urls", _called("urls", code), FUNCTION),
    ):
        if files:
            yield what, folder / files[len(files) // 2]["file"], text


def _called(word: str, modules: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [module for module in modules if word in module["file"].rpartition("/")[2]]


def _print(what: str, cost: Cost, unit: Cost, more: str = "") -> None:
    wall, cpu = cost.wall / unit.wall, cost.cpu / unit.cpu
    print(
        f"  {what:20} {cost.wall:6.2f} s = {wall:5.2f} units   processors {cpu:5.2f} units   {more}".rstrip(),
        flush=True,
    )


def least(costs: list[Cost]) -> Cost:
    """The least of several measurements: what disturbs only adds."""
    return Cost(min(cost.wall for cost in costs), min(cost.cpu for cost in costs))


def analyze(folder: Path, cache: str | None) -> Run:
    """One run of ``strangler analyze``."""
    options = ["--cache-dir", cache] if cache else ["--no-cache"]
    command = [sys.executable, "-m", "strangler.cli", "analyze", str(folder), "--format", "json", *options]
    run = execute(command, Path.cwd())
    assert run is not None, command
    return run


def execute(command: list[str], folder: Path) -> Run | None:
    """Run a command in a folder; None when it fails."""
    with tempfile.TemporaryFile() as out:
        started = time.perf_counter()
        process = subprocess.Popen(command, stdout=out, stderr=subprocess.DEVNULL, cwd=folder)
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        run = Run(Cost(wall, usage.ru_utime + usage.ru_stime), usage.ru_maxrss / 1024, out.read())
        return run if process.returncode == 0 else None


def parse(files: list[Path]) -> Cost:
    """What it costs to parse the files, one after the other; reading them is not counted."""
    texts = [file.read_bytes() for file in files if file.exists() and file.stat().st_size <= 2_000_000]
    wall, cpu = time.perf_counter(), time.process_time()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for text in texts:
            try:
                ast.parse(text)
            except (SyntaxError, ValueError):
                continue
    return Cost(time.perf_counter() - wall, time.process_time() - cpu)


_GRIMP = "import sys, grimp; sys.path.insert(0, '.'); grimp.build_graph(sys.argv[1], cache_dir=None)"


def import_graphs(folder: Path, modules: list[dict[str, Any]]) -> Iterator[tuple[str, Cost]]:
    """What other tools need for the import graph of the largest package."""
    files = [folder / module["file"] for module in modules]
    packages = {file.parent for file in files if file.name == "__init__.py"}
    tops = [package for package in packages if package.parent not in packages]
    if not tops:
        return
    top = max(tops, key=lambda package: (sum(file.is_relative_to(package) for file in files), str(package)))
    pydeps = ["-m", "pydeps", str(top), "--show-deps", "--no-output", "--max-bacon", "2", "--no-config"]
    for tool, options in (("pydeps", pydeps), ("grimp", ["-c", _GRIMP, top.name])):
        run = execute([sys.executable, *options], top.parent) if find_spec(tool) else None
        if run is not None:
            yield f"{tool}, imports", run.cost


if __name__ == "__main__":
    main()
