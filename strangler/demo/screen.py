"""What a person sees of the demo: a line for each act, and live counters while traffic flows."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

from rich.console import Console, Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from strangler.demo.traffic import Result

RECENT = 3.0
"""Seconds over which the live counters look back."""


@dataclass(frozen=True, slots=True)
class Flow:
    """The traffic of the last seconds, as the clients saw it. Latencies in seconds."""

    rate: float
    monolith: int
    service: int
    failed: int
    p95: tuple[float, float]

    @classmethod
    def of(cls, results: Sequence[Result], now: float, seconds: float = RECENT) -> Flow:
        """The last ``seconds`` of ``results``, which are nearly in order of time."""
        recent: list[Result] = []
        for result in reversed(results):
            if result.at < now - 2 * seconds:
                break
            if result.at >= now - seconds:
                recent.append(result)
        sides = {side: [r.seconds for r in recent if r.side == side] for side in ("monolith", "service")}
        return cls(
            rate=len(recent) / seconds,
            monolith=len(sides["monolith"]),
            service=len(sides["service"]),
            failed=sum(result.failed for result in recent),
            p95=(_p95(sides["monolith"]), _p95(sides["service"])),
        )


class Screen:
    """Prints acts and commands; shows counters live on a terminal, and as a line now and then elsewhere."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self._begun = time.monotonic()
        self._live: Live | None = None
        self._shown = 0.0

    @property
    def elapsed(self) -> float:
        """Seconds since the demo began."""
        return time.monotonic() - self._begun

    def title(self, text: str) -> None:
        """The first line."""
        self.console.print(Text(text, style="bold"))

    def act(self, name: str, told: str) -> None:
        """Something was done: its name and what came of it."""
        self.console.print()
        head = Text(f"{self.elapsed:5.1f} s  ", style="dim").append(f"{name:<10}", "bold cyan")
        self.hang(head, Text(told))

    def command(self, line: str) -> None:
        """A command that a person could have typed; never broken, so that it can be copied."""
        self.console.print(Text(f"         $ {line}", style="green"), soft_wrap=True)

    def note(self, told: str, style: str = "default") -> None:
        """Lines below an act."""
        self.hang(Text(" " * 9), Text(told, style=style))

    def hang(self, head: Text, body: Text) -> None:
        """On a terminal ``body`` is wrapped beside ``head``; elsewhere it is one line."""
        if not self.console.is_terminal:
            self.console.print(head + body, soft_wrap=True)
            return
        grid = Table.grid()
        grid.add_column(width=head.cell_len, no_wrap=True)
        grid.add_column()
        grid.add_row(head, body)
        self.console.print(grid)

    def flow(self, share: float, flow: Flow, told: str) -> None:
        """The counters now. ``share`` in percent."""
        if self.console.is_terminal:
            if self._live is None:
                self._live = Live(console=self.console, transient=True, refresh_per_second=8)
                self._live.start()
            self._live.update(_view(share, flow, told))
        elif time.monotonic() - self._shown >= RECENT:
            self._shown = time.monotonic()
            self.note(_line(share, flow, told))

    def settle(self, share: float, flow: Flow, told: str) -> None:
        """End the live view; its last figures stay as a line."""
        if self._live is not None:
            self._live.stop()
            self._live = None
        self.note(_line(share, flow, told))
        self._shown = time.monotonic()

    def close(self) -> None:
        """Give the terminal back."""
        if self._live is not None:
            self._live.stop()
            self._live = None


def _view(share: float, flow: Flow, told: str) -> Group:
    """Two short lines and what is being waited for: it fits into 80 columns."""
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    for heading in ("        share", "req/s", "monolith", "service", "failed", "p95 old | new"):
        table.add_column(heading, justify="left" if "share" in heading or "p95" in heading else "right")
    filled = round(share / 10)
    bar = Text(f"        {share:>3g} % ").append("█" * filled, "cyan").append("░" * (10 - filled), "dim")
    failed = Text(str(flow.failed), style="bold red" if flow.failed else "green")
    numbers = (f"{flow.rate:.0f}", str(flow.monolith), str(flow.service), failed, _latencies(flow))
    table.add_row(bar, *numbers)
    return Group(table, Text(f"         {told}", style="dim"))


def _line(share: float, flow: Flow, told: str) -> str:
    return (
        f"share {share:g} %: {flow.rate:.0f} requests/s, {flow.monolith} monolith, {flow.service} service, "
        f"{flow.failed} failed, p95 {_latencies(flow)}{'; ' + told if told else ''}"
    )


def _latencies(flow: Flow) -> str:
    return " | ".join(f"{seconds * 1000:.0f} ms" if seconds else "-" for seconds in flow.p95)


def _p95(seconds: list[float]) -> float:
    return sorted(seconds)[int(len(seconds) * 0.95)] if seconds else 0.0
