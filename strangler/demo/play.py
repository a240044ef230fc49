"""Sets the stage, runs the scenario, shows the summary."""

from __future__ import annotations

import shutil
import signal
import sys
import tempfile
import time
from importlib.util import find_spec
from pathlib import Path

from rich.console import Console
from rich.text import Text

import strangler
from strangler.demo.checks import Check
from strangler.demo.scenario import GROUP, TOKENS, Demo
from strangler.demo.screen import Screen
from strangler.demo.stage import Stage
from strangler.errors import StranglerError


def play(*, keep: bool, port: int) -> bool:
    """Run the demo; whether every claim held. Raises ``StranglerError`` when it cannot be run."""
    sample = sample_folder()
    screen = Screen(Console(highlight=False))
    with tempfile.TemporaryDirectory(prefix="strangler-demo-") as folder:
        stage = Stage(Path(folder), {"STRANGLER_STATE": f"sqlite:///{folder}/strangler.db"})
        previous = signal.signal(signal.SIGTERM, _interrupt)
        try:
            screen.title("strangler demo: a Django monolith hands over its invoices, and takes them back")
            demo = Demo(stage, screen, sample, port)
            checks = demo.run()
            screen.close()
            _summary(screen, checks)
            if keep:
                _stay(screen.console, demo)
            return all(check.held for check in checks)
        finally:
            screen.close()
            stage.close()
            signal.signal(signal.SIGTERM, previous)


def sample_folder() -> Path:
    """Where the sample monolith lies: in the installed package, or in the checkout beside it."""
    if find_spec("django") is None:
        raise StranglerError(
            "the demo's monolith needs Django", remedy="Install it: pip install 'strangler[sample]'."
        )
    package = Path(strangler.__file__).resolve().parent
    for folder in (package / "_sample_monolith", package.parent / "sample_monolith"):
        if (folder / "run.py").is_file():
            return folder
    raise StranglerError(
        "the sample monolith is not installed", remedy="Install strangler's wheel, or a checkout."
    )


def _summary(screen: Screen, checks: list[Check]) -> None:
    screen.console.print()
    for check in checks:
        head = Text("held   " if check.held else "FAILED ", "green" if check.held else "bold red")
        screen.hang(head, Text(f"{check.claim}: ").append(check.figures, "dim"))
    held = sum(check.held for check in checks)
    screen.console.print(
        Text(f"\n{held} of {len(checks)} claims held, in {screen.elapsed:.0f} s", style="bold")
    )


def _stay(console: Console, demo: Demo) -> None:
    strangler_ = "strangler" if shutil.which("strangler") else f"{sys.executable} -m strangler.cli"
    where = f"--state {demo.state}"
    told = [
        "",
        f"facade    {demo.facade}",
        f"monolith  {demo.monolith}",
        f"service   {demo.service}",
        f"folder    {demo.stage.folder}",
        "",
        "Try:",
        f"  curl -H 'Authorization: Token {TOKENS[0]}' {demo.facade}/api/billing/invoices/",
        f"  {strangler_} routes history {where}",
        f"  {strangler_} routes canary {GROUP} 50 {where}",
        f"  {strangler_} routes rollback {GROUP} {where}",
        "",
        "Ctrl-C ends everything.",
    ]
    for line in told:
        console.print(line, soft_wrap=True, markup=False)
    try:
        while True:
            time.sleep(1)
    except KeyboardInterrupt:
        console.print()


def _interrupt(signum: int, frame: object) -> None:
    raise KeyboardInterrupt
