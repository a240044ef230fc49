"""The language at the beginning of a path, as Django's ``LocaleMiddleware`` and ``i18n_patterns`` understand it. Pure.

The rules are Django's (``django.utils.translation.trans_real.get_language_from_path``, ``LocalePrefixPattern``). That a
translation exists for each of the languages is taken for granted.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

_PREFIX = re.compile(r"(\w+([@-]\w+){0,2})(/|$)")
_FALLBACKS = {
    "zh-cn": "zh-hans",
    "zh-my": "zh-hans",
    "zh-sg": "zh-hans",
    "zh-hk": "zh-hant",
    "zh-mo": "zh-hant",
    "zh-tw": "zh-hant",
}


class Paths(NamedTuple):
    """A path as the different kinds of routes see it, each without its leading slash; None: they do not see it."""

    plain: str
    """As it was sent: what routes outside of ``i18n_patterns`` match."""
    behind: str | None = None
    """Behind the code of a language."""
    unprefixed: str | None = None
    """The same, or the whole path where the default language has no prefix."""


def paths_of(path: str, languages: Sequence[str], default: str) -> Paths:
    """How routes see a path. ``languages`` are in small letters; ``default`` is the project's ``LANGUAGE_CODE``."""
    active = _active(path, languages)
    behind = path[len(active) + 1 :] if active and path.startswith(f"{active}/") else None
    return Paths(path, behind, path if (active or default.lower()) == default else behind)


def _active(path: str, languages: Sequence[str]) -> str | None:
    """The language that Django activates because of a path, if it does: a variant of what stands there will do."""
    match = _PREFIX.match(path)
    if match is None:
        return None
    code = match[1]
    parts = code.split("-")
    shorter = ["-".join(parts[:end]) for end in range(len(parts) - 1, 0, -1)]
    for candidate in (code, *([_FALLBACKS[code]] if code in _FALLBACKS else []), *shorter):
        if candidate.lower() in languages:
            return candidate.lower()
    return next((known for known in languages if known.startswith(f"{parts[0]}-")), None)
