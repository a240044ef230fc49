"""``strangler check`` on a copy of the sample monolith in a repository of its own, as a team would use it."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from fakes.commands import Here

SAMPLE = Path(__file__).parents[3] / "sample_monolith"
ACCEPTED = """
[boundaries.billing]
models = ["billing.*"]
[boundaries.support]
models = ["support.*"]
"""
CROSSING = """

def bill_for_support(request):
    from billing.models import Invoice

    return Invoice.objects.filter(pk=1).update(status="X")
"""
BASELINE = ("check", "shop", "--baseline", "walls.json")


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Here:
    """A folder with the sample as ``shop`` and two accepted boundaries, committed."""
    ignored = shutil.ignore_patterns("__pycache__", "*.sqlite3", "tests", "extracted")
    shutil.copytree(SAMPLE, tmp_path / "shop", ignore=ignored)
    (tmp_path / "strangler.toml").write_text(ACCEPTED)
    git(tmp_path, "init", "--quiet")
    git(tmp_path, "add", ".")
    git(
        tmp_path,
        "-c",
        "user.email=dev@example.com",
        "-c",
        "user.name=dev",
        "commit",
        "--quiet",
        "-m",
        "start",
    )
    return Here(tmp_path, monkeypatch, capsys, XDG_CACHE_HOME=str(tmp_path / "cache"))


def git(folder: Path, *arguments: str) -> str:
    done = subprocess.run(["git", *arguments], cwd=folder, check=True, capture_output=True, text=True)
    return done.stdout


def cross(folder: Path) -> None:
    with (folder / "shop/support/views.py").open("a") as file:
        file.write(CROSSING)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["check", "shop"], "Give --baseline FILE"),
        (["check", "shop", "--baseline", "walls.json"], "there is no baseline"),
        (["check", "shop", "--baseline", "strangler.toml"], "not a baseline"),
        (["check", "shop", "--baseline", "w", "--since", "HEAD"], "stands in one place"),
        (["check", "shop", "--since", "nowhere"], "git does not know 'nowhere'"),
        (["check", "shop", "--since", "--output=x"], "git does not know"),
        (["check", "nowhere", "--since", "HEAD"], "nothing at this path"),
        (["check", "shop", "--format", "pdf"], "there is no format 'pdf'"),
    ],
)
def test_what_cannot_be_told_is_one_line_and_exit_2(here, arguments, told):
    answer = here.run(*arguments)
    assert (answer.code, answer.out) == (2, "")
    assert told in answer.err
    assert "Traceback" not in answer.err


def test_a_new_crossing_is_told_with_its_place_and_the_answer_is_no(here, tmp_path):
    assert here.run(*BASELINE, "--update-baseline").code == 0
    assert here.run(*BASELINE).code == 0
    cross(tmp_path)
    answer = here.run(*BASELINE)
    assert answer.code == 1
    assert "2 new couplings across boundaries, 0 gone" in answer.out
    assert "STR006 error: support writes billing_invoice (support -> billing)" in answer.out
    assert "support/views.py:" in answer.out
    assert here.run(*BASELINE, "--exit-zero").code == 0
    assert here.run(*BASELINE, "--update-baseline").code == 0
    assert here.run(*BASELINE).code == 0


def test_code_that_moves_does_not_trip_the_wall(here, tmp_path):
    here.run(*BASELINE, "--update-baseline")
    views = tmp_path / "shop/support/views.py"
    views.write_text("# one\n# two\n" + views.read_text())
    answer = here.run(*BASELINE)
    assert (answer.code, answer.out.splitlines()[0]) == (0, "0 new couplings across boundaries, 0 gone")


def test_a_revision_stands_for_a_baseline_and_stays_untouched(here, tmp_path):
    assert here.run("check", "shop", "--since", "HEAD").code == 0
    cross(tmp_path)
    before = git(tmp_path, "status", "--porcelain")
    found = here.run("check", "shop", "--since", "HEAD", "--format", "json")
    assert found.code == 1
    assert {(item["code"], item["file"]) for item in found.json["new"]} == {
        ("STR006", "support/views.py"),
        ("STR011", "support/views.py"),
    }
    assert git(tmp_path, "status", "--porcelain") == before


def test_annotations_and_sarif_name_files_from_the_repository_s_root(here, tmp_path):
    cross(tmp_path)
    lines = here.run("check", "shop", "--since", "HEAD", "--format", "github").out.splitlines()
    assert [line.split(",")[0] for line in lines] == [
        "::error file=shop/support/views.py",
        "::warning file=shop/support/views.py",
    ]
    results = here.run("check", "shop", "--since", "HEAD", "--format", "sarif").json["runs"][0]["results"]
    uris = {r["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] for r in results}
    assert uris == {"shop/support/views.py"}


def test_without_accepted_boundaries_the_draft_of_the_baseline_is_the_wall(here, tmp_path):
    (tmp_path / "strangler.toml").unlink()
    here.run(*BASELINE, "--update-baseline")
    walls = json.loads((tmp_path / "walls.json").read_text())["boundaries"]
    assert {"billing", "orders", "support"} <= set(walls)
    cross(tmp_path)
    assert "support writes billing_invoice" in here.run(*BASELINE).out


def test_a_model_that_no_boundary_names_is_told(here, tmp_path):
    (tmp_path / "strangler.toml").write_text(ACCEPTED.replace("billing.*", "billing.I*"))
    here.run(*BASELINE, "--update-baseline")
    assert "billing.Payment is in no accepted boundary and taken for billing's" in here.run(*BASELINE).out


def test_the_walls_hold_as_contracts_of_import_linter(here, tmp_path):
    assert here.run("check", "shop", "--import-linter", "walls.toml").code == 0
    shutil.copy(tmp_path / "walls.toml", tmp_path / "shop/pyproject.toml")
    lint = [sys.executable, "-c", "from importlinter.cli import lint_imports_command; lint_imports_command()"]
    kept = subprocess.run(lint, cwd=tmp_path / "shop", capture_output=True, text=True, check=False)
    assert kept.returncode == 0, kept.stdout
    assert "4 kept, 0 broken" in kept.stdout
    (tmp_path / "shop/support/lookup.py").write_text("from billing import services\n")
    views = tmp_path / "shop/support/forms.py"
    views.write_text((views.read_text() if views.exists() else "") + "\nfrom billing import services\n")
    broken = subprocess.run(lint, cwd=tmp_path / "shop", capture_output=True, text=True, check=False)
    assert broken.returncode == 1, broken.stdout
