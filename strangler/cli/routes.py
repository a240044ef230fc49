"""``strangler routes``: see and change which side answers. NAME is a group, or a route of it: a group moves as one."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from strangler.cli.changing import (
    DryRunOption,
    ForceOption,
    Format,
    Name,
    ReasonOption,
    StateOption,
    TokenOption,
    UrlOption,
    YesOption,
    carry_out,
    target_of,
)

app = typer.Typer(
    help="See and change which side answers.",
    no_args_is_help=True,
    rich_markup_mode=None,
    add_completion=False,
)


@app.command("list")
def list_(
    all_: Annotated[bool, typer.Option("--all", help="The monolith's own patterns too.")] = False,
    state: StateOption = None,
    url: UrlOption = None,
    token: TokenOption = None,
    format_: Format = "text",
) -> None:
    """The routes in the order in which they are tried."""
    from strangler.cli import views

    with target_of(state, url, token) as target:
        views.show_list(target.table(), format_, all_)


@app.command()
def show(
    name: Annotated[str | None, typer.Argument(metavar="[NAME]")] = None,
    state: StateOption = None,
    url: UrlOption = None,
    token: TokenOption = None,
    format_: Format = "text",
) -> None:
    """A group's settings, its routes, its last change; without NAME, every group's."""
    from strangler.cli import views

    with target_of(state, url, token) as target:
        views.show_groups(target.table(), target.history(), name, format_)


@app.command("test")
def try_(
    method: Annotated[str, typer.Argument(metavar="METHOD")],
    path: Annotated[str, typer.Argument(metavar="PATH")],
    header: Annotated[list[str] | None, typer.Option("-H", "--header", metavar="K:V")] = None,
    host: Annotated[str, typer.Option(help="The Host header.")] = "",
    client: Annotated[str, typer.Option(help="The client's address.")] = "127.0.0.1",
    state: StateOption = None,
    url: UrlOption = None,
    token: TokenOption = None,
    format_: Format = "text",
) -> None:
    """Which route wins for a request, which side answers, and why. Exit code 1 when none does."""
    from strangler.cli import views
    from strangler.cli.request import facts_of, refusal_of

    facts = facts_of(method, path, header or [], host, client)
    with target_of(state, url, token) as target:
        table = target.table()
        if not views.show_test(table, facts, refusal_of(table, path, facts), format_):
            raise typer.Exit(1)


@app.command()
def add(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Of the new route and its group.")],
    path: Annotated[list[str] | None, typer.Option(help="In Django's syntax: /api/items/<int:pk>/")] = None,
    prefix: Annotated[list[str] | None, typer.Option(help="Everything that begins with it.")] = None,
    regex: Annotated[list[str] | None, typer.Option(help="As in re_path, without the leading slash.")] = None,
    service: Annotated[str | None, typer.Option(help="The service's URL, or an upstream's name.")] = None,
    group: Annotated[str | None, typer.Option(help="Join this group instead of founding one.")] = None,
    method: Annotated[list[str] | None, typer.Option(help="Only these methods.")] = None,
    host: Annotated[list[str] | None, typer.Option(help="Only these hosts.")] = None,
    writer: Annotated[
        Literal["undeclared", "monolith", "service"], typer.Option(help="Who takes unsafe requests.")
    ] = "undeclared",
    priority: Annotated[int, typer.Option(help="Higher is tried first; imported routes have 0.")] = 10,
    state: StateOption = None,
    url: UrlOption = None,
    token: TokenOption = None,
    reason: ReasonOption = "",
    dry_run: DryRunOption = False,
    force: ForceOption = False,
    yes: YesOption = False,
    format_: Format = "text",
) -> None:
    """Add a route by hand. Nothing moves yet: its share is 0."""
    from strangler.control.verbs import Add, Pattern

    verb = Add(
        name=name,
        patterns=(
            *(Pattern("path", text) for text in path or []),
            *(Pattern("prefix", text) for text in prefix or []),
            *(Pattern("regex", text) for text in regex or []),
        ),
        service=service,
        group=group,
        methods=tuple(method or ()),
        hosts=tuple(host or ()),
        writer=writer,
        priority=priority,
    )
    carry_out(target_of(state, url, token, create=True), verb, reason, dry_run, force, yes, format_)


@app.command("import")
def import_(
    analysis: Annotated[Path, typer.Argument(metavar="ANALYSIS.JSON")],
    boundary: Annotated[str, typer.Option(help="Whose URL patterns become routes.")],
    service: Annotated[str, typer.Option(help="The service's URL, or an upstream's name.")],
    only: Annotated[
        list[str] | None,
        typer.Option(metavar="PREFIX", help="Only its patterns that begin so: api/invoices/"),
    ] = None,
    with_admin: Annotated[
        bool, typer.Option("--with-admin", help="Its pages of Django's admin too.")
    ] = False,
    state: StateOption = None,
    url: UrlOption = None,
    token: TokenOption = None,
    reason: ReasonOption = "",
    dry_run: DryRunOption = False,
    force: ForceOption = False,
    yes: YesOption = False,
    format_: Format = "text",
) -> None:
    """A boundary's URL patterns as routes; the rest of the URLconf keeps its place. May be repeated."""
    from strangler.control.urlconf import Choice, read_import

    verb, left = read_import(analysis, Choice(boundary, tuple(only or ()), with_admin), service)
    carry_out(target_of(state, url, token, create=True), verb, reason, dry_run, force, yes, format_)
    if left:
        stay = "1 of its patterns stays" if left == 1 else f"{left} of its patterns stay"
        typer.echo(f"{stay} with the monolith (see --only and --with-admin)", err=True)


