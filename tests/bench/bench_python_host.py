"""Python: what the package costs its host, beside one delivery's time: import, memory, threads and an adapter.

A table; with `--json`, one line of JSON for each row. The import is in CPU time; rates are of the wall clock, so let
the machine be idle.
"""

from __future__ import annotations

import asyncio
import importlib
import importlib.util
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import bodies
from bench_python import by_hand

from yuno_webhooks import Verifier, testing

SECRET = "a-bench-secret"
IMPORTS = 15
THREADS = 8
ROUNDS = 7
PATH = "/webhooks/yuno"

Json = dict[str, Any]

# Run in a process of its own, since a peak never falls again. The body is read without a second copy, whose memory
# would hide what grows.
MEMORY = """
import sys
from yuno_webhooks import Verifier

def peak():
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmHWM:")) / 1024

def work(body, signature):
    event = verifier.verify(body, {"x-hmac-signature": signature})
    return event.dedupe_key, event.resource.status, event.kind

path, signature, small, small_signature, count = sys.argv[1:]
verifier = Verifier(hmac_secret="a-bench-secret")
work(small.encode(), small_signature)
with open(path, "rb", buffering=0) as file:
    body = file.read(1 << 20)
before = peak()
for _ in range(int(count)):
    work(body, signature)
print(peak() - before)
"""


def row(name: str, value: float, unit: str, aim: str = "", *, met: bool | None = None) -> Json:
    """A measured number, and what was aimed at."""
    verdict = aim if met is None else f"{aim} {'met' if met else 'MISSED'}"
    return {"surface": "Python host", "row": name, "value": round(value, 2), "unit": unit, "target": verdict}


