from __future__ import annotations

from pathlib import Path

import pytest
from fakes.commands import Commands


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.service)])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of a state that is not there yet, on each store that outlives a process."""
    if request.param == "postgres":
        address: str = request.getfixturevalue("postgres")
        return address
    return f"sqlite:///{tmp_path}/strangler.db"


@pytest.fixture
def commands(tmp_path: Path, url: str) -> Commands:
    """The command line in an empty folder, where the group ``billing`` can move."""
    commands = Commands(tmp_path, STRANGLER_STATE=url)
    add = commands.run("routes", "add", "billing", "--prefix", "/inv/", "--service", "http://127.0.0.1:9001")
    assert add.code == 0, add.err
    assert commands.run("routes", "writer", "billing", "monolith").code == 0
    return commands
