"""Certificates: read from files, checked when somebody names them, and read again when the files have changed."""

from __future__ import annotations

import logging
import ssl
from collections.abc import Iterable, Mapping
from pathlib import Path

from strangler.errors import BadDocument
from strangler.routing import RouteTable, Upstream

log = logging.getLogger("strangler.tls")

Stamp = tuple[tuple[int, int, int], ...]
"""What a set of files looked like: modification time in nanoseconds, size, inode."""


class UpstreamTls:
    """How an upstream is spoken to by TLS: with which trust, and with which certificate of our own.

    ``context`` is asked for before each new connection, and reads the files again where they have changed.
    """

    def __init__(self, upstream: Upstream) -> None:
        self._upstream = upstream
        self._stamp: Stamp | None = None
        self._context: ssl.SSLContext | None = None

    def context(self) -> ssl.SSLContext:
        """The context that counts now. Files that cannot be read leave the last one in force, and are logged; raises
        ``BadDocument`` where there has been none yet."""
        try:
            stamp = _stamp(self._files())
            if self._context is None or stamp != self._stamp:
                self._context = _upstream_context(self._upstream, "upstreams." + self._upstream.name)
                self._stamp = stamp
        except (BadDocument, OSError) as error:
            if self._context is None:
                raise
            if self._stamp is not None:
                log.warning("the certificates of before stay in force: %s", error)
            self._stamp = None
        return self._context

    def _files(self) -> Iterable[str]:
        upstream = self._upstream
        return filter(None, (upstream.ca, upstream.cert, upstream.key))


class ServerTls:
    """The certificate that clients see. ``client_ca``: clients need a certificate that one of these has signed.

    ``context`` is live: ``renew`` changes what the next connection sees. Raises ``BadDocument``.
    """

    def __init__(self, cert: str, key: str, client_ca: str = "") -> None:
        self._files = (cert, key, *filter(None, [client_ca]))
        self.context = self._made()
        self._stamp = _stamp(self._files)

    def renew(self) -> bool:
        """Reads changed files; whether there were any. A pair that does not fit (half of it written) is left for the
        next look: a context keeps no key that belongs to another certificate."""
        try:
            stamp = _stamp(self._files)
            if stamp == self._stamp:
                return False
            self._made()  # tried on another context first: a failure would leave the live one without a key
            self.context.load_cert_chain(self._files[0], self._files[1] or None)
            if len(self._files) > 2:
                self.context.load_verify_locations(self._files[2])
        except (BadDocument, OSError) as error:
            log.warning("the certificate of before stays in force: %s", error)
            return False
        self._stamp = stamp
        return True

    def _made(self) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.set_alpn_protocols(["http/1.1"])
        cert, key, *client_ca = self._files
        _load_chain(context, cert, key, "--tls-cert", "--tls-key")
        if client_ca:
            _load_trust(context, client_ca[0], "--tls-client-ca")
            context.verify_mode = ssl.CERT_REQUIRED
        return context


def check_files(upstreams: Mapping[str, Upstream], known: RouteTable | None = None) -> None:
    """Raises ``BadDocument`` where a file that an upstream names cannot be used here. What stood in a table before
    (``known``) is not looked at again: a file that has gone must not stop a rollback."""
    for name, upstream in upstreams.items():
        if known is not None and known.upstreams.get(name) == upstream:
            continue
        if upstream.ca or upstream.cert:
            _upstream_context(upstream, f"upstreams.{name}")


def _upstream_context(upstream: Upstream, where: str) -> ssl.SSLContext:
    context = ssl.create_default_context() if not upstream.ca else ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if upstream.ca:
        _load_trust(context, upstream.ca, f"{where}.ca")
    if upstream.cert:
        _load_chain(context, upstream.cert, upstream.key, f"{where}.cert", f"{where}.key")
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["http/1.1"])
    if not upstream.verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def _load_trust(context: ssl.SSLContext, file: str, where: str) -> None:
    _readable(file, where)
    try:
        context.load_verify_locations(file)
    except (ssl.SSLError, ValueError):
        remedy = "Give certificates in PEM form."
        raise BadDocument(f"{file} holds no certificate", where=where, remedy=remedy) from None


def _load_chain(context: ssl.SSLContext, cert: str, key: str, where: str, where_key: str) -> None:
    _readable(cert, where)
    if key:
        _readable(key, where_key)
    try:
        context.load_cert_chain(cert, key or None, password=_no_password)
    except (ssl.SSLError, ValueError):
        told = f"{cert} and {key} are not" if key else f"{cert} is not"
        remedy = "Give both in PEM form, the key without a password."
        raise BadDocument(f"{told} a certificate with its key", where=where, remedy=remedy) from None


def _no_password() -> str:
    """Without this, OpenSSL would ask on the terminal."""
    raise ValueError("the key has a password")


def _readable(file: str, where: str) -> None:
    try:
        with Path(file).open("rb"):
            pass
    except OSError as error:
        told = f"{file} cannot be read: {error.strerror}"
        raise BadDocument(told, where=where, remedy="Check the path, and who may read it.") from None


def _stamp(files: Iterable[str]) -> Stamp:
    found = [Path(file).stat() for file in files if file]
    return tuple((one.st_mtime_ns, one.st_size, one.st_ino) for one in found)
