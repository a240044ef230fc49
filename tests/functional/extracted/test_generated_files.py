"""What is made from declarations is up to date, and the folder is typed."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from .conftest import BILLING, SAMPLE

MADE = ("compiled_invoice.py", "contract.v1.json")


def test_the_committed_files_are_what_the_declarations_say(tmp_path: Path) -> None:
    copy = shutil.copytree(BILLING, tmp_path / "billing")
    for name in MADE:
        (copy / "billing_service" / name).unlink()
    subprocess.run([sys.executable, copy / "compile_mappings.py"], check=True)
    for name in MADE:
        assert (copy / "billing_service" / name).read_text() == (
            BILLING / "billing_service" / name
        ).read_text()


def test_the_folder_is_typed_strictly() -> None:
    done = subprocess.run(
        [
            *(sys.executable, "-m", "mypy", "--strict", "--explicit-package-bases", BILLING),
        ],
        cwd=SAMPLE.parent,
        env={**os.environ, "MYPYPATH": str(BILLING)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
