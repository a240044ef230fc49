"""The facts of the last run, kept with what they were found from, and carried over where that can be proved right."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from analyzer.cache import Place, digest
from analyzer.config import Limits
from analyzer.extract import Lowering, lower, unit_of
from analyzer.model.facts import Facts
from analyzer.resolve import resolve
from analyzer.resolve.changes import Change, carry_over
from analyzer.resolve.modules import ModuleIndex

_MANY = 64
"""So many changed files are no edit but another version: the resolver's."""


class Kept(msgspec.Struct, array_like=True):
    """Facts, the content of each file that they were found in, and the files that nobody had read."""

    files: dict[str, bytes]
    unread: frozenset[str]
    facts: Facts


_ENCODER = msgspec.msgpack.Encoder()
_DECODER = msgspec.msgpack.Decoder(Kept)


def facts_at(place: Place, limits: Limits, progress: Callable[[str, int, int], None] | None = None) -> Facts:
    """The facts of a project: of an earlier run, as far as changes since then have no influence on them."""
    parsing = (lambda done, total: progress("parse", done, total)) if progress else None
    lowering = lower(place.project, limits, parsing, place)
    key = digest(place.layout, repr(limits).encode())
    found = _carried(place, lowering, _read(place, key))
    if found is None:
        facts, unread = resolve(place.project, lowering.units(), lowering.problems(), progress, limits)
        found = Kept(dict(place.files), unread, facts)
    elif progress:
        progress("resolve", 1, 1)
    place.packs.write("facts", key, _ENCODER.encode(found))
    return found.facts


def _read(place: Place, key: bytes) -> Kept | None:
    data = place.packs.read("facts", key)
    try:
        return _DECODER.decode(data) if data else None
    except msgspec.DecodeError:
        return None


def _carried(place: Place, lowering: Lowering, kept: Kept | None) -> Kept | None:
    if kept is None or kept.files.keys() != place.files.keys():
        return None
    changed = [file for file, content in place.files.items() if kept.files[file] != content]
    before = lowering.before
    if len(changed) > _MANY or any(
        file not in before or before[file].content != kept.files[file] for file in changed
    ):
        return None
    tests = {source.file for source in place.project.files if source.is_test}
    changes = {
        file: Change(
            file in tests,
            unit_of(before[file]),
            unit_of(lowering.now[file]),
            before[file].problems,
            lowering.now[file].problems,
        )
        for file in changed
    }
    facts = carry_over(
        kept.facts, changes, kept.unread, lambda: ModuleIndex(place.project.files, lowering.units())
    )
    return Kept(dict(place.files), kept.unread, facts) if facts is not None else None
