"""``strangler state``: what is kept, saved to a file and restored, also into another kind of database."""

from __future__ import annotations

from contextlib import closing
from typing import Annotated

import typer

from strangler.cli.changing import Format, ReasonOption, StateOption

app = typer.Typer(help="Save, restore and look at what is kept.", no_args_is_help=True, rich_markup_mode=None)


@app.command()
def info(state: StateOption = None, format_: Format = "text") -> None:
    """Where the state is, and what is in it."""
    import time

    from strangler.cli.target import open_local
    from strangler.cli.text import facts, print_json, when
    from strangler.control.rollouts import LEASE
    from strangler.store.schema import MIGRATIONS

    with closing(open_local(state, create=False)) as opened:
        latest = opened.routes.history(1)
        lease = opened.leases.holder(LEASE)
        leads = lease.holder if lease is not None and lease.expires > time.time() else None
        table = opened.routes.load()
        known = {
            "place": opened.place,
            "schema": len(MIGRATIONS),
            "version": table.version,
            "groups": len(table.groups),
            "routes": len(table.routes),
            "rollouts": len(opened.rollouts.all()),
            "tokens": len(opened.tokens.list()),
        }
    last = latest[0].entry if latest else None
    if format_ == "json":
        print_json({**known, "controller": leads, "last_change": last.time if last else None})
        return
    pairs = [(key, str(value)) for key, value in known.items()]
    pairs.append(("controller", leads or "none: no facade is running"))
    pairs.append(("last change", f"{when(last.time)}, {last.actor}: {last.summary}" if last else "none"))
    typer.echo(facts(pairs))


@app.command()
def backup(
    file: Annotated[str, typer.Argument(metavar="FILE|-", help="- is standard output.")],
    state: StateOption = None,
) -> None:
    """Save everything that is kept: routes with their history, rollouts, tokens (as hashes)."""
    from strangler.cli.output import write
    from strangler.cli.target import open_local

    with closing(open_local(state, create=False)) as opened:
        assert opened.archive is not None
        lines = opened.archive.save()
    write(b"".join(lines), file)
    typer.echo(f"saved {len(lines) - 2} rows of {opened.place} to {file}", err=True)


@app.command()
def restore(
    file: Annotated[str, typer.Argument(metavar="FILE|-", help="- is standard input.")],
    replace: Annotated[
        bool, typer.Option("--replace", help="Although something stands there already.")
    ] = False,
    reason: ReasonOption = "",
    state: StateOption = None,
) -> None:
    """Make a saved state the one that stands, all of it or nothing; running facades follow."""
    import sys
    import time
    from pathlib import Path

    from strangler.cli.target import actor, open_local
    from strangler.errors import BadDocument
    from strangler.store import Entry

    try:
        data = sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
    except OSError as error:
        raise BadDocument(f"cannot be read: {error.strerror}", where=file, remedy="Check its path.") from None
    name = "standard input" if file == "-" else Path(file).name
    entry = Entry("restore", f"restore the state of {name}", actor(), "store", time.time(), reason=reason)
    with closing(open_local(state, create=True)) as opened:
        assert opened.archive is not None
        version = opened.archive.restore(data.splitlines(), entry, replace=replace)
    typer.echo(f"version {version}: restored from {name}; running rollouts are paused")


@app.command()
def migrate(state: StateOption = None) -> None:
    """Bring the schema up to this version of strangler; every command that opens the state does it too."""
    from strangler.cli.target import open_local
    from strangler.store.schema import MIGRATIONS

    with closing(open_local(state, create=False)) as opened:
        before, now = opened.schema_before, len(MIGRATIONS)
    typer.echo(f"schema {now}" + (f" (was {before})" if before != now else ": nothing to do"))
