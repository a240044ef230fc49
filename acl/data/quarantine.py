"""What a scan could not translate, in a file of JSON lines, with the place from which an interrupted scan goes on."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import msgspec

from acl.data.scan import Reason, Scan
from acl.errors import StoreError
from acl.translate import Untranslatable

__all__ = ["Quarantine"]


class _State(msgspec.Struct):
    mapping: str
    fingerprint: str
    size: int
    rows: int
    refused: int
    changed: int
    last_key: Any
    reasons: list[tuple[str, str, str, int, list[Any]]]


class Quarantine:
    """A file of records, one JSON object a line, and beside it `FILE.state` while a scan is under way.

    `fingerprint` is that of the mapping: a scan by another one does not go on, it starts again.
    """

    def __init__(self, file: Path, mapping: str, fingerprint: str) -> None:
        self._file = file
        self._state = file.with_name(file.name + ".state")
        self._mapping = mapping
        self._fingerprint = fingerprint

    def resume(self) -> Scan | None:
        """What an interrupted scan had found; the file is cut back to that. None, and an empty file, if there was none.

        Raises StoreError when the file cannot be written.
        """
        with _as_store_error(self._file):
            state = self._read_state()
            if state is None:
                self._file.write_bytes(b"")
                return None
            os.truncate(self._file, state.size)
            scan = Scan(state.rows, state.refused, state.changed, state.last_key)
            for path, operation, reason, count, examples in state.reasons:
                pairs = [(key, value) for key, value in examples]
                scan.reasons[f"{path}|{operation}|{reason}"] = Reason(path, operation, reason, count, pairs)
            return scan

    def append(self, records: Iterable[Untranslatable]) -> None:
        """Write the records of a batch."""
        lines = b"".join(_line(record) for record in records)
        if lines:
            with _as_store_error(self._file), self._file.open("ab") as file:
                file.write(lines)

    def save(self, scan: Scan) -> None:
        """Remember how far the scan is."""
        reasons = [
            (
                one.path,
                one.operation,
                one.reason,
                one.count,
                [[_plain(k), _plain(v)] for k, v in one.examples],
            )
            for one in scan.reasons.values()
        ]
        with _as_store_error(self._state):
            size = self._file.stat().st_size
            state = _State(
                self._mapping,
                self._fingerprint,
                size,
                scan.rows,
                scan.refused,
                scan.changed,
                scan.last_key,
                reasons,
            )
            partial = self._state.with_name(self._state.name + ".partial")
            partial.write_bytes(msgspec.json.encode(state, enc_hook=repr))
            partial.replace(self._state)

    def finish(self) -> None:
        """The scan is through: nothing is left to go on with."""
        self._state.unlink(missing_ok=True)

    def keys(self) -> list[Any]:
        """The keys of the rows in the file, each once. Raises StoreError when the file is no quarantine."""
        with _as_store_error(self._file):
            try:
                lines = [msgspec.json.decode(line) for line in self._file.read_bytes().splitlines()]
                return list(dict.fromkeys(line["key"] for line in lines))
            except (msgspec.DecodeError, KeyError, TypeError) as error:
                raise StoreError(
                    f"{self._file} is no quarantine: {error}", "name the file that a scan wrote"
                ) from error

    def replace(self, records: Iterable[Untranslatable]) -> None:
        """Keep only these records: what a replay still refuses."""
        with _as_store_error(self._file):
            partial = self._file.with_name(self._file.name + ".partial")
            partial.write_bytes(b"".join(_line(record) for record in records))
            partial.replace(self._file)

    def _read_state(self) -> _State | None:
        try:
            state = msgspec.json.decode(self._state.read_bytes(), type=_State)
            fits = (state.mapping, state.fingerprint) == (self._mapping, self._fingerprint)
            return state if fits and self._file.stat().st_size >= state.size else None
        except (FileNotFoundError, msgspec.DecodeError):
            return None


class _as_store_error:  # noqa: N801 - a context manager, used as a function
    def __init__(self, file: Path) -> None:
        self._file = file

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: object, error: BaseException | None, traceback: object) -> None:
        if isinstance(error, OSError):
            raise StoreError(
                f"{self._file} cannot be used: {error.strerror}",
                "name a file in a folder that can be written",
            ) from error


def _line(record: Untranslatable) -> bytes:
    return msgspec.json.encode(record, enc_hook=repr) + b"\n"


def _plain(value: Any) -> Any:
    return msgspec.to_builtins(value, enc_hook=repr, str_keys=True)
