"""The recorder's promises to a production system: bounded, silent, harmless."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
import threading
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from analyzer.runtime import strangler_recorder as recorder_file
from analyzer.runtime.observations import read_observations
from analyzer.runtime.strangler_recorder import _append, _Recorder


class FakeConnection:
    vendor = "sqlite"
    alias = "default"
    connection = None


def request(route: str = "a/") -> Any:
    match = SimpleNamespace(route=route, func=request, view_name="a")
    return SimpleNamespace(method="GET", resolver_match=match)


def recorder(folder: Path, **options: Any) -> _Recorder:
    return _Recorder(str(folder), {"SAMPLE": 1, "INTERVAL": 3600, "FILE": "seen.jsonl", **options})


def serve(of: _Recorder, *statements: Any, asked: Any = None) -> None:
    """One request that runs statements, without Django."""
    asked = asked or request()
    seen = of.begin(asked)
    try:
        for sql in statements:
            of.execute(lambda *_: "rows", sql, (), False, {"connection": FakeConnection()})
    finally:
        of.end(asked, seen, 0.0, 200)


def test_an_option_that_is_not_known_is_said(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="knows no SAMPEL"):
        recorder(tmp_path, SAMPEL=1)


def test_a_statement_that_is_no_text_never_stops_a_request(tmp_path: Path) -> None:
    of = recorder(tmp_path)
    serve(of, 7, None, object(), "SELECT * FROM a", b"SELECT * FROM b")
    of.flush()
    found = read_observations(tmp_path / "seen.jsonl")
    assert found.failures == 3
    assert {table for _, _, table, _, _ in found.sites} == {"a", "b"}


def test_what_the_database_raises_is_raised_and_what_it_returns_returned(tmp_path: Path) -> None:
    of = recorder(tmp_path)
    context = {"connection": FakeConnection()}
    asked = request()
    seen = of.begin(asked)

    def refuse(*_: Any) -> None:
        raise KeyError("from the database")

    with pytest.raises(KeyError, match="from the database"):
        of.execute(refuse, "SELECT 1 FROM a", (), False, context)
    assert of.execute(lambda *_: "rows", "SELECT 1 FROM a", (), False, context) == "rows"
    of.end(asked, seen, 0.0, 200)
    of.end(object(), None, 0.0, 200)  # a request without a method: counted as a failure, not raised
    of.flush()
    assert read_observations(tmp_path / "seen.jsonl").failures == 1


def test_the_file_never_grows_beyond_its_limit(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    of = recorder(tmp_path, MAX_MB=0.002)
    with caplog.at_level(logging.WARNING):
        for _ in range(20):
            serve(of, "SELECT * FROM a")
            of.flush()
    assert (tmp_path / "seen.jsonl").stat().st_size <= 2000
    assert len(caplog.records) == 1  # once, not at every write
    assert of.batch.dropped > 0


def test_memory_is_bounded_whatever_the_site_does(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("MAX_VIEWS", "MAX_ROWS", "MAX_STATEMENTS", "MAX_CACHED"):
        monkeypatch.setattr(recorder_file, name, 10)
    of = recorder(tmp_path)
    for i in range(50):
        serve(of, *(f"SELECT * FROM t{i}_{j}" for j in range(20)), asked=request(f"r{i}/"))
    assert len(of.batch.views) <= 10
    assert len(of.batch.rows) <= 10
    assert len(of.cache) <= 10
    assert of.batch.dropped > 100


def test_a_link_or_a_pipe_in_the_file_s_place_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "target").write_text("precious\n")
    (tmp_path / "link").symlink_to(tmp_path / "target")
    os.mkfifo(tmp_path / "pipe")
    for name in ("link", "pipe"):
        of = recorder(tmp_path, FILE=name)
        serve(of, "SELECT * FROM a")
        of.flush()
        assert of.batch.dropped > 0
    assert (tmp_path / "target").read_text() == "precious\n"


def test_a_half_line_of_a_killed_process_spoils_no_other(tmp_path: Path) -> None:
    file = tmp_path / "seen.jsonl"
    file.write_text('{"v":1,"kind":"si')
    assert _append(str(file), b'{"whole": 1}\n', 10_000)
    assert file.read_text().splitlines()[-1] == '{"whole": 1}'


def test_a_method_that_a_client_invents_is_no_new_counter(tmp_path: Path) -> None:
    of = recorder(tmp_path)
    for method in ("BREW", "WHEN"):
        asked = request()
        asked.method = method
        serve(of, asked=asked)
    assert [key[3] for key in of.batch.views] == ["OTHER"]


def test_processes_and_threads_append_whole_lines(tmp_path: Path) -> None:
    of = recorder(tmp_path)

    def work() -> None:
        for i in range(50):
            serve(of, f"SELECT * FROM t{i % 5}")
            of.flush()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    of.flush()
    lines = (tmp_path / "seen.jsonl").read_text().splitlines()
    assert all(json.loads(line)["v"] == 1 for line in lines)
    found = read_observations(tmp_path / "seen.jsonl")
    assert (found.requests, found.sampled, sum(found.sites.values()), found.dropped) == (200, 200, 200, 0)


def test_a_request_that_is_not_sampled_is_counted_all_the_same(tmp_path: Path) -> None:
    of = recorder(tmp_path, SAMPLE=0)
    serve(of, "SELECT * FROM a")
    of.flush()
    found = read_observations(tmp_path / "seen.jsonl")
    assert (found.requests, found.sampled, len(found.sites)) == (1, 0, 0)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
def test_a_forked_worker_counts_for_itself(tmp_path: Path) -> None:
    """What a preloading server does: the parent has served already when it forks."""
    code = f"""
import os, sys
sys.path.insert(0, {str(Path(recorder_file.__file__).parent)!r})
from types import SimpleNamespace
import strangler_recorder
of = strangler_recorder._Recorder({str(tmp_path)!r}, {{"SAMPLE": 1, "INTERVAL": 3600, "FILE": "seen.jsonl"}})
os.register_at_fork(after_in_child=of.reset)
request = SimpleNamespace(method="GET", resolver_match=None)
of.end(request, of.begin(request), 0.0, 200)
child = os.fork()
of.end(request, of.begin(request), 0.0, 200)
of.flush()
if child:
    os.waitpid(child, 0)
else:
    os._exit(0)
"""
    subprocess.run([sys.executable, "-W", "ignore", "-c", code], check=True, timeout=60)
    found = read_observations(tmp_path / "seen.jsonl")
    assert (found.requests, found.batches) == (3, 2)
