"""A certificate authority of the test's own, and certificates that it signs; made with openssl."""

from __future__ import annotations

import ssl
import subprocess
from dataclasses import dataclass
from pathlib import Path

_KEY = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]


@dataclass(frozen=True)
class Signed:
    """A certificate and its key, as files."""

    cert: Path
    key: Path

    def server(self, client_ca: Path | None = None) -> ssl.SSLContext:
        """How a server shows it; with ``client_ca`` it asks clients for theirs."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.cert, self.key)
        if client_ca is not None:
            context.load_verify_locations(client_ca)
            context.verify_mode = ssl.CERT_REQUIRED
        return context

    def replace_by(self, other: Signed) -> None:
        """Another pair under the same names, as a renewal does it."""
        self.key.write_bytes(other.key.read_bytes())
        self.cert.write_bytes(other.cert.read_bytes())


class Authority:
    """Signs certificates; ``cert`` is its own."""

    def __init__(self, openssl: str, folder: Path, name: str = "ca") -> None:
        self._openssl = openssl
        self._folder = folder
        self.cert = folder / f"{name}.pem"
        self._key = folder / f"{name}.key"
        extensions = [
            "-addext",
            "basicConstraints=critical,CA:TRUE",
            "-addext",
            "keyUsage=critical,keyCertSign",
        ]
        self._run("req", "-x509", *_KEY, "-days", "2", "-subj", f"/CN={name}", *extensions,
                  "-keyout", str(self._key), "-out", str(self.cert))  # fmt: skip

    def sign(self, name: str, alternative: str = "IP:127.0.0.1,DNS:localhost") -> Signed:
        """A certificate for ``name`` (which also names its files)."""
        made = Signed(self._folder / f"{name}.pem", self._folder / f"{name}.key")
        request = self._folder / f"{name}.csr"
        self._run("req", *_KEY, "-subj", f"/CN={name}", "-addext", f"subjectAltName={alternative}",
                  "-keyout", str(made.key), "-out", str(request))  # fmt: skip
        self._run("x509", "-req", "-in", str(request), "-CA", str(self.cert), "-CAkey", str(self._key),
                  "-days", "2", "-copy_extensions", "copyall", "-out", str(made.cert))  # fmt: skip
        return made

    def _run(self, *arguments: str) -> None:
        subprocess.run([self._openssl, *arguments], check=True, capture_output=True)
