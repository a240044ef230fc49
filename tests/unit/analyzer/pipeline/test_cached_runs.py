"""With a cache, with one process or two, from a daemon or without standard input: the same analysis."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from fakes.projects import FakeProject

from analyzer.config import Limits
from analyzer.errors import NoProject
from analyzer.pipeline import Options, analyze, run

MODELS = "from django.db import models\n\nclass {}(models.Model):\n    pass\n"
ONE = Options(limits=Limits(processes=1))


def _project(folder: Path, files: int = 0) -> Path:
    FakeProject(
        folder,
        {
            "shop/models.py": MODELS.format("Order"),
            "shop/broken.py": "def f(:\n",
            "people/models.py": MODELS.format("Person"),
            "people/views.py": "from shop.models import Order\ndef view(r):\n    Order.objects.create()\n",
            **{f"shop/code{number}.py": f"x = {number}\n" for number in range(files)},
        },
    )
    return folder


def test_a_change_is_seen(tmp_path: Path) -> None:
    project, cache = _project(tmp_path / "p"), tmp_path / "cache"
    before = analyze(project, cache=cache, options=ONE).facts
    (project / "people" / "views.py").write_text(
        "from shop.models import Order\ndef view(r):\n    Order.objects.get(pk=1)\n"
    )
    (project / "shop" / "broken.py").unlink()
    (project / "shop" / "models.py").write_text(MODELS.format("Invoice") + MODELS.format("Order"))
    after = analyze(project, cache=cache, options=ONE)
    assert after == analyze(project, options=ONE)
    assert {access.mode for access in before.accesses} == {"write"}
    assert {access.mode for access in after.facts.accesses} == {"read"}
    assert [problem.code for problem in before.problems] == ["unparsed-file"]
    assert after.facts.problems == ()


def test_options_are_told_apart(tmp_path: Path) -> None:
    project, cache = _project(tmp_path / "p"), tmp_path / "cache"
    run(project, cache=cache, options=ONE)
    small = analyze(project, cache=cache, options=Options(limits=Limits(processes=1, max_file_bytes=20)))
    assert "file-too-large" in {problem.code for problem in small.facts.problems}


def test_no_cache_folder_means_no_cache(tmp_path: Path) -> None:
    run(_project(tmp_path / "p"), options=ONE).document()
    assert [path.name for path in tmp_path.iterdir()] == ["p"]


def test_what_was_kept_is_what_is_found(tmp_path: Path) -> None:
    project, cache = _project(tmp_path / "p"), tmp_path / "cache"
    first, second = run(project, cache=cache, options=ONE), run(project, cache=cache, options=ONE)
    plain = run(project, options=ONE)
    assert second.is_known()
    assert first.analysis() == second.analysis() == plain.analysis()
    assert first.document() == second.document() == run(project, cache=cache, options=ONE).document()
    assert second.document() == plain.document()


def test_damaged_packs_cost_time_only(tmp_path: Path) -> None:
    project, cache = _project(tmp_path / "p"), tmp_path / "cache"
    document = run(project, cache=cache, options=ONE).document()
    for path in cache.iterdir():
        path.write_bytes(b"\x93garbage" * 100)
    assert run(project, cache=cache, options=ONE).document() == document


def test_two_processes_find_what_one_finds(tmp_path: Path) -> None:
    project = _project(tmp_path, files=150)
    assert analyze(project, Options(limits=Limits(processes=2))) == analyze(project, options=ONE)


def test_only_what_is_needed_is_imported(tmp_path: Path) -> None:
    project, cache = _project(tmp_path / "p"), tmp_path / "cache"
    run(project, cache=cache)
    with (project / "people" / "views.py").open("a") as file:
        file.write("# the end\n")
    code = f"""
import sys
from pathlib import Path
from analyzer.pipeline import run
run(Path({str(project)!r}), cache=Path({str(cache)!r})).document()
heavy = {{"analyzer.runtime", "analyzer.resolve.stages", "multiprocessing", "rich", "sqlglot"}}
print(sorted(heavy & set(sys.modules)))
"""
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert out.strip() == "[]"


CALL = """
import multiprocessing, sys
from pathlib import Path
from analyzer.pipeline import analyze

def work(queue=None):
    found = analyze(Path(sys.argv[1])).facts
    (queue.put if queue else print)(len(found.modules))

{call}
"""
CALLS = {
    "standard streams are closed": "import os; os.close(0); work()",
    "a daemon may not have children": (
        "if __name__ == '__main__':\n"
        "    context = multiprocessing.get_context('fork')\n"
        "    queue = context.Queue()\n"
        "    process = context.Process(target=work, args=[queue], daemon=True)\n"
        "    process.start(); print(queue.get()); process.join()"
    ),
    "another thread runs, the script has no main guard": (
        "import threading\nthreading.Thread(target=threading.Event().wait, daemon=True).start()\nwork()"
    ),
}


@pytest.mark.parametrize("case", sorted(CALLS))
def test_processes_that_cannot_be_had_are_not_needed(tmp_path: Path, case: str) -> None:
    project = _project(tmp_path / "p", files=150)
    script = tmp_path / "script.py"
    script.write_text(CALL.replace("{call}", CALLS[case]))
    done = subprocess.run(
        [sys.executable, str(script), str(project)], capture_output=True, text=True, timeout=100
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split()[-1] == str(len(list(project.rglob("*.py"))))


def test_nothing_to_analyse_is_said_with_a_cache_too(tmp_path: Path) -> None:
    with pytest.raises(NoProject):
        run(tmp_path, cache=tmp_path / "cache")


def test_progress_comes_to_its_end(tmp_path: Path) -> None:
    seen: list[tuple[str, int, int]] = []
    analyze(_project(tmp_path), ONE, progress=lambda *args: seen.append(args))
    stages = list(dict.fromkeys(stage for stage, _, _ in seen))
    assert stages == ["parse", "resolve", "boundaries"]
    for stage in ("parse", "resolve"):
        counts = [done for name, done, _ in seen if name == stage]
        assert counts == sorted(counts)
        assert counts[-1] == next(total for name, _, total in reversed(seen) if name == stage)
