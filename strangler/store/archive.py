"""A state as a file, and back, whatever database it is in: one JSON object a line, a head, the rows, an end.

Counters and leases are not in it: they mean nothing a minute later.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import msgspec

from strangler.errors import BadDocument, Refused
from strangler.routing.document import from_document, to_json
from strangler.store.routes import Entry, Via
from strangler.store.sql import Connection, Database, insert_version

FORMAT = 1


class VersionRow(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="row", tag="version"):
    version: int
    document: dict[str, Any]
    action: str
    summary: str
    actor: str
    via: Via
    time: float
    subject: str
    reason: str
    forced: bool
    alarms: tuple[str, ...]


class RolloutRow(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="row", tag="rollout"):
    name: str
    state: dict[str, Any]


class TokenRow(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="row", tag="token"):
    name: str
    role: str
    digest: str
    created: float


class Head(msgspec.Struct, frozen=True, tag_field="row", tag="strangler-state"):
    format: int


class End(msgspec.Struct, frozen=True, tag_field="row", tag="end"):
    rows: int


Row = VersionRow | RolloutRow | TokenRow


class Archive:
    """Saves and restores the whole of a database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def save(self) -> list[bytes]:
        """The lines of a file that holds what stands at this moment."""
        with self._database.write() as connection:  # nobody changes anything between two tables
            rows = [*_versions(connection), *_rollouts(connection), *_tokens(connection)]
        return [msgspec.json.encode(line) + b"\n" for line in (Head(FORMAT), *rows, End(len(rows)))]

    def restore(self, lines: Iterable[bytes], entry: Entry, *, replace: bool = False) -> int:
        """Make a saved state the one that stands, in one transaction, and return the version that this makes.

        That version is higher than any that ever stood, so that no facade and no client takes it for one that it
        knows. Running rollouts come back paused. Tokens come from the file only where the state is empty: those
        revoked since stay revoked. Raises ``BadDocument`` for a file that is damaged, ``Refused`` where something
        stands already (``replace`` lifts that).
        """
        rows = list(_read(lines))
        versions = [row for row in rows if isinstance(row, VersionRow)]
        with self._database.write() as connection:
            [current] = connection.execute("SELECT coalesce(max(version), 0) FROM versions").fetchone()
            if current and not replace:
                raise Refused(
                    f"there is a state already, at version {current}",
                    where=self._database.place,
                    remedy="Save it with: strangler state backup FILE. Then restore with --replace.",
                )
            for table in ("versions", "rollouts", "windows"):
                connection.execute(f"DELETE FROM {table}")  # noqa: S608 -- names of our own
            for row in rows:
                _put(connection, row, tokens=not current)
            newest = max((row.version for row in versions), default=0)
            document = next((row.document for row in versions if row.version == newest), {})
            made: int = max(newest, current) + 1
            insert_version(connection, made, entry, to_json(from_document(document)))
            self._database.changed()
        return made


def _versions(connection: Connection) -> Iterator[VersionRow]:
    names = [name for name in VersionRow.__struct_fields__ if name not in ("document", "forced", "alarms")]
    for document, forced, alarms, *values in connection.execute(
        f"SELECT document, forced, alarms, {', '.join(names)} FROM versions ORDER BY version"  # noqa: S608
    ).fetchall():
        told = dict(zip(names, values, strict=True))
        yield VersionRow(
            document=json.loads(document), forced=bool(forced), alarms=tuple(json.loads(alarms)), **told
        )


def _rollouts(connection: Connection) -> Iterator[RolloutRow]:
    for name, state in connection.execute("SELECT name, state FROM rollouts ORDER BY name").fetchall():
        yield RolloutRow(name, json.loads(state))


def _tokens(connection: Connection) -> Iterator[TokenRow]:
    yield from (
        TokenRow(*row)
        for row in connection.execute(
            "SELECT name, role, digest, created FROM tokens ORDER BY name"
        ).fetchall()
    )


def _put(connection: Connection, row: Row, *, tokens: bool) -> None:
    if isinstance(row, VersionRow):
        told = msgspec.structs.asdict(row)
        entry = Entry(**{key: value for key, value in told.items() if key not in ("version", "document")})
        insert_version(connection, row.version, entry, json.dumps(row.document, ensure_ascii=False))
    elif isinstance(row, RolloutRow):
        connection.execute(
            "INSERT INTO rollouts (name, state, version) VALUES (?, ?, 1)",
            (row.name, json.dumps(_paused(row.state))),
        )
    elif tokens:
        connection.execute(
            "INSERT INTO tokens (name, role, digest, created) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
            (row.name, row.role, row.digest, row.created),
        )


def _paused(state: Mapping[str, Any]) -> Mapping[str, Any]:
    """What it was waiting for is long over; somebody has to say that it may go on."""
    return {**state, "phase": "paused"} if state.get("phase") == "running" else state


def _read(lines: Iterable[bytes]) -> Iterator[Row]:
    """The rows of a file that is whole; every document in it is one that can be served."""
    decoder = msgspec.json.Decoder(Head | VersionRow | RolloutRow | TokenRow | End)
    number, ended, seen = 0, False, set()
    for number, line in enumerate(lines, 1):
        where = f"line {number}"
        try:
            row = decoder.decode(line)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise _damaged(where, f"this is not a saved state: {error}") from None
        if isinstance(row, Head) != (number == 1) or ended:
            raise _damaged(where, "this is not a saved state: a line in the wrong place")
        if isinstance(row, Head):
            if row.format != FORMAT:
                raise _damaged(
                    where, f"this state was saved in format {row.format}, this strangler reads {FORMAT}"
                )
        elif isinstance(row, End):
            ended = True
            if row.rows != number - 2:
                raise _damaged(where, f"{row.rows} rows were saved, {number - 2} are there")
        else:
            key = (type(row), row.version if isinstance(row, VersionRow) else row.name)
            if key in seen:
                raise _damaged(where, "it is there twice")
            seen.add(key)
            _check(row, where)
            yield row
    if not ended:
        raise _damaged(f"line {number + 1}", "the file ends in the middle")


def _check(row: Row, where: str) -> None:
    if isinstance(row, VersionRow):
        if row.version < 1:
            raise _damaged(where, f"there is no version {row.version}")
        try:
            from_document(row.document)
        except BadDocument as error:
            raise _damaged(where, f"version {row.version} cannot be served: {error}") from None


def _damaged(where: str, what: str) -> BadDocument:
    return BadDocument(what, where=where, remedy="Nothing was changed. Take another backup.")
