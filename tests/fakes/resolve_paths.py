"""Asks a Django project, in its own process, which pattern it chooses for paths: JSON in, JSON out.

Run in the project's folder, with DJANGO_SETTINGS_MODULE set. The answer to a path is the resolver's whole route
(``api/items/<int:pk>/``), or null where nothing matches.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import django
from django.urls import Resolver404, resolve


def main() -> None:
    sys.path.insert(0, str(Path.cwd()))
    django.setup()
    json.dump({path: route_of(path) for path in json.load(sys.stdin)}, sys.stdout)


def route_of(path: str) -> str | None:
    try:
        return resolve(path).route
    except Resolver404:
        return None


if __name__ == "__main__":
    main()