@app.command()
def shadow(
    name: Name,
    percent: Annotated[str, typer.Argument(metavar="PERCENT")],
    state: StateOption = None,
    url: UrlOption = None,
    token: TokenOption = None,
    reason: ReasonOption = "",
    dry_run: DryRunOption = False,
    yes: YesOption = False,
    format_: Format = "text",
) -> None:
    """Mirror a share of the monolith's safe requests to the service, and compare the answers."""
    from strangler.control.verbs import Shadow
    from strangler.routing.values import read_percent

    verb = Shadow(name=name, percent=read_percent(percent, "PERCENT"))
    carry_out(target_of(state, url, token), verb, reason, dry_run, False, yes, format_)


@app.command()
def canary(
    name: Name,
    percent: Annotated[str, typer.Argument(metavar="PERCENT", help="0 to 100, at most two decimals.")],
    sticky: Annotated[
        str | None, typer.Option(help="cookie:NAME, header:NAME, tenant or client: who a user is.")
    ] = None,
    tenant: Annotated[str | None, typer.Option(help="Only this tenant's users.")] = None,
    state: StateOption = None,
    url: UrlOption = None,
    token: TokenOption = None,
    reason: ReasonOption = "",
    dry_run: DryRunOption = False,
    force: ForceOption = False,
    yes: YesOption = False,
    format_: Format = "text",
) -> None:
    """Let the service answer a share of the users' safe requests."""
    from strangler.control.verbs import Canary
    from strangler.routing.values import read_percent

    verb = Canary(name=name, percent=read_percent(percent, "PERCENT"), sticky=sticky, tenant=tenant)
    carry_out(target_of(state, url, token), verb, reason, dry_run, force, yes, format_)


@app.command()
def flip(
    name: Name,
    to: Annotated[Literal["service", "monolith"], typer.Option(help="The side that answers from now on.")],
    state: StateOption = None,
    url: UrlOption = None,
    token: TokenOption = None,
    reason: ReasonOption = "",
    dry_run: DryRunOption = False,
    force: ForceOption = False,
    yes: YesOption = False,
    format_: Format = "text",
) -> None:
    """All safe requests to one side. Writes go to the writer, whatever the share."""
    from strangler.control.verbs import Flip

    carry_out(target_of(state, url, token), Flip(name=name, to=to), reason, dry_run, force, yes, format_)


@app.command()
def writer(
    name: Name,
    side: Annotated[Literal["monolith", "service"], typer.Argument(metavar="monolith|service")],
    way_back: Annotated[
        Literal["none", "dual_write", "reverse_sync"] | None,
        typer.Option(help="How what the service writes gets back to the monolith."),
    ] = None,
    state: StateOption = None,
    url: UrlOption = None,
    token: TokenOption = None,
    reason: ReasonOption = "",
    dry_run: DryRunOption = False,
    yes: YesOption = False,
    format_: Format = "text",
) -> None:
    """Declare which side takes every unsafe request of a group."""
    from strangler.control.verbs import SetWriter

    verb = SetWriter(name=name, writer=side, way_back=way_back)
    carry_out(target_of(state, url, token), verb, reason, dry_run, False, yes, format_)


