"""The main job on the sample monolith, act by act: analyse, stand in front, copy, shadow, move, break, go back."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path

import httpx

from strangler.control.rollouts import Rollouts, observation
from strangler.control.service import Control
from strangler.demo.checks import Check, Deployment, Step, check
from strangler.demo.screen import Flow, Screen
from strangler.demo.stage import Stage, StageError, free_port
from strangler.demo.traffic import DEVICE_HEADER, SIDE_HEADER, Request, Traffic
from strangler.rollout import Observation, Rollout
from strangler.store import open_state

GROUP = "billing"
MOVED = "api/billing/invoices/"
"""The endpoints that have a service: the list, the detail, the payment."""
TOKENS = ("demo-token-alice-acme", "demo-token-carol-globex", "demo-token-dave-initech")
DEVICES = 300
RATE = 90.0
"""Requests a second: enough for a verdict in a few seconds, little enough for a laptop."""
STEPS, INTERVAL, FEWEST = "1,25,100", "3s", "5"
PATIENCE = 60.0
"""Seconds that a phase may take before the demo gives up on it."""
SHADOWED = 150
"""Answers that are compared before anybody sees one of the service."""


@dataclass(slots=True)
class Demo:
    """One run: the addresses, the clients, and what happened."""

    stage: Stage
    screen: Screen
    sample: Path
    facade_port: int
    monolith: str = ""
    service: str = ""
    facade: str = ""
    requests: list[Request] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)
    compared: tuple[int, int] = (0, 0)
    group: str = GROUP
    paid_by: str = ""
    """The side that answered the payment."""
    deployment: Deployment | None = None

    @property
    def state(self) -> str:
        """Where the facade of the demo keeps its routes."""
        return f"sqlite:///{self.stage.folder / 'strangler.db'}"

    def run(self) -> list[Check]:
        """All acts; what the summary shows."""
        self.start_monolith()
        self.analyse()
        self.extract()
        self.stand_in_front()
        traffic = Traffic(self.facade, self.requests, rate=RATE)
        traffic.start()
        try:
            self.shadow(traffic)
            self.move(traffic)
            self.write()
            self.break_it(traffic)
        finally:
            traffic.stop()
        return check(self, traffic.results)

    def start_monolith(self) -> None:
        """The sample SaaS, with data, on a port of its own."""
        port = free_port()
        self.monolith = f"http://127.0.0.1:{port}"
        database = self.stage.folder / "monolith.db"
        script = self.sample / "run.py"
        self.stage.start(
            "monolith",
            [script, "--port", str(port), "--database", database, "--orders", "1500"],
            f"{self.monolith}/",
        )
        for token in TOKENS:
            self.requests += _clients(self.monolith, token)
        self.screen.act("monolith", f"a Django SaaS with three tenants on {self.monolith}")

    def analyse(self) -> None:
        """What does cutting the invoices out cost?"""
        self._strangler("analyze", str(self.sample), "--format", "json", "-o", "analysis.json", shown=True)
        document = json.loads((self.stage.folder / "analysis.json").read_bytes())
        found = {boundary["name"]: boundary for boundary in document["boundaries"]}
        share = document["coverage"]["orm_share_resolved"]
        self.screen.act(
            "analysis",
            f"{document['coverage']['models']} models, {len(found)} boundaries; {share:.1%} of the ORM calls resolved",
        )
        boundary = found[GROUP]
        self.screen.note(
            f"{GROUP}: {len(boundary['bill'])} items on the bill; {', '.join(boundary['reasons'])}"
        )
        for item in boundary["bill"][:3]:
            site = item["locations"][0]
            self.screen.note(
                f"  {site['file']}:{site['line']}  {item['kind']}: {_cut(item['summary'])}", "dim"
            )

    def extract(self) -> None:
        """The new service: its own database, filled through the mapping only."""
        rows = self.copy_rows()
        self.service = self.start_service("service")
        self.screen.act("service", f"on {self.service}, with a database of its own")
        copied, refused = rows["copied"], rows["quarantined"]
        self.screen.note(f"{copied} invoices copied through the mapping, {refused} not translatable")

    def stand_in_front(self) -> None:
        """The facade, and the analysis's URL patterns as routes."""
        port = self.facade_port or free_port()
        self.facade = f"http://127.0.0.1:{port}"
        admin = f"127.0.0.1:{free_port()}"
        options = ["--monolith", self.monolith, "--bind", f"127.0.0.1:{port}", "--admin-bind", admin]
        self.stage.start(
            "facade",
            ["-m", "strangler.cli", "serve", *options, "--debug-headers"],
            f"http://{admin}/healthz",
        )
        self.screen.act("facade", f"on {self.facade}: at first it forwards everything")
        self._routes(
            "import", "analysis.json", "--boundary", GROUP, "--only", MOVED, "--service", self.service
        )
        self._routes("writer", GROUP, "monolith")

    def shadow(self, traffic: Traffic) -> None:
        """Copies of real requests go to the service; nobody sees its answers."""
        self._routes("shadow", GROUP, "100")
        begun = time.time()

        def compared() -> str | None:
            seen = self._observe(begun)
            self.compared = (seen.compared, seen.differing)
            return f"{seen.compared} compared, {seen.differing} differ" if seen.compared < SHADOWED else None

        self._watch(traffic, 0, compared)
        self._routes("shadow", GROUP, "0")
        self.screen.act("shadow", f"{self.compared[0]} answers compared, {self.compared[1]} differ")

    def move(self, traffic: Traffic) -> None:
        """1 % of the devices, 25 %, all of them; each step on the guard's word."""
        self._routes("canary", GROUP, "0", "--sticky", f"header:{DEVICE_HEADER}")
        options = ("--steps", STEPS, "--interval", INTERVAL, "--min-requests", FEWEST)
        self._strangler("rollout", "start", GROUP, *options, shown=True)
        share = -1.0

        def promoted() -> str | None:
            nonlocal share
            rollout = self._rollout()
            if rollout.phase not in ("running", "promoted"):
                raise StageError(f"the rollout ended early: {rollout.phase}, {rollout.verdict.reason}")
            if rollout.share != share and not rollout.pending:
                share = rollout.share
                self._begin_step(share)
            return f"guard: {rollout.verdict.answer}" if rollout.phase == "running" else None

        self._watch(traffic, lambda: share, promoted)
        self._begin_step(None)
        self.screen.act("moved", f"the service answers everybody; guard: {self._rollout().verdict.reason}")

    def write(self) -> None:
        """A payment goes to the writer, whatever the share."""
        client = {"authorization": f"Token {TOKENS[0]}", DEVICE_HEADER: "device-1"}
        with httpx.Client(base_url=self.facade, headers=client, trust_env=False) as session:
            open_ = session.get(f"/{MOVED}?status=O").json()["results"][0]
            answer = session.post(f"/{MOVED}{open_['id']}/pay/", json={"method": "B"})
        if answer.status_code != 200:
            raise StageError(
                f"paying an invoice through the facade answered {answer.status_code}: {answer.text}"
            )
        self.paid_by = answer.headers[SIDE_HEADER]
        self.copy_rows()
        self.screen.act("write", f"invoice {open_['invoice_no']} was paid at the writer, the {self.paid_by}")

    def break_it(self, traffic: Traffic) -> None:
        """A bad release goes live. Nobody does anything about it."""
        bad = self.start_service("bad release", "--broken", "errors")
        begun = time.monotonic()
        self._routes("set-upstream", GROUP, bad)

        def rolled_back() -> str | None:
            rollout = self._rollout()
            done = rollout.phase == "rolled back" and not rollout.pending
            return None if done else "a bad release is live"

        self._watch(traffic, 100, rolled_back)
        ended = time.monotonic()
        self.deployment = Deployment(begun, ended)
        self.screen.act("rollback", f"by itself, {ended - begun:.1f} s after the bad release went live")
        self.screen.note(self._rollout().verdict.reason)
        self._routes("set-upstream", GROUP, self.service)
        time.sleep(1.5)

    def start_service(self, name: str, *options: str) -> str:
        """A release of the service on a free port."""
        port = free_port()
        url = f"http://127.0.0.1:{port}"
        script = self.sample / "extracted" / "billing" / "run.py"
        command: list[str | Path] = [
            script,
            "--port",
            str(port),
            "--database",
            self.stage.folder / "billing.db",
        ]
        self.stage.start(name, [*command, "--monolith", self.monolith, *options], f"{url}/healthz")
        return url

    def copy_rows(self) -> dict[str, int]:
        """Legacy rows through the mapping into the service's database; the copier's own summary."""
        script = self.sample / "extracted" / "billing" / "backfill.py"
        legacy, database = self.stage.folder / "monolith.db", self.stage.folder / "billing.db"
        done = self.stage.run(script, "--legacy", legacy, "--database", database)
        summary: dict[str, int] = json.loads(done.stdout)
        return summary

    def _strangler(self, *arguments: str, shown: bool = False) -> None:
        if shown:
            self.screen.command("strangler " + " ".join(_short(argument) for argument in arguments))
        self.stage.run("-m", "strangler.cli", *arguments)

    def _routes(self, *arguments: str) -> None:
        self._strangler("routes", *arguments, shown=True)

    def _watch(
        self, traffic: Traffic, share: float | Callable[[], float], told: Callable[[], str | None]
    ) -> None:
        """Show the traffic until ``told`` has nothing more to say."""
        deadline = time.monotonic() + PATIENCE
        last = ""
        while (text := told()) is not None:
            last = text
            if time.monotonic() > deadline:
                raise StageError(f"this did not end within {PATIENCE:.0f} s: {text}")
            now = share() if callable(share) else share
            self.screen.flow(now, Flow.of(traffic.results, time.monotonic()), text)
            time.sleep(0.1)
        now = share() if callable(share) else share
        self.screen.settle(now, Flow.of(traffic.results, time.monotonic()), last)

    def _begin_step(self, share: float | None) -> None:
        """Note when a share began to hold, and the one before it ended."""
        now = time.monotonic()
        if self.steps:
            self.steps[-1] = replace(self.steps[-1], ended=now)
        if share is not None:
            self.steps.append(Step(share, now, now))

    def _rollout(self) -> Rollout:
        with closing(open_state(self.state, create=False)) as state:
            return Rollouts(state, Control(state.routes), holder="demo", clock=time.time).get(GROUP)

    def _observe(self, since: float) -> Observation:
        with closing(open_state(self.state, create=False)) as state:
            return observation(state.windows.totals(int(since)), GROUP)


def _clients(base: str, token: str) -> list[Request]:
    """What the devices of one tenant ask for: pages of the list, and each invoice on them."""
    authorization = f"Token {token}"
    paths = []
    with httpx.Client(base_url=base, headers={"authorization": authorization}, trust_env=False) as client:
        for query in ("?page=1", "?page=2", "?status=O", "?status=P&per_page=10"):
            answer = client.get(f"/{MOVED}{query}")
            if answer.status_code != 200:
                raise StageError(f"the monolith answered {answer.status_code} to GET /{MOVED}{query}")
            paths.append(f"/{MOVED}{query}")
            paths += [f"/{MOVED}{invoice['id']}/" for invoice in answer.json()["results"]]
    name = token.rpartition("-")[2]
    devices = [f"{name}-{number}" for number in range(DEVICES // len(TOKENS))]
    return [Request(path, authorization, device) for device in devices for path in paths]


def _short(argument: str) -> str:
    return argument.rpartition("/")[2] if argument.startswith("/") else argument


def _cut(text: str, width: int = 76) -> str:
    return text if len(text) <= width else text[: width - 3] + "..."
