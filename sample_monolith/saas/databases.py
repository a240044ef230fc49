"""SAAS_DATABASE -> Django's DATABASES entry. A path means SQLite, a postgres:// URL means PostgreSQL."""

from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

POSTGRES = ("postgres://", "postgresql://")
SQLITE_PRAGMAS = "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;"


def database_from(value: str) -> dict:
    if value.startswith(POSTGRES):
        return _postgres(value)
    path = value.removeprefix("sqlite:///")
    if "://" in path:
        raise ImproperlyConfigured("the database is a path or a postgres:// URL")
    return _sqlite(path)


def media_root_from(value: str, base_dir: Path) -> Path:
    """Uploads live beside the SQLite file, so that two databases never share them."""
    if value.startswith(POSTGRES):
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
    try:
        parts = urlsplit(url)
        port = str(parts.port or "")
    except ValueError as error:
        raise ImproperlyConfigured(f"the database URL is malformed: {error}") from None
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.lstrip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": parts.hostname or "",
        "PORT": port,
        "OPTIONS": dict(parse_qsl(parts.query)),
    }
