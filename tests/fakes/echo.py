"""A server that says who it is and what it was asked: ``python echo.py NAME PORT``."""

from __future__ import annotations

import sys
from typing import Any

import uvicorn


def app(name: str) -> Any:
    async def answer(scope: dict[str, Any], receive: Any, send: Any) -> None:
        more = scope["type"] == "http"
        while more:
            more = (await receive()).get("more_body", False)
        cookies = dict(scope["headers"]).get(b"cookie", b"")
        headers = [(b"x-side", name.encode()), (b"x-cookie", cookies), (b"content-length", b"3")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b"ok\n"})

    return answer


if __name__ == "__main__":
    uvicorn.run(app(sys.argv[1]), port=int(sys.argv[2]), access_log=False, lifespan="off", log_level="error")
