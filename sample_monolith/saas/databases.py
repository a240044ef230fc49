"""SAAS_DATABASE -> Django's DATABASES entry. A path means SQLite, a postgres:// URL means PostgreSQL."""

from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

SQLITE_PRAGMAS = "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;"


def database_from(value: str) -> dict:
    if value.startswith(("postgres://", "postgresql://")):
        return _postgres(value)
    return _sqlite(value.removeprefix("sqlite:///"))


def media_root_from(value: str, base_dir: Path) -> Path:
    """Uploads live beside the SQLite file, so that two databases never share them."""
    if value.startswith(("postgres://", "postgresql://")):
        return base_dir / "saas-media"
    path = Path(value.removeprefix("sqlite:///"))
    return path.with_name(f"{path.stem}-media")


def _sqlite(path: str) -> dict:
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": path,
        "OPTIONS": {"timeout": 20, "transaction_mode": "IMMEDIATE", "init_command": SQLITE_PRAGMAS},
    }


def _postgres(url: str) -> dict:
    parts = urlsplit(url)
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.lstrip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": parts.hostname or "",
        "PORT": str(parts.port or ""),
        "OPTIONS": dict(parse_qsl(parts.query)),
    }
