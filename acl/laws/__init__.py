"""The laws of a mapping as Hypothesis tests, generated from its declaration (`pip install 'strangler[laws]'`)."""

from acl.laws.laws import LAWS, Outcome, check_laws, prove
from acl.laws.losses import Loss, losses

__all__ = ["LAWS", "Loss", "Outcome", "check_laws", "losses", "prove"]
