"""What routes may be translated by: the mappings in the files that the operator named, and what their ids stand in."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from acl.errors import AclError, StoreError
from acl.identity import KnownIds
from acl.mapping import Mapping
from acl.mapping.emit import kinds
from acl.mapping.paths import plan
from acl.stores import Database, PostgresIdMap, SqliteIdMap, open_database
from acl.translate import Translator
from acl.wire import Wire
from strangler.errors import BadDocument, Unknown
from strangler.facade.translation import Translations
from strangler.mappings import check_imported, mappings
from strangler.server.settings import Settings


def translations(settings: Settings) -> Translations:
    """Everything that is declared in the files; raises ``StranglerError`` for what would not work."""
    files = [file.strip() for file in settings.mappings.split(",") if file.strip()]
    if settings.id_map and not files:
        raise BadDocument("nothing looks its ids up", where="--id-map", remedy="Name --mappings FILE too.")
    ids = OpenedIds(settings.id_map)
    wires: dict[str, Wire] = {}
    slow: set[str] = set()
    for file in files:
        for mapping in _declared(file):
            if mapping.name in wires:
                raise BadDocument(
                    f"two mappings are called {mapping.name!r}",
                    where="--mappings",
                    remedy="Rename one of them.",
                )
            if refers(mapping):
                slow.add(mapping.name)
            wires[mapping.name] = _wire(mapping, ids, file)
    if slow and not settings.id_map:
        raise BadDocument(
            f"references are looked up in an id map, and there is none: {', '.join(sorted(slow))}",
            where="--id-map",
            remedy="Name its database: sqlite:///FILE or postgresql://HOST/NAME.",
        )
    if slow:
        ids.check()
    return Translations(wires, slow)


class OpenedIds:
    """The ids of a database that is opened when they are first asked for, and again after trouble. For one thread."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._database: Database | None = None
        self._known: KnownIds | None = None

    def check(self) -> None:
        """Raises ``BadDocument`` where there is nothing to look up in."""
        try:
            self._open()
        except AclError as error:
            raise BadDocument(error.what, where="--id-map", remedy=error.remedy) from None
        finally:
            self._close()

    def to_new(self, kind: str, keys: Iterable[Any]) -> dict[Any, Any]:
        """The new id of every key that has one."""
        return self._look(lambda known: known.to_new(kind, keys))

    def to_legacy(self, kind: str, ids: Iterable[Any]) -> dict[Any, Any]:
        """The legacy key of every id that has one."""
        return self._look(lambda known: known.to_legacy(kind, ids))

    def _look(self, ask: Callable[[KnownIds], dict[Any, Any]]) -> dict[Any, Any]:
        try:
            return ask(self._known or self._open())
        except StoreError:
            self._close()
            raise

    def _open(self) -> KnownIds:
        self._database = database = open_database(self._url)
        opened = SqliteIdMap if database.is_sqlite else PostgresIdMap
        self._known = KnownIds(opened(database.connection))
        return self._known

    def _close(self) -> None:
        database, self._database, self._known = self._database, None, None
        if database is not None:
            database.close()


def refers(mapping: Mapping) -> bool:
    """Whether it looks ids up."""
    return any(kinds(plan(mapping, direction)) for direction in ("to_contract", "to_legacy"))


def _declared(file: str) -> list[Mapping]:
    try:
        found = mappings(file, [])
    except Unknown as error:
        remedy = "Name the file that declares it; what it imports has to lie beside it, or to be installed."
        raise BadDocument(error.message, where="--mappings", remedy=remedy) from None
    except AclError as error:
        raise BadDocument(str(error), where=file, remedy="See: strangler acl check.") from None
    check_imported(file)
    return found


def _wire(mapping: Mapping, ids: OpenedIds, file: str) -> Wire:
    try:
        return Wire(Translator(mapping, ids))
    except AclError as error:
        raise BadDocument(error.what, where=file, remedy=error.remedy) from None
