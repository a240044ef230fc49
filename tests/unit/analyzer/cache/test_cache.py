"""A cache never changes an answer: what is damaged, of another version, or of other content is not used."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from analyzer.cache import Packs, contents, default_folder, digest, fingerprint, layout_of
from analyzer.discover import discover

KEY = digest(b"key")


@pytest.mark.parametrize(
    "damage",
    [
        lambda data: data[:-1],
        lambda data: data + b"x",
        lambda data: b"",
        lambda data: data[:40] + bytes([data[40] ^ 1]) + data[41:],
        lambda data: bytes([data[0] ^ 1]) + data[1:],
    ],
)
def test_a_damaged_pack_is_no_pack(tmp_path: Path, damage) -> None:  # type: ignore[no-untyped-def]
    packs = Packs(tmp_path, "p")
    packs.write("units", KEY, b"what was found")
    path = next(tmp_path.iterdir())
    path.write_bytes(damage(path.read_bytes()))
    assert packs.read("units", KEY) is None


def test_a_pack_is_not_found_by_another_key_kind_or_project(tmp_path: Path) -> None:
    packs = Packs(tmp_path, "p")
    packs.write("units", KEY, b"what was found")
    assert packs.read("units", digest(b"other")) is None
    assert packs.read("json", KEY) is None
    assert Packs(tmp_path, "q").read("units", KEY) is None
    assert packs.read("units", KEY) == b"what was found"


def test_a_folder_that_cannot_be_written_is_no_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    packs = Packs(tmp_path / "file" / "cache", "p")
    packs.write("units", KEY, b"x")
    assert packs.read("units", KEY) is None


def test_a_write_that_fails_leaves_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / "p.units").mkdir()
    (tmp_path / "p.units" / "occupied").touch()
    Packs(tmp_path, "p").write("units", KEY, b"x")
    assert [path.name for path in tmp_path.iterdir()] == ["p.units"]


def test_what_was_not_used_for_longest_goes_first(tmp_path: Path) -> None:
    for number in range(4):
        packs = Packs(tmp_path, str(number), max_bytes=1000)
        packs.write("units", KEY, b"x" * 300)
        os.utime(tmp_path / f"{number}.units", (number, number))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["1.units", "2.units", "3.units"]
    assert sum(path.stat().st_size for path in tmp_path.iterdir()) <= 1000


def test_what_is_larger_than_the_whole_cache_is_not_kept(tmp_path: Path) -> None:
    Packs(tmp_path, "p", max_bytes=10).write("units", KEY, b"x" * 11)
    assert list(tmp_path.iterdir()) == []


def test_several_runs_may_write_at_once(tmp_path: Path) -> None:
    packs = Packs(tmp_path, "p")
    bodies = [bytes([number]) * 100_000 for number in range(16)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda body: packs.write("units", KEY, body), bodies))
    assert packs.read("units", KEY) in bodies
    assert [path.name for path in tmp_path.iterdir()] == ["p.units"]


def test_packs_are_for_their_user_alone(tmp_path: Path) -> None:
    Packs(tmp_path / "cache", "p").write("units", KEY, b"x")
    assert (tmp_path / "cache").stat().st_mode & 0o077 == 0
    assert (tmp_path / "cache" / "p.units").stat().st_mode & 0o077 == 0


def test_the_fingerprint_changes_with_all_that_is_read(tmp_path: Path) -> None:
    (tmp_path / "templates").mkdir()
    (tmp_path / "models.py").write_text("x = 1\n")
    page = tmp_path / "templates" / "page.html"
    page.write_text("{{ order.lines }}")
    seen = {_fingerprint(tmp_path), _fingerprint(tmp_path)}
    assert len(seen) == 1
    (tmp_path / "models.py").write_text("x = 2\n")
    seen.add(_fingerprint(tmp_path))
    (tmp_path / "models.py").rename(tmp_path / "orders.py")
    seen.add(_fingerprint(tmp_path))
    page.write_text("{{ order.lines.all }}")
    seen.add(_fingerprint(tmp_path))
    seen.add(_fingerprint(tmp_path, b"another option"))
    assert len(seen) == 5


def test_a_relative_cache_folder_in_the_environment_is_not_followed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", "here")
    assert default_folder().is_absolute()


def _fingerprint(folder: Path, *more: bytes) -> bytes:
    project = discover(folder)
    return fingerprint(layout_of(project), contents(project, 1000), *more)
