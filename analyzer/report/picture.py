"""What a package imports, as a picture: pydeps looks, Graphviz draws. Both are asked for only here, and neither comes
along."""

from __future__ import annotations

import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from shutil import which
from tempfile import TemporaryDirectory

from analyzer.errors import NoPicture

HOPS = 2
"""How many imports away from the package a module may be to be drawn."""


def import_picture(package: Path) -> bytes:
    """The imports of one package as SVG. Its files are compiled, never run.

    Raises ``NoPicture`` where pydeps or Graphviz is not installed, for a folder that is no package, and with pydeps'
    own reason where it cannot draw.
    """
    if find_spec("pydeps") is None:
        raise NoPicture("pydeps is not installed", where="--format svg", remedy="pip install pydeps")
    if which("dot") is None:
        remedy = "Install it: apt-get install graphviz, or brew install graphviz."
        raise NoPicture("Graphviz is not installed: there is no dot", where="--format svg", remedy=remedy)
    if not (package / "__init__.py").is_file():
        remedy = (
            "Name one package of the project: strangler analyze PATH/billing --format svg -o billing.svg."
        )
        raise NoPicture(
            "a picture is drawn of one package, and this is none", where=str(package), remedy=remedy
        )
    with TemporaryDirectory(prefix="strangler-") as folder:
        picture = Path(folder, "imports.svg")
        options = ("--noshow", "--no-config", f"--max-bacon={HOPS}", "-T", "svg", "-o", str(picture))
        command = [sys.executable, "-P", "-m", "pydeps", str(package.resolve()), *options]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True)  # noqa: S603
        if done.returncode or not picture.is_file():
            told = (done.stderr.strip() or done.stdout.strip() or "no reason given").splitlines()[-1]
            remedy = "Try another package, or --format mermaid, which needs neither."
            raise NoPicture(f"pydeps cannot draw it: {told}", where=str(package), remedy=remedy)
        return picture.read_bytes()
