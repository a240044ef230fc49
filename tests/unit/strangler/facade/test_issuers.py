"""Keys are asked for beside the requests; what was verified is not verified again, until keys change."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest
from fakes.issuer import NOW, Clock, Issuer, KeySets, key_set

from strangler.facade import Failure
from strangler.facade.issuers import KEPT, Verifier
from strangler.policy.keys import ABSENT, COOLDOWN, FORGET, REFRESH
from strangler.routing.identity import TokenRules

pytestmark = pytest.mark.anyio
RULES = TokenRules(
    algorithms=("ES256",),
    jwks="https://issuer.example/keys",
    issuer="https://issuer.example/",
    audience=("shop",),
)
OLD, NEW = Issuer(), Issuer(id="k2", number=1)


class Bench:
    """A verifier, its issuer and both clocks."""

    def __init__(self, *keys: dict[str, Any], rules: TokenRules = RULES, secret: bytes = b"") -> None:
        self.sets = KeySets(*keys)
        self.clock, self.ticks = Clock(), Clock(0.0)
        self.verifier = Verifier(rules, self.sets, lambda place: secret, self.clock, self.ticks)

    async def status(self, token: bytes) -> int:
        """200 for a token that is believed."""
        try:
            await self.verifier.know(token)
        except Failure as failure:
            return failure.status
        return 200

    def sleep(self, seconds: float) -> None:
        self.clock.now += seconds
        self.ticks.now += seconds


async def test_a_token_whose_key_was_rotated_out_is_refused_though_it_was_verified_before() -> None:
    bench = Bench(OLD.jwk(), NEW.jwk())
    token = OLD.token(exp=int(NOW) + 10_000)
    assert await bench.status(token) == 200
    bench.sets.document = key_set(NEW.jwk())
    bench.sleep(REFRESH)
    assert await bench.status(token) == 200  # the answer is on its way
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert await bench.status(token) == 401


async def test_unknown_keys_make_nobody_ask_the_issuer_again_and_again() -> None:
    bench = Bench(OLD.jwk())
    assert await bench.status(OLD.token()) == 200
    bench.sleep(COOLDOWN)
    strangers = [replace(NEW, id=f"x{number}").token() for number in range(50)]
    assert {await bench.status(token) for token in strangers} == {401}
    assert bench.sets.asked == 2
    bench.sleep(COOLDOWN)
    assert await bench.status(strangers[0]) == 401
    assert bench.sets.asked == 2, "x0 is known to be absent"
    bench.sleep(ABSENT)
    assert await bench.status(strangers[0]) == 401
    assert bench.sets.asked == 3


async def test_an_expired_token_is_refused_though_it_was_verified_before() -> None:
    bench = Bench(OLD.jwk())
    token = OLD.token(exp=int(NOW) + 60)
    assert await bench.status(token) == 200
    bench.sleep(89)
    assert await bench.status(token) == 200
    bench.sleep(1)
    assert await bench.status(token) == 401


async def test_without_keys_nobody_can_tell() -> None:
    bench = Bench()
    bench.sets.silent = True
    assert await bench.status(OLD.token()) == 503
    assert await bench.status(OLD.token()) == 503
    assert bench.sets.asked == 1
    bench.sets.silent = False
    bench.sets.document = b"<html>"
    bench.sleep(COOLDOWN)
    assert await bench.status(OLD.token()) == 503
    assert bench.sets.asked == 2


async def test_a_secret_that_cannot_be_read_is_no_key() -> None:
    rules = replace(RULES, algorithms=("HS256",), jwks=None, keys=("env:KEY",))
    assert await Bench(rules=rules, secret=b"short").status(Issuer("HS256", secret=b"short").token()) == 503
    good = Bench(rules=rules, secret=b"s" * 64)
    assert await good.status(Issuer("HS256").token()) == 200
    assert good.sets.asked == 0


async def test_a_key_that_was_rotated_in_is_found_at_once_by_all_who_wait() -> None:
    bench = Bench(OLD.jwk())
    assert await bench.status(OLD.token()) == 200
    bench.sleep(COOLDOWN)
    bench.sets.document = key_set(OLD.jwk(), NEW.jwk())
    tokens = [NEW.token(jti=str(number)) for number in range(20)]
    assert await asyncio.gather(*map(bench.status, tokens)) == [200] * 20
    assert bench.sets.asked == 2


async def test_a_silent_issuer_keeps_its_users_for_a_day() -> None:
    bench = Bench(OLD.jwk())
    assert await bench.status(OLD.token()) == 200
    bench.sets.silent = True
    for _ in range(3):
        bench.sleep(REFRESH)
        assert await bench.status(OLD.token(exp=int(bench.clock.now) + 60)) == 200
        await asyncio.sleep(0)
    assert bench.sets.asked == 4
    bench.sleep(FORGET)
    await bench.status(OLD.token())
    await asyncio.sleep(0)
    assert await bench.status(OLD.token(exp=int(bench.clock.now) + 60)) == 503


async def test_the_same_identity_is_given_while_a_token_is_remembered() -> None:
    bench = Bench(OLD.jwk())
    token = OLD.token(exp=int(NOW) + 10_000)
    first = await bench.verifier.know(token)
    assert (first.identity.subject, first.identity.via) == ("17", "token")
    assert await bench.verifier.know(token) is first
    bench.sleep(KEPT)
    assert await bench.verifier.know(token) is not first
