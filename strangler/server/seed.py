"""The route table's sections of the configuration file: the first table of an empty state."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from strangler.control import Control, Request
from strangler.control.verbs import Apply
from strangler.routing.document import from_document
from strangler.store import State


def seed(state: State, document: Mapping[str, Any], origin: str) -> str | None:
    """Make the document the table of a state that has none yet; a line for the operator where it was not taken.

    Once anything has been changed the state counts, or a restart would undo what an operator moved meanwhile. Raises
    ``BadDocument`` for a document that means nothing, whether it is needed or not.
    """
    if not document:
        return None
    wanted = from_document(document)
    table = state.routes.load()
    if table.version == 0:
        apply = Apply(document=dict(document))
        Control(state.routes).change(Request(apply, reason=f"first start with {origin}"), via="serve")
        return None
    if replace(wanted, version=table.version) == table:
        return None
    return (
        f"the routes in {origin} are not those of the state, and the state counts; "
        f"see the difference with: strangler routes apply {origin} --dry-run"
    )