def cpu_seconds(*command: str) -> float:
    """The CPU time of a fresh interpreter."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, "-I", *command], check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def measure_import() -> Iterator[Json]:
    """Beyond an empty interpreter, and beyond one that has `typing`, as nearly every program does; in turns."""
    programs = ("pass", "import typing", "import yuno_webhooks")
    rounds = [[cpu_seconds("-c", program) * 1000 for program in programs] for _ in range(IMPORTS)]
    extra = statistics.median(ours - empty for empty, _, ours in rounds)
    yield row("import yuno_webhooks", extra, "ms", "<= 25", met=extra <= 25)
    yield row("the same after `import typing`", statistics.median(ours - typing for _, typing, ours in rounds), "ms")


def measure_memory() -> Iterator[Json]:
    """How far the peak of a fresh process grows over the body itself, which is there before."""
    small = testing.sample("payment.purchase")
    start, end = b'{"note":"', b'",' + small[1:]
    body = start + b"x" * ((1 << 20) - len(start) - len(end)) + end
    with tempfile.NamedTemporaryFile() as file:
        file.write(body)
        file.flush()
        given = [file.name, testing.sign(body, SECRET), small.decode(), testing.sign(small, SECRET)]
        for count in (1, 1000):
            ran = subprocess.run(
                [sys.executable, "-I", "-c", MEMORY, *given, str(count)], check=True, stdout=subprocess.PIPE, text=True
            )
            yield row(f"peak memory, 1 MiB body verified {count}x", float(ran.stdout), "MiB")


def measure_threads() -> Iterator[Json]:
    """Bodies a second on one thread and on eight."""
    verifier = Verifier(hmac_secret=SECRET)
    body = bodies.bodies()["64 KiB"]
    headers = testing.headers(body, SECRET)

    def work(count: int) -> None:
        for _ in range(count):
            _ = verifier.verify(body, headers).dedupe_key

    def rate(pool: ThreadPoolExecutor, threads: int) -> float:
        count = 4000
        start = time.perf_counter()
        list(pool.map(work, [count // threads] * threads))
        return count / (time.perf_counter() - start)

    with ThreadPoolExecutor(THREADS) as pool:
        rate(pool, THREADS)
        pairs = [(rate(pool, 1), rate(pool, THREADS)) for _ in range(ROUNDS)]
    # The best of each: whatever else the machine does takes more from eight threads than from one.
    one, many = (max(rates) for rates in zip(*pairs, strict=True))
    cores = len(os.sched_getaffinity(0))
    yield row("64 KiB bodies, 1 thread", one, "/s")
    yield row(f"64 KiB bodies, {THREADS} threads", many, "/s")
    yield row(f"{THREADS} threads over 1, on {cores} cores", many / one, "x")


async def post(app: Callable[..., Awaitable[None]], body: bytes, headers: dict[str, str]) -> int:
    """One request, without a network: what a server would call."""
    status = 0
    scope: Json = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "POST",
        "scheme": "http",
        "path": PATH,
        "raw_path": PATH.encode(),
        "query_string": b"",
        "root_path": "",
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
        "client": ("192.0.2.1", 1),
        "server": ("shop.example", 80),
        "state": {},
    }

    async def receive() -> Json:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Json) -> None:
        nonlocal status
        status = message.get("status", status)

    await app(scope, receive, send)
    return status


def requests_per_second(app: Callable[..., Awaitable[None]], body: bytes, headers: dict[str, str]) -> float:
    """Posts one after the other."""

    async def work() -> float:
        count = 1000
        start = time.perf_counter()
        for _ in range(count):
            if await post(app, body, headers) != 200:
                raise ValueError("the app does not take what is signed")
        return count / (time.perf_counter() - start)

    return asyncio.run(work())


def measure_fastapi() -> Iterator[Json]:
    """The adapter beside an endpoint that only reads the body and answers, and one that verifies by hand."""
    if not all(importlib.util.find_spec(name) for name in ("fastapi", "yuno_webhooks.fastapi")):
        yield row("FastAPI: not installed, not measured", 0, "")
        return
    # Not imported above, since they may be missing.
    fastapi: Any = importlib.import_module("fastapi")
    adapter: Any = importlib.import_module("yuno_webhooks.fastapi")
    receiver: Any = importlib.import_module("yuno_webhooks.receiver")

    async def handle(_event: Any) -> None:
        pass

    async def read(request: Any) -> Any:
        await request.body()
        return fastapi.Response(b'{"received":true}', media_type="application/json")

    async def verify(request: Any) -> Any:
        by_hand(await request.body(), request.headers)
        return fastapi.Response(b'{"received":true}', media_type="application/json")

    # Without annotations FastAPI would look for these parameters in the query.
    for endpoint in (read, verify):
        endpoint.__annotations__["request"] = fastapi.Request
    routers: dict[str, Any] = {"read only": fastapi.APIRouter(), "by hand": fastapi.APIRouter()}
    for name, endpoint in (("read only", read), ("by hand", verify)):
        routers[name].add_api_route(PATH, endpoint, methods=["POST"], response_model=None)
    routers["adapter"] = adapter.router(receiver.Receiver(Verifier(hmac_secret=SECRET), fallback=handle), PATH)
    apps: dict[str, Any] = {}
    for name, router in routers.items():
        apps[name] = fastapi.FastAPI()
        apps[name].include_router(router)

    body = bodies.bodies()["6 KiB"]
    headers = testing.headers(body, SECRET) | {"host": "shop.example", "content-length": str(len(body))}
    rounds = [{name: requests_per_second(app, body, headers) for name, app in apps.items()} for _ in range(ROUNDS)]
    for name in apps:
        yield row(f"FastAPI, 6 KiB, {name}", statistics.median(rates[name] for rates in rounds), "/s")
    for name in ("by hand", "read only"):
        ratio = statistics.median(rates["adapter"] / rates[name] for rates in rounds)
        yield row(f"FastAPI, the adapter over {name}", ratio, "x")


def main() -> None:
    """Measures, and prints each row as soon as it is there; as JSON if `--json` is given."""
    as_json = "--json" in sys.argv[1:]
    for measure in (measure_import, measure_memory, measure_threads, measure_fastapi):
        for made in measure():
            line = f"{made['row']:40}{made['value']:>12.2f} {made['unit']:4} {made['target']}"
            print(json.dumps(made) if as_json else line.rstrip(), flush=True)


if __name__ == "__main__":
    main()
