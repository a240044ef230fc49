from __future__ import annotations

import contextlib
import json
from pathlib import Path
from typing import Any

import pytest
from fakes.observations import atomic, batch, site, view, write
from hypothesis import given
from hypothesis import strategies as st

from analyzer.errors import BadObservations
from analyzer.runtime.observations import Key, Site, read_observations


@pytest.mark.parametrize("text", ["", "hello\n", "{}\n", "[]", '{"v":1}', "\x00\xff" * 100, "{" * 100_000])
def test_a_file_without_observations_is_refused(tmp_path: Path, text: str) -> None:
    file = tmp_path / "seen.jsonl"
    file.write_text(text, "utf-8")
    with pytest.raises(BadObservations, match="holds no observations"):
        read_observations(file)


def test_another_version_is_refused(tmp_path: Path) -> None:
    file = write(tmp_path, {**batch(), "v": 2})
    with pytest.raises(BadObservations, match="version 2; this strangler reads version 1"):
        read_observations(file)


def test_a_missing_file_is_said_in_a_line(tmp_path: Path) -> None:
    with pytest.raises(BadObservations, match="No such file"):
        read_observations(tmp_path / "none")


@pytest.mark.parametrize(
    "changed",
    [
        {"n": -1},
        {"n": 2**60},
        {"n": "1"},
        {"file": "/etc/passwd"},
        {"file": "../up.py"},
        {"file": "a\u001b[31m.py"},
        {"table": "x\n"},
        {"table": "x" * 2000},
        {"mode": "drop"},
        {"line": -5},
        {"more": 1},
        {"kind": "secret"},
    ],
)
def test_a_line_that_does_not_fit_is_left_out(tmp_path: Path, changed: dict[str, Any]) -> None:
    found = read_observations(write(tmp_path, batch(), {**site(), **changed}))
    assert not found.sites
    assert found.skipped == 1


def test_a_line_that_was_cut_off_is_counted(tmp_path: Path) -> None:
    file = write(tmp_path, batch(), site())
    file.write_text(file.read_text() + json.dumps(view())[:50])
    found = read_observations(file)
    assert (found.batches, len(found.sites), found.skipped) == (1, 1, 1)


def test_batches_and_files_add_up(tmp_path: Path) -> None:
    file = write(
        tmp_path,
        batch(at=100),
        view(requests=3),
        site(n=2),
        batch(at=50, dropped=4),
        view(requests=1),
        site(n=5),
        atomic(),
    )
    found = read_observations(file, read_observations(file))
    key = Key("shops/", "shop.views.shops", "shops", "GET")
    assert found.views[key].requests == found.requests == 8
    assert found.views[key].errors == 4
    assert found.sites[key, Site("shop/views.py", 7, "shops"), "shop_shop", "read", True] == 14
    assert (found.first, found.last, found.dropped) == (50, 100, 8)
    assert found.atomics[key, Site("shop/views.py", 7, "shops"), "with", ("shop_item", "shop_shop")] == 2


@given(st.binary(max_size=300))
def test_no_bytes_stop_it(tmp_path_factory: pytest.TempPathFactory, noise: bytes) -> None:
    file = tmp_path_factory.mktemp("noise") / "seen"
    file.write_bytes(json.dumps(batch()).encode() + b"\n" + noise)
    with contextlib.suppress(BadObservations):  # noise may be a line of another version
        assert read_observations(file).batches == 1
