"""Our boundaries against a split that people made by hand. Run: ``python -m benchmarks.split FOLDER``

FOLDER holds Sentry (``pip download sentry==23.7.1 --no-deps``, unpacked): its people parted one Django monolith into a
control and a region half, and wrote with each of 202 models on which side it lives. This takes a copy, strips those
labels, makes the relations that were cut (``HybridCloudForeignKey``) foreign keys again, analyses it and compares:

- homogeneity = 1 - H(side | boundary) / H(side), 1 where no boundary holds models of both sides (Rosenberg and
  Hirschberg, "V-measure", EMNLP-CoNLL 2007; scikit-learn's ``homogeneity_score``);
- boundaries, and the share of the labelled models that are placed: not alone in their boundary.

Beside it, Louvain on foreign keys alone, of the same copy; its isolated tables are not placed.
"""

from __future__ import annotations

import ast
import re
import shutil
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from math import log
from pathlib import Path

from analyzer.model import schema
from analyzer.model.facts import Model
from analyzer.model.pins import FRAMEWORK
from analyzer.pipeline import analyze
from benchmarks.boundaries import Ground, Partition, ground_of, louvain_on_foreign_keys

SIDE = re.compile(r"@(control|region)_silo_only_model")
LABEL = re.compile(r"^@\w+_silo_(?:only_model|endpoint|function)\b.*\n", re.MULTILINE)
CUT = re.compile(r"\b(\w+?)(?:_id)?(\s*(?::[^=\n]*)?=\s*)HybridCloudForeignKey\(")
ON_DELETE = re.compile(r"on_delete=\"(\w+)\"")

Sides = Mapping[tuple[str, str], str]
"""(File, class) -> side."""


def main(arguments: list[str]) -> int:
    if len(arguments) not in (1, 2):
        print(__doc__)
        return 2
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "whole"
        sides = restore(Path(arguments[0]), copy)
        analysis = analyze(copy)
    if len(arguments) == 2:
        Path(arguments[1]).write_bytes(schema.write(analysis))
    ground = ground_of(analysis)
    side = label_tables(sides, analysis.facts.models, ground)
    ours = {t: b.name for b in analysis.boundaries if b.name != FRAMEWORK for t in b.tables}
    print(f"{len(sides)} labelled models, {len(side)} tables of theirs, {len(ground.own)} tables in all\n")
    print("| | boundaries | placed | homogeneity |\n|---|---|---|---|")
    tell("strangler", ours, side)
    for wanted in (16, 20):
        tell(f"Louvain, foreign keys, {wanted} wanted", louvain_on_foreign_keys(ground, wanted), side)
    return 0


def restore(folder: Path, copy: Path) -> dict[tuple[str, str], str]:
    """Copy the sources as if they had never been parted; the side of each labelled model."""
    shutil.copytree(folder, copy, ignore=lambda _, names: [n for n in names if n == "node_modules"])
    sides = {}
    for path in sorted(copy.rglob("*.py")):
        text = path.read_text("utf-8")
        name = path.relative_to(copy).as_posix()
        sides.update({(name, found): side for found, side in _sides(text)})
        if "silo" in text or "HybridCloudForeignKey" in text:
            path.write_text(_whole(text), "utf-8")
    return sides


def homogeneity(side: Mapping[str, str], boundary: Mapping[str, str]) -> float:
    """1 - H(side | boundary) / H(side) over the items that have both; 1 where all are on one side."""
    items = [item for item in side if item in boundary]
    groups: dict[str, list[str]] = defaultdict(list)
    for item in items:
        groups[boundary[item]].append(side[item])
    before = _entropy(side[item] for item in items)
    after = sum(len(group) / len(items) * _entropy(group) for group in groups.values())
    return 1 - after / before if before else 1.0


def label_tables(sides: Sides, models: Iterable[Model], ground: Ground) -> dict[str, str]:
    """Table -> side."""
    return {
        ground.table_of(model.label): sides[model.location.file, model.name]
        for model in models
        if (model.location.file, model.name) in sides and not model.abstract
    }


def tell(name: str, partition: Partition, side: Mapping[str, str]) -> None:
    """Print one row. A table alone in its boundary is not placed, and its boundary is none."""
    sizes = Counter(partition.values())
    placed = {table: boundary for table, boundary in partition.items() if sizes[boundary] > 1}
    share = sum(table in placed for table in side) / len(side)
    print(f"| {name} | {len(set(placed.values()))} | {share:.0%} | {homogeneity(side, placed):.2f} |")


def _sides(text: str) -> Iterable[tuple[str, str]]:
    if not SIDE.search(text):
        return
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.ClassDef):
            for decorator in node.decorator_list:
                if found := SIDE.fullmatch("@" + ast.unparse(decorator)):
                    yield node.name, found[1]


def _whole(text: str) -> str:
    text = LABEL.sub("", text)
    if not CUT.search(text):
        return text
    text = CUT.sub(r"\1\2ForeignKey(", text)
    text = ON_DELETE.sub(r"on_delete=\1", text)
    lines = text.splitlines(keepends=True)
    first = next(
        node.lineno
        for node in ast.parse(text).body
        if isinstance(node, ast.ImportFrom | ast.Import) and getattr(node, "module", "") != "__future__"
    )
    lines.insert(first - 1, "from django.db.models import CASCADE, SET_NULL, ForeignKey\n")
    return "".join(lines)


def _entropy(labels: Iterable[str]) -> float:
    counts = Counter(labels)
    total = sum(counts.values())
    return -sum(n / total * log(n / total) for n in counts.values())


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
