"""What the recorder costs: microseconds for each request and for each query, on this machine's SQLite in memory.

    python benchmarks/recorder.py [--rounds 5] [--json FILE]

Three sites in processes of their own (without the recorder, with it but never sampling, and sampling every request)
serve the same requests in turn, so that what else the machine does hits all three. The fastest round counts: noise only
ever adds. The cost of a request is the difference at no query; the cost of a query is the slope over 40 more. Queries
are reads of one row by primary key, made in a function eight calls deep: the recorder has to walk the stack.
"""

from __future__ import annotations

import argparse
import json
import platform
import subprocess
import sys
import time
from pathlib import Path

RECORDER = Path(__file__).resolve().parents[1] / "analyzer" / "runtime"
VARIANTS = {"without": None, "not sampled": 0.0, "sampled": 1.0}
REQUESTS, QUERIES = 300, 40


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--serve", choices=list(VARIANTS), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve:
        _serve(VARIANTS[options.serve])
        return
    result = measure(options.rounds)
    for name in ("not sampled", "sampled"):
        print(
            f"{name:<12} {result[name]['request_us']:7.1f} us/request {result[name]['query_us']:7.1f} us/query"
        )
    base = result["without"]
    print(
        f"{'the site':<12} {base['request_us']:7.1f} us/request {base['query_us']:7.1f} us/query, by itself"
    )
    if options.json:
        options.json.write_text(json.dumps({"python": platform.python_version(), **result}, indent=2) + "\n")


def measure(rounds: int) -> dict[str, dict[str, float]]:
    """Variant -> its own cost (``without``: of the site itself) in microseconds."""
    command = [sys.executable, __file__, "--serve"]
    sites = {
        name: subprocess.Popen([*command, name], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for name in VARIANTS
    }
    best: dict[tuple[str, int], float] = {}
    try:
        for _ in range(rounds):
            for queries in (0, QUERIES):
                for name, site in sites.items():
                    assert site.stdin is not None
                    assert site.stdout is not None
                    site.stdin.write(f"{queries}\n")
                    site.stdin.flush()
                    took = float(site.stdout.readline())
                    best[name, queries] = min(took, best.get((name, queries), took))
    finally:
        for site in sites.values():
            site.communicate("")
    costs = {name: (best[name, 0], (best[name, QUERIES] - best[name, 0]) / QUERIES) for name in VARIANTS}
    base = costs["without"]
    added = {
        name: (r - base[0], q - base[1]) if name != "without" else base for name, (r, q) in costs.items()
    }
    return {name: {"request_us": round(r, 2), "query_us": round(q, 2)} for name, (r, q) in added.items()}


def _serve(sample: float | None) -> None:
    """Answer lines with a number of queries by the microseconds of one request."""
    sys.path.insert(0, str(RECORDER))
    handler, factory = _site(sample)
    for line in sys.stdin:
        path = f"/{int(line)}/"
        started = time.perf_counter()
        for _ in range(REQUESTS):
            handler.get_response(factory.get(path))
        print((time.perf_counter() - started) / REQUESTS * 1e6, flush=True)


def _site(sample: float | None):  # type: ignore[no-untyped-def]
    import django
    from django.conf import settings
    from django.http import HttpResponse
    from django.urls import path

    def view(request, queries):  # type: ignore[no-untyped-def]
        for _ in range(queries):
            deep(7)
        return HttpResponse("ok")

    def deep(more):  # type: ignore[no-untyped-def]
        return deep(more - 1) if more else list(Row.objects.filter(pk=1).values_list("pk"))

    settings.configure(
        DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
        MIDDLEWARE=[] if sample is None else ["strangler_recorder.middleware"],
        ROOT_URLCONF=type("urls", (), {"urlpatterns": [path("<int:queries>/", view)]}),
        STRANGLER_RECORDER={
            "FILE": "/dev/null",
            "SAMPLE": sample,
            "INTERVAL": 3600,
            "ROOT": str(Path(__file__).parent),
        },
        ALLOWED_HOSTS=["*"],
        LOGGING_CONFIG=None,
    )
    django.setup()
    from django.core.handlers.wsgi import WSGIHandler
    from django.db import connection, models
    from django.test import RequestFactory

    class Row(models.Model):
        class Meta:
            app_label = "bench"

    with connection.schema_editor() as editor:
        editor.create_model(Row)
    return WSGIHandler(), RequestFactory()


if __name__ == "__main__":
    main()
