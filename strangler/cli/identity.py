"""``strangler identity``: what the facade and the monolith need to tell who is asking."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(help="Tell services who is asking.", no_args_is_help=True, rich_markup_mode=None)


@app.command()
def view(
    output: Annotated[
        str, typer.Option("-o", "--output", metavar="FILE", help="Write to a file instead.")
    ] = "-",
) -> None:
    """Print the Django view that tells the facade who a session belongs to: one file, to be copied beside manage.py."""
    from strangler.cli.output import write
    from strangler.monolith import IDENTITY_VIEW

    write(IDENTITY_VIEW.read_bytes(), output)


@app.command()
def secret() -> None:
    """Print a new secret: for STRANGLER_BRIDGE_SECRET, or for STRANGLER_IDENTITY_KEY where services share it."""
    import secrets

    typer.echo(secrets.token_urlsafe(48))


@app.command()
def key() -> None:
    """Print a new private key (Ed25519, PEM) for STRANGLER_IDENTITY_KEY_FILE. Services need the public one only."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    made = Ed25519PrivateKey.generate()
    typer.echo(made.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode(), nl=False)


@app.command()
def public(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="The private key.", exists=True, dir_okay=False)
    ],
) -> None:
    """Print the public key that belongs to a private one: what services verify with."""
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key

    from strangler.errors import BadDocument

    try:
        found = load_pem_private_key(file.read_bytes(), None)
    except (ValueError, TypeError):
        raise BadDocument(
            "this is not a private key in PEM without a passphrase",
            where=str(file),
            remedy="Make one: strangler identity key",
        ) from None
    told = found.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    typer.echo(told.decode(), nl=False)
