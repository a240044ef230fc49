"""The dashboard in a real browser, before a running facade with traffic on it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from fakes import echo
from fakes.browser import CHROMIUM, DRIVER, Browser
from fakes.load import free_port
from fakes.servers import ADDRESS

from strangler.control import Control, Request
from strangler.control.verbs import Add, Canary, Pattern
from strangler.store import Differing, Example, State, Token, open_state
from strangler.store.tokens import digest_of

pytestmark = [
    pytest.mark.service,
    pytest.mark.skipif(
        CHROMIUM is None or DRIVER is None, reason="Chromium and chromedriver are not installed"
    ),
]
PATIENCE = 20.0


@dataclass
class Site:
    facade: str
    admin: str
    state: State
    process: subprocess.Popen[str]

    @property
    def share(self) -> float:
        return self.state.routes.load().groups["billing"].share


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    url = f"sqlite:///{tmp_path / 'state.db'}"
    ports = free_port(), free_port()
    with ExitStack() as stack:
        for name, port in zip(("monolith", "billing"), ports, strict=True):
            server = subprocess.Popen([sys.executable, echo.__file__, name, str(port)])
            stack.callback(server.wait)
            stack.callback(server.terminate)
        state = stack.enter_context(closing(open_state(url)))
        control = Control(state.routes, actor="test")
        service = f"http://127.0.0.1:{ports[1]}"
        add = Add(
            name="billing", patterns=(Pattern("path", "/api/<int:pk>/"),), service=service, methods=("GET",)
        )
        control.change(Request(add), via="store")
        control.change(Request(Canary(name="billing", percent=50)), via="store")
        state.tokens.add(Token("reader", "viewer", 1.0), digest_of("v"))
        state.tokens.add(Token("boss", "operator", 1.0), digest_of("o"))
        seen = Differing("billing", "$.total", 3, 10.0, 20.0, (Example("GET /api/7/", "<b>1</b>", "2"),))
        state.differences.add([seen])
        command = [
            sys.executable,
            "-m",
            "strangler.cli",
            "serve",
            "--monolith",
            f"http://127.0.0.1:{ports[0]}",
        ]
        command += ["--bind", "127.0.0.1:0", "--admin-bind", "127.0.0.1:0", "--state", url]
        process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, cwd=tmp_path)
        stack.callback(process.communicate)
        stack.callback(process.terminate)
        assert process.stderr is not None
        ready = next(line for line in process.stderr if "facade on" in line)
        facade, _, admin = ADDRESS.findall(ready)
        yield Site(facade, admin, state, process)


def wait(check: Callable[[], Any], what: str) -> Any:
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        found = check()
        if found:
            return found
        time.sleep(0.05)
    raise AssertionError(what)


def enter(browser: Browser, site: Site, token: str) -> None:
    browser.open(site.admin)
    wait(lambda: browser.run("return !!document.querySelector('#token')"), "no form")
    browser.run(
        "document.querySelector('#token').value = arguments[0]; document.querySelector('form').requestSubmit()",
        token,
    )


def button(browser: Browser, label: str) -> str:
    """The state of a button by its accessible name: ``enabled``, ``disabled`` or nothing."""
    script = """const found = [...document.querySelectorAll('button')].find((one) =>
        (one.getAttribute('aria-label') || one.textContent.trim()) === arguments[0]);
        return found ? (found.disabled ? 'disabled' : 'enabled') : '';"""
    return str(browser.run(script, label))


def press(browser: Browser, label: str) -> None:
    wait(lambda: button(browser, label) == "enabled", f"{label} cannot be pressed")
    browser.run(
        """[...document.querySelectorAll('button')].find((one) =>
        (one.getAttribute('aria-label') || one.textContent.trim()) === arguments[0]).click()""",
        label,
    )


def shown(browser: Browser) -> str:
    return str(browser.run("return document.body.innerText"))


def test_a_wrong_token_sees_nothing(site: Site) -> None:
    with Browser() as browser:
        enter(browser, site, "guess")
        wait(lambda: "this token is not known" in shown(browser), "no refusal")
        assert "billing" not in shown(browser)


def test_a_viewer_sees_everything_and_can_press_nothing(site: Site) -> None:
    with Browser() as browser:
        enter(browser, site, "v")
        wait(lambda: button(browser, "Roll back billing") == "disabled", "no button, or one to press")
        browser.run("location.hash = '#/group/billing'")
        wait(lambda: button(browser, "Ignore $.total") == "disabled", "no button, or one to press")
        assert {button(browser, label) for label in ("Roll back billing", "Set …", "Start", "Abort")} == {
            "disabled"
        }
        browser.run(
            "document.querySelectorAll('button').forEach((one) => { one.disabled = false; one.click(); })"
        )
        time.sleep(0.5)
    answer = httpx.post(
        f"{site.admin}/api/changes",
        json={"change": {"verb": "rollback", "name": "billing"}},
        headers={"Authorization": "Bearer v"},
        trust_env=False,
    )
    assert answer.status_code == 403
    assert site.share == 50.0


@pytest.mark.skipif(shutil.which("wrk") is None, reason="wrk is not installed")
def test_an_operator_rolls_back_while_requests_run_and_the_share_is_nought_within_a_second(
    site: Site,
) -> None:
    command = [
        "wrk",
        "-t1",
        "-c8",
        "-d12s",
        "-s",
        str(Path(__file__).with_name("status.lua")),
        f"{site.facade}/api/7/",
    ]
    with Browser() as browser, subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as load:
        enter(browser, site, "o")
        press(browser, "Roll back billing")
        began = time.monotonic()
        wait(lambda: site.share == 0.0, "the share stays")
        seconds = time.monotonic() - began
        wait(
            lambda: "0 %" in browser.run("return document.querySelector('[data-share]').innerText"),
            "not shown",
        )
        wait(lambda: button(browser, "Roll back billing") == "disabled", "it could be pressed again")
        errors = browser.console()
        out, _ = load.communicate(timeout=60)
        sides = {httpx.get(f"{site.facade}/api/{n}/", trust_env=False).headers["x-side"] for n in range(20)}
    assert seconds < 1.0
    assert "failed 0" in out
    assert "Socket errors" not in out
    assert sides == {"monolith"}
    assert errors == []
    (record,) = site.state.routes.history(1)
    assert (record.entry.actor, record.entry.action, record.entry.reason) == (
        "boss",
        "rollback",
        "from the dashboard",
    )


def test_a_share_is_raised_after_the_guard_was_heard_and_a_difference_ignored(
    site: Site, tmp_path: Path
) -> None:
    with Browser(dark=True) as browser:
        enter(browser, site, "o")
        wait(lambda: "billing" in shown(browser), "no group")
        browser.run("location.hash = '#/group/billing'")
        wait(lambda: browser.run("return document.querySelectorAll('.u-over').length") == 3, "no charts")
        wait(lambda: "<b>1</b>" in shown(browser), "the example is not shown as it is")
        press(browser, "Ignore $.total")
        wait(lambda: site.state.routes.load().groups["billing"].ignore == ("$.total",), "not ignored")
        browser.run(
            """const field = document.querySelector('#wanted'); field.value = '60';
            field.dispatchEvent(new Event('input', { bubbles: true }));"""
        )
        press(browser, "Set …")
        wait(lambda: "Guard: inconclusive" in shown(browser), "no verdict")
        assert site.share == 50.0
        press(browser, "Set it")
        wait(lambda: site.share == 60.0, "the share stays")
        browser.picture(tmp_path / "group.png")
        assert browser.console() == []


def test_a_rollout_is_started_and_ended(site: Site) -> None:
    with Browser() as browser:
        enter(browser, site, "o")
        wait(lambda: "billing" in shown(browser), "no group")
        browser.run("location.hash = '#/group/billing'")
        press(browser, "Start")
        wait(lambda: site.share == 1.0, "it has not begun")
        press(browser, "Abort")
        wait(lambda: site.share == 0.0, "it goes on")
        assert "rollout of billing: aborted" in wait(lambda: shown(browser), "nothing")
        assert browser.console() == []


def test_figures_of_a_facade_that_is_gone_are_told_to_be_old(site: Site) -> None:
    with Browser() as browser:
        enter(browser, site, "o")
        wait(lambda: "billing" in shown(browser), "no group")
        site.process.kill()
        wait(lambda: "old: the facade does not answer" in shown(browser), "nobody says that it is old")


@pytest.mark.skipif(not os.environ.get("STRANGLER_AXE"), reason="axe-core is not at hand (STRANGLER_AXE)")
@pytest.mark.parametrize("dark", [False, True])
def test_axe_finds_nothing_serious(site: Site, dark: bool) -> None:
    axe = Path(os.environ["STRANGLER_AXE"]).read_text()
    with Browser(dark=dark) as browser:
        browser.open(site.admin)
        found = [*violations(browser, axe)]
        enter(browser, site, "o")
        for place in ("", "#/group/billing"):
            wait(lambda: "billing" in shown(browser), "no group")
            browser.run("location.hash = arguments[0]", place)
            time.sleep(1)
            found += violations(browser, axe)
    assert found == []


def violations(browser: Browser, axe: str) -> list[str]:
    browser.run(axe)
    told = browser.run_async(
        "const done = arguments[arguments.length - 1]; axe.run().then((r) => done(r.violations))"
    )
    return [
        f"{one['id']}: {one['nodes'][0]['html']}" for one in told if one["impact"] in ("serious", "critical")
    ]
