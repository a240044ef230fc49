"""Changing routes, and following the changes: the service is the only writer, every facade has a follower."""

from strangler.control.follower import Follower

__all__ = ["Follower"]
