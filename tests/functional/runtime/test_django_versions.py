"""The recorder on the oldest and the newest Django that it promises, each in an environment of its own."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from analyzer.runtime import RECORDER, read_evidence

SITE = Path(__file__).resolve().parents[2] / "fakes" / "observed_site.py"
CACHE = Path(os.environ.get("STRANGLER_REAL_CODE", Path.home() / ".cache" / "strangler-real-code"))
THIS = "{}.{}".format(*sys.version_info)
OTHERS = (("3.8", "3.2"), (THIS, "4.2"), (THIS, "5.2"), ("3.12", "6.0"))


def python(version: str) -> str:
    """A running interpreter of this version; skips the test where there is none."""
    for name in (sys.executable if version == THIS else "", f"python{version}", _pyenv(version)):
        if (
            shutil.which(name)
            and not subprocess.run([name, "-c", ""], capture_output=True, check=False).returncode
        ):
            return name
    pytest.skip(f"there is no Python {version} here")


def _pyenv(version: str) -> str:
    found = sorted((Path.home() / ".pyenv" / "versions").glob(f"{version}.*/bin/python"))
    return str(found[-1]) if found else ""


def environment(version: str, django: str) -> str:
    folder = CACHE / f"django-{django}-python-{version}"
    if not (folder / "done").exists():
        shutil.rmtree(folder, ignore_errors=True)
        subprocess.run([python(version), "-m", "venv", str(folder)], check=True, timeout=300)
        command = [str(folder / "bin/python"), "-m", "pip", "install", "--quiet", f"django=={django}.*"]
        done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
        if done.returncode:
            pytest.skip(f"Django {django} could not be installed: {done.stderr.strip().splitlines()[-1:]}")
        (folder / "done").touch()
    return str(folder / "bin/python")


def visited(interpreter: str, folder: Path, kind: str, sample: object = 1) -> tuple[dict[str, object], Path]:
    folder.mkdir(exist_ok=True)
    shutil.copy(RECORDER, folder)
    command = [interpreter, "-W", "ignore", str(SITE), str(folder), kind, str(sample)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout), folder / "seen.jsonl"


def check(answers: dict[str, object], file: Path) -> None:
    """The same visit, seen alike by every version."""
    found = read_evidence(file)
    assert answers["answers"] == [200, 200, 200, 200, 500, 404]
    assert (found.failures, found.dropped, found.skipped) == (0, 0, 0)
    views = {key.route: (key.view, view) for key, view in found.views.items()}
    assert views[None][1].requests == 1
    assert views["items/"][0] == "site_code.listing"
    assert views["items/"][1].requests == 2
    assert views["broken/"][1].errors == 1
    notes = views["v1/notes/(?P<pk>[0-9]+)/$"]
    assert notes[0] == "site_code.Notes"
    assert dict(notes[1].tables) == {("site_code_note", "write"): 1, ("site_code_shop", "write"): 1}
    assert dict(notes[1].around) == {("site_code_note", "read"): 1}
    source = file.with_name("site_code.py").read_text().splitlines()
    for _, site, table, mode, inside in found.sites:
        assert site.file == "site_code.py"
        function = site.function.replace("counting", "count")  # before 3.11 Python knows no qualified names
        assert inside == (function != "count")
        assert table.partition("_")[0] == "site"
        assert source[site.line - 1].strip().startswith(STATEMENTS[function.rpartition(".")[2], table, mode])
    assert {(one, two) for _, _, one, two in found.joins} == {("site_code_item", "site_code_shop")}
    blocks = {
        (site.function.rpartition(".")[2], opened, written) for _, site, opened, written in found.atomics
    }
    assert blocks == {
        ("order", "decorator", ("site_code_item", "site_code_shop")),
        ("get", "with", ("site_code_note", "site_code_shop")),
    }


STATEMENTS = {
    ("count", "site_code_note", "read"): "Note.objects.count()",
    ("listing", "site_code_item", "read"): "names = ",
    ("listing", "site_code_shop", "read"): "names = ",
    ("order", "site_code_shop", "write"): "shop = Shop",
    ("order", "site_code_item", "write"): "Item.objects",
    ("write", "site_code_note", "write"): "Note.objects",
    ("write", "site_code_shop", "write"): "Shop.objects",
    ("broken", "site_code_shop", "read"): "Shop.objects",
}


@pytest.mark.parametrize("kind", ["wsgi", "asgi"])
def test_no_value_of_a_parameter_is_written(tmp_path: Path, kind: str) -> None:
    text = visited(sys.executable, tmp_path, kind)[1].read_text()
    assert "s3cr3t" not in text
    assert "nowhere" not in text


def test_a_wrong_option_switches_it_off_and_nothing_else(tmp_path: Path) -> None:
    answers, file = visited(sys.executable, tmp_path, "wsgi", sample="often")
    assert answers["answers"] == [200, 200, 200, 200, 500, 404]
    assert not file.exists()


def test_without_sampling_requests_are_counted_and_nothing_else(tmp_path: Path) -> None:
    found = read_evidence(visited(sys.executable, tmp_path, "wsgi", sample=0)[1])
    assert (found.requests, found.sampled, len(found.sites)) == (6, 0, 0)


@pytest.mark.parametrize("kind", ["wsgi", "asgi"])
def test_the_installed_django(tmp_path: Path, kind: str) -> None:
    answers, file = visited(sys.executable, tmp_path, kind)
    check(answers, file)


@pytest.mark.real
@pytest.mark.parametrize(("version", "django"), OTHERS)
def test_other_versions(tmp_path: Path, version: str, django: str) -> None:
    interpreter = environment(version, django)
    for kind in ("wsgi", "asgi"):
        answers, file = visited(interpreter, tmp_path / kind, kind)
        assert str(answers["django"]).startswith(f"{django}.")
        check(answers, file)