@app.command()
def policy(
    name: Annotated[str, typer.Argument(metavar="NAME", help="A group, or one route.")],
    policy: Annotated[
        str | None, typer.Argument(metavar="[POLICY|none]", help="Left out: whatever it inherits.")
    ] = None,
    state: StateOption = None,
    url: UrlOption = None,
    token: TokenOption = None,
    reason: ReasonOption = "",
    dry_run: DryRunOption = False,
    yes: YesOption = False,
    format_: Format = "text",
) -> None:
    """Which policy requests have to pass; policies themselves come from `apply`."""
    from strangler.control.verbs import SetPolicy

    verb = SetPolicy(name=name, policy=policy)
    carry_out(target_of(state, url, token), verb, reason, dry_run, False, yes, format_)


@app.command()
def rollback(
    name: Annotated[str | None, typer.Argument(metavar="[NAME]")] = None,
    to: Annotated[int | None, typer.Option(metavar="VERSION", help="What stood in this version.")] = None,
    state: StateOption = None,
    url: UrlOption = None,
    token: TokenOption = None,
    reason: ReasonOption = "",
    dry_run: DryRunOption = False,
    force: ForceOption = False,
    yes: YesOption = False,
    format_: Format = "text",
) -> None:
    """Back to the monolith (or to an earlier version), at once: a group, or everything. Never asks."""
    from strangler.control.verbs import Rollback

    carry_out(target_of(state, url, token), Rollback(name=name, to=to), reason, dry_run, force, True, format_)


@app.command("set-upstream")
def set_upstream(
    name: Annotated[str, typer.Argument(metavar="UPSTREAM")],
    address: Annotated[str, typer.Argument(metavar="URL")],
    connect_timeout: Annotated[str | None, typer.Option(help="For example 1s.")] = None,
    read_timeout: Annotated[str | None, typer.Option(help="For example 30s.")] = None,
    max_connections: Annotated[int | None, typer.Option(help="Open at once, at most.")] = None,
    ca: Annotated[str | None, typer.Option(metavar="FILE", help="Trust these authorities only.")] = None,
    cert: Annotated[str | None, typer.Option(metavar="FILE", help="Our certificate for the server.")] = None,
    key: Annotated[str | None, typer.Option(metavar="FILE", help="The key of --cert.")] = None,
    server_name: Annotated[
        str | None, typer.Option(metavar="NAME", help="What the server's certificate must say.")
    ] = None,
    state: StateOption = None,
    url: UrlOption = None,
    token: TokenOption = None,
    reason: ReasonOption = "",
    dry_run: DryRunOption = False,
    yes: YesOption = False,
    format_: Format = "text",
) -> None:
    """Where a server is (a service moved to another port), and what is expected of it."""
    from strangler.control.verbs import SetUpstream

    verb = SetUpstream(
        name=name,
        url=address,
        connect_timeout=connect_timeout,
        read_timeout=read_timeout,
        max_connections=max_connections,
        ca=ca,
        cert=cert,
        key=key,
        server_name=server_name,
    )
    carry_out(target_of(state, url, token, create=True), verb, reason, dry_run, False, yes, format_)


@app.command()
def remove(
    name: Name,
    state: StateOption = None,
    url: UrlOption = None,
    token: TokenOption = None,
    reason: ReasonOption = "",
    dry_run: DryRunOption = False,
    yes: YesOption = False,
    format_: Format = "text",
) -> None:
    """Forget a group (the monolith answers its routes again), or one route."""
    from strangler.control.verbs import Remove

    carry_out(target_of(state, url, token), Remove(name=name), reason, dry_run, False, yes, format_)


@app.command()
def history(
    limit: Annotated[int | None, typer.Option("-n", "--limit", min=1, help="The newest only.")] = None,
    state: StateOption = None,
    url: UrlOption = None,
    token: TokenOption = None,
    format_: Format = "text",
) -> None:
    """Who changed what, when, by which way, and why; newest first."""
    from strangler.cli import views

    with target_of(state, url, token) as target:
        views.show_history(target.history(limit), format_)


