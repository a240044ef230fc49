"""The commands' way through the admin API of a running facade."""

from __future__ import annotations

from typing import Any, Self

import httpx
import msgspec

from strangler.control import Outcome, Request
from strangler.control.plan import RolloutRequest
from strangler.errors import BadDocument, Conflict, Refused, StoreError, StranglerError, Unknown
from strangler.routing import RouteTable
from strangler.routing.document import from_document
from strangler.store import Differing, Record

_ERRORS: dict[str, type[StranglerError]] = {
    "refused": Refused,
    "role": Refused,
    "unknown": Unknown,
    "invalid": BadDocument,
    "store": StoreError,
}


class Remote:
    """A state behind an admin API: reads and changes like a local one."""

    def __init__(self, url: str, token: str | None, transport: httpx.BaseTransport | None = None) -> None:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        try:
            self._client = httpx.Client(
                base_url=url, headers=headers, timeout=10.0, transport=transport, trust_env=False
            )
        except (httpx.InvalidURL, UnicodeEncodeError):
            raise BadDocument(
                f"{url!r} is not an address, or the token is not one", where="--url", remedy="Correct it."
            ) from None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *stopped_by: object) -> None:
        self._client.close()

    def table(self, version: int | None = None) -> RouteTable:
        query = "" if version is None else f"?version={version}"
        answer = self._json("GET", f"/api/table{query}")
        return from_document(answer["document"], answer["version"])

    def history(self, limit: int | None = None) -> list[Record]:
        answer = self._json("GET", f"/api/history?limit={limit or 10_000}")
        return msgspec.convert(answer["history"], list[Record])

    def differences(self, group: str | None = None) -> list[Differing]:
        answer = self._json("GET", "/api/differences", params={} if group is None else {"group": group})
        return msgspec.convert(answer["differences"], list[Differing])

    def forget_differences(self, group: str, path: str | None) -> None:
        self._json("DELETE", "/api/differences", params={"group": group} | ({"path": path} if path else {}))

    def change(self, request: Request, expected_version: int | None = None) -> Outcome:
        headers = {} if expected_version is None else {"If-Match": f'"{expected_version}"'}
        answer = self._json("POST", "/api/changes", content=msgspec.json.encode(request), headers=headers)
        known = {k: v for k, v in answer.items() if k not in ("schema_version", "pending")}
        return msgspec.convert(known, Outcome)

    def rollouts(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self._json("GET", "/api/rollouts")["rollouts"]
        return found

    def roll(self, request: RolloutRequest) -> dict[str, Any]:
        return self._json("POST", "/api/rollouts", content=msgspec.json.encode(request))

    def waiting(self) -> list[dict[str, Any]]:
        """The changes that wait for another operator."""
        found: list[dict[str, Any]] = self._json("GET", "/api/approvals")["approvals"]
        return found

    def answer(self, name: str, approve: bool) -> Outcome | None:
        """Make a change that waits, or forget it (None)."""
        content = msgspec.json.encode({"id": name, "approve": approve})
        answer = self._json("POST", "/api/approvals", content=content)
        return (
            msgspec.convert({k: v for k, v in answer.items() if k != "schema_version"}, Outcome)
            if approve
            else None
        )

    def _json(self, method: str, path: str, **how: Any) -> dict[str, Any]:
        try:
            response = self._client.request(method, path, **how)
        except (httpx.HTTPError, httpx.InvalidURL, httpx.UnsupportedProtocol) as error:
            raise StranglerError(
                f"the admin API does not answer: {error}",
                where=str(self._client.base_url),
                remedy="Is the facade running? Without --url, commands open the state themselves.",
            ) from None
        try:
            answer = msgspec.json.decode(response.content)
        except msgspec.DecodeError:
            answer = None
        if not isinstance(answer, dict):
            raise StranglerError(
                f"this is not the admin API of strangler (status {response.status_code})",
                where=str(self._client.base_url),
                remedy="Give the address that `strangler serve` prints.",
            )
        if response.is_success:
            return answer
        raise _error(answer)


def _error(answer: dict[str, Any]) -> StranglerError:
    fields = {key: str(answer.get(key, "")) for key in ("where", "remedy")}
    message = str(answer.get("error", "the admin API refused"))
    if answer.get("code") == "conflict":
        return Conflict(message, current=int(answer.get("current", 0)), **fields)
    return _ERRORS.get(str(answer.get("code")), StranglerError)(message, **fields)
