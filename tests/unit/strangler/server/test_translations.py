"""Mappings come from the files that the operator names, all of them are checked at the start, and ids are only read."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent

import pytest
from fakes.acl_invoices import MemoryIds

from acl.errors import StoreError
from acl.identity import KnownIds
from acl.stores import SqliteIdMap
from strangler.errors import StranglerError
from strangler.server import Address, Settings
from strangler.server.translations import OpenedIds, translations

pytestmark = pytest.mark.anyio

DECLARED = """
    from msgspec import Struct
    from acl.contract import Column, Table
    from acl.mapping.language import mapping, ref, rename

    class Thing(Struct):
        id: {kind}
        title: str

    table = Table("thing", "shop.Thing", "m.py:1", (Column("id", "int", primary_key=True), Column("name", "text")))
    thing = mapping("{name}", table, Thing, {id}, rename("name", "title"))
"""


def settings(mappings: object, id_map: str = "") -> Settings:
    here = Address("127.0.0.1", 0)
    return Settings("http://127.0.0.1:1", here, here, mappings=str(mappings), id_map=id_map)


def declared(folder: Path, stem: str, name: str = "thing", *, refers: bool = False) -> Path:
    kind, id_ = ("str", 'ref("id", "id", ids="things")') if refers else ("int", 'rename("id", "id")')
    file = folder / f"{stem}.py"
    file.write_text(dedent(DECLARED.format(kind=kind, name=name, id=id_)))
    return file


@pytest.fixture(autouse=True)
def _own_modules(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    import sys

    monkeypatch.setattr(sys, "path", list(sys.path))
    before = set(sys.modules)
    yield
    for name in set(sys.modules) - before:
        if name.startswith("of_translations_"):
            del sys.modules[name]


def test_a_reference_needs_an_id_map(tmp_path: Path) -> None:
    file = declared(tmp_path, "of_translations_a", refers=True)
    with pytest.raises(StranglerError, match="there is none: thing"):
        translations(settings(file))


def test_an_id_map_needs_a_database(tmp_path: Path) -> None:
    file = declared(tmp_path, "of_translations_b", refers=True)
    with pytest.raises(StranglerError, match="no database file"):
        translations(settings(file, f"sqlite:///{tmp_path}/none.db"))


def test_an_id_map_without_mappings_means_nothing() -> None:
    with pytest.raises(StranglerError, match="nothing looks its ids up"):
        translations(settings("", "sqlite:///ids.db"))


def test_a_file_that_is_not_there_or_does_not_hold_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(StranglerError, match="no file"):
        translations(settings(tmp_path / "none.py"))
    file = tmp_path / "of_translations_c.py"
    file.write_text("raise ValueError('x')")
    with pytest.raises(StranglerError, match="it fails when it is imported"):
        translations(settings(file))


def test_two_mappings_of_one_name_are_refused(tmp_path: Path) -> None:
    files = declared(tmp_path, "of_translations_d"), declared(tmp_path, "of_translations_e")
    with pytest.raises(StranglerError, match="two mappings are called 'thing'"):
        translations(settings(f"{files[0]}, {files[1]}"))


def test_two_files_of_one_name_are_not_mistaken_for_each_other(tmp_path: Path) -> None:
    (tmp_path / "one").mkdir()
    (tmp_path / "two").mkdir()
    first = declared(tmp_path / "one", "of_translations_f")
    second = declared(tmp_path / "two", "of_translations_f", "other")
    with pytest.raises(StranglerError, match="another module is called 'of_translations_f'"):
        translations(settings(f"{first},{second}"))


async def test_a_client_gives_no_ids(tmp_path: Path) -> None:
    ids = MemoryIds()
    assert KnownIds(ids).to_new("things", [7, None, [], 2**70]) == {}
    assert ids.pairs == {}


async def test_ids_are_looked_up_in_the_database(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "ids.db") as connection:
        SqliteIdMap(connection).add("things", {7: "seven"})
    connection.close()
    file = declared(tmp_path, "of_translations_g", refers=True)
    made = translations(settings(file, f"sqlite:///{tmp_path}/ids.db"))
    for _ in range(2):
        answer = await made.translated("thing", "answer", b'{"id": "seven", "title": "x"}')
        assert json.loads(answer) == {"id": 7, "name": "x"}
    request = await made.translated("thing", "request", b'{"id": 7, "name": "x"}')
    assert json.loads(request) == {"id": "seven", "title": "x"}
    with pytest.raises(StranglerError, match="id"):
        await made.translated("thing", "request", b'{"id": 8, "name": "x"}')
    made.close()


async def test_a_database_that_comes_back_is_opened_again(tmp_path: Path) -> None:
    ids = OpenedIds(f"sqlite:///{tmp_path}/ids.db")
    with pytest.raises(StoreError):
        ids.to_legacy("things", ["seven"])
    with sqlite3.connect(tmp_path / "ids.db") as connection:
        SqliteIdMap(connection).add("things", {7: "seven"})
    connection.close()
    assert ids.to_legacy("things", ["seven"]) == {"seven": 7}
    assert ids.to_new("things", [7]) == {7: "seven"}
    ids.check()


def test_without_files_there_are_no_mappings() -> None:
    assert translations(settings("")).figures() == {
        "strangler_translated_total": [],
        "strangler_untranslatable_total": [],
    }
