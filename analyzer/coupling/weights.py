"""The one table of weights: what a cut through a coupling costs, relative to the other kinds.

The order is the design's: rows written in one transaction are the dearest to part (a saga or an outbox must replace
the transaction), an import the cheapest (it moves with the code). The figures are ratios, not measurements; pass your
own table to ``couple`` to override any of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from math import isfinite
from types import MappingProxyType
from typing import Any

from analyzer.errors import BadPins
from analyzer.model.plan import EdgeKind

WEIGHTS: Mapping[EdgeKind, float] = MappingProxyType(
    {
        "cowrite": 10.0,  # both written inside one atomic span
        "lock": 8.0,  # one locked (select_for_update) while the other is written
        "signal": 7.0,  # saving one makes a receiver write the other, in the same transaction
        "cascade": 6.0,  # a foreign key that deletes: ON DELETE CASCADE
        "join": 5.0,  # joined in SQL, by a lookup path or by hand
        "mti": 5.0,  # multi-table inheritance; such tables are contracted, never cut
        "m2m": 4.0,  # many-to-many
        "fk": 3.0,  # a foreign key that protects or sets null
        "gfk": 2.5,  # a generic relation
        "write": 2.5,  # one function reads one and writes the other
        "read": 2.0,  # one function reads both
        "call": 1.0,  # a function on one calls a function on the other
        "import": 0.5,  # the module of one imports the module of the other
    }
)


def read_weights(document: Mapping[str, Any], where: str) -> Mapping[EdgeKind, float]:
    """The table of weights with those of a configuration's ``[analysis.weights]`` in it.

    Raises BadPins for an unknown kind and for what is no weight: a number from 0 to 1000.
    """
    given = document.get("analysis", {}).get("weights", {})
    place = f"{where}: analysis.weights"
    if not isinstance(given, Mapping):
        raise BadPins("this is not a table", where=place, remedy="Write kind = number in it.")
    for kind, weight in given.items():
        if kind not in WEIGHTS:
            near = get_close_matches(kind, WEIGHTS, n=1)
            remedy = f"Did you mean {near[0]}?" if near else f"Known: {', '.join(WEIGHTS)}."
            raise BadPins(f"there is no coupling {kind!r}", where=place, remedy=remedy)
        number = isinstance(weight, int | float) and not isinstance(weight, bool)
        if not number or not isfinite(weight) or not 0 <= weight <= 1000:
            raise BadPins(
                f"{kind} = {weight!r} is no weight", where=place, remedy="Write a number from 0 to 1000."
            )
    return WEIGHTS if not given else MappingProxyType({**WEIGHTS, **given})
