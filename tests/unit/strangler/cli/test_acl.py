import json
import sqlite3
import sys
from contextlib import closing
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


@pytest.mark.parametrize(
    ("source", "said"),
    [("x = 1 +\n", "broken_1.py:1: it fails when it is imported: SyntaxError"),
     ("\nraise RuntimeError('boom')\n", "broken_2.py:2: it fails when it is imported: RuntimeError: boom"),
     ("import nothing_there\n", "No module named 'nothing_there'")],
)  # fmt: skip
def test_a_module_that_fails_is_named_by_its_line(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, source: str, said: str
) -> None:
    name = {"x": "broken_1.py", "\n": "broken_2.py", "i": "broken_3.py"}[source[0]]
    (tmp_path / name).write_text(source)
    status, out, err = run(capsys, "check", str(tmp_path / name))
    assert (status, out) == (2, "")
    assert said in err


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


def scanned(folder: Path) -> tuple[str, str]:
    """A mapping of its own in a folder, and the database of its rows: five, the third and fourth of them odd."""
    (folder / "scanned_mapping.py").write_text(
        "from acl.contract import Column, Table\n"
        "from acl.mapping.language import enum, mapping, ref\n"
        "from msgspec import Struct\n"
        "class Doc(Struct):\n    id: str\n    state: str\n"
        "table = Table('doc', 'app.Doc', 'm.py:1', (Column('id', 'int', primary_key=True), Column('state', 'text')))\n"
        "doc = mapping('doc', table, Doc, ref('id', 'id', ids='docs'), enum('state', 'state', {'O': 'open'}))\n"
    )
    with closing(sqlite3.connect(folder / "scan.db")) as connection, connection:
        connection.execute("CREATE TABLE doc (id INTEGER PRIMARY KEY, state TEXT)")
        connection.executemany("INSERT INTO doc (state) VALUES (?)", [("O",), ("O",), ("X",), ("Y",), ("O",)])
    return str(folder / "scanned_mapping.py"), f"sqlite:///{folder / 'scan.db'}"


@pytest.mark.parametrize(
    "url", ["scan.db", "sqlite:///nowhere.db", "mysql://x/y", "postgresql://u:secret@127.0.0.1:1/x"]
)
def test_a_database_that_is_not_there(capsys: pytest.CaptureFixture[str], tmp_path: Path, url: str) -> None:
    target, _ = scanned(tmp_path)
    status, out, err = run(capsys, "scan", target, "--database", url)
    assert (status, out) == (2, "")
    assert "Traceback" not in err
    assert "secret" not in err