@app.command()
def diff(
    before: Annotated[int, typer.Argument(metavar="V1")],
    after: Annotated[int | None, typer.Argument(metavar="[V2]", help="Default: what stands now.")] = None,
    state: StateOption = None,
    url: UrlOption = None,
    token: TokenOption = None,
    format_: Format = "text",
) -> None:
    """What differs between two versions."""
    from strangler.cli import views

    with target_of(state, url, token) as target:
        views.show_diff(target.table(before), target.table(after), format_)


@app.command()
def flags(
    output: Annotated[
        str, typer.Option("-o", "--output", metavar="FILE", help="Write to a file instead.")
    ] = "-",
) -> None:
    """Print the file that asks the route table in the monolith's own code: is this user on the new side?"""
    from strangler.cli.output import write
    from strangler.monolith import FLAGS

    write(FLAGS.read_bytes(), output)


@app.command("apply")
def apply_(
    file: Annotated[str, typer.Argument(metavar="FILE|-", help="TOML or JSON; - is standard input.")],
    state: StateOption = None,
    url: UrlOption = None,
    token: TokenOption = None,
    reason: ReasonOption = "",
    dry_run: DryRunOption = False,
    force: ForceOption = False,
    yes: YesOption = False,
    format_: Format = "text",
) -> None:
    """Make the table exactly what a document says; --dry-run shows the difference."""
    from strangler.cli.request import read_document
    from strangler.control.verbs import Apply
    from strangler.routing.document import from_document

    document = read_document(file)
    from_document(document)  # a fault in the file is told before a state is opened or made
    carry_out(
        target_of(state, url, token, create=True),
        Apply(document=document),
        reason,
        dry_run,
        force,
        yes,
        format_,
    )


@app.command()
def approve(
    name: Annotated[str | None, typer.Argument(metavar="[ID]", help="Without it, those that wait.")] = None,
    reject: Annotated[bool, typer.Option("--reject", help="Forget it instead.")] = False,
    url: UrlOption = None,
    token: TokenOption = None,
    format_: Format = "text",
) -> None:
    """Say yes to another operator's change that waits (where approval = "writes" is set)."""
    from strangler.cli import views
    from strangler.cli.target import open_remote

    with open_remote(url, token) as remote:
        if name is None:
            views.show_waiting(remote.waiting(), format_)
            return
        outcome = remote.answer(name, approve=not reject)
    if outcome is None:
        typer.echo(f"{name} is forgotten")
    else:
        views.show_outcome(outcome, False, format_)


@app.command()
def follow(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="TOML or JSON.")],
    once: Annotated[
        bool, typer.Option("--once", help="Look once and end; exit code 3 where refused.")
    ] = False,
    interval: Annotated[str, typer.Option(help="How often to look.")] = "1s",
    dry_run: DryRunOption = False,
    state: StateOption = None,
    format_: Format = "text",
) -> None:
    """Carry over what changes in a file, until stopped. What the file did not change stays as it stands."""
    import logging
    import time
    from contextlib import closing

    from strangler.cli import views
    from strangler.cli.target import actor, open_local
    from strangler.control.file import FileFollower
    from strangler.routing.values import read_duration

    seconds = read_duration(interval, "--interval")
    with closing(open_local(state, create=True)) as opened:
        follower = FileFollower(opened, file, holder=f"{actor()} {time.time_ns()}")
        try:
            if once or dry_run:
                outcome = follower.follow(dry_run=dry_run)
                if outcome is not None:
                    views.show_outcome(outcome, dry_run, format_)
                else:
                    typer.echo(f"{file.name}: nothing is new", err=True)
                return
            logging.basicConfig(format="strangler: %(message)s", level=logging.WARNING)
            while True:
                follower.look()
                time.sleep(seconds)
        finally:
            follower.release()


@app.command()
def export(
    output: Annotated[Path | None, typer.Option("-o", "--output", help="Default: standard output.")] = None,
    version: Annotated[int | None, typer.Option(help="Default: what stands now.")] = None,
    state: StateOption = None,
    url: UrlOption = None,
    token: TokenOption = None,
    format_: Annotated[Literal["toml", "json"], typer.Option("--format", help="toml or json.")] = "toml",
) -> None:
    """The table as a document that `apply` reads."""
    from strangler.cli.request import write_document

    with target_of(state, url, token) as target:
        write_document(target.table(version), output, format_)
