import os
from pathlib import Path
from threading import Thread

import pytest

from strangler.cli.output import write
from strangler.errors import StranglerError


def test_nothing_takes_the_place_of_a_pipe_or_a_device(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    heard: list[bytes] = []
    reader = Thread(target=lambda: heard.append(pipe.read_bytes()))
    reader.start()
    write(b"told", str(pipe))
    reader.join(10)
    assert heard == [b"told"]
    assert pipe.is_fifo()
    assert list(tmp_path.iterdir()) == [pipe]


def test_a_link_stays_one(tmp_path: Path) -> None:
    target, link = tmp_path / "there" / "file", tmp_path / "link"
    target.parent.mkdir()
    link.symlink_to(target)
    for text in (b"one", b"two"):
        write(text, str(link))
        assert link.is_symlink()
        assert target.read_bytes() == text
    assert list(target.parent.iterdir()) == [target]


@pytest.mark.parametrize("name", ["", "no/file", "loop"])
def test_what_cannot_be_written_is_told_and_leaves_nothing(tmp_path: Path, name: str) -> None:
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    with pytest.raises(StranglerError, match="cannot be written"):
        write(b"x", str(tmp_path / name))
    assert {path.name for path in tmp_path.iterdir()} == {"loop"}
