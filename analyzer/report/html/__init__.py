"""The report in a browser: one file that needs no network, is readable without JavaScript, and trusts nothing in it."""

from __future__ import annotations

from base64 import b64encode
from hashlib import sha256
from importlib.resources import files

from analyzer.coupling import index_tables
from analyzer.model.plan import Analysis
from analyzer.report.html.dossier import boundaries_tab
from analyzer.report.html.findings import findings_tab, method_tab
from analyzer.report.html.inventory import inventory_tab
from analyzer.report.html.map import map_tab
from analyzer.report.html.markup import Safe, el, folded, join, unfolded
from analyzer.report.html.matrix import matrix_tab, usage_tab
from analyzer.report.html.overview import order_tab, summary_tab
from analyzer.report.html.whatif import whatif_tab
from analyzer.report.summary import summarise

__all__ = ["page"]

TABS = (
    ("summary", "Summary"),
    ("boundaries", "Boundaries"),
    ("matrix", "Matrix"),
    ("map", "Map"),
    ("tables", "Tables"),
    ("order", "Extraction order"),
    ("whatif", "What if"),
    ("findings", "Findings"),
    ("inventory", "Inventory"),
    ("method", "Method"),
)

SCRIPTS = ("plan.js", "whatif.js", "page.js")


EAGER = 900_000
"""Characters of markup above which long lists are made by the script, when they are looked at."""


def page(analysis: Analysis, path: str = ".", eager: int = EAGER) -> str:
    """The whole report as one HTML document. ``path`` is how the reader named the project, for the next commands.

    A page with more markup than ``eager`` characters keeps long lists back until they are opened. The content security
    policy allows the page's own style and script by their hashes and nothing else.
    """
    style, script = _asset("style.css"), "\n".join(_asset(name) for name in SCRIPTS)
    policy = (
        f"default-src 'none'; style-src '{_hash(style)}'; script-src '{_hash(script)}'; "
        "base-uri 'none'; form-action 'none'"
    )
    project = analysis.facts.project
    head = el(
        "head",
        el("meta", charset="utf-8"),
        el("meta", http_equiv="Content-Security-Policy", content=policy),
        el("meta", name="viewport", content="width=device-width, initial-scale=1"),
        el("meta", name="color-scheme", content="light dark"),
        el("meta", name="referrer", content="no-referrer"),
        el("title", f"{project}: where to cut"),
        el("style", Safe(style)),
    )
    tabs = _tabs(analysis, path)
    small = len(tabs) <= eager
    content = unfolded(tabs) if small else (el("noscript", el("p", _LARGE)), folded(tabs))
    body = el("body", _header(project), el("main", content, id="main"), el("script", Safe(script)))
    return f"<!doctype html>\n{el('html', head, body, lang='en')}\n"


_LARGE = (
    "Without JavaScript, the long lists of this large project cannot be opened; analysis.json holds them."
)


def _header(project: str) -> Safe:
    search = el(
        "input",
        type="search",
        id="search",
        placeholder="Search  /",
        aria_label="Search in this tab",
        autocomplete="off",
        spellcheck="false",
    )
    return el(
        "header",
        el("h1", project),
        el(
            "nav", [el("a", title, href=f"#{name}") for name, title in TABS], aria_label="Parts of the report"
        ),
        el("div", search, el("output", "", id="hits", for_="search"), class_="search"),
    )


def _tabs(analysis: Analysis, path: str) -> Safe:
    summary, tables = summarise(analysis), index_tables(analysis.facts)
    return join(
        (
            summary_tab(analysis, summary, path),
            boundaries_tab(analysis, summary, tables, path),
            matrix_tab(analysis, summary, tables),
            map_tab(analysis, summary, tables),
            usage_tab(analysis, summary),
            order_tab(analysis),
            whatif_tab(analysis, summary, tables),
            findings_tab(analysis),
            inventory_tab(analysis, summary),
            method_tab(),
        )
    )


def _asset(name: str) -> str:
    return files(__package__).joinpath(name).read_text("utf-8")


def _hash(text: str) -> str:
    return f"sha256-{b64encode(sha256(text.encode()).digest()).decode()}"
