"""Real code bases, fetched by name as source archives from the package index. The tests install and run none of it."""

from __future__ import annotations

import os
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

CACHE = Path(os.environ.get("STRANGLER_REAL_CODE", Path.home() / ".cache" / "strangler-real-code"))


def fetch(name: str, version: str = "") -> Path:
    """The unpacked source archive of a package, the newest unless a version is asked for; skips the test, with the
    reason, where there is no index to ask."""
    wanted = f"{name}=={version}" if version else name
    folder = CACHE / wanted
    if not any(folder.glob("*/")):
        folder.mkdir(parents=True, exist_ok=True)
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--no-binary", name]
        done = subprocess.run(
            [*command, "--dest", str(folder), wanted], capture_output=True, text=True, timeout=300
        )
        archives = sorted(folder.glob("*.tar.gz"))
        if done.returncode or not archives:
            pytest.skip(
                f"the source of {wanted} could not be fetched: {done.stderr.strip().splitlines()[-1:]}"
            )
        with tarfile.open(archives[-1]) as archive:
            archive.extractall(folder, filter="data")
    return next(path for path in sorted(folder.iterdir()) if path.is_dir())
