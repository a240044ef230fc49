"""Several processes change one state at once, and some of them die: nothing that was accepted is lost."""

from __future__ import annotations

import random
import subprocess
import sys
from pathlib import Path

import fakes.writer
import pytest
from fakes.commands import Commands

from strangler.routing import RouteTable
from strangler.store import Record, open_state


def writer(url: str, folder: Path, record: str, number: int) -> subprocess.Popen[str]:
    line = [sys.executable, fakes.writer.__file__, url, str(folder / record), "billing", str(number)]
    return subprocess.Popen(line, stdout=subprocess.PIPE, text=True)


def accepted_by(folder: Path, record: str) -> dict[int, str]:
    """Version -> share, as a writer wrote them down; its last line may be torn."""
    lines = [
        line.split() for line in (folder / record).read_text().splitlines(keepends=True) if line[-1] == "\n"
    ]
    return {int(line[1]): line[2] for line in lines if line[0] == "accepted"}


def kept(url: str) -> tuple[RouteTable, list[Record]]:
    state = open_state(url, create=False)
    table, history = state.routes.load(), state.routes.history()
    state.close()
    return table, history


def test_no_update_is_lost_between_two_processes(commands: Commands, url: str, tmp_path: Path) -> None:
    writers = [writer(url, tmp_path, f"record-{n}", 60) for n in range(2)]
    for process in writers:
        process.communicate(timeout=60)
        assert process.returncode == 0
    first, second = (accepted_by(tmp_path, f"record-{n}") for n in range(2))
    assert not first.keys() & second.keys()
    assert first.keys() | second.keys() == set(
        range(3, 3 + len(first) + len(second))
    )  # two are the fixture's
    told = first | second
    _, history = kept(url)
    assert [record.version for record in history] == list(range(2 + len(told), 0, -1))
    assert all(record.entry.summary.endswith(f"-> {told[record.version]} %") for record in history[:-2])


def test_a_command_that_was_overtaken_says_so(commands: Commands, url: str, tmp_path: Path) -> None:
    started = [commands.start("routes", "canary", "billing", str(share)) for share in range(1, 7)]
    codes = []
    for process in started:
        _, err = process.communicate(timeout=60)
        codes.append(process.returncode)
        assert process.returncode in (0, 3), err
        assert process.returncode == 0 or "somebody else changed the routes" in err
    table, history = kept(url)
    assert len(history) == table.version == 2 + codes.count(0)


@pytest.mark.parametrize("kills", [10, pytest.param(200, marks=pytest.mark.service)])
def test_kill_9_in_the_middle_of_changes_loses_nothing_that_was_accepted(
    commands: Commands, url: str, tmp_path: Path, kills: int
) -> None:
    chance = random.Random(20_240_501)
    killed = 0
    for _ in range(kills):
        process = writer(url, tmp_path, "record", 0)
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        try:
            process.wait(chance.uniform(0.001, 0.1))
        except subprocess.TimeoutExpired:
            process.kill()
            killed += 1
        process.communicate(timeout=10)
        table, history = kept(url)
        summaries = {record.version: record.entry.summary for record in history}
        assert sorted(summaries) == list(range(1, table.version + 1))
        for version, share in accepted_by(tmp_path, "record").items():
            assert summaries[version].endswith(f"-> {share} %")
    assert killed == kills
    assert table.version > 2
    assert summaries[table.version].endswith(f"-> {table.groups['billing'].share:g} %")
    assert commands.run("routes", "canary", "billing", "0").code == 0


def test_two_processes_that_find_no_state_make_one(url: str, tmp_path: Path) -> None:
    commands = Commands(tmp_path, STRANGLER_STATE=url)
    add = ("routes", "add", "--service", "http://127.0.0.1:9001", "--path")
    started = [commands.start(*add, f"/{name}/", name) for name in ("a", "b", "c", "d")]
    errors = [process.communicate(timeout=60)[1] for process in started]
    codes = [process.returncode for process in started]
    assert set(codes) <= {0, 3}, errors
    table, _ = kept(url)
    assert len(table.groups) == codes.count(0) >= 1
