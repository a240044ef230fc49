from __future__ import annotations

from pathlib import Path

import pytest
from fakes.commands import Commands


@pytest.fixture
def commands(tmp_path: Path) -> Commands:
    """The command line in an empty folder, where the group ``billing`` can move."""
    commands = Commands(tmp_path)
    add = commands.run("routes", "add", "billing", "--prefix", "/inv/", "--service", "http://127.0.0.1:9001")
    assert add.code == 0, add.err
    assert commands.run("routes", "writer", "billing", "monolith").code == 0
    return commands
