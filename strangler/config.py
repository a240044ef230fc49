"""Settings: flags before ``STRANGLER_*`` before the file.

The file is ``strangler.toml``, else ``[tool.strangler]`` of ``pyproject.toml``, in the current directory. It may also
hold the route table's sections and decisions about boundaries; these are handed over as they are.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from strangler.errors import BadDocument

SETTINGS: Mapping[str, tuple[str | None, str]] = {
    "state": ("sqlite:///strangler.db", "where the route table is kept"),
    "url": (None, "the admin API that commands go through, instead of opening the state"),
    "token": (None, "the token for the admin API; from the environment only"),
    "monolith": (None, "the address of the monolith"),
    "bind": ("127.0.0.1:8080", "where the facade listens"),
    "admin_bind": ("127.0.0.1:8081", "where the admin API listens"),
    "identity_key": (None, "the key that signs who asks; from the environment only"),
    "identity_key_file": (None, "the file that holds it instead"),
    "bridge_secret": (
        None,
        "what the facade asks the monolith about sessions with; from the environment only",
    ),
    "bridge_secret_file": (None, "the file that holds it instead"),
    "approval": (None, "writes: raising the share of a group that writes needs a second operator"),
    "notify": (None, "the address that is told of every change, by webhook"),
    "notify_secret": (None, "what these webhooks are signed with; from the environment only"),
    "notify_secret_file": (None, "the file that holds it instead"),
    "tls_cert": (None, "the certificate that clients see"),
    "tls_key": (None, "its key"),
    "tls_client_ca": (None, "who must have signed the certificates of clients"),
    "workers": (None, "processes that serve; without it, one"),
    "grace": ("10", "seconds that requests under way get at the end"),
    "max_clients": (None, "connections of clients at once, for each process"),
    "max_per_client": (None, "the same for one address"),
    "access_log": (None, "the file of the access log; - is standard output"),
    "otlp": (None, "the OpenTelemetry collector that traces go to"),
    "mappings": (None, "files of the mappings that routes may be translated by; commas part them"),
    "id_map": (None, "the database of their id map"),
    "trace_percent": ("1", "how many requests are traced"),
}
"""Name -> (default, what it is)."""
SECRETS = frozenset({"token", "identity_key", "bridge_secret", "notify_secret"})
"""Settings that never stand in a file that is committed, and are never shown."""
NUMBERS = frozenset({"workers", "grace", "max_clients", "max_per_client", "trace_percent"})
"""Settings that a file may hold as numbers."""
ROUTE_SECTIONS = ("gateway", "policies", "upstreams", "groups", "routes")
DECISIONS = ("boundaries", "analysis")
SECTIONS = (*ROUTE_SECTIONS, *DECISIONS)


@dataclass(frozen=True, slots=True)
class Setting:
    """A setting's value and where it came from: ``default``, an environment variable, a file, a flag."""

    name: str
    value: str | None
    source: str


@dataclass(frozen=True, slots=True)
class Configuration:
    """All settings, and as they stand in the file: the sections of the route table (``document``) and what the team has
    decided about boundaries (``decisions``). Both are empty where it has none."""

    settings: Mapping[str, Setting]
    document: dict[str, Any] = field(default_factory=dict)
    decisions: dict[str, Any] = field(default_factory=dict)
    file: Path | None = None

    def get(self, name: str, flag: str | None = None) -> str | None:
        """A setting's value; a flag that was given wins."""
        return flag if flag is not None else self.settings[name].value


def load(directory: Path, environ: Mapping[str, str], file: Path | None = None) -> Configuration:
    """The configuration that stands in a directory; ``file`` names another file. Raises ``BadDocument``."""
    file = file or _find(directory)
    document = read_file(file) if file is not None else {}
    return Configuration(
        settings={name: _setting(name, document, environ, file) for name in SETTINGS},
        document={key: value for key, value in document.items() if key in ROUTE_SECTIONS},
        decisions={key: value for key, value in document.items() if key in DECISIONS},
        file=file,
    )


def read_file(file: Path) -> dict[str, Any]:
    """What a ``strangler.toml``, or a ``pyproject.toml``'s ``[tool.strangler]``, holds; keys are checked."""
    try:
        document = tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise BadDocument(
            f"the configuration cannot be read: {error.strerror}", where=str(file), remedy="Check its path."
        ) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadDocument(f"this is not TOML: {error}", where=str(file), remedy="Correct it.") from None
    if file.name == "pyproject.toml":
        tool = document.get("tool")
        document = tool.get("strangler", {}) if isinstance(tool, dict) else {}
        if not isinstance(document, dict):
            raise BadDocument(
                "tool.strangler is not a table", where=str(file), remedy="Write [tool.strangler]."
            )
    for key, value in document.items():
        _check(key, value, file)
    return document


def read_routes(file: Path) -> dict[str, Any]:
    """The route table's sections of a file: TOML (also strangler.toml and pyproject.toml), or JSON."""
    if file.name in ("strangler.toml", "pyproject.toml"):
        return {key: value for key, value in read_file(file).items() if key in ROUTE_SECTIONS}
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise BadDocument(
            f"the document cannot be read: {why}", where=str(file), remedy="Check its path."
        ) from None
    return parse_routes(text, str(file), as_json=file.suffix == ".json")


def parse_routes(text: str, where: str, *, as_json: bool) -> dict[str, Any]:
    """The same for a text; ``where`` names it."""
    try:
        document = json.loads(text) if as_json else tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        kind = "JSON" if as_json else "TOML"
        raise BadDocument(f"this is not {kind}: {error}", where=where, remedy="Correct it.") from None
    if not isinstance(document, dict):
        raise BadDocument("this is not a route table", where=where, remedy="See: strangler routes export.")
    return {key: value for key, value in document.items() if key not in ("schema_version", "version")}


def _find(directory: Path) -> Path | None:
    own, shared = directory / "strangler.toml", directory / "pyproject.toml"
    if own.is_file():
        return own
    return shared if shared.is_file() and "[tool.strangler" in shared.read_text("utf-8", "replace") else None


def _setting(
    name: str, document: Mapping[str, Any], environ: Mapping[str, str], file: Path | None
) -> Setting:
    variable = f"STRANGLER_{name.upper()}"
    if environ.get(variable):
        return Setting(name, environ[variable], variable)
    if name in document:
        return Setting(name, str(document[name]), str(file))
    return Setting(name, SETTINGS[name][0], "default")


def _check(key: str, value: object, file: Path) -> None:
    if key in SECTIONS:
        return
    if key in SECRETS:
        kind = key.rpartition("_")[2]
        raise BadDocument(
            f"a {kind} does not belong in a file",
            where=f"{file}: {key}",
            remedy=f"Set STRANGLER_{key.upper()} instead.",
        )
    if key not in SETTINGS:
        known = (*SETTINGS, *SECTIONS)
        near = get_close_matches(key, known, n=1)
        hint = f"Did you mean {near[0]!r}?" if near else f"Known: {', '.join(known)}."
        raise BadDocument(f"unknown key {key!r}", where=f"{file}: {key}", remedy=hint)
    if key in NUMBERS and isinstance(value, int | float) and not isinstance(value, bool):
        return
    if not isinstance(value, str):
        raise BadDocument(f"{value!r} is not a string", where=f"{file}: {key}", remedy="Put it in quotes.")
