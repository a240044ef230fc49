"""``strangler serve``: the facade in front of the monolith."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated

import typer

from strangler.errors import BadDocument

if TYPE_CHECKING:
    from strangler.server import Address

_ADDRESS = re.compile(r"(?P<host>[A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\]):(?P<port>[0-9]{1,5})")


def serve(
    monolith: Annotated[str, typer.Option(metavar="URL", help="The monolith: http(s)://HOST[:PORT].")],
    bind: Annotated[
        str, typer.Option(metavar="HOST:PORT", help="Where clients connect; port 0 is a free one.")
    ] = "127.0.0.1:8080",
    state: Annotated[
        str | None, typer.Option(metavar="URL", envvar="STRANGLER_STATE", help="Where the routes are kept.")
    ] = None,
    debug_headers: Annotated[
        bool, typer.Option("--debug-headers", help="Tell in X-Strangler-Side who answered.")
    ] = False,
) -> None:
    """Stand in front of the monolith: everything passes to it until a route is moved."""
    from strangler.routing.values import read_url
    from strangler.server import Settings, run
    from strangler.store import DEFAULT_STATE

    settings = Settings(
        monolith=read_url(monolith, "--monolith"),
        bind=_address(bind, "--bind"),
        state=state or DEFAULT_STATE,
        debug_headers=debug_headers,
    )
    run(settings)


def _address(text: str, where: str) -> Address:
    import socket

    from strangler.server import Address

    found = _ADDRESS.fullmatch(text)
    port = int(found["port"]) if found else 65_536
    if found is None or port > 65_535:
        raise BadDocument(
            f"{text!r} is not HOST:PORT", where=where, remedy="Write it as 127.0.0.1:8080 or [::1]:8080."
        )
    host = found["host"].strip("[]")
    try:
        resolved = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][4][0]
    except OSError:
        raise BadDocument(f"the host {host!r} is unknown", where=where, remedy="Use an address.") from None
    return Address(str(resolved), port)
