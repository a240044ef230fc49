"""Mirrored traffic: the new side answers a copy, the answers are compared, and nobody ever sees the copy's."""

from strangler.shadow.compare import Answer, Difference, compare
from strangler.shadow.mirror import Copy, Mirror, Sample, Tally

__all__ = ["Answer", "Copy", "Difference", "Mirror", "Sample", "Tally", "compare"]