def test_a_replay_without_a_quarantine(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    target, url = scanned(tmp_path)
    assert run(capsys, "scan", target, "--database", url, "--replay")[0] == 2


def test_a_scan_its_quarantine_and_the_replay(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    target, url = scanned(tmp_path)
    file = str(tmp_path / "q.jsonl")
    status, out, _ = run(capsys, "scan", target, "--database", url, "--quarantine", file, "--round-trip")
    assert status == 1
    assert out.startswith("doc: 5 rows scanned, 3 translate, 2 do not\n")
    assert "row 3: 'X', row 4: 'Y'" in out
    with closing(sqlite3.connect(tmp_path / "scan.db")) as connection, connection:
        connection.execute("UPDATE doc SET state = 'O' WHERE state = 'X'")
    status, out, _ = run(
        capsys, "scan", target, "--database", url, "--quarantine", file, "--replay", "--format", "json"
    )
    assert (status, json.loads(out)["rows"], json.loads(out)["refused"]) == (1, 2, 1)
    assert len(Path(file).read_text().splitlines()) == 1


def test_drift_against_each_witness(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    target, url = scanned(tmp_path)
    compiled = str(tmp_path / "compiled.py")
    assert run(capsys, "compile", target, "-o", compiled)[0] == 0
    options = ("--no-laws", "--compiled", compiled, "--database", url)
    status, out, _ = run(capsys, "check", target, *options)
    assert status == 1
    assert "state: it may be null now" in out
    with closing(sqlite3.connect(tmp_path / "scan.db")) as connection, connection:
        connection.executescript(
            "DROP TABLE doc; CREATE TABLE doc (id INTEGER PRIMARY KEY, state TEXT NOT NULL)"
        )
    assert run(capsys, "check", target, *options)[0] == 0


def test_a_compiled_module_that_is_older_than_its_declaration(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    target, _ = scanned(tmp_path)
    compiled = tmp_path / "compiled.py"
    assert run(capsys, "compile", target, "-o", str(compiled), "--width", "120")[0] == 0
    assert run(capsys, "check", target, "--no-laws", "--compiled", str(compiled))[0] == 0
    compiled.write_text(compiled.read_text().replace('{"O": "open"}', '{"O": "opened"}'))
    status, out, _ = run(capsys, "check", target, "--no-laws", "--compiled", str(compiled))
    assert status == 1
    assert "is not what the declaration compiles to: compile it again" in out


def test_without_hypothesis_the_laws_are_not_tried_and_that_is_said(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "acl.laws", None)
    target, _ = scanned(tmp_path)
    status, out, _ = run(capsys, "check", target)
    assert status == 0
    assert "not tried: pip install 'strangler[laws]'" in out


@pytest.mark.parametrize("option", ["--compiled", "--analysis"])
@pytest.mark.parametrize("content", [None, b"\xff", b"nonsense", b"[]", b"{}"])
def test_a_witness_that_is_none(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, option: str, content: bytes | None
) -> None:
    target, _ = scanned(tmp_path)
    if content is not None:
        (tmp_path / "witness").write_bytes(content)
    status, out, err = run(capsys, "check", target, "--no-laws", option, str(tmp_path / "witness"))
    assert (status, out) == (2, "")
    assert "Traceback" not in err


def test_the_report_as_markdown(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    target, _ = scanned(tmp_path)
    status, out, _ = run(capsys, "check", target, "--format", "markdown", "--examples", "20")
    assert status == 0
    assert "| state | text | enum | state | partial | codes that are not in the table are refused |" in out
    assert "- holds   GetPut" in out


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


CONTRACT = Path(FOLDER) / "billing_service" / "contract.v1.json"


def test_a_contract_that_cannot_be_read(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    for content in (None, "nonsense", "[]"):
        if content is not None:
            (tmp_path / "new.json").write_text(content)
        status, out, err = run(capsys, "diff", str(CONTRACT), str(tmp_path / "new.json"))
        assert (status, out) == (2, "")
        assert "Traceback" not in err


@pytest.mark.parametrize("format_", ["text", "json", "markdown"])
def test_a_contract_that_breaks_its_readers(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, format_: str
) -> None:
    new = json.loads(CONTRACT.read_text())
    new["$defs"]["Invoice"]["required"].remove("number")
    (tmp_path / "new.json").write_text(json.dumps(new))
    arguments = ("diff", str(CONTRACT), str(tmp_path / "new.json"), "--format", format_)
    status, out, _ = run(capsys, *arguments)
    assert status == 1
    assert "property-became-optional" in out
    assert run(capsys, *arguments, "--as", "request")[0] == 0
    assert run(capsys, "diff", str(CONTRACT), str(CONTRACT))[:2] == (
        0,
        "nothing has changed that a partner could notice\n",
    )


@pytest.fixture(scope="module")
def analysis(tmp_path_factory: pytest.TempPathFactory) -> str:
    file = tmp_path_factory.mktemp("analysis") / "analysis.json"
    with pytest.raises(SystemExit):
        main(["analyze", str(Path(FOLDER).parents[1]), "--format", "json", "-o", str(file)])
    return str(file)


def test_a_boundary_that_is_not_there(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, analysis: str
) -> None:
    for name, file in (
        ("biling", analysis),
        ("billing", str(tmp_path / "nowhere.json")),
        ("billing", FOLDER),
    ):
        status, _, err = run(capsys, "generate", name, "--from", file, "-o", str(tmp_path / "made"))
        assert status == 2
        assert "Traceback" not in err
    assert not (tmp_path / "made").exists()


def test_what_is_generated_is_checked_and_replaced_only_on_demand(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, analysis: str
) -> None:
    arguments = ("generate", "billing", "--from", analysis, "-o", str(tmp_path))
    status, out, _ = run(capsys, *arguments)
    assert status == 0
    assert "billing_invoiceline.unit_cents: minor units without a currency column" in out
    assert run(capsys, *arguments)[0] == 3
    assert run(capsys, *arguments, "--force")[0] == 0
    mappings = str(tmp_path / "mappings_billing.py")
    status, out, _ = run(capsys, "check", f"{mappings}:invoice", "--no-laws", "--analysis", analysis)
    assert status == 1
    assert "to decide:" in out
    assert "nothing has changed" in out
    status, out, _ = run(capsys, "check", f"{mappings}:payment", "--examples", "20", "--analysis", analysis)
    assert status == 0, out
