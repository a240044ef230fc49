"""The identity view on the oldest and the newest Django that it promises."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from strangler.monolith import IDENTITY_VIEW

from .test_django_versions import OTHERS, environment

SITE = Path(__file__).resolve().parents[2] / "fakes" / "identity_site.py"
NOBODY = {"version": 1, "user": None, "expires": None}
ADA = {
    "sub": "1",
    "name": "ada",
    "email": "ada@shop.example",
    "roles": ["clerks"],
    "permissions": ["auth.add_user"],
    "staff": False,
    "superuser": False,
}


def answers(interpreter: str, folder: Path) -> dict[str, Any]:
    shutil.copy(IDENTITY_VIEW, folder)
    command = [interpreter, "-W", "ignore", str(SITE), str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    told: dict[str, Any] = json.loads(done.stdout)
    return told


def check(told: dict[str, Any]) -> None:
    """Who does not know the secret is told nothing; the facade is told who it is."""
    assert set(told["refused"]) == {404}
    assert told["stranger"] == told["inactive"] == NOBODY
    assert told["known"] == {"version": 1, "user": ADA, "expires": None}
    assert told["claims"] == {**{k: v for k, v in ADA.items() if k != "email"}, "tenant": "acme"}
    assert told.get("expires") == (None if told["django"].startswith("3.2.") else 4102444800.0)


def test_the_installed_django(tmp_path: Path) -> None:
    check(answers(sys.executable, tmp_path))


@pytest.mark.real
@pytest.mark.parametrize(("version", "django"), OTHERS)
def test_other_versions(tmp_path: Path, version: str, django: str) -> None:
    told = answers(environment(version, django), tmp_path)
    assert str(told["django"]).startswith(f"{django}.")
    check(told)
