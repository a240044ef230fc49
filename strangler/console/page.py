"""The files of the dashboard: a page without data, so nobody needs a token for it; it loads nothing from elsewhere."""

from __future__ import annotations

from importlib.resources import files

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

_TYPES = {
    "html": "text/html; charset=utf-8",
    "css": "text/css; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
}
_FILES = (
    "index.html",
    "app.css",
    "app.js",
    "vendor/htm-preact.js",
    "vendor/uplot.css",
    "vendor/uplot.js",
)
_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-cache",
}
PATHS = frozenset({"/", *(f"/static/{name}" for name in _FILES[1:])})


def routes() -> list[Route]:
    """The page at ``/`` and what it is made of."""
    folder = files("strangler.console") / "static"
    bodies = {path: folder.joinpath(*name.split("/")).read_bytes() for path, name in _paths()}

    async def answer(request: Request) -> Response:
        path = request.url.path
        kind = "html" if path == "/" else path.rpartition(".")[2]
        return Response(bodies[path], headers={**_HEADERS, "Content-Type": _TYPES[kind]})

    return [Route(path, answer) for path, _ in _paths()]


def _paths() -> list[tuple[str, str]]:
    return [("/", _FILES[0]), *((f"/static/{name}", name) for name in _FILES[1:])]
