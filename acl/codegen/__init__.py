"""A first mapping for a boundary, written from an analysis: every field proposed, the doubtful ones marked."""

from acl.codegen.propose import Aggregate, Proposal, propose
from acl.codegen.write import Generated, generate

__all__ = ["Aggregate", "Generated", "Proposal", "generate", "propose"]
