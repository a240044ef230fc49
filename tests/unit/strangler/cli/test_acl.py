import json
from pathlib import Path

import pytest

from strangler.cli.entry import main

FOLDER = str(Path(__file__).parents[4] / "sample_monolith" / "extracted" / "billing")
MODULE = "billing_service.mappings"


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as stopped:
        main(["acl", *arguments])
    out, err = capsys.readouterr()
    return int(stopped.value.code or 0), out, err


def test_a_module_that_is_not_there(capsys: pytest.CaptureFixture[str]) -> None:
    status, out, err = run(capsys, "check", "no_such_module")
    assert (status, out) == (2, "")
    assert "its folder with --path" in err


def test_a_mapping_that_is_not_declared(capsys: pytest.CaptureFixture[str]) -> None:
    status, _, err = run(capsys, "check", f"{MODULE}:invoices", "--path", FOLDER)
    assert status == 2
    assert "It declares: invoice, line" in err


def test_a_declaration_that_cannot_hold_is_named_by_its_line(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "wrong_mapping.py").write_text(
        "from acl.mapping.language import mapping, rename\n"
        "from billing_service.contract import InvoiceLine\n"
        "from billing_service.legacy_billing import billing_invoiceline\n"
        "line = mapping('line', billing_invoiceline, InvoiceLine,\n"
        "    rename('skuu', 'sku'))\n"
    )
    status, out, err = run(capsys, "check", "wrong_mapping", "--path", FOLDER, "--path", str(tmp_path))
    assert (status, out) == (2, "")
    assert "wrong_mapping.py:5" in err
    assert "sku" in err
    assert "Traceback" not in err


def test_the_report_covers_both_sides_and_the_children(capsys: pytest.CaptureFixture[str]) -> None:
    status, out, _ = run(capsys, "check", MODULE, "--path", FOLDER, "--format", "json")
    report = json.loads(out)["mappings"]
    assert status == 0
    assert [mapping["mapping"] for mapping in report] == ["invoice"]
    assert {"total_cents", "lines[].sku"} <= {covered["name"] for covered in report[0]["legacy"]}
    assert {"total.amount", "lines[].sku"} <= {covered["name"] for covered in report[0]["contract"]}


def test_the_compiled_module_runs(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    target = tmp_path / "compiled.py"
    status, out, _ = run(capsys, "compile", f"{MODULE}:invoice", "--path", FOLDER, "-o", str(target))
    assert (status, out) == (0, "")
    names: dict[str, object] = {}
    exec(compile(target.read_text(), "compiled.py", "exec"), names)
    assert names["MAPPING"] == "invoice"
