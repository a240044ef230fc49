"""What `strangler acl check` found, as text, Markdown or JSON."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from strangler.cli.text import columns

if TYPE_CHECKING:
    from acl.laws import Loss, Outcome
    from acl.mapping import Covered, Report
    from acl.mapping.drift import Drift

__all__ = ["Checked", "as_document", "as_markdown", "as_text"]

_HEAD = ("TYPE", "OPERATION", "TO", "PRESERVES", "NOTE")


@dataclass(slots=True)
class Checked:
    """Everything that is known of one mapping. `laws` is None where they were not tried, and `untried` says why."""

    report: Report
    laws: list[Outcome] | None = None
    untried: str = ""
    losses: list[Loss] = field(default_factory=list)
    drift: list[Drift] = field(default_factory=list)
    compared_with: list[str] = field(default_factory=list)
    stale: str = ""

    @property
    def broken(self) -> bool:
        """Whether somebody has to do something before the mapping can be relied on."""
        return bool(
            self.stale
            or self.report.decisions
            or any(not outcome.holds for outcome in self.laws or ())
            or any(drift.impact != "compatible" for drift in self.drift)
        )


def as_text(checked: Checked) -> str:
    """For a terminal."""
    report = checked.report
    grades = ", ".join(f"{count} {grade}" for grade, count in sorted(report.grades.items()))
    parts = [f"{report.mapping}, version {report.version}: every column and field is covered; {grades}"]
    for title, side in (("LEGACY", report.legacy), ("CONTRACT", report.contract)):
        parts.append(columns((title, *_HEAD), [_row(covered) for covered in side]))
    for head, lines in _sections(checked):
        parts.append("\n".join([head, *(f"  {line}" for line in lines)]))
    return "\n\n".join(parts) + "\n"


def as_markdown(checked: Checked) -> str:
    """For a pull request or a wiki."""
    report = checked.report
    parts = [f"## Mapping `{report.mapping}`, version {report.version}"]
    for title, side in (("Legacy", report.legacy), ("Contract", report.contract)):
        head = (title, "Type", "Operation", "To", "Preserves", "Note")
        lines = [head, ("---",) * len(head), *(_row(covered) for covered in side)]
        parts.append("\n".join(f"| {' | '.join(map(_cell, line))} |" for line in lines))
    for about, found in _sections(checked):
        parts.append(
            "\n".join([f"### {about.rstrip(':').capitalize()}", "", *(f"- {line}" for line in found)])
        )
    return "\n\n".join(parts) + "\n"


def as_document(checked: Checked) -> dict[str, Any]:
    """For a program."""
    import msgspec

    def plain(value: Any) -> Any:
        return msgspec.to_builtins(value, enc_hook=repr)

    document: dict[str, Any] = plain(checked.report)
    document |= {"grades": dict(sorted(checked.report.grades.items()))}
    document["laws"] = None if checked.laws is None else plain(checked.laws)
    document["losses"] = [str(loss) for loss in checked.losses]
    document["compared_with"] = checked.compared_with
    document["drift"] = plain(checked.drift)
    document["stale"] = checked.stale
    return document


def _sections(checked: Checked) -> list[tuple[str, list[str]]]:
    """The findings under their heads, without those that have nothing to say."""
    sections: list[tuple[str, list[str]]] = []
    decisions = [
        f"{one.name}: {one.question} ({one.operation}, {one.where})" for one in checked.report.decisions
    ]
    if decisions:
        sections.append(("to decide:", decisions))
    if checked.laws is not None:
        sections.append(("laws:", [_law(outcome) for outcome in checked.laws]))
    elif checked.untried:
        sections.append(("laws:", [checked.untried]))
    if checked.losses:
        sections.append(("does not come back as it was:", [str(loss) for loss in checked.losses]))
    if checked.stale:
        sections.append(("compiled:", [checked.stale]))
    if checked.compared_with:
        drift = [str(one) for one in checked.drift] or ["nothing has changed"]
        sections.append((f"compared with {', '.join(checked.compared_with)}:", drift))
    return sections


def _law(outcome: Outcome) -> str:
    if outcome.holds:
        return f"holds   {outcome.law} ({outcome.examples} examples): {outcome.says}"
    return f"BROKEN  {outcome.law}: {outcome.says}\n          {outcome.shown}"


def _row(covered: Covered) -> tuple[str, ...]:
    kind = f"{covered.kind}?" if covered.null else covered.kind
    return (covered.name, kind, covered.operation, ", ".join(covered.partner), covered.grade, covered.note)


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")
