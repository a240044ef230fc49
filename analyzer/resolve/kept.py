"""The facts of the last run, kept with what they were found from: carried over to what has changed since where that can
be proved right, and else found anew with the help of those cells of that run that would see the same again."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

import msgspec

from analyzer.cache import Place, digest
from analyzer.config import Limits
from analyzer.extract import Lowering, decoded, lower, unit_of
from analyzer.model.facts import Facts
from analyzer.resolve import resolve
from analyzer.resolve.changes import Change, carry_over
from analyzer.resolve.modules import ModuleIndex

if TYPE_CHECKING:
    from analyzer.resolve.earlier import Earlier
    from analyzer.resolve.pieces import Difference

_MANY = 64
"""So many changed files are no edit but another version: the resolver's."""


class Kept(msgspec.Struct, array_like=True):
    """Facts, the content of each file that they were found in, and the files that nobody had read."""

    files: dict[str, bytes]
    unread: frozenset[str]
    facts: Facts
    cells: bytes
    """Which cells belong to them, if they were found in cells."""
    since: dict[str, bytes]
    """The files that have changed since those cells were run, lowered as they were then."""


_ENCODER = msgspec.msgpack.Encoder()
_DECODER = msgspec.msgpack.Decoder(Kept)


def facts_at(place: Place, limits: Limits, progress: Callable[[str, int, int], None] | None = None) -> Facts:
    """The facts of a project: of an earlier run, as far as changes since then have no influence on them."""
    parsing = (lambda done, total: progress("parse", done, total)) if progress else None
    lowering = lower(place.project, limits, parsing, place)
    key = digest(place.layout, repr(limits).encode())
    before = _read(place, key)
    changed = _changed(place, lowering, before) if before is not None else None
    found = _carried(place, lowering, before, changed) if before and changed is not None else None
    if found is None:
        earlier = _earlier(place, lowering, before, changed) if before and changed is not None else None
        found = _resolved(place, lowering, limits, progress, earlier)
    elif progress:
        progress("resolve", 1, 1)
    place.packs.write("facts", key, _ENCODER.encode(found))
    return found.facts


def _resolved(
    place: Place,
    lowering: Lowering,
    limits: Limits,
    progress: Callable[[str, int, int], None] | None,
    earlier: Earlier | None,
) -> Kept:
    facts, unread, cells = resolve(
        place.project, lowering.units(), lowering.problems(), progress, limits, earlier
    )
    run = digest(place.layout, place.key) if cells is not None else b""
    if cells is not None:
        place.packs.write("cells", run, _ENCODER.encode(cells))
    return Kept(dict(place.files), unread, facts, run, {})


def _read(place: Place, key: bytes) -> Kept | None:
    data = place.packs.read("facts", key)
    try:
        return _DECODER.decode(data) if data else None
    except msgspec.DecodeError:
        return None


def _changed(place: Place, lowering: Lowering, kept: Kept) -> list[str] | None:
    """The files that have changed, if they are few, and it is known what was in them."""
    if kept.files.keys() != place.files.keys():
        return None
    changed = [file for file, content in place.files.items() if kept.files[file] != content]
    before = lowering.before
    if len(changed) > _MANY or any(
        file not in before or before[file].content != kept.files[file] for file in changed
    ):
        return None
    return changed


def _carried(place: Place, lowering: Lowering, kept: Kept, changed: list[str]) -> Kept | None:
    tests = {source.file for source in place.project.files if source.is_test}
    before = lowering.before
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
    if facts is None:
        return None
    return Kept(dict(place.files), kept.unread, facts, kept.cells, _since(lowering, kept, changed))


def _since(lowering: Lowering, kept: Kept, changed: list[str]) -> dict[str, bytes]:
    return {**{file: lowering.before[file].unit for file in changed}, **kept.since}


def _earlier(place: Place, lowering: Lowering, kept: Kept, changed: list[str]) -> Earlier | None:
    """The cells of an earlier run, if all that has changed is inside of functions, or in files that nobody reads."""
    from analyzer.resolve.earlier import Cells, Earlier  # costs more to import than carrying facts over

    since = _since(lowering, kept, changed)
    differences = _differences(place, lowering, kept, since) if kept.cells else None
    data = place.packs.read("cells", kept.cells) if differences is not None else None
    try:
        cells = msgspec.msgpack.decode(data, type=Cells) if data else None
    except msgspec.DecodeError:
        return None
    return Earlier(cells, differences) if cells is not None and differences is not None else None


def _differences(
    place: Place, lowering: Lowering, kept: Kept, since: Mapping[str, bytes]
) -> dict[str, Difference] | None:
    from analyzer.resolve.pieces import difference

    found: dict[str, Difference] = {}
    for source in place.project.files:
        encoded = since.get(source.file)
        if encoded is None:
            continue
        before, after = decoded(encoded), unit_of(lowering.now[source.file])
        if source.file in kept.unread:
            if not Change(source.is_test, before, after, (), ()).keeps_face():
                return None
            continue
        between = difference(before, after, source.module) if before and after else None
        if between is None:
            return None
        found[source.file] = between
    return found
