"""CPU microseconds per request of the facade and of nginx, in front of the same upstream, interleaved, in one run.

    python benchmarks/facade.py [--seconds 4] [--rounds 3] [--connections 16] [--size 1024] [--policies] [--python]
                                [--routes 10 1000] [--pools 10 200] [--workers 2]
    python benchmarks/facade.py --soak 600          500 connections for ten minutes: failures, and how memory grows
    python benchmarks/facade.py --large 10          a body of 10 GB, down and up: memory and time

Each proxy is one worker process. An upstream that costs almost nothing answers ``--size`` bytes; wrk drives the load.
The figure of a round is the CPU time (user and system, /proc/PID/stat) that the proxy's process tree spent, divided by
the requests; of several rounds the smallest counts, since everything else on the machine can only add. Needs nginx and
wrk.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from importlib.util import find_spec
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")

UPSTREAM = """
import asyncio, sys, uvloop
body = b"x" * int(sys.argv[2])
answer = (b"HTTP/1.1 200 OK\\r\\nDate: Thu, 01 Jan 2026 00:00:00 GMT\\r\\nServer: upstream\\r\\n"
          b"Content-Type: application/json\\r\\nVary: Cookie\\r\\nX-Frame-Options: DENY\\r\\n"
          b"Content-Length: %d\\r\\n\\r\\n" % len(body)) + body
class Upstream(asyncio.Protocol):
    def connection_made(self, transport): self.transport, self.left = transport, b""
    def data_received(self, data):
        data = self.left + data
        count = data.count(b"\\r\\n\\r\\n")
        self.left = data.rpartition(b"\\r\\n\\r\\n")[2]
        self.transport.write(answer * count)
async def main():
    server = await asyncio.get_running_loop().create_server(Upstream, "127.0.0.1", int(sys.argv[1]), backlog=1024)
    await server.serve_forever()
uvloop.run(main())
"""

NGINX = """
worker_processes 1; daemon off; pid {folder}/nginx.pid; error_log {folder}/error.log crit;
events {{ worker_connections 1024; }}
http {{
  access_log off; client_body_temp_path {folder}/b; proxy_temp_path {folder}/p;
  fastcgi_temp_path {folder}/f; uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
  upstream app {{ server 127.0.0.1:{upstream}; keepalive 64; }}
  server {{ listen 127.0.0.1:{port}; keepalive_requests 1000000;
    location / {{ proxy_pass http://app; proxy_http_version 1.1; proxy_set_header Connection "";
      proxy_set_header Host $http_host; proxy_set_header X-Forwarded-For $remote_addr;
      proxy_set_header X-Forwarded-Proto $scheme; proxy_set_header X-Request-Id $request_id; }} }}
}}
"""

POLICIES = """
[gateway]
tenant = "host"
[policies.all]
fallback = true
[policies.all.rate]
client = "1000000/1s"
tenant = "1000000/1s"
[policies.all.retry]
[policies.all.timeouts]
first_byte = "5s"
total = "10s"
[policies.all.limits]
body = "1MiB"
head = "16KiB"
[upstreams.new]
url = "http://127.0.0.1:{upstream}"
[upstreams.new.breaker]
[upstreams.new.bulkhead]
per_tenant = 90
[groups.new]
service = "new"
share = 100
writer = "monolith"
policy = "all"
[[routes]]
name = "new"
prefix = "/api/"
group = "new"
"""
"""Every traffic policy on, for a route on the service."""

ROUTE = """
[[routes]]
name = "{name}"
path = "/api/{path}/<int:pk>/"
group = "new"
"""
ROUTES = """
[upstreams.new]
url = "http://127.0.0.1:{upstream}"
[groups.new]
service = "new"
share = 100
writer = "monolith"
"""
POOL = """
[upstreams.monolith]
url = "http://127.0.0.1:{upstream}"
connect_timeout = "30s"
max_connections = {most}
"""

LARGE = """
import asyncio, sys, uvloop
size = int(sys.argv[2])
async def serve(reader, writer):
    head = await reader.readuntil(b"\\r\\n\\r\\n")
    if head.startswith(b"GET"):
        writer.write(b"HTTP/1.1 200 OK\\r\\nContent-Length: %d\\r\\n\\r\\n" % size)
        left, piece = size, bytes(262144)
        while left:
            writer.write(piece[:left]); left -= min(left, len(piece))
            await writer.drain()
    else:
        left = size
        while left:
            left -= len(await reader.read(min(left, 1048576)))
        writer.write(b"HTTP/1.1 200 OK\\r\\nContent-Length: 2\\r\\n\\r\\nok")
        await writer.drain()
    writer.close()
