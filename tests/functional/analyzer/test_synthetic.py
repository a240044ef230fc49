"""The monoliths of the benchmark: what is true of them is found, and nothing else."""

from __future__ import annotations

import json
import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

import pytest

from analyzer.config import Limits
from analyzer.pipeline import Options, run

FILE = Path(__file__).parents[3] / "benchmarks" / "monolith.py"


@pytest.fixture
def monolith(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    spec = spec_from_file_location("monolith", FILE)
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    monkeypatch.setitem(sys.modules, "monolith", module)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("apps", [8, 12])
def test_recall_and_precision_are_whole(tmp_path: Path, monolith: ModuleType, apps: int) -> None:
    truth = monolith.write_monolith(tmp_path, apps)
    found = json.loads(run(tmp_path, Options(limits=Limits(processes=1))).document())
    assert len(truth.accesses) == 6 * apps
    assert monolith.compare(found, truth) == dict.fromkeys(
        ("models", "routes", "accesses", "joins"), (1.0, 1.0)
    )
