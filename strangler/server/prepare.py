"""What has to be right before anything is served: addresses, certificates, the state with its first table."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from socket import socket

from strangler.errors import BadDocument
from strangler.server.listen import Address, listening
from strangler.server.seed import seed
from strangler.server.settings import Settings, say
from strangler.server.telling import check
from strangler.server.translations import translations
from strangler.store import State, open_state
from strangler.tls import ServerTls


@dataclass(frozen=True, slots=True)
class Sockets:
    """Sockets that already listen. Of several workers one has the admin API."""

    front: socket
    admin: socket | None


@contextmanager
def prepared(settings: Settings) -> Iterator[tuple[Sockets, str | None]]:
    """The listening sockets, and a line for the operator where there is one. Raises ``StranglerError`` for whatever
    would not work, before anything is served."""
    with ExitStack() as stack:
        front = stack.enter_context(listening(settings.bind, "--bind"))
        if settings.monolith == settings.bind.url:
            remedy = "Give --monolith the monolith's own address."
            raise BadDocument("the facade would forward to itself", where="--monolith", remedy=remedy)
        server_tls(settings)
        check(settings)
        translations(settings).close()
        admin = stack.enter_context(listening(settings.admin_bind, "--admin-bind"))
        with closing(opened(settings.state)) as state:
            note = seed(state, settings.document, settings.origin)
        yield Sockets(front, admin), note


def server_tls(settings: Settings) -> ServerTls | None:
    """The certificate that clients see, if there is one; raises ``BadDocument``."""
    if settings.tls_cert:
        return ServerTls(settings.tls_cert, settings.tls_key, settings.tls_client_ca)
    for name, value in (("--tls-key", settings.tls_key), ("--tls-client-ca", settings.tls_client_ca)):
        if value:
            raise BadDocument("there is no certificate to it", where=name, remedy="Add --tls-cert FILE.")
    return None


def opened(url: str) -> State:
    """The state; raises ``StranglerError`` where it cannot be one for a server."""
    if url == "memory://":
        remedy = "Use sqlite:///FILE: the command line has to reach it too."
        raise BadDocument("memory:// ends with this process", where="--state", remedy=remedy)
    return open_state(url)


def announce(settings: Settings, sockets: Sockets, note: str | None) -> None:
    """Where everything is, and what the operator should know."""
    front = Address.of(sockets.front)
    url = f"https://{front}" if settings.tls_cert and not front.path else front.url
    admin = Address.of(sockets.admin) if sockets.admin is not None else settings.admin_bind
    crew = f"; {settings.workers} workers" if settings.workers else ""
    say(f"facade on {url} -> monolith {settings.monolith}; admin on {admin.url}{crew}")
    if note:
        say(f"note: {note}")
    if not settings.admin_bind.is_loopback:
        say(
            f"warning: others can reach the admin API on {admin}, and without TLS they can read its "
            "tokens on the way. Bind it to 127.0.0.1, and let a tunnel or a TLS proxy lead there."
        )
