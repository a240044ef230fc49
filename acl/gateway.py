"""A client in the new service that reads the monolith and speaks the contract (needs httpx)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, TypeVar

import httpx
import msgspec

from acl.errors import AclError
from acl.translate import Untranslatable
from acl.wire import Wire

__all__ = ["Gateway", "GatewayError", "Untranslated"]

T = TypeVar("T")
Unwrap = Callable[[Any], Any]
"""Takes a row, or the list of rows, out of the envelope in which the monolith sends it."""


class GatewayError(AclError):
    """The monolith did not answer, or not with what was asked for. `status` is None where there was no answer."""

    def __init__(self, what: str, remedy: str, status: int | None = None) -> None:
        super().__init__(what, remedy)
        self.status = status


class Untranslated(GatewayError):
    """The monolith's answer does not fit the mapping; `records` has every reason."""

    def __init__(self, where: str, records: tuple[Untranslatable, ...]) -> None:
        reasons = "; ".join(f"{one.path}: {one.reason}" for one in records)
        super().__init__(
            f"the answer of {where} cannot be translated: {reasons}", "mend the mapping, or the rows"
        )
        self.records = records


class Gateway(Generic[T]):
    """Reads the monolith's JSON of rows and answers structs of the contract.

    `client` has the base URL, the time limits and the credentials. `unwrap` says where in an answer the rows stand.
    """

    def __init__(
        self, client: httpx.Client, wire: Wire, contract: type[T], *, unwrap: Unwrap = lambda answer: answer
    ) -> None:
        self._client = client
        self._wire = wire
        self._contract = contract
        self._unwrap = unwrap

    def get(self, path: str) -> T | None:
        """The one object at a path; None where the monolith knows none (404).

        Raises GatewayError when it does not answer with one, Untranslated when that does not fit the mapping.
        """
        answer = self._ask(path, {})
        return None if answer is None else self._structs(path, [answer])[0]

    def find(self, path: str, **query: str | int) -> list[T]:
        """The objects at a path; none where the monolith knows no such path."""
        answer = self._ask(path, query)
        return [] if answer is None else self._structs(path, answer)

    def _ask(self, path: str, query: dict[str, Any]) -> Any:
        try:
            response = self._client.get(path, params=query or None)
        except httpx.HTTPError as error:
            what = f"the monolith did not answer {path}: {type(error).__name__}"
            raise GatewayError(what, "see whether it runs") from error
        if response.status_code == 404:
            return None
        if response.status_code != 200:
            what = f"the monolith answered {path} with {response.status_code}"
            raise GatewayError(what, "see its log", response.status_code)
        try:
            return self._unwrap(msgspec.json.decode(response.content))
        except (msgspec.DecodeError, LookupError, TypeError) as error:
            what = f"the monolith's answer to {path} is not what was agreed: {error}"
            raise GatewayError(what, "compare unwrap= with the answer", 200) from error

    def _structs(self, path: str, rows: Any) -> list[T]:
        translation = self._wire.documents(msgspec.json.encode(rows))
        if translation.untranslatable:
            raise Untranslated(path, translation.untranslatable)
        return [msgspec.convert(document, self._contract) for document in translation.translated]
