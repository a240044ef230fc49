"""Lines as the recorder writes them, for tests that change one value."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

Line = dict[str, Any]

SHOPS: Line = {"v": 1, "route": "shops/", "view": "shop.views.shops", "name": "shops", "method": "GET"}
PLACE: Line = {"file": "shop/views.py", "line": 7, "function": "shops"}


def batch(**changed: Any) -> Line:
    line = {"v": 1, "kind": "batch", "at": 1, "seconds": 1.0, "sample": 1.0, "python": "3.8", "django": "3.2"}
    return {**line, "dropped": 0, "failures": 0, **changed}


def view(**changed: Any) -> Line:
    counts: Line = {
        "requests": 1,
        "sampled": 1,
        "status": {"2xx": 1, "5xx": 1},
        "seconds": 0.5,
        "ms": [0] * 13 + [1],
    }
    tables: Line = {
        "queries": 1,
        "query_ms": 1.5,
        "reads": {},
        "writes": {},
        "around": {"reads": {}, "writes": {}},
    }
    return {**SHOPS, "kind": "view", **counts, **tables, **changed}


def site(**changed: Any) -> Line:
    return {
        **SHOPS,
        **PLACE,
        "kind": "site",
        "n": 1,
        "table": "shop_shop",
        "mode": "read",
        "inside": True,
        "ms": 1,
        **changed,
    }


def join(**changed: Any) -> Line:
    return {**SHOPS, **PLACE, "kind": "join", "n": 1, "tables": ["shop_item", "shop_shop"], **changed}


def atomic(**changed: Any) -> Line:
    return {
        **SHOPS,
        **PLACE,
        "kind": "atomic",
        "n": 1,
        "opened": "with",
        "tables": ["shop_shop", "shop_item"],
        **changed,
    }


def write(folder: Path, *lines: Line) -> Path:
    """A file of these lines."""
    file = folder / "seen.jsonl"
    file.write_text("".join(json.dumps(line) + "\n" for line in lines), "utf-8")
    return file
