"""What survives a restart: the route table with its audit log, counters, rollouts, leases and tokens."""

from strangler.store.differences import Differing, Example
from strangler.store.leases import Lease
from strangler.store.rollouts import RolloutRecord
from strangler.store.routes import Entry, Record, RouteStore, Via
from strangler.store.state import DEFAULT_STATE, State, open_state
from strangler.store.tokens import Token
from strangler.store.windows import Total, Window

__all__ = [
    "DEFAULT_STATE",
    "Differing",
    "Entry",
    "Example",
    "Lease",
    "Record",
    "RolloutRecord",
    "RouteStore",
    "State",
    "Token",
    "Total",
    "Via",
    "Window",
    "open_state",
]
