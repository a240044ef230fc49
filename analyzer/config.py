"""Limits of an analysis, in one place. All of them are generous: what is cut off is always reported."""

from __future__ import annotations

from dataclasses import dataclass

IGNORED_FOLDERS = frozenset(
    {
        "__pycache__",
        "build",
        "dist",
        "env",
        "node_modules",
        "site-packages",
        "venv",
        "virtualenv",
    }
)
"""Folders that never hold the project's own source; folders whose name begins with a dot are left out as well."""

TEST_FOLDERS = frozenset({"test", "tests"})
"""A module below one of these is test code."""

TEMPLATE_SUFFIXES = frozenset(
    {".djhtml", ".eml", ".htm", ".html", ".j2", ".jinja", ".jinja2", ".mjml", ".svg", ".txt", ".xml"}
)
"""Files that may be templates."""

TENANT_NAMES = frozenset(
    {"account", "company", "customeraccount", "organisation", "organization", "tenant", "workspace"}
)
"""A foreign key to a model of one of these names (lower case) is taken for the key that leads to the tenant."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of one analysis."""

    max_file_bytes: int = 2_000_000
    """Files above this are not parsed, and reported: they are generated data, not code."""
    processes: int = 2
    """Processes that parse; 1 stays in this process."""
    contexts: int = 160
    """How many argument contexts of one function on one class are told apart before they are merged."""
    depth: int = 40
    """How deep calls are followed."""
    steps: int = 200_000
    """Statements that one module's top level may execute, with everything that it calls."""
    unroll: int = 400
    """Items of a literal list that a loop at module level runs over one by one."""
