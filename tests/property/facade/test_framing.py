"""Requests of the corpus, mutated at random and cut anywhere: whatever reaches the upstream is read alike by two
readers, and what was refused ends its connection."""

from __future__ import annotations

import asyncio
import tomllib
from pathlib import Path

from fakes.facades import running
from fakes.strict import strict
from fakes.wire import connected
from hypothesis import given, settings
from hypothesis import strategies as st

FOLDER = Path(__file__).parents[2] / "assets" / "framing"
SPICE = [b"\r", b"\n", b"\r\n", b"\0", b" ", b"\t", b":", b";", b",", b"0", b"5", b"chunked", b"Host: b\r\n"]
SPICE += [
    b"Content-Length: 3\r\n",
    b"Transfer-Encoding: chunked\r\n",
    b"\r\n\r\n",
    b"\xff",
    b"GET /x HTTP/1.1\r\n",
]


def corpus() -> list[bytes]:
    cases = [case for file in FOLDER.glob("*.toml") for case in tomllib.loads(file.read_text())["case"]]
    lines = [case["raw"] for case in sorted(cases, key=lambda case: str(case["raw"]))]
    return [(raw if isinstance(raw, str) else "\r\n".join(raw)).encode("latin-1") for raw in lines]


@st.composite
def mutated(draw: st.DrawFn) -> bytes:
    """A case with up to four bits of spice put in, or pieces taken out."""
    raw = draw(st.sampled_from(corpus()))
    for _ in range(draw(st.integers(0, 4))):
        place = draw(st.integers(0, len(raw)))
        gone = draw(st.integers(0, 3))
        raw = raw[:place] + draw(st.sampled_from([b"", *SPICE])) + raw[place + gone :]
    return raw


async def play(raw: bytes, cut: int) -> None:
    async with strict() as back, running(back.url) as front, connected(front.port) as client:
        for piece in (raw[:cut], raw[cut:] + b"GET /end HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"):
            if piece:
                client.writer.write(piece)
                await asyncio.sleep(0)
        try:
            async with asyncio.timeout(0.05):  # a body that is announced and never comes is no fault
                told = await client.reader.read()
        except (TimeoutError, ConnectionError):
            told = b""
        seen = back.requests()  # raises where two readings differ
        assert len(seen) <= len(front.outcomes) + 1
        if b"HTTP/1.1 400 " in told:
            assert told.count(b"HTTP/1.1 400 ") == 1
            assert b"HTTP/1.1 2" not in told.partition(b"HTTP/1.1 400 ")[2]


@given(mutated(), st.integers(0, 200))
@settings(max_examples=150)
def test_no_mutation_makes_two_readers_disagree(raw: bytes, cut: int) -> None:
    asyncio.run(play(raw, cut))