async def main():
    server = await asyncio.start_server(serve, "127.0.0.1", int(sys.argv[1]))
    await server.serve_forever()
uvloop.run(main())
"""
"""Sends ``size`` bytes, or takes as many; then closes."""

STARLETTE = """
import sys, httpx, uvicorn
from starlette.applications import Starlette
from starlette.background import BackgroundTask
from starlette.responses import StreamingResponse
from starlette.routing import Route
limits = httpx.Limits(max_connections=200, max_keepalive_connections=200)
client = httpx.AsyncClient(base_url="http://127.0.0.1:" + sys.argv[1], limits=limits, trust_env=False)
async def proxy(request):
    told = {"params": request.query_params, "headers": request.headers.raw}
    asked = client.build_request(request.method, request.url.path, **told)
    answer = await client.send(asked, stream=True)
    done = BackgroundTask(answer.aclose)
    return StreamingResponse(answer.aiter_raw(), answer.status_code, dict(answer.headers), background=done)
app = Starlette(routes=[Route("/{path:path}", proxy)])
uvicorn.run(app, port=int(sys.argv[2]), access_log=False, log_level="error")
"""
PROXY_LIB = """
import sys, uvicorn
from fastapi_proxy_lib.fastapi.app import reverse_http_app
app = reverse_http_app(base_url="http://127.0.0.1:" + sys.argv[1] + "/")
uvicorn.run(app, port=int(sys.argv[2]), access_log=False, log_level="error")
"""
"""What others would write in an afternoon, and the library that they would find."""

HEADERS = {
    "User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
    "Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
    "Accept-Language": "en-US,en;q=0.5",
    "Accept-Encoding": "gzip, deflate, br",
    "Cookie": "sessionid=3mmf2yeqrqp94lpzhqpcjvwcyi4gcx1n; csrftoken=KX2Zl3Jv5yQd7wYpFhU8bTn1",
}


def main() -> None:
    options = _options()
    for program in ("nginx", "wrk"):
        if shutil.which(program) is None:
            sys.exit(f"{program} is not installed: apt-get install nginx wrk")
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="strangler-bench-")))
        upstream = _free_port()
        if options.large:
            print(json.dumps(_large(stack, folder, upstream, options.large * 10**9), indent=2))
            return
        stack.enter_context(
            _process([sys.executable, "-c", UPSTREAM, str(upstream), str(options.size)], upstream)
        )
        if options.soak:
            print(json.dumps(_soak(*_facade(stack, folder, upstream, ""), options.soak), indent=2))
            return
        peers = {"nginx": _nginx(stack, folder, upstream), "facade": _facade(stack, folder, upstream, "")}
        if options.policies:
            traced = ["--otlp", f"http://127.0.0.1:{upstream}", "--trace-percent", "1"]
            text = POLICIES.format(upstream=upstream)
            peers["policies and traces"] = _facade(stack, folder, upstream, text, *traced)
        if options.python:
            peers["Starlette, httpx"] = _python(stack, STARLETTE, upstream)
            if find_spec("fastapi_proxy_lib"):
                peers["fastapi-proxy-lib"] = _python(stack, PROXY_LIB, upstream)
        for count in options.routes:
            others = [ROUTE.format(name=f"r{number}", path=f"thing{number}") for number in range(count - 1)]
            text = "".join(
                [ROUTES.format(upstream=upstream), *others, ROUTE.format(name="last", path="things")]
            )
            peers[f"{count} routes"] = _facade(stack, folder, upstream, text)
        for most in options.pools:
            peers[f"{most} upstream connections"] = _facade(
                stack, folder, upstream, POOL.format(upstream=upstream, most=most)
            )
        if options.workers:
            workers = ["--workers", str(options.workers)]
            peers[f"{options.workers} workers"] = _facade(stack, folder, upstream, "", *workers)
        figures: dict[str, list[float]] = {name: [] for name in peers}
        latency: dict[str, list[float]] = {name: [] for name in peers}
        for _ in range(options.rounds):
            for name, (pid, port) in peers.items():
                figures[name].append(_load(pid, port, options))
                latency[name].append(_median_latency(port))
    print(json.dumps(_report(figures, latency), indent=2))


def _report(figures: dict[str, list[float]], latency: dict[str, list[float]]) -> dict[str, object]:
    best = {name: min(values) for name, values in figures.items()}
    return {
        "cpu_us_per_request": {name: round(value, 1) for name, value in best.items()},
        "ratio_to_nginx": {name: round(value / best["nginx"], 2) for name, value in best.items()},
        "ratio_by_round": [
            round(facade / nginx, 2)
            for facade, nginx in zip(figures["facade"], figures["nginx"], strict=True)
        ],
        "median_ms_one_connection": {name: round(min(values), 3) for name, values in latency.items()},
    }


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seconds", type=int, default=4, help="length of a round")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--connections", type=int, default=16)
    parser.add_argument(
        "--policies", action="store_true", help="one with every traffic policy, and 1 %% of traces"
    )
    parser.add_argument("--python", action="store_true", help="proxies in Python that others would take")
    parser.add_argument("--routes", type=int, nargs="*", default=[], help="facades with so many routes")
    parser.add_argument(
        "--pools", type=int, nargs="*", default=[], help="facades with so many upstream connections"
    )
    parser.add_argument("--workers", type=int, default=0, help="a facade with so many workers")
    parser.add_argument("--soak", type=int, default=0, help="seconds of 500 connections, instead")
    parser.add_argument("--large", type=int, default=0, help="gigabytes of one body, instead")
    parser.add_argument("--size", type=int, default=1024, help="bytes of an answer's body")
    return parser.parse_args()


def _nginx(stack: ExitStack, folder: Path, upstream: int) -> tuple[int, int]:
    port = _free_port()
    config = folder / "nginx.conf"
    config.write_text(NGINX.format(folder=folder, upstream=upstream, port=port))
    return stack.enter_context(_process(["nginx", "-e", "/dev/null", "-c", str(config)], port)), port


def _python(stack: ExitStack, script: str, upstream: int) -> tuple[int, int]:
    port = _free_port()
    command = [sys.executable, "-W", "ignore", "-c", script, str(upstream), str(port)]
    return stack.enter_context(_process(command, port)), port


def _soak(pid: int, port: int, seconds: int) -> dict[str, object]:
    """500 clients; resident memory in MB at every tenth of the time."""
    url = f"http://127.0.0.1:{port}/api/things/1/?page=2"
    command = ["wrk", "-t1", "-c500", f"-d{seconds}s", "--timeout", "10s", "--latency", url]
    load = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    memory = []
    for _ in range(10):
        time.sleep(seconds / 10 - 0.05)
        memory.append(round(_memory(pid, "VmRSS")))
    told, _ = load.communicate()
    faults = [line.strip() for line in told.splitlines() if "Non-2xx" in line or "Socket errors" in line]
    found = re.search(r"(\d+) requests in", told)
    return {"requests": int(found[1]) if found else 0, "faults": faults, "resident_mb": memory}


def _large(stack: ExitStack, folder: Path, upstream: int, size: int) -> dict[str, object]:
    """One body each way: seconds, and how far the facade's memory rose at its peak, in MB."""
    stack.enter_context(_process([sys.executable, "-c", LARGE, str(upstream), str(size)], upstream))
    pid, port = _facade(stack, folder, upstream, "")
    before, url = _memory(pid, "VmHWM"), f"http://127.0.0.1:{port}/"
    down = f"curl -sS -o /dev/null -w '%{{size_download}} %{{time_total}}' {url}"
    source = folder / "zeros"
    with source.open("wb") as file:
        file.truncate(size)  # it takes no room on the disk
    up = f"curl -sS -o /dev/null -w '%{{size_upload}} %{{time_total}}' -T {source} {url}"
    figures: dict[str, object] = {}
    for name, command in (("down", down), ("up", up)):
        done = subprocess.run(["sh", "-c", command], capture_output=True, text=True, check=True)
        moved, seconds = done.stdout.split()
        assert int(moved) == size, done.stdout
        peak = _memory(pid, "VmHWM") - before
        figures[name] = {"bytes": int(moved), "seconds": float(seconds), "more_memory_mb": round(peak, 1)}
    return figures


