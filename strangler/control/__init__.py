"""Changing routes, and following the changes: the service is the only writer, every facade has a follower."""

from strangler.control.follower import Follower
from strangler.control.service import Control, Outcome
from strangler.control.verbs import Request

__all__ = ["Control", "Follower", "Outcome", "Request"]
