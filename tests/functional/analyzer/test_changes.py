"""After every edit, who knows the earlier analysis says what somebody says who knows nothing, byte for byte."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analyzer.config import Limits
from analyzer.pipeline import Options, run

SAMPLE = Path(__file__).parents[3] / "sample_monolith"
ONE = Options(limits=Limits(processes=1))
Edit = Callable[[Path], None]


def _same(project: Path, cache: Path) -> None:
    known = run(project, ONE, cache=cache).document()
    assert known == run(project, ONE).document()


def _append(text: str) -> Edit:
    return lambda path: path.write_text(path.read_text("utf-8") + text, "utf-8")


def _insert(text: str) -> Edit:
    def edit(path: Path) -> None:
        lines = path.read_text("utf-8").splitlines(keepends=True)
        tops = [i for i, line in enumerate(lines) if line.startswith(("class ", "def ", "@", "urlpatterns"))]
        lines.insert(tops[len(tops) // 2] if tops else len(lines), text)
        path.write_text("".join(lines), "utf-8")

    return edit


def _replace(old: str, new: str) -> Edit:
    def edit(path: Path) -> None:
        text = path.read_text("utf-8")
        assert old in text
        path.write_text(text.replace(old, new, 1), "utf-8")

    return edit


EDITS: tuple[Edit, ...] = (
    _append("\n\n# the end\n"),
    _insert("# a comment\n\n"),
    _append("\n\ndef added(request):\n    return request.user.groups.all()\n"),
    _append("\n\nclass Added:\n    queryset = None\n"),
    _append("\nfrom django.contrib.auth.models import Group\n\nGroup.objects.filter(name='x').delete()\n"),
    _append("\nimport os.path as somewhere\n"),
    _append("\nINSTALLED_APPS = ['elsewhere']\n"),
    _append("\ndef broken(:\n"),
    _append("\n'''A string that says nothing.'''\n"),
    lambda path: path.unlink(),
    lambda path: path.with_name("moved_" + path.name).write_bytes(path.read_bytes()),
    lambda path: path.write_text("", "utf-8"),
)


@settings(max_examples=3, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_any_edits_of_the_sample(tmp_path_factory, data) -> None:  # type: ignore[no-untyped-def]
    base = tmp_path_factory.mktemp("edits")
    project = base / "sample"
    shutil.copytree(SAMPLE, project, ignore=shutil.ignore_patterns("__pycache__"))
    files = sorted(path for path in project.rglob("*.py") if path.stat().st_size)
    run(project, ONE, cache=base / "cache")
    for _ in range(4):
        path = data.draw(st.sampled_from(files), label="file")
        edit = data.draw(st.sampled_from(EDITS), label="edit")
        if path.exists():
            edit(path)
            _same(project, base / "cache")


def test_edits_that_matter_far_away(tmp_path: Path) -> None:
    project = tmp_path / "sample"
    shutil.copytree(SAMPLE, project, ignore=shutil.ignore_patterns("__pycache__"))
    run(project, ONE, cache=tmp_path / "cache")
    models = next(path for path in sorted(project.rglob("models.py")) if "ForeignKey" in path.read_text())
    urls = next(path for path in sorted(project.rglob("urls.py")) if "urlpatterns" in path.read_text())
    page = next(path for path in sorted(project.rglob("*.html")) if "{%" in path.read_text())
    main = next(
        path for path in sorted(project.rglob("settings*.py")) if "INSTALLED_APPS" in path.read_text()
    )
    for path, edit in (
        (models, _replace("ForeignKey", "OneToOneField")),
        (urls, _append("\nurlpatterns += urlpatterns[:1]\n")),
        (page, _append("{{ request.user.groups.all }}")),
        (main, _append("\nATOMIC_REQUESTS = True\nMIDDLEWARE = []\n")),
    ):
        edit(path)
        _same(project, tmp_path / "cache")
