"""``strangler diffs``: where the shadowed answers of the monolith and a service differ."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from strangler.cli.changing import (
    DryRunOption,
    Format,
    ReasonOption,
    StateOption,
    TokenOption,
    UrlOption,
    YesOption,
    carry_out,
    target_of,
)

if TYPE_CHECKING:
    from strangler.cli.target import Target
    from strangler.store import Differing

app = typer.Typer(
    help="Where the shadowed answers of the monolith and a service differ.",
    no_args_is_help=True,
    rich_markup_mode=None,
    add_completion=False,
)

Group = Annotated[str, typer.Argument(metavar="GROUP", help="A group, or a route of it.")]
Path = Annotated[str, typer.Argument(metavar="PATH", help="As list tells it, such as '$.results[*].links'.")]


@app.command("list")
def list_(
    group: Annotated[str | None, typer.Argument(metavar="[GROUP]", help="One group; else all.")] = None,
    state: StateOption = None,
    url: UrlOption = None,
    token: TokenOption = None,
    format_: Format = "text",
) -> None:
    """Each place in which answers differ, the most frequent first."""
    from strangler.cli.text import columns, print_json, when

    with target_of(state, url, token) as target:
        found = _open(target, group)
    if format_ == "json":
        print_json({"differences": [_as_json(one) for one in found]})
    elif found:
        head = ("GROUP", "PATH", "TIMES", "LAST", "OLD", "NEW")
        typer.echo(columns(head, [_line(one, when(one.last)) for one in found]))
    else:
        typer.echo(
            "No difference is kept. Compare answers with: strangler routes shadow GROUP PERCENT", err=True
        )


@app.command()
def show(
    group: Group,
    path: Annotated[str | None, typer.Argument(metavar="[PATH]", help="One path; else all.")] = None,
    state: StateOption = None,
    url: UrlOption = None,
    token: TokenOption = None,
    format_: Format = "text",
) -> None:
    """The latest examples: the request, and what both sides said."""
    from strangler.cli.text import facts, print_json, when
    from strangler.errors import Unknown

    with target_of(state, url, token) as target:
        found = [one for one in _open(target, group) if path in (None, one.path)]
    if not found:
        what = f"at {path}" if path is not None else "of this group"
        raise Unknown(f"no difference {what} is kept", where=group, remedy="See strangler diffs list.")
    if format_ == "json":
        print_json({"differences": [_as_json(one) for one in found]})
        return
    for number, one in enumerate(found):
        pairs = [
            ("path", one.path),
            ("times", f"{one.count:,}"),
            ("first", when(one.first)),
            ("last", when(one.last)),
        ]
        for example in one.examples:
            pairs += [("request", example.request), ("  old", example.old), ("  new", example.new)]
        typer.echo(("\n" if number else "") + facts(pairs))
    typer.echo(f"\nWhat does not matter: strangler diffs ignore {found[0].group} PATH", err=True)


@app.command()
def ignore(
    group: Group,
    path: Path,
    undo: Annotated[bool, typer.Option("--undo", help="Compare it again.")] = False,
    state: StateOption = None,
    url: UrlOption = None,
    token: TokenOption = None,
    reason: ReasonOption = "",
    dry_run: DryRunOption = False,
    yes: YesOption = False,
    format_: Format = "text",
) -> None:
    """Leave a path, and what is below it, out of the comparison from now on."""
    from strangler.control.verbs import Ignore

    verb = Ignore(name=group, path=path, ignore=not undo)
    carry_out(target_of(state, url, token), verb, reason, dry_run, False, yes, format_)


@app.command()
def forget(
    group: Group,
    path: Annotated[str | None, typer.Argument(metavar="[PATH]", help="One path; else all.")] = None,
    state: StateOption = None,
    url: UrlOption = None,
    token: TokenOption = None,
) -> None:
    """Begin to count anew, for example after a repair."""
    from strangler.routing.changes import group_of

    with target_of(state, url, token) as target:
        name = group_of(target.table(), group).name
        target.forget_differences(name, path)
    typer.echo(f"forgot what differed {f'at {path} ' if path else ''}in {name}")


def _open(target: Target, group: str | None) -> list[Differing]:
    """What is kept and not ignored since."""
    from strangler.routing.changes import group_of
    from strangler.shadow.compare import covered

    table = target.table()
    name = group_of(table, group).name if group is not None else None
    ignored = {known.name: known.ignore for known in table.groups.values()}
    return [one for one in target.differences(name) if not covered(one.path, ignored.get(one.group, ()))]


def _line(one: Differing, last: str) -> tuple[str, ...]:
    example = one.examples[-1] if one.examples else None
    old, new = (example.old, example.new) if example else ("", "")
    return one.group, one.path, f"{one.count:,}", last, _cut(old), _cut(new)


def _cut(text: str) -> str:
    return text if len(text) <= 24 else text[:23] + "…"


def _as_json(one: Differing) -> dict[str, object]:
    from dataclasses import asdict

    return asdict(one)
