"""From the sample monolith's sources to routes: what wins here is what wins in the running Django."""

from __future__ import annotations

import json
import os
import random
import re
import subprocess
import sys
from pathlib import Path

import fakes.resolve_paths
import pytest

from analyzer.pipeline import analyze
from strangler.control.urlconf import Choice, import_of
from strangler.routing import RouteTable, match
from strangler.routing.changes import import_routes

SAMPLE = Path(__file__).parents[3] / "sample_monolith"
VALUES = ["7", "0", "abc", "a-b", "ABC-1", "6fa459ea-ee8a-3ca4-894e-db77e160355e", "add", "a/b", "ü", ""]


@pytest.fixture(scope="module")
def resolved() -> tuple[RouteTable, list[str], dict[str, str | None]]:
    """The imported table, Django's route of each imported route, and Django's answers for many paths."""
    analysis = analyze(SAMPLE)
    owner = max(analysis.boundaries, key=lambda boundary: len(boundary.routes))
    verb = import_of(analysis, Choice(owner.name), "http://127.0.0.1:9001")
    table = import_routes(RouteTable(), verb.boundary, verb.service, verb.routes).table
    routes = [route.route for route in analysis.facts.routes if route.route is not None]
    chance = random.Random(7)
    paths = sorted({path for route in routes for path in requests(route, chance)})
    done = subprocess.run(
        [sys.executable, fakes.resolve_paths.__file__],
        cwd=SAMPLE,
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "saas.settings"},
        input=json.dumps(paths),
        capture_output=True,
        text=True,
        check=True,
    )
    return table, routes, json.loads(done.stdout)


def test_no_path_goes_to_another_pattern_than_in_django(
    resolved: tuple[RouteTable, list[str], dict[str, str | None]],
) -> None:
    table, routes, answers = resolved
    django_route = dict(zip((route.name for route in table.routes), routes, strict=True))
    wrong = {}
    for path, expected in answers.items():
        found = match(table, "GET", path)
        ours = django_route[found.name] if found else None
        if (expected or "").startswith("admin/"):
            # An analysis knows the admin's pages, not its redirects and catch-all: whichever wins, nobody moves it.
            ours = expected if found is None or found.group is None else ours
        if (ours or "").replace("^", "") != (
            expected or ""
        ):  # Django leaves carets out where it joins patterns
            wrong[path] = (ours, expected)
    assert wrong == {}


def test_the_paths_reach_most_of_the_urlconf(
    resolved: tuple[RouteTable, list[str], dict[str, str | None]],
) -> None:
    _, routes, answers = resolved
    reached = set(answers.values()) - {None}
    assert len(reached) > 0.9 * len(set(routes))
    assert list(answers.values()).count(None) > 100


def requests(route: str, chance: random.Random) -> set[str]:
    """Paths that a pattern might match, and some that it just does not."""
    path = "/" + re.sub(r"[\^$]", "", route)
    filled = {re.sub(r"<[^>]+>|\(\?P<[^)]*\)", lambda _: chance.choice(VALUES), path) for _ in range(4)}
    filled.discard("/")
    return {"/"} | filled | {one.rstrip("/") for one in filled} | {one + "x" for one in filled}
