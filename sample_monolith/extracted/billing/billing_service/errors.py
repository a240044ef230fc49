"""What a handler raises to answer with an error."""

from __future__ import annotations

__all__ = ["ApiError"]


class ApiError(Exception):
    """An answer with that status; `extra` are further fields beside the message."""

    def __init__(self, status: int, message: str, extra: dict[str, str] | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.extra = extra or {}
