from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from fakes.certificates import Authority


@pytest.fixture(params=["uvloop"])
def anyio_backend(request: pytest.FixtureRequest) -> tuple[str, dict[str, Any]]:
    return "asyncio", {"use_uvloop": True}


@pytest.fixture
def authority(program: Callable[[str], str], tmp_path: Path) -> Authority:
    """A certificate authority whose files lie in ``tmp_path``."""
    return Authority(program("openssl"), tmp_path)
