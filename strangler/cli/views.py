"""What ``strangler routes`` shows: the table, a group, an explained request, a change, the audit log."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import typer

from strangler.cli.policies import policies_json, policies_text
from strangler.cli.target import Target
from strangler.cli.text import columns, facts, print_json, when
from strangler.control import Outcome, Request
from strangler.errors import Unknown
from strangler.routing import Group, RequestFacts, Route, RouteTable
from strangler.routing.changes import group_of
from strangler.routing.document import difference, to_document
from strangler.routing.explain import Explanation, explain
from strangler.store import Record

_MISFITS = {"pattern": "its pattern does not match", "method": "not this method", "host": "not this host"}


def show_list(table: RouteTable, format_: str, everything: bool) -> None:
    ordered = sorted(table.routes, key=lambda route: -route.priority)
    if format_ == "json":
        document = to_document(table)
        by_name = {route["name"]: route for route in document.get("routes", [])}
        routes = [
            {**by_name[route.name], "writes": route.writes, "share": _share(table, route)}
            for route in ordered
        ]
        print_json({"version": table.version, "routes": routes, "groups": document.get("groups", {})})
        return
    shown = [route for route in ordered if everything or route.group is not None]
    if shown:
        head = ("ROUTE", "PATTERN", "METHODS", "GROUP", "SHARE", "WRITER", "SHADOW")
        typer.echo(columns(head, [_line(table, route) for route in shown]))
    else:
        typer.echo("No route leaves the monolith. Begin with: strangler routes add or import.", err=True)
    hidden = len(ordered) - len(shown)
    if hidden:
        typer.echo(f"and {hidden} patterns that stay with the monolith (--all shows them)", err=True)


def show_groups(table: RouteTable, history: Sequence[Record], name: str | None, format_: str) -> None:
    groups = [group_of(table, name)] if name is not None else list(table.groups.values())
    last: dict[str, Record] = {}
    for record in reversed(history):
        whole_table = record.entry.subject == ""
        for group in table.groups if whole_table else (record.entry.subject,):
            last[group] = record
    if format_ == "json":
        shown = [_group_json(table, group, last.get(group.name)) for group in groups]
        print_json({"version": table.version, "groups": shown})
    elif groups:
        typer.echo("\n\n".join(_group_text(table, group, last.get(group.name)) for group in groups))
    else:
        typer.echo("There are no groups yet. Begin with: strangler routes add or import.", err=True)


def show_test(table: RouteTable, request: RequestFacts, refusal: str, format_: str) -> bool:
    """Show where a request goes; returns whether a route matches it. ``refusal``: why it is not forwarded at all."""
    if refusal:
        if format_ == "json":
            print_json({"version": table.version, "route": None, "side": None, "reason": refusal})
        else:
            asked = ("request", f"{request.method} {request.path}")
            typer.echo(facts([asked, ("answer", "400 by the facade"), ("why", refusal)]))
        return False
    found = explain(table, request)
    decision = found.decision
    drawn = _drawn(found, request)
    if format_ == "json":
        print_json(
            {
                "version": table.version,
                "route": decision.route.name if decision.route else None,
                "group": decision.group.name if decision.group else None,
                "side": None if drawn else decision.side,
                "upstream": None if drawn else decision.upstream,
                "reason": _why(found, drawn),
                "bucket": None if drawn else decision.bucket,
                "tried": [{"route": tried.route.name, "misfit": tried.misfit} for tried in found.tried],
                "later": [route.name for route in found.later],
                **policies_json(table, found),
            }
        )
        return decision.route is not None
    pairs = [("request", f"{request.method} {request.path}")]
    pairs += [("tried", f"{_named(t.route)}: {_MISFITS[t.misfit]}") for t in found.tried]
    pairs += [("route", _named(decision.route) if decision.route else "none")]
    if decision.group is not None:
        pairs.append(("group", decision.group.name))
    upstream = table.upstreams.get(decision.upstream)
    side = "either" if drawn else f"{decision.side} {upstream.url if upstream else ''}"
    pairs += [("side", side), ("why", _why(found, drawn))]
    pairs += [("also matches", f"{_named(route)}, but comes later") for route in found.later]
    pairs += policies_text(table, found)
    typer.echo(facts(pairs))
    return decision.route is not None


def show_history(history: Sequence[Record], format_: str) -> None:
    if format_ == "json":
        print_json({"history": [{"version": r.version, **asdict(r.entry)} for r in history]})
    elif history:
        head = ("VERSION", "TIME", "ACTOR", "VIA", "CHANGE", "REASON")
        typer.echo(columns(head, [_history_line(record) for record in history]))
    else:
        typer.echo("Nothing has been changed yet.", err=True)


def show_diff(before: RouteTable, after: RouteTable, format_: str) -> None:
    lines = difference(before, after)
    if format_ == "json":
        print_json({"from": before.version, "to": after.version, "difference": lines})
    elif lines:
        typer.echo("\n".join(lines))
    else:
        typer.echo(f"versions {before.version} and {after.version} are the same", err=True)


def show_outcome(outcome: Outcome, dry_run: bool, format_: str) -> None:
    if format_ == "json":
        print_json({"dry_run": dry_run, **asdict(outcome)})
    elif dry_run:
        typer.echo("\n".join(outcome.difference) or "nothing would change")
        typer.echo(f"would {outcome.summary}" if outcome.difference else outcome.summary, err=True)
    elif outcome.changed:
        typer.echo(f"version {outcome.version}: {outcome.summary}")
    else:
        typer.echo(f"version {outcome.version} stays: {outcome.summary}")
    for alarm in outcome.alarms:
        typer.echo(f"ALARM {alarm}", err=True)


def show_waiting(waiting: Sequence[dict[str, Any]], format_: str) -> None:
    if format_ == "json":
        print_json({"approvals": waiting})
    elif waiting:
        head = ("ID", "TIME", "ACTOR", "CHANGE", "REASON")
        rows = [(w["id"], when(w["time"]), w["actor"], w["summary"], w["reason"]) for w in waiting]
        typer.echo(columns(head, rows))
    else:
        typer.echo("No change waits.", err=True)


def say_group(target: Target, name: str | None) -> None:
    """Say on standard error when a route's name was given: it is its group that moves."""
    if name is None:
        return
    table = target.table()
    if name in table.groups:
        return
    try:
        group = group_of(table, name)
    except Unknown:
        return  # the change itself will say so, or does not need the name to exist
    typer.echo(f"{name!r} is a route of the group {group.name!r}, which moves as one", err=True)


