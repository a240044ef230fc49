"""What a person hands in: a request to explain, a document to apply."""

from __future__ import annotations

import json
import sys
from http.cookies import CookieError, SimpleCookie
from pathlib import Path
from typing import Any

from strangler.cli.output import write
from strangler.config import parse_routes, read_routes
from strangler.errors import BadDocument
from strangler.facade.failures import Failure
from strangler.facade.paths import check_path, decoded_path, read_path
from strangler.routing import RequestFacts, RouteTable
from strangler.routing.document import to_document, to_toml
from strangler.routing.values import read_method


def facts_of(method: str, path: str, headers: list[str], host: str, client: str) -> RequestFacts:
    """The facts of a request as a person types it; the query is left out, escapes are decoded."""
    if not path.startswith("/"):
        raise BadDocument(f"{path!r} is not a path", where="PATH", remedy="Begin it with a slash.")
    given: dict[str, str] = {}
    for line in headers:
        key, colon, value = line.partition(":")
        if not colon or not key.strip():
            raise BadDocument(
                f"{line!r} is not a header", where="-H", remedy="Write it like 'X-Tenant: acme'."
            )
        given[key.strip().lower()] = value.strip()
    cookies = SimpleCookie()
    try:
        cookies.load(given.get("cookie", ""))
    except CookieError as error:
        raise BadDocument(
            f"the cookies cannot be read: {error}", where="-H", remedy="Correct them."
        ) from None
    return RequestFacts(
        method=read_method(method, "METHOD"),
        path=decoded_path(path.partition("?")[0].encode("utf-8", "surrogateescape")),
        host=host or given.get("host", ""),
        headers=given,
        cookies={name: morsel.value for name, morsel in cookies.items()},
        client=client,
    )


def refusal_of(table: RouteTable, path: str, facts: RequestFacts) -> str:
    """Why a facade would answer 400 instead of forwarding: the path can be read in several ways; empty otherwise."""
    raw = path.partition("?")[0].encode("utf-8", "surrogateescape")
    try:
        if read_path(raw)[1]:
            check_path(table, facts.method, raw, facts.host)
    except Failure as failure:
        return failure.message
    return ""


def read_document(name: str) -> dict[str, Any]:
    """The route table's sections of a file, or of standard input."""
    if name != "-":
        return read_routes(Path(name))
    try:
        text = sys.stdin.read()
    except UnicodeDecodeError:
        raise BadDocument(
            "the document cannot be read: it is not UTF-8", where=name, remedy="Check it."
        ) from None
    return parse_routes(text, name, as_json=text.lstrip().startswith("{"))


def write_document(table: RouteTable, output: Path | None, format_: str) -> None:
    """The table's document, to a file (whole or not at all) or to standard output."""
    if format_ == "json":
        text = json.dumps(
            {"schema_version": 1, "version": table.version, **to_document(table)},
            indent=2,
            ensure_ascii=False,
        )
    else:
        text = to_toml(table).rstrip("\n")
    write((text + "\n").encode(), str(output or "-"))
