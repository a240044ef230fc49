"""``strangler tokens``: who may use the admin API."""

from __future__ import annotations

from contextlib import closing
from typing import Annotated

import typer

from strangler.cli.changing import Format, StateOption

app = typer.Typer(help="Tokens of the admin API.", no_args_is_help=True, rich_markup_mode=None)


@app.command()
def add(
    role: Annotated[str, typer.Option(help="viewer (reads) or operator (changes routes too).")],
    name: Annotated[str | None, typer.Option(help="What it is called in the audit log.")] = None,
    state: StateOption = None,
) -> None:
    """Make a token and print it, once: only its hash is kept."""
    import time
    from typing import get_args

    from strangler.cli.target import open_local
    from strangler.errors import BadDocument
    from strangler.routing.values import read_name
    from strangler.store.tokens import Role, Token, digest_of, new_secret

    if role not in get_args(Role):
        raise BadDocument(f"{role!r} is not a role", where="--role", remedy="Choose viewer or operator.")
    secret = new_secret()
    known_role: Role = "operator" if role == "operator" else "viewer"
    with closing(open_local(state, create=True)) as opened:
        if name is None:
            taken = {token.name for token in opened.tokens.list()}
            name = next(free for n in range(1, len(taken) + 2) if (free := f"{role}-{n}") not in taken)
        opened.tokens.add(Token(read_name(name, "--name"), known_role, time.time()), digest_of(secret))
    typer.echo(f"token {name!r} ({role}); it is shown only now. Use it as STRANGLER_TOKEN.", err=True)
    typer.echo(secret)


@app.command("list")
def list_(state: StateOption = None, format_: Format = "text") -> None:
    """The tokens' names, roles and ages; never the tokens."""
    from strangler.cli.target import open_local
    from strangler.cli.text import columns, print_json, when

    with closing(open_local(state, create=False)) as opened:
        tokens = opened.tokens.list()
    if format_ == "json":
        print_json({"tokens": [{"name": t.name, "role": t.role, "created": t.created} for t in tokens]})
    elif tokens:
        typer.echo(columns(("NAME", "ROLE", "CREATED"), [(t.name, t.role, when(t.created)) for t in tokens]))
    else:
        typer.echo("There are no tokens. Make one with: strangler tokens add --role operator", err=True)


@app.command()
def revoke(name: str, state: StateOption = None) -> None:
    """Forget a token; it stops working at once."""
    from strangler.cli.target import open_local

    with closing(open_local(state, create=False)) as opened:
        opened.tokens.revoke(name)
    typer.echo(f"token {name!r} is revoked")
