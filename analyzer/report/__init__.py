"""An Analysis for people: in a terminal and in a browser. (For programs: ``analyzer.model.schema``.)"""

from __future__ import annotations

from analyzer.report.html import page
from analyzer.report.terminal import boundary_page, report, wrapped

__all__ = ["boundary_page", "page", "report", "wrapped"]