def interactive() -> bool:
    return sys.stdin.isatty() and sys.stderr.isatty()


def ask(target: Target, dry_run: Request) -> int:
    """Show what a change would do and ask; returns the version that the answer is about, ends the command on a no."""
    outcome = target.change(dry_run)
    if outcome.difference:
        typer.echo("\n".join(outcome.difference), err=True)
        typer.confirm(f"{outcome.summary}?", err=True, abort=True)
    return outcome.version


def _line(table: RouteTable, route: Route) -> tuple[str, ...]:
    methods = ",".join(sorted(route.methods)) or ("read only" if route.read_only else "all")
    group = table.groups.get(route.group) if route.group else None
    if group is None:
        return (route.name, _pattern(route), methods, "-", "-", "-", "-")
    shadow = f"{group.shadow:g} %" if group.shadow else "-"
    return (route.name, _pattern(route), methods, group.name, f"{group.share:g} %", group.writer, shadow)


def _group_text(table: RouteTable, group: Group, last: Record | None) -> str:
    upstream = table.upstreams[group.service]
    pairs = [
        ("group", group.name),
        ("service", f"{upstream.name} {upstream.url}"),
        ("share", f"{group.share:g} % of the users, by {group.sticky}"),
        *(("", f"{share:g} % of those of {tenant}") for tenant, share in group.shares),
        ("writer", f"{group.writer}, way back: {group.way_back}"),
        ("shadow", f"{group.shadow:g} %"),
    ]
    pairs += [
        (key, ", ".join(rules)) for key in ("allow", "deny", "ignore") if (rules := getattr(group, key))
    ]
    pairs += [("route", _named(route)) for route in table.routes if route.group == group.name]
    if last is not None:
        entry = last.entry
        pairs.append(
            ("last change", f"version {last.version}, {when(entry.time)}, {entry.actor}: {entry.summary}")
        )
    return facts(pairs)


def _group_json(table: RouteTable, group: Group, last: Record | None) -> dict[str, Any]:
    document = to_document(table)
    routes = [route for route in document["routes"] if route.get("group") == group.name]
    change = {"version": last.version, **asdict(last.entry)} if last else None
    settings = {
        "share": group.share,
        "shares": dict(group.shares),
        "writer": group.writer,
        "way_back": group.way_back,
        "shadow": group.shadow,
    }
    return {
        "name": group.name,
        **settings,
        **document["groups"][group.name],
        "url": table.upstreams[group.service].url,
        "routes": routes,
        "last_change": change,
    }


def _history_line(record: Record) -> tuple[str, ...]:
    entry = record.entry
    summary = entry.summary + (" (forced)" if entry.forced else "") + (" ALARM" if entry.alarms else "")
    return (str(record.version), when(entry.time), entry.actor, entry.via, summary, entry.reason)


def _why(found: Explanation, drawn: bool) -> str:
    decision = found.decision
    if decision.bucket is None or decision.group is None:
        return decision.reason
    group = decision.group
    if drawn:
        return (
            f"nothing in the request is its {group.sticky}: a bucket is drawn and kept in a cookie; "
            f"{found.share:g} % of such users get the service"
        )
    return f"{decision.reason}: bucket {decision.bucket}, the service has 0..{round(found.share * 100) - 1}"


def _drawn(found: Explanation, request: RequestFacts) -> bool:
    """Whether the bucket is not decided by this request: the facade would draw it."""
    group, bucket = found.decision.group, found.decision.bucket
    if group is None or bucket is None:
        return False
    kind, _, name = group.sticky.partition(":")
    return kind == "cookie" and found.decision.publish is not None and not request.cookies.get(name)


def _share(table: RouteTable, route: Route) -> float | None:
    return table.groups[route.group].share if route.group else None


def _named(route: Route) -> str:
    return f"{route.name} ({_pattern(route)})"


def _pattern(route: Route) -> str:
    pattern = route.pattern if route.kind == "path" else f"{route.kind} {route.pattern}"
    return f"[language] {pattern}" if route.i18n else pattern
