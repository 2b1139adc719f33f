"""Measures the inbox's stores beside inserts that are written by hand on the same driver: `make bench`.

By hand are the shortest, a key and a body, and the shortest that a receiver could live by: it tells what is new from
what is known, and an index finds what is still to be done. The target is beside the first, which does less.

Wall clock, since the disk is most of it; in turns, so that all meet the same machine. All wait for the disk at every
commit. Rows of `YUNO_ROWS` (a million unless set) show what a full table costs beside one of ten thousand.
"""

from __future__ import annotations

import asyncio
import os
import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "python" / "tests"))

import psycopg
import redis as driver
from bench_python_host import PATH, SECRET, post
from fastapi import FastAPI
from inbox.postgres import Server
from inbox.redis_server import Server as RedisServer
from psycopg.conninfo import make_conninfo

from yuno_webhooks import Event, Receiver, Verifier, testing
from yuno_webhooks.fastapi import router
from yuno_webhooks.inbox import Inbox, PostgresInbox, RedisInbox, SQLiteInbox

ROUNDS = 15
CALLS = 100
FEW, MANY = 10_000, int(os.environ.get("YUNO_ROWS", "1000000"))
TARGET, MOST_GROWTH = 0.9, 1.5
HAND = (
    "CREATE TABLE shortest (dedupe_key TEXT PRIMARY KEY, body {bytes})",
    "CREATE TABLE queue (id {id}, dedupe_key TEXT NOT NULL UNIQUE, body {bytes}, received_at {time}, done_at {time})",
    "CREATE INDEX to_do ON queue (received_at) WHERE done_at IS NULL",
)
SHORTEST = "INSERT INTO shortest VALUES (%s, %s) ON CONFLICT DO NOTHING"
QUEUE = "INSERT INTO queue (dedupe_key, body, received_at) VALUES (%s, %s, {now}) ON CONFLICT DO NOTHING RETURNING id"
#: Deliveries that are done, each of a payment of its own, as a year leaves them.
FILL = """
INSERT INTO yuno_inbox (scope, dedupe_key, occurrence, kind, resource, changed_at, news_at, received_at, state,
  attempts, fence, available_at, finished_at)
SELECT 'default', 'y1-' || {digits}, 1, 'payment.purchase', 'payment/' || {digits}, n, n, n, 'done', 1, 1, n, n
FROM {rows}
"""
FILL_REDIS = """
for n = ARGV[1], ARGV[2] do
  local digits = string.format('%032d', n)
  redis.call('HSET', KEYS[1] .. ':row:y1-' .. digits, 'i', n, 'k', 'payment.purchase', 'r', 'payment/' .. digits,
    'c', n, 'a', n, 's', 'purged', 't', 1, 'f', 1, 'e', n)
  redis.call('ZADD', KEYS[1] .. ':purged', n, string.format('%016d', n) .. ':y1-' .. digits)
  redis.call('HSET', KEYS[1] .. ':news', 'payment/' .. digits, string.format('%020d', n))
end
"""
NUMBERS = "(WITH RECURSIVE s (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < {last}) SELECT n FROM s)"


def events() -> Iterator[Event]:
    """As many as are wanted, each of a payment of its own."""
    number = 0
    while True:
        number += 1
        yield Event.parse_unverified(testing.sample("payment.purchase", id=f"00000000-0000-4000-8000-{number:012d}"))


async def do_nothing(_: Event) -> None:
    """The handler beside which storing is measured."""


def timed(call: Callable[[], object]) -> float:
    """Microseconds."""
    start = time.perf_counter()
    call()
    return (time.perf_counter() - start) * 1e6


def work(inbox: Inbox) -> None:
    """One delivery."""
    for delivery in inbox.claim():
        delivery.complete()


def percentile(times: list[float], part: float) -> float:
    """Of sorted times."""
    return sorted(times)[min(len(times) - 1, int(len(times) * part))]


