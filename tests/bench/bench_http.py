"""Measures servers under load, over HTTP, with an inbox and without: `make bench`.

Each server is a process of its own. wrk keeps connections open and sends on each the next delivery, signed and of a
payment of its own, as soon as the one before was answered. The servers take turns. Printed are the medians of the
rounds: the rate, the p99 of the time to an answer, and the rate beside the same server with a handler that does
nothing. The disk is most of it, so let the machine be idle.
"""

from __future__ import annotations

import json
import resource
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

import bodies

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "python" / "tests"))

import psycopg
from http_fastapi import PATH, SECRET
from inbox.postgres import Server as Postgres
from inbox.redis_server import Server as Redis

from yuno_webhooks.inbox import Inbox, PostgresInbox, RedisInbox, SQLiteInbox

HERE = Path(__file__).resolve().parent
CONNECTIONS = 16
ROUNDS = 5
SECONDS = 3
#: Beyond this part of its time the generator might be what is measured.
MOST_LOAD = 0.85
SERVERS = {
    "FastAPI": [sys.executable, str(HERE / "http_fastapi.py")],
    "Fastify": ["node", str(HERE / "http_fastify.mjs")],
}


class Places:
    """Where stores are, each empty."""

    def __init__(self, folder: Path, postgres: Postgres, redis: Redis) -> None:
        self._folder = folder
        self._postgres = postgres
        self._redis = redis
        self._count = 0

    def file(self) -> str:
        """The path of one that is not there yet."""
        self._count += 1
        return str(self._folder / f"{self._count}.db")

    def database(self) -> str:
        """The address of one of the server's."""
        self._count += 1
        name = f"bench_{self._count}"
        with psycopg.connect(self._postgres.conninfo, autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}".encode())
        return f"{self._postgres.conninfo.removesuffix('postgres')}{name}"

    def number(self) -> str:
        """The address of one of the numbered databases of a Redis server, which waits for the disk at each write."""
        self._count += 1
        return f"{self._redis.url.removesuffix('0')}{self._count}"


class Store(NamedTuple):
    """What a server stores in."""

    name: str
    """Its class, as the server's language calls it."""
    place: Callable[[Places], str]
    reader: Callable[[str], Inbox]
    """What opens the same place here, to count what is in it."""


class Setup(NamedTuple):
    """A server, with a store or with a handler that does nothing."""

    server: str
    name: str
    store: Store | None = None


SETUPS = (
    Setup("FastAPI", "without an inbox"),
    Setup("FastAPI", "SQLite", Store("SQLiteInbox", Places.file, SQLiteInbox)),
    Setup("FastAPI", "Postgres", Store("PostgresInbox", Places.database, PostgresInbox)),
    Setup("FastAPI", "Postgres, asyncio", Store("AsyncPostgresInbox", Places.database, PostgresInbox)),
    Setup("FastAPI", "Redis", Store("RedisInbox", Places.number, RedisInbox)),
    Setup("FastAPI", "Redis, asyncio", Store("AsyncRedisInbox", Places.number, RedisInbox)),
    Setup("Fastify", "without an inbox"),
    Setup("Fastify", "SQLite", Store("SqliteInbox", Places.file, SQLiteInbox)),
    Setup("Fastify", "Postgres", Store("PostgresInbox", Places.database, PostgresInbox)),
    Setup("Fastify", "Redis", Store("RedisInbox", Places.number, RedisInbox)),
)


@dataclass
class Round:
    """What wrk measured."""

    answers: int
    rate: float
    p99_ms: float


