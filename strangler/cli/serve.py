"""``strangler serve``: the facade in front of the monolith."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from strangler.errors import BadDocument

if TYPE_CHECKING:
    from strangler.config import Configuration
    from strangler.server import Address

_COUNT = re.compile(r"[0-9]{1,6}")
_ADDRESS = re.compile(r"(?P<host>[A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\]):(?P<port>[0-9]{1,5})")


def serve(
    monolith: Annotated[
        str | None, typer.Option(metavar="URL", help="The monolith: http(s)://HOST[:PORT].")
    ] = None,
    bind: Annotated[
        str | None,
        typer.Option(metavar="HOST:PORT", help="Where clients connect [127.0.0.1:8080]; or unix:/path."),
    ] = None,
    admin_bind: Annotated[
        str | None, typer.Option(metavar="HOST:PORT", help="Where the admin API listens [127.0.0.1:8081].")
    ] = None,
    state: Annotated[
        str | None, typer.Option(metavar="URL", help="Where the routes are kept [sqlite:///strangler.db].")
    ] = None,
    config: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Another file than strangler.toml or pyproject.toml.")
    ] = None,
    debug_headers: Annotated[
        bool, typer.Option("--debug-headers", help="Tell in X-Strangler-Side who answered.")
    ] = False,
    follow: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Carry over what changes in this file (routes follow)."),
    ] = None,
    workers: Annotated[
        str | None, typer.Option(metavar="N", help="Processes that serve; SIGHUP replaces them one by one.")
    ] = None,
    tls_cert: Annotated[
        str | None, typer.Option(metavar="FILE", help="Speak https to clients, with this certificate.")
    ] = None,
    tls_key: Annotated[
        str | None, typer.Option(metavar="FILE", help="Its key, if it is a file of its own.")
    ] = None,
    tls_client_ca: Annotated[
        str | None, typer.Option(metavar="FILE", help="Clients need a certificate that this has signed.")
    ] = None,
    mappings: Annotated[
        str | None,
        typer.Option(metavar="FILE,...", help="Python files whose mappings routes may be translated by."),
    ] = None,
    id_map: Annotated[
        str | None, typer.Option(metavar="URL", help="The database of their id map; it is only read.")
    ] = None,
    grace: Annotated[
        str | None, typer.Option(metavar="SECONDS", help="For requests under way, when it is stopped [10].")
    ] = None,
    max_clients: Annotated[
        str | None, typer.Option(metavar="N", help="Connections of clients, for each process.")
    ] = None,
    max_per_client: Annotated[
        str | None, typer.Option(metavar="N", help="Connections from one address, for each process.")
    ] = None,
    access_log: Annotated[
        str | None, typer.Option(metavar="FILE", help="A JSON line for each request; - is standard output.")
    ] = None,
    otlp: Annotated[
        str | None, typer.Option(metavar="URL", help="Send traces to this OpenTelemetry collector, by HTTP.")
    ] = None,
    trace_percent: Annotated[
        str | None, typer.Option(metavar="PERCENT", help="How many requests are traced [1].")
    ] = None,
) -> None:
    """Stand in front of the monolith: everything passes to it until a route is moved."""
    from strangler.config import load
    from strangler.routing.values import read_percent, read_url
    from strangler.server import Settings, run

    settings = load(Path.cwd(), os.environ, config)
    address = settings.get("monolith", monolith)
    if not address:
        remedy = "Give --monolith http://HOST:PORT, or set it in strangler.toml."
        raise BadDocument("the monolith's address is missing", where="--monolith", remedy=remedy)
    run(
        Settings(
            monolith=read_url(address, "--monolith"),
            bind=_address(settings.get("bind", bind) or "", "--bind", unix=True),
            admin_bind=_address(settings.get("admin_bind", admin_bind) or "", "--admin-bind"),
            state=settings.get("state", state) or "",
            debug_headers=debug_headers,
            follow=str(follow) if follow else "",
            mappings=settings.get("mappings", mappings) or "",
            id_map=settings.get("id_map", id_map) or "",
            approval=_approval(settings),
            notify=_notify(settings),
            notify_secret=_secret(settings, "notify_secret"),
            document=settings.document,
            origin=settings.file.name if settings.file else "",
            identity_key=_secret(settings, "identity_key"),
            bridge_secret=_secret(settings, "bridge_secret"),
            tls_cert=settings.get("tls_cert", tls_cert) or "",
            tls_key=settings.get("tls_key", tls_key) or "",
            tls_client_ca=settings.get("tls_client_ca", tls_client_ca) or "",
            workers=_count(settings.get("workers", workers), "--workers", 256),
            grace=_count(settings.get("grace", grace), "--grace", 3600),
            max_clients=_count(settings.get("max_clients", max_clients), "--max-clients", 999_999),
            max_per_client=_count(
                settings.get("max_per_client", max_per_client), "--max-per-client", 999_999
            ),
            access_log=settings.get("access_log", access_log) or "",
            otlp=settings.get("otlp", otlp) or os.environ.get("OTEL_EXPORTER_OTLP_ENDPOINT", ""),
            otlp_headers=os.environ.get("OTEL_EXPORTER_OTLP_HEADERS", ""),
            trace_percent=read_percent(settings.get("trace_percent", trace_percent), "--trace-percent"),
            service_name=os.environ.get("OTEL_SERVICE_NAME") or "strangler",
        )
    )


def _approval(settings: Configuration) -> bool:
    wanted = settings.get("approval") or ""
    if wanted not in ("", "writes"):
        raise BadDocument(
            f"{wanted!r} is not known", where="approval", remedy="Set it to writes, or leave it out."
        )
    return wanted == "writes"


def _notify(settings: Configuration) -> str:
    from strangler.control.probes import read_hook

    url = settings.get("notify")
    if url and not _secret(settings, "notify_secret"):
        raise BadDocument(
            "notifications are signed, and there is no secret",
            where="notify_secret",
            remedy="Set STRANGLER_NOTIFY_SECRET, or name a file as notify_secret_file.",
        )
    return read_hook(url, "notify") if url else ""


def _secret(settings: Configuration, name: str) -> bytes:
    """A secret from the environment, or from the file that is named for it; empty: there is none."""
    told, file = settings.get(name), settings.get(f"{name}_file")
    if told or not file:
        return (told or "").encode("utf-8", "surrogateescape").strip()
    try:
        return Path(file).read_bytes().strip()
    except OSError as error:
        remedy = f"Check its path, or set STRANGLER_{name.upper()}."
        raise BadDocument(
            f"it cannot be read: {error.strerror}", where=f"{name}_file", remedy=remedy
        ) from None


def _count(text: str | None, where: str, most: int) -> int:
    """A whole number; 0 where nothing is asked for."""
    if not text:
        return 0
    if _COUNT.fullmatch(text) is None or not 1 <= int(text) <= most:
        raise BadDocument(
            f"{text!r} is not a whole number from 1 to {most}", where=where, remedy="Correct it."
        )
    return int(text)


def _address(text: str, where: str, *, unix: bool = False) -> Address:
    import socket

    from strangler.routing.values import read_socket_path
    from strangler.server import Address

    if unix and text.startswith("unix:"):
        return Address("localhost", 0, read_socket_path(text.removeprefix("unix:"), where))
    found = _ADDRESS.fullmatch(text)
    port = int(found["port"]) if found else 65_536
    if found is None or port > 65_535:
        raise BadDocument(
            f"{text!r} is not HOST:PORT", where=where, remedy="Write it as 127.0.0.1:8080 or [::1]:8080."
        )
    host = found["host"].strip("[]")
    try:
        resolved = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][4][0]
    except (OSError, UnicodeError):
        raise BadDocument(f"the host {host!r} is unknown", where=where, remedy="Use an address.") from None
    return Address(str(resolved), port)
