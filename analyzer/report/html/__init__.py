"""The report in a browser: one file that needs no network, is readable without JavaScript, and trusts nothing in it."""

from __future__ import annotations

from base64 import b64encode
from hashlib import sha256
from importlib.resources import files

from analyzer.coupling import index_tables
from analyzer.model.plan import Analysis
from analyzer.report.html.dossier import boundaries_tab
from analyzer.report.html.findings import findings_tab, method_tab
from analyzer.report.html.map import map_tab
from analyzer.report.html.markup import Safe, el, join
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
    ("method", "How this was computed"),
)

SCRIPTS = ("plan.js", "whatif.js", "page.js")


def page(analysis: Analysis, path: str = ".") -> str:
    """The whole report as one HTML document. ``path`` is how the reader named the project, for the next commands.

    The content security policy allows the page's own style and script by their hashes and nothing else.
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
    body = el(
        "body", _header(project), el("main", _tabs(analysis, path), id="main"), el("script", Safe(script))
    )
    return f"<!doctype html>\n{el('html', head, body, lang='en')}\n"


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
            boundaries_tab(analysis, summary, path),
            matrix_tab(analysis, summary, tables),
            map_tab(analysis, summary, tables),
            usage_tab(analysis, summary),
            order_tab(analysis),
            whatif_tab(analysis, summary, tables),
            findings_tab(analysis),
            method_tab(analysis, summary),
        )
    )


def _asset(name: str) -> str:
    return files(__package__).joinpath(name).read_text("utf-8")


def _hash(text: str) -> str:
    return f"sha256-{b64encode(sha256(text.encode()).digest()).decode()}"
