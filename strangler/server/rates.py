"""Rate limits of several workers: each tells the others once a second whom it has let pass, through a small file."""

from __future__ import annotations

from pathlib import Path

import msgspec

from strangler.facade.gate import Gate, Spending

KEPT = 5.0
"""Seconds for which a worker repeats what it has told: whoever was busy for a moment misses nothing."""


class Batch(msgspec.Struct, frozen=True):
    """What one worker let pass until ``at``, in seconds of the clock that all processes of a machine share."""

    at: float
    spent: Spending


class SharedRates:
    """A folder with a file for each worker; ``name`` is this one's. Keys are addresses and digests, never what a client
    showed."""

    def __init__(self, folder: Path, name: str) -> None:
        self._folder = folder
        self._own = folder / f"{name}.rates"
        self._batches: list[Batch] = []
        self._heard: dict[Path, float] = {}

    def exchange(self, gate: Gate, now: float) -> None:
        """Tells the others what has passed here, and counts here what has passed there. Raises ``OSError``."""
        for batch in self._news(now):
            gate.absorb(batch.spent)
        spent = gate.drain()
        said = bool(self._batches)
        self._batches = [batch for batch in self._batches if batch.at > now - KEPT]
        if spent:
            self._batches.append(Batch(now, spent))
        if spent or said:
            draft = self._own.with_suffix(".rates-draft")
            draft.write_bytes(msgspec.json.encode(self._batches))
            draft.replace(self._own)

    def _news(self, now: float) -> list[Batch]:
        news = []
        for file in self._folder.glob("*.rates"):
            if file == self._own:
                continue
            heard = max(self._heard.get(file, 0.0), now - KEPT)
            told = msgspec.json.decode(file.read_bytes(), type=list[Batch])
            news += [batch for batch in told if batch.at > heard]
            self._heard[file] = max([heard, *(batch.at for batch in told)])
        return news
