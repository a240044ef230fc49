"""What enters the monolith: single files without dependencies, to be copied beside ``manage.py``."""

from pathlib import Path

__all__ = ["FLAGS", "IDENTITY_VIEW"]

IDENTITY_VIEW = Path(__file__).with_name("strangler_identity.py")
"""The view that tells the facade who a session belongs to."""
FLAGS = Path(__file__).with_name("strangler_flags.py")
"""Asks the route table, in the monolith's own code, which side a user is on."""
