"""A group's way to the service in guarded steps, as pure functions; ``strangler.control`` acts on what they say."""

from strangler.rollout.advance import Action, AskHook, RollBack, Rollout, SetShare, advance
from strangler.rollout.checks import Check, Figure
from strangler.rollout.guard import Thresholds, Verdict, judge
from strangler.rollout.window import Observation, Window

__all__ = [
    "Action",
    "AskHook",
    "Check",
    "Figure",
    "Observation",
    "RollBack",
    "Rollout",
    "SetShare",
    "Thresholds",
    "Verdict",
    "Window",
    "advance",
    "judge",
]
