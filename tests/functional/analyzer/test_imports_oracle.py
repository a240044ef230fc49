"""The import graph agrees with grimp's, which was written by others."""

from __future__ import annotations

from pathlib import Path

import grimp

from analyzer.config import Limits
from analyzer.discover import discover
from analyzer.extract import read
from analyzer.resolve import facts

PACKAGE = Path(__file__).parents[3] / "analyzer"


def test_the_imports_of_this_package_are_those_that_grimp_finds() -> None:
    limits = Limits(processes=1)
    project = discover(PACKAGE)
    found = {
        (item.source, item.target) for item in facts(project, *read(project, limits), None, limits).imports
    }
    graph = grimp.build_graph("analyzer", cache_dir=None)
    theirs = {
        (module, target)
        for module in graph.modules
        for target in graph.find_modules_directly_imported_by(module)
    }
    assert found == theirs
    assert len(theirs) > 300
