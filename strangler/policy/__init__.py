"""What guards traffic, as state machines without a clock, a socket or chance: those who use them bring these along."""

from strangler.policy.breaker import Circuit
from strangler.policy.bulkhead import Compartments
from strangler.policy.rate import Allowance, Buckets
from strangler.policy.retry import Budget, pause

__all__ = ["Allowance", "Buckets", "Budget", "Circuit", "Compartments", "pause"]