def by_hand(connection: Any, shortest: Any, queue: Any) -> tuple[Callable[[Event], object], Callable[[Event], object]]:
    """Both ways."""
    return (
        lambda event: connection.execute(shortest, (event.dedupe_key, event.raw)),
        lambda event: connection.execute(queue, (event.dedupe_key, event.raw)).fetchall(),
    )


class Bench:
    """One store."""

    def __init__(
        self,
        name: str,
        inbox: Inbox,
        by_hand: tuple[Callable[[Event], object], Callable[[Event], object]],
        grown: Callable[[int], Inbox],
    ) -> None:
        self._name = name
        self._inbox = inbox
        self._by_hand = by_hand
        self._grown = grown
        self._events = events()

    def run(self) -> None:
        """Prints its lines."""
        ways = ("accept", "shortest by hand", "queue by hand")
        measured = self.accept(self._inbox.accept, *self._by_hand)
        for way, (_, times) in zip(ways, measured, strict=True):
            self.line(way, f"{1e6 / median(times):8.0f}/s  p99 {percentile(times, 0.99):7.0f} us")
        (ours, _), *others = measured
        for way, (rounds, _) in zip(ways[1:], others, strict=True):
            ratio = median(two / one for one, two in zip(ours, rounds, strict=True))
            verdict = f"  >= {TARGET} {'met' if round(ratio, 2) >= TARGET else 'MISSED'}" if way == ways[1] else ""
            self.line(f"accept beside {way}", f"{ratio:8.2f}x{verdict}")
        done = [timed(partial(work, self._inbox)) for _ in range(ROUNDS * CALLS)]
        self.line("claim and complete", f"{1e6 / median(done):8.0f}/s  p99 {percentile(done, 0.99):7.0f} us")
        self.receive()
        self.growth()

    def receive(self) -> None:
        """A delivery through FastAPI, as a server calls it, with this inbox and with a handler that does nothing."""
        verifier = Verifier(hmac_secret=SECRET)
        receivers = {
            "with the inbox": Receiver(verifier, inbox=self._inbox),
            "without an inbox": Receiver(verifier, fallback=do_nothing),
        }
        for name, receiver in receivers.items():
            app = FastAPI()
            app.include_router(router(receiver, PATH))
            times = asyncio.run(self.posts(app))
            self.line(f"FastAPI {name}", f"{1e6 / median(times):8.0f}/s  p99 {percentile(times, 0.99):7.0f} us")

    async def posts(self, app: FastAPI) -> list[float]:
        """The time of each answer."""
        times: list[float] = []
        for _ in range(ROUNDS * CALLS):
            body = next(self._events).raw
            headers = testing.headers(body, SECRET) | {"host": "shop.example", "content-length": str(len(body))}
            start = time.perf_counter()
            if await post(app, body, headers) != 200:
                raise ValueError("the app does not take what is signed")
            times.append((time.perf_counter() - start) * 1e6)
        return times

    def accept(self, *calls: Callable[[Event], object]) -> list[tuple[list[float], list[float]]]:
        """For each way the medians of the rounds, and all times."""
        found: list[tuple[list[float], list[float]]] = [([], []) for _ in calls]
        for _ in range(ROUNDS):
            for call, (rounds, all_times) in zip(calls, found, strict=True):
                batch = [next(self._events) for _ in range(CALLS)]
                times = [timed(partial(call, event)) for event in batch]
                rounds.append(median(times))
                all_times.extend(times)
        return found

    def growth(self) -> None:
        """What accepting and working cost beside many that are done, and beside few."""
        inboxes = [self._grown(rows) for rows in (FEW, MANY)]
        accepted = [rounds for rounds, _ in self.accept(*(inbox.accept for inbox in inboxes))]
        worked: list[list[float]] = [[], []]
        for _ in range(ROUNDS):
            for inbox, rounds in zip(inboxes, worked, strict=True):
                rounds.append(median([timed(partial(work, inbox)) for _ in range(CALLS)]))
        for task, (few, many) in (("accept", accepted), ("claim and complete", worked)):
            ratio = median(two / one for one, two in zip(few, many, strict=True))
            verdict = "met" if round(ratio, 2) <= MOST_GROWTH else "MISSED"
            self.line(f"{task}, {MANY:,} rows", f"{ratio:8.2f}x of {FEW:,} rows  <= {MOST_GROWTH} {verdict}")

    def line(self, task: str, text: str) -> None:
        """Prints one."""
        print(f"{self._name:10}{task:34}{text}", flush=True)


