import subprocess
import sys
from pathlib import Path

import pytest

from strangler.cli.entry import COMMANDS, main
from strangler.errors import Refused, StranglerError


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as stopped:
        main(list(arguments))
    out, err = capsys.readouterr()
    return int(stopped.value.code or 0), out, err


def test_no_verb_is_imported_for_help() -> None:
    code = """
import sys
from strangler.cli.application import application
from strangler.cli.entry import COMMANDS
application("", COMMANDS)
print(sorted(module for module in sys.modules if module.startswith("strangler")))
"""
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert out.strip() == str(
        ["strangler", "strangler.cli", "strangler.cli.application", "strangler.cli.entry"]
    )


def test_an_unknown_verb_is_a_usage_error(capsys: pytest.CaptureFixture[str]) -> None:
    status, out, err = run(capsys, "analyse")
    assert (status, out) == (2, "")
    assert err.startswith("strangler: No such command 'analyse'")
    assert err.count("\n") == 1


@pytest.mark.parametrize(
    "arguments",
    [("routes", "flip"), ("analyze", "--format"), ("demo", "--port", "x"), ("rollout", "--no")],
)
def test_wrong_usage_is_one_line(arguments: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    status, out, err = run(capsys, *arguments)
    assert (status, out) == (2, "")
    assert err.startswith("strangler: ")
    assert err.endswith(" --help\n")
    assert err.count("\n") == 1


def test_no_arguments_is_the_help(capsys: pytest.CaptureFixture[str]) -> None:
    status, out, err = run(capsys)
    assert status == 2
    assert "Commands:" in out + err


@pytest.mark.parametrize("verb", sorted(COMMANDS))
def test_every_verb_has_help(verb: str, capsys: pytest.CaptureFixture[str]) -> None:
    status, out, _ = run(capsys, verb, "--help")
    assert status == 0
    assert "Usage: strangler " + verb in out


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    status, out, _ = run(capsys, "--version")
    assert status == 0
    assert out.startswith("strangler 0.")


@pytest.mark.parametrize(
    ("error", "status", "line"),
    [
        (
            StranglerError("it is gone", where="here", remedy="Look there."),
            2,
            "strangler: here: it is gone. Look there.\n",
        ),
        (Refused("no"), 3, "strangler: no\n"),
        (KeyboardInterrupt(), 130, ""),
        (
            FileNotFoundError(2, "No such file or directory", "x.json"),
            2,
            "strangler: x.json: No such file or directory\n",
        ),
    ],
)
def test_what_stops_a_command_is_one_line_and_an_exit_code(
    error: BaseException,
    status: int,
    line: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def stop(verb: str, arguments: list[str]) -> None:
        raise error

    monkeypatch.setattr("strangler.cli.entry._run", stop)
    assert run(capsys, "demo") == (status, "", line)


def test_a_defect_names_itself_and_the_way_to_its_traceback(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(verb: str, arguments: list[str]) -> None:
        raise ZeroDivisionError("division by zero")

    monkeypatch.setattr("strangler.cli.entry._run", stop)
    status, _, err = run(capsys, "demo")
    assert status == 2
    assert err.startswith("strangler: unexpected ZeroDivisionError: division by zero.")
    with pytest.raises(ZeroDivisionError):
        main(["--debug", "demo"])


def test_a_reader_that_goes_away_is_no_answer() -> None:
    sample = Path(__file__).parents[4] / "sample_monolith"
    command = [sys.executable, "-m", "strangler.cli", "analyze", str(sample), "--format", "json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        told = process.stderr.read()
    assert process.returncode == 141
    assert "Traceback" not in told
