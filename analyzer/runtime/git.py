"""git, asked: its answer, or what it said instead."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from analyzer.errors import BadHistory


class GitRefused(Exception):
    """git gave no answer; the text is its own reason, in one line."""


def git(folder: Path, *arguments: str, **environ: str) -> str:
    """What git answers in a folder, in its plain English; names of files as they are on the disk.

    ``environ`` stands beside the environment of this process. Raises ``GitRefused``, and ``BadHistory`` without git.
    """
    command = ["git", "-C", str(folder), "-c", "core.quotePath=false", *arguments]
    try:
        done = subprocess.run(  # noqa: S603
            command, env={**os.environ, "LC_ALL": "C", **environ}, capture_output=True, check=True
        )
    except FileNotFoundError:
        remedy = "Install it, or leave --history and --since out."
        raise BadHistory("git is not installed", remedy=remedy) from None
    except subprocess.CalledProcessError as error:
        told = error.stderr.decode("utf-8", "replace").strip().splitlines() or ["no reason given"]
        raise GitRefused(told[-1].removeprefix("fatal: ")) from None
    return done.stdout.decode("utf-8", "surrogateescape")