def _memory(pid: int, what: str) -> float:
    """Megabytes of a process: ``VmRSS`` now, ``VmHWM`` at its peak."""
    found = re.search(rf"{what}:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    assert found is not None
    return int(found[1]) / 1000


def _facade(stack: ExitStack, folder: Path, upstream: int, routes: str, *options: str) -> tuple[int, int]:
    port = _free_port()
    config = folder / f"{port}.toml"
    config.write_text(routes)
    command = [sys.executable, "-m", "strangler.cli", "serve", "--monolith", f"http://127.0.0.1:{upstream}"]
    command += [
        "--bind",
        f"127.0.0.1:{port}",
        "--admin-bind",
        "127.0.0.1:0",
        "--state",
        f"sqlite:///{folder / f'{port}.db'}",
        "--config",
        str(config),
        *options,
    ]
    return stack.enter_context(_process(command, port)), port


def _load(pid: int, port: int, options: argparse.Namespace) -> float:
    """CPU microseconds per request over one round."""
    before = _cpu(pid)
    told = _wrk(port, options.connections, options.seconds)
    spent = _cpu(pid) - before
    found = re.search(r"(\d+) requests in", told)
    if found is None or "Non-2xx" in told or "Socket errors" in told:
        sys.exit(f"the load failed:\n{told}")
    return spent / int(found[1]) * 1e6


def _median_latency(port: int) -> float:
    found = re.search(r"50%\s+([\d.]+)(us|ms)", _wrk(port, 1, 1))
    assert found is not None
    return float(found[1]) / (1000 if found[2] == "us" else 1)


def _wrk(port: int, connections: int, seconds: int) -> str:
    command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--latency"]
    for name, value in HEADERS.items():
        command += ["-H", f"{name}: {value}"]
    done = subprocess.run(
        [*command, f"http://127.0.0.1:{port}/api/things/1/?page=2"], capture_output=True, text=True
    )
    return done.stdout


def _cpu(pid: int) -> float:
    """Seconds of user and system time of a process and its descendants."""
    total = 0.0
    for one in _tree(pid):
        fields = Path(f"/proc/{one}/stat").read_text().rpartition(")")[2].split()
        total += (int(fields[11]) + int(fields[12])) / TICKS
    return total


def _tree(pid: int) -> Iterator[int]:
    yield pid
    for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
        yield from _tree(int(child))


@contextmanager
def _process(command: list[str], port: int) -> Iterator[int]:
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + 20
        while not _listens(port):
            if process.poll() is not None or time.monotonic() > deadline:
                sys.exit(f"{command[0]} did not start")
            time.sleep(0.05)
        yield process.pid
    finally:
        process.terminate()
        process.wait()


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


if __name__ == "__main__":
    main()
