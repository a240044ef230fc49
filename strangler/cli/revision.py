"""A project as it was at a git revision, in a folder that goes away again; the repository itself is not touched."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from analyzer.runtime.git import GitRefused, git
from strangler.errors import Unknown


@contextmanager
def checked_out(path: Path, revision: str) -> Iterator[Path]:
    """The analysed folder as it was at a revision. Raises ``Unknown`` where there is no such thing."""
    top = Path(_git(path, "rev-parse", "--show-toplevel", revision=revision))
    commit = _git(
        path, "rev-parse", "--verify", "--end-of-options", f"{revision}^{{commit}}", revision=revision
    )
    below = path.resolve().relative_to(top.resolve())
    with TemporaryDirectory(prefix="strangler-") as temporary:
        tree = Path(temporary, "tree")
        tree.mkdir()
        index = {"GIT_INDEX_FILE": str(Path(temporary, "index"))}
        wanted = ("--", below.as_posix()) if below.parts else ("--", ".")
        _git(top, f"--work-tree={tree}", "checkout", "--force", commit, *wanted, revision=revision, **index)
        yield tree / below


def _git(folder: Path, *arguments: str, revision: str, **environ: str) -> str:
    if not folder.is_dir():
        raise Unknown("there is nothing at this path", where=str(folder), remedy="Give the project's folder.")
    try:
        return git(folder, *arguments, **environ).strip()
    except GitRefused as reason:
        raise Unknown(
            f"git does not know {revision!r} here: {reason}",
            where="--since",
            remedy="Name a commit, branch or tag.",
        ) from None