def sqlite(folder: Path) -> Bench:
    """A file on this machine's disk."""
    inbox = SQLiteInbox(folder / "inbox.db")
    hand = sqlite3.connect(folder / "hand.db", isolation_level=None)
    hand.execute("PRAGMA journal_mode = WAL")
    hand.execute("PRAGMA synchronous = FULL")
    for statement in HAND:
        hand.execute(statement.format(bytes="BLOB", id="INTEGER PRIMARY KEY", time="INTEGER"))
    shortest, queue = (text.replace("%s", "?") for text in (SHORTEST, QUEUE.format(now="unixepoch()")))

    def grown(rows: int) -> Inbox:
        path = folder / f"{rows}.db"
        own = SQLiteInbox(path)
        with sqlite3.connect(path) as connection:
            connection.execute(FILL.format(digits="printf('%032d', n)", rows=NUMBERS.format(last=rows)))
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.close()
        return own

    return Bench("SQLite", inbox, by_hand(hand, shortest, queue), grown)


def postgres(server: Server) -> Bench:
    """A server on this machine, set up as it comes."""
    inbox = PostgresInbox(server.conninfo)
    hand = psycopg.connect(server.conninfo, autocommit=True)
    identity = "BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY"
    for statement in HAND:
        hand.execute(statement.format(bytes="BYTEA", id=identity, time="TIMESTAMPTZ").encode())
    shortest, queue = SHORTEST.encode(), QUEUE.format(now="now()").encode()

    def grown(rows: int) -> Inbox:
        hand.execute(f"CREATE DATABASE of_{rows}".encode())
        conninfo = make_conninfo(server.conninfo, dbname=f"of_{rows}")
        own = PostgresInbox(conninfo)
        with psycopg.connect(conninfo, autocommit=True) as connection:
            series = f"generate_series(1, {rows}) AS s (n)"
            connection.execute(FILL.format(digits="lpad(n::text, 32, '0')", rows=series).encode())
            connection.execute("VACUUM ANALYZE yuno_inbox")
            connection.execute("CHECKPOINT")
        return own

    return Bench("Postgres", inbox, by_hand(hand, shortest, queue), grown)


def redis(server: RedisServer) -> Bench:
    """A server on this machine, which waits for the disk at each write."""
    inbox = RedisInbox(server.url)
    hand = driver.Redis.from_url(server.url)
    fill = hand.register_script(FILL_REDIS)

    def shortest(event: Event) -> object:
        return hand.set(f"shortest:{event.dedupe_key}", event.raw, nx=True)

    def queue(event: Event) -> object:
        with hand.pipeline(transaction=True) as pipe:
            pipe.set(f"queue:{event.dedupe_key}", event.raw, nx=True)
            pipe.rpush("queue", event.dedupe_key)
            return pipe.execute()

    def grown(rows: int) -> Inbox:
        own = RedisInbox(server.url, scope=f"of-{rows}")
        for start in range(1, rows, FEW):
            fill([f"yuno-inbox:{{of-{rows}:0/1}}"], [start, start + FEW - 1])
        return own

    return Bench("Redis", inbox, (shortest, queue), grown)


def main() -> int:
    """Runs all."""
    with tempfile.TemporaryDirectory() as folder:
        sqlite(Path(folder)).run()
    server = Server()
    try:
        postgres(server).run()
    finally:
        server.remove()
    redis_server = RedisServer()
    try:
        redis(redis_server).run()
    finally:
        redis_server.remove()
    return 0


if __name__ == "__main__":
    sys.exit(main())
