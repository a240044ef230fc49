"""What a repository's history tells: how often each module changed, by how many people, and what changed with it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from analyzer.errors import BadHistory
from analyzer.model.facts import Change, Facts, History
from analyzer.runtime.git import GitRefused, git

YEARS = 2
"""How far back is looked, from the newest commit: older habits say little about the next cut."""
_COMMIT = "\x01"


def read_history(folder: Path, facts: Facts) -> History:
    """The changes of the project's modules (tests and migrations left out) in the last two years of its history.

    Merges are left out and renames followed. Authors are numbered, never named. Raises BadHistory without a repository.
    """
    newest = _git(folder, "log", "-1", "--format=%ct", "--", ".").strip()
    if not newest:
        raise BadHistory(
            "git has no commit of this folder", where=str(folder), remedy="Commit it, or go without."
        )
    since = int(newest) - YEARS * 365 * 24 * 3600
    log = _git(
        folder,
        "log",
        "-z",
        "--no-merges",
        "--name-status",
        "-M",
        "--relative",
        f"--since={since} +0000",
        f"--format={_COMMIT}%aE",
        "--",
        ".",
    )
    module_of = {m.file: m.name for m in facts.modules if not m.is_test and not m.is_migration}
    return History(tuple(_changes(log, module_of)))


def _changes(log: str, module_of: Mapping[str, str]) -> Iterator[Change]:
    """Newest first, as git tells them: a file's older names become its name of today on the way back."""
    authors: dict[str, int] = {}
    today: dict[str, str] = {}
    for record in log.split(_COMMIT)[1:]:
        author, _, listed = record.partition("\0")
        modules = set()
        for old, new in _files(listed):
            name = today.get(new, new)
            if old != new:
                today[old] = name
            if name in module_of:
                modules.add(module_of[name])
        if modules:
            yield Change(authors.setdefault(author.strip(), len(authors)), tuple(sorted(modules)))


def _files(listed: str) -> Iterator[tuple[str, str]]:
    """Each file's name before and after one commit."""
    words = iter(listed.strip("\n").split("\0"))
    for status in words:
        status = status.strip()
        if status[:1] in ("R", "C"):
            yield next(words, ""), next(words, "")
        elif status:
            name = next(words, "")
            yield name, name


def _git(folder: Path, *arguments: str) -> str:
    try:
        return git(folder, *arguments)
    except GitRefused as reason:
        raise BadHistory(
            f"git cannot tell its history: {reason}",
            where=str(folder),
            remedy="Analyse a folder inside a repository, or go without the history.",
        ) from None
