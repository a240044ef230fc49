"""An Analysis for people, and for the tools they use. (As data: ``analyzer.model.schema``.)"""

from __future__ import annotations

from analyzer.report.contracts import contracts
from analyzer.report.github import workflow_commands
from analyzer.report.html import page
from analyzer.report.mermaid import mermaid
from analyzer.report.sarif import sarif
from analyzer.report.terminal import boundary_page, report, wrapped

__all__ = ["boundary_page", "contracts", "mermaid", "page", "report", "sarif", "workflow_commands", "wrapped"]
