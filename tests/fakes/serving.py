"""``strangler serve`` as a process of its own, inside an asynchronous test."""

from __future__ import annotations

import asyncio
import os
import re
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from fakes.wire import PATIENCE, connected

from strangler.store import Token, open_state
from strangler.store.tokens import digest_of

READY = re.compile(
    r"strangler: facade on (?P<facade>\S+) -> monolith \S+; admin on http://\S+:(?P<admin>\d+).*\n"
)


@dataclass
class Serving:
    """A running facade: where it is, and what it says on standard error."""

    process: asyncio.subprocess.Process
    facade: str
    admin_port: int
    state: str
    said: list[str] = field(default_factory=list)

    @property
    def port(self) -> int:
        return int(self.facade.rpartition(":")[2])

    async def hears(self, told: str) -> str:
        """The next line that holds some words."""
        assert self.process.stderr is not None
        async with asyncio.timeout(3 * PATIENCE):
            while line := (await self.process.stderr.readline()).decode():
                self.said.append(line)
                if told in line:
                    return line
        raise AssertionError(f"it never said {told!r}, but {self.said}")

    async def stopped(self, number: int) -> int:
        """Its exit code after a signal."""
        self.process.send_signal(number)
        async with asyncio.timeout(3 * PATIENCE):
            assert self.process.stderr is not None
            self.said.append((await self.process.stderr.read()).decode())
            return await self.process.wait()

    async def admin(self, path: str) -> str:
        """What the admin API answers a viewer."""
        async with connected(self.admin_port) as client:
            await client.send(
                f"GET {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer look\r\n\r\n".encode()
            )
            return (await client.answer()).body.decode()


@asynccontextmanager
async def serving(
    monolith: str, folder: Path, *options: str, environ: dict[str, str] | None = None
) -> AsyncIterator[Serving]:
    """Starts it on free ports (other ones may be among the options), and ends it. ``environ`` is added to ours."""
    url = f"sqlite:///{folder / 'state.db'}"
    state = open_state(url)
    if not state.tokens.list():
        state.tokens.add(Token("viewer", "viewer", 1.0), digest_of("look"))
    state.close()
    command = [sys.executable, "-m", "strangler.cli", "serve", "--monolith", monolith, "--state", url]
    command += ["--bind", "127.0.0.1:0", "--admin-bind", "127.0.0.1:0", *options]
    process = await asyncio.create_subprocess_exec(
        *command, cwd=folder, env={**os.environ, **(environ or {})}, stderr=asyncio.subprocess.PIPE
    )
    made = Serving(process, "", 0, url)
    try:
        ready = READY.fullmatch(await made.hears("facade on"))
        assert ready is not None, made.said
        made.facade, made.admin_port = ready["facade"], int(ready["admin"])
        yield made
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()
