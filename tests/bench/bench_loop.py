"""Measures how long a receiver with an inbox keeps the event loop from everything else: `make bench`.

Senders deliver to a FastAPI app as fast as it answers, in the process that is measured, while a task asks the loop for
its turn every millisecond. Printed is how many deliveries were answered, by how much the task got its turn too late,
and how long the loop's thread computed at most between two turns: what is more than that is waiting, for the store or
for a machine that is busy with something else. A handler that does nothing stands beside the inboxes; where even that
one is late, there is no verdict.

What was imported is frozen first, as a server does it: Python's collector would look through all of it, once in a
while, and have the loop wait for 50 ms.
"""

from __future__ import annotations

import asyncio
import gc
import sys
import tempfile
import threading
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "python" / "tests"))

from bench_python_host import PATH, SECRET, post
from fastapi import FastAPI
from inbox.postgres import Server
from inbox.redis_server import Server as RedisServer
from inbox.shop import make_body

from yuno_webhooks import Event, Receiver, Verifier, testing
from yuno_webhooks.fastapi import router
from yuno_webhooks.inbox import (
    AsyncInbox,
    AsyncPostgresInbox,
    AsyncRedisInbox,
    Inbox,
    PostgresInbox,
    RedisInbox,
    SQLiteInbox,
)

SENDERS = 8
SECONDS = 5.0
TICK = 0.001
MOST_MILLISECONDS = 20.0


@asynccontextmanager
async def ticking(late: list[float], computed: list[float]) -> AsyncGenerator[None]:
    """Notes by how many milliseconds each tick is late, and how many the thread has computed before it."""

    async def tick() -> None:
        while True:
            due, before = time.perf_counter() + TICK, time.thread_time()
            await asyncio.sleep(TICK)
            late.append((time.perf_counter() - due) * 1000)
            computed.append((time.thread_time() - before) * 1000)

    task = asyncio.create_task(tick())
    try:
        yield
    finally:
        task.cancel()


async def do_nothing(_: Event) -> None:
    """The handler beside which storing is measured."""


async def measure(inbox: Inbox | AsyncInbox | None) -> tuple[float, str]:
    """By how many milliseconds a tick was late at most, and all figures."""
    verifier, app = Verifier(hmac_secret=SECRET), FastAPI()
    receiver = Receiver(verifier, inbox=inbox) if inbox is not None else Receiver(verifier, fallback=do_nothing)
    app.include_router(router(receiver, PATH))
    gc.collect()
    gc.freeze()
    count, threads = 0, 0
    late, computed = list[float](), list[float]()
    begun = time.perf_counter()

    async def send(sender: int) -> None:
        nonlocal count, threads
        number = 0
        while time.perf_counter() < begun + SECONDS:
            number += 1
            body = make_body(f"p-{sender}-{number}")
            status = await post(app, body, testing.headers(body, SECRET))
            assert status == 200, status
            count += 1
            threads = max(threads, threading.active_count())
            # As the network would: the next one comes when the loop looks again.
            await asyncio.sleep(0)

    async with ticking(late, computed):
        await asyncio.gather(*(send(sender) for sender in range(SENDERS)))
    if isinstance(inbox, AsyncInbox):
        await inbox.close()
    elif inbox is not None:
        inbox.close()
    late.sort()
    p99, most = late[int(0.99 * len(late))], late[-1]
    told = f"{count / SECONDS:6.0f}/s   late: p99 {p99:5.1f} ms, most {most:5.1f} ms"
    return most, f"{told}   computed: most {max(computed):5.1f} ms   {threads} threads"


def main() -> int:
    server, redis = Server(), RedisServer()
    delays: dict[str, float] = {}
    try:
        with tempfile.TemporaryDirectory() as folder:
            stores: dict[str, Callable[[], Inbox | AsyncInbox | None]] = {
                "no inbox": lambda: None,
                "AsyncPostgresInbox": lambda: AsyncPostgresInbox(server.conninfo, scope="async"),
                "AsyncRedisInbox": lambda: AsyncRedisInbox(redis.url, scope="async"),
                "PostgresInbox": lambda: PostgresInbox(server.conninfo, scope="sync"),
                "RedisInbox": lambda: RedisInbox(redis.url, scope="sync"),
                "SQLiteInbox": lambda: SQLiteInbox(Path(folder) / "inbox.db"),
            }
            for name, make in stores.items():
                most, figures = asyncio.run(measure(make()))
                print(f"the event loop, {name:<18} {figures}", flush=True)
                delays[name] = most
    finally:
        server.remove()
        redis.remove()
    is_busy = delays["no inbox"] > MOST_MILLISECONDS
    slowest = max(delay for name, delay in delays.items() if name.startswith("Async"))
    is_met = slowest <= MOST_MILLISECONDS
    verdict = "met" if is_met else "no verdict, the machine is busy" if is_busy else "MISSED"
    print(f"target: with an async inbox never more than {MOST_MILLISECONDS:.0f} ms: {verdict}")
    return not (is_met or is_busy)


if __name__ == "__main__":
    sys.exit(main())
