"""What an operator reaches on the admin listener: the JSON API."""

from strangler.console.api import create_app

__all__ = ["create_app"]
