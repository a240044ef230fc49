"""Where the commands read and change routes: in the state itself, or through the admin API of a running facade."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from getpass import getuser
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from strangler.config import Configuration, load
from strangler.control import Control, Outcome, Request
from strangler.errors import BadDocument
from strangler.routing import RouteTable
from strangler.store import Differing, Record, State, open_state

if TYPE_CHECKING:
    from strangler.cli.remote import Remote
    from strangler.control.plan import RolloutRequest
    from strangler.control.rollouts import Rollouts


class Target(Protocol):
    def table(self, version: int | None = None) -> RouteTable: ...
    def history(self, limit: int | None = None) -> list[Record]: ...
    def differences(self, group: str | None = None) -> list[Differing]: ...
    def forget_differences(self, group: str, path: str | None) -> None: ...
    def change(self, request: Request, expected_version: int | None = None) -> Outcome: ...
    def rollouts(self) -> list[dict[str, Any]]: ...
    def roll(self, request: RolloutRequest) -> dict[str, Any]: ...


class Local:
    """The state itself: works while no facade is running, and is audited as ``via=store``."""

    def __init__(self, state: State, actor: str) -> None:
        self._state = state
        self._control = Control(state.routes, actor=actor)

    def table(self, version: int | None = None) -> RouteTable:
        return self._state.routes.load() if version is None else self._state.routes.at(version)

    def history(self, limit: int | None = None) -> list[Record]:
        return self._state.routes.history(limit)

    def differences(self, group: str | None = None) -> list[Differing]:
        return self._state.differences.all(group)

    def forget_differences(self, group: str, path: str | None) -> None:
        self._state.differences.forget(group, path)

    def change(self, request: Request, expected_version: int | None = None) -> Outcome:
        return self._control.change(request, via="store", expected_version=expected_version)

    def rollouts(self) -> list[dict[str, Any]]:
        from strangler.control.plan import shown

        rollouts = self._steering()
        return [shown(rollouts, rollout) for rollout in rollouts.all()]

    def roll(self, request: RolloutRequest) -> dict[str, Any]:
        from strangler.control.plan import carry_out, shown

        rollouts = self._steering()
        return shown(rollouts, carry_out(request, rollouts))

    def _steering(self) -> Rollouts:
        from strangler.control.rollouts import Rollouts

        return Rollouts(self._state, self._control, holder="command line", clock=time.time)


def configuration(environ: Mapping[str, str] = os.environ) -> Configuration:
    """The configuration of the current directory."""
    return load(Path.cwd(), environ)


@contextmanager
def open_target(state: str | None, url: str | None, token: str | None, *, create: bool) -> Iterator[Target]:
    """What the options name. ``create``: a missing state file is made."""
    if state is not None and url is not None:
        raise BadDocument("--state and --url exclude each other", remedy="Give one of them.")
    settings = configuration()
    address = settings.get("url", url) if state is None else None
    if address is not None:
        from strangler.cli.remote import Remote

        with Remote(address, settings.get("token", token)) as remote:
            yield remote
        return
    with closing(open_local(state, create=create)) as opened:
        yield Local(opened, actor())


def open_remote(url: str | None, token: str | None) -> Remote:
    """The admin API that the options name."""
    from strangler.cli.remote import Remote

    settings = configuration()
    address = settings.get("url", url)
    if address is None:
        raise BadDocument(
            "this goes through the admin API",
            where="--url",
            remedy="Give --url http://HOST:PORT or set STRANGLER_URL.",
        )
    return Remote(address, settings.get("token", token))


def open_local(state: str | None, *, create: bool) -> State:
    """The state that the options name, which has to outlive this process to be of any use."""
    address = configuration().get("state", state) or ""
    if address == "memory://":
        raise BadDocument(
            "memory:// ends with this command", where="state", remedy="Use sqlite:///FILE, or --url."
        )
    return open_state(address, create=create)


def actor() -> str:
    """Who is at the keyboard, for the audit log."""
    try:
        return os.environ.get("STRANGLER_ACTOR") or getuser()
    except (KeyError, OSError):
        return f"uid {os.getuid()}"