@dataclass
class Running:
    """A server that runs, and its rounds."""

    setup: Setup
    port: int
    inbox: Inbox | None
    answers: int = 0
    rounds: list[Round] = field(default_factory=list)

    def measure(self, body: Path) -> Round:
        """One round."""
        # At the end of a round, each connection has sent one more than was answered.
        first = self.answers + CONNECTIONS * (ROUNDS + 1)
        command = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{SECONDS}s", "-s", str(HERE / "deliveries.lua")]
        given = [f"http://127.0.0.1:{self.port}", "--", str(body), SECRET, PATH, str(first)]
        before = cpu_seconds()
        ran = subprocess.run([*command, *given], stdout=subprocess.PIPE, text=True, check=True)
        made: dict[str, Any] = json.loads(ran.stdout.splitlines()[-1])
        seconds = made["us"] / 1e6
        load = (cpu_seconds() - before) / seconds
        if made["failed"] or not made["answers"]:
            self.fail(f"{made['failed']} requests failed, and {made['answers']} were answered")
        if load > MOST_LOAD:
            self.fail(f"wrk was busy for {load:.0%} of the time, so that it was measured itself")
        self.answers += made["answers"]
        return Round(made["answers"], made["answers"] / seconds, made["p99_us"] / 1000)

    def check(self) -> None:
        """What was answered was stored, and nothing else but the requests whose answers a round's end cut off."""
        stored = self.answers if self.inbox is None else self.inbox.stats().pending
        if not self.answers <= stored <= self.answers + CONNECTIONS * (ROUNDS + 1):
            self.fail(f"{self.answers} deliveries were answered, and {stored} are stored")

    def fail(self, reason: str) -> None:
        """Ends the bench."""
        sys.exit(f"{self.setup.server}, {self.setup.name}: {reason}")

    def line(self, beside: Running) -> str:
        """As it is printed."""
        rate, p99 = median(own.rate for own in self.rounds), median(own.p99_ms for own in self.rounds)
        ratio = median(own.rate / other.rate for own, other in zip(self.rounds, beside.rounds, strict=True))
        end = "" if beside is self else f"  {ratio:5.2f}x of it without an inbox"
        return f"{self.setup.server:10}{self.setup.name:34}{rate:8.0f}/s  p99 {p99:7.1f} ms{end}"


def cpu_seconds() -> float:
    """What processes have used that have ended: only wrk does between two rounds."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


@contextmanager
def serving(command: list[str], *store: str) -> Iterator[int]:
    """Runs a server; gives its port when it answers."""
    with closing(socket.create_server(("127.0.0.1", 0), backlog=CONNECTIONS)) as own:
        process = subprocess.Popen([*command, str(own.fileno()), *store], pass_fds=[own.fileno()])
        try:
            port = int(own.getsockname()[1])
            # Until it listens, what connects waits in the socket.
            with closing(HTTPConnection("127.0.0.1", port, timeout=30)) as first:
                first.request("GET", "/")
                first.getresponse().read()
            yield port
        finally:
            process.terminate()
            process.wait(10)


def measured(server: str, places: Places, body: Path) -> Iterator[str]:
    """The lines of a server."""
    with ExitStack() as stack:
        running: list[Running] = []
        for setup in (setup for setup in SETUPS if setup.server == server):
            store = setup.store
            address = [store.name, store.place(places)] if store else []
            port = stack.enter_context(serving(SERVERS[server], *address))
            inbox = stack.enter_context(store.reader(address[1])) if store else None
            running.append(Running(setup, port, inbox))
        # The first round only warms up.
        for number in range(ROUNDS + 1):
            for each in running:
                made = each.measure(body)
                if number:
                    each.rounds.append(made)
        for each in running:
            each.check()
            yield each.line(running[0])


def main() -> int:
    """Measures each server with each store."""
    if shutil.which("wrk") is None:
        sys.exit("wrk is missing, which sends the requests. On Debian and Ubuntu: apt-get install wrk")
    postgres, redis = Postgres(), Redis()
    try:
        with tempfile.TemporaryDirectory() as folder:
            body = Path(folder) / "body.json"
            body.write_bytes(bodies.bodies()["6 KiB"].replace(bodies.PAYMENT["id"].encode(), b"ID", 1))
            print(f"{CONNECTIONS} connections, bodies of 6 KiB, {ROUNDS} rounds of {SECONDS} seconds", flush=True)
            places = Places(Path(folder), postgres, redis)
            for server in SERVERS:
                for line in measured(server, places, body):
                    print(line, flush=True)
    finally:
        postgres.remove()
        redis.remove()
    return 0


if __name__ == "__main__":
    sys.exit(main())
