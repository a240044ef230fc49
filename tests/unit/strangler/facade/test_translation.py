"""What is told of a body that is not translated, to whom and how often; mappings that fail hurt one answer."""

from __future__ import annotations

import json
import logging
from typing import Any

import pytest
from fakes.translated import NoIds, contract, legacy, order, translations

from acl.translate import Translator
from acl.wire import Answer, Wire
from strangler.facade import Failure
from strangler.facade.translation import Translations
from strangler.routing import Route, RouteTable

pytestmark = pytest.mark.anyio


class Broken(Wire):
    """A mapping whose own code fails."""

    def to_legacy(self, body: bytes) -> Answer:
        raise ZeroDivisionError("a secret")


async def refused(made: Translations, way: Any, body: Any, name: str = "order") -> Failure:
    with pytest.raises(Failure) as caught:
        await made.translated(name, way, json.dumps(body).encode())
    return caught.value


async def test_a_mapping_that_fails_is_no_fault_of_the_facade(caplog: pytest.LogCaptureFixture) -> None:
    made = translations(broken=Broken(Translator(order, NoIds())))
    failure = await refused(made, "answer", contract(), "broken")
    assert (failure.kind, "secret" in failure.message) == ("untranslatable", False)


async def test_values_of_the_service_are_not_told(caplog: pytest.LogCaptureFixture) -> None:
    failure = await refused(translations(), "answer", contract(state="hidden", total=7))
    assert "hidden" not in failure.message + caplog.text
    assert "state" in failure.message


async def test_many_places_are_not_all_told() -> None:
    failure = await refused(translations(), "answer", [{} for _ in range(50)])
    assert failure.message.count("[].title") == 1
    nested = [{"id": 1, "title": "x", "state": "open", "total": {f"k{n}": 1}} for n in range(20)]
    assert len((await refused(translations(), "answer", nested)).message) < 500


async def test_the_operator_hears_of_each_trouble_once_and_not_of_clients(
    caplog: pytest.LogCaptureFixture,
) -> None:
    made = translations()
    for _ in range(3):
        await refused(made, "answer", contract(state="hidden"))
        await refused(made, "request", legacy(status="X"))
    assert len(caplog.records) == 1
    assert made.figures()["strangler_untranslatable_total"] == [
        ({"mapping": "order", "body": "answer"}, 3.0),
        ({"mapping": "order", "body": "request"}, 3.0),
    ]


def test_unknown_mappings_are_told_once_for_a_table(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING)
    made = translations()
    table = RouteTable(routes=(Route("a", "a/", translate="order", translate_body="nobody"),))
    made.warn(RouteTable(routes=(Route("a", "a/", translate="order"),)))
    assert not caplog.records
    made.warn(table)
    made.warn(table)
    assert ["nobody" in record.getMessage() for record in caplog.records] == [True]


async def test_large_bodies_are_translated_beside_other_requests() -> None:
    many = [contract(n) for n in range(2_000)]
    made = translations()
    got = await made.translated("order", "answer", json.dumps(many).encode())
    assert json.loads(got) == [legacy(n) for n in range(2_000)]
    assert made.figures()["strangler_translated_total"] == [({"mapping": "order", "body": "answer"}, 1.0)]
    made.close()
