"""Real repositories, made on the spot."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from analyzer.errors import BadHistory
from analyzer.model.facts import Change, Facts, Module
from analyzer.runtime.history import read_history

DAY = 24 * 3600
START = 1_700_000_000


class Repository:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.at = START
        self.git("init", "--quiet", "--initial-branch=main")

    def git(self, *arguments: str, author: str = "ann") -> None:
        who = {
            f"GIT_{role}_{what}": f"{author}@example.com"
            for role in ("AUTHOR", "COMMITTER")
            for what in ("NAME", "EMAIL")
        }
        when = {f"GIT_{role}_DATE": f"{self.at} +0000" for role in ("AUTHOR", "COMMITTER")}
        subprocess.run(
            ["git", *arguments],
            cwd=self.folder,
            env={**os.environ, **who, **when},
            check=True,
            capture_output=True,
        )

    def commit(self, *files: str, author: str = "ann", days: int = 1) -> None:
        self.at += days * DAY
        for file in files:
            path = self.folder / file
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(
                (path.read_text() if path.exists() else "\n".join(f"{file} {i}" for i in range(20))) + "\nx"
            )
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "-m", "change", author=author)

    def changes(self, *modules: Module, below: str = "") -> list[Change]:
        return list(read_history(self.folder / below, Facts("p", modules=modules)).changes)


A, B = Module("a", "a.py", 1), Module("b.c", "b/c.py", 1)


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return Repository(tmp_path)


def test_a_folder_without_a_repository_is_told(tmp_path, monkeypatch):
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    with pytest.raises(BadHistory, match="git cannot tell its history"):
        read_history(tmp_path, Facts("p"))


def test_a_machine_without_git_is_told(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(BadHistory, match="git is not installed"):
        read_history(tmp_path, Facts("p"))


def test_a_repository_without_a_commit_is_told(repository):
    with pytest.raises(BadHistory):
        repository.changes(A)


def test_tests_and_other_files_do_not_count(repository):
    repository.commit("a_test.py", "notes.txt")
    assert repository.changes(Module("a_test", "a_test.py", 1, is_test=True)) == []


def test_changes_stand_newest_first_with_numbers_for_people(repository):
    repository.commit("a.py", "b/c.py", author="ann")
    repository.commit("a.py", author="bob")
    repository.commit("b/c.py", author="ann")
    assert repository.changes(A, B) == [Change(0, ("b.c",)), Change(1, ("a",)), Change(0, ("a", "b.c"))]


def test_a_file_keeps_its_history_when_it_moves(repository):
    repository.commit("old.py")
    repository.commit("old.py")
    repository.git("mv", "old.py", "a.py")
    repository.commit()
    assert len(repository.changes(A)) == 3


def test_only_the_two_years_before_the_newest_commit_count(repository):
    repository.commit("a.py")
    repository.commit("a.py", days=800)
    repository.commit("a.py")
    assert len(repository.changes(A)) == 2


def test_a_folder_inside_a_repository_sees_its_own_files(repository):
    repository.commit("src/a.py", "a.py")
    repository.commit("a.py")
    assert repository.changes(A, below="src") == [Change(0, ("a",))]


def test_names_with_odd_letters_are_read(repository):
    repository.commit("b/ä\nc d.py")
    assert repository.changes(Module("b.odd", "b/ä\nc d.py", 1)) == [Change(0, ("b.odd",))]


def test_merges_do_not_count_twice(repository):
    repository.commit("a.py")
    repository.git("checkout", "--quiet", "-b", "side")
    repository.commit("a.py")
    repository.git("checkout", "--quiet", "main")
    repository.commit("b/c.py")
    repository.git("merge", "--quiet", "--no-ff", "side", "-m", "merge")
    assert len(repository.changes(A)) == 2
