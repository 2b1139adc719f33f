"""The merchant's side of the tests: deliveries, a table of effects, and workers in a thread."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any, TypeVar

from yuno_webhooks import Event, InboxError, Verifier, testing
from yuno_webhooks.inbox import (
    AsyncPostgresInbox,
    AsyncRedisInbox,
    Backoff,
    Delivery,
    Handlers,
    Inbox,
    PostgresInbox,
    Record,
    RedisInbox,
    SQLiteInbox,
)
from yuno_webhooks.types import Kind

from .blocking import Blocking, BlockingInbox, Loop

_T = TypeVar("_T")

SECRET = "a-test-secret"
PRIVATE = "pr1vate"
VERIFIER = Verifier(hmac_secret=SECRET)
SOON = timedelta(milliseconds=50)
# No test waits so long unless it fails.
PATIENCE = 15.0


def open_inbox(address: str, **options: Any) -> Inbox:
    """The store at an address."""
    if address.startswith("redis"):
        return (
            BlockingInbox(AsyncRedisInbox(address, **options)) if is_async(address) else RedisInbox(address, **options)
        )
    if is_async(address):
        return BlockingInbox(AsyncPostgresInbox(address, **options))
    return (PostgresInbox if address.startswith("postgresql:") else SQLiteInbox)(address, **options)


def is_async(address: str) -> bool:
    """Whether the store at an address is to be an async one: a name that means nothing to the server."""
    return "_name=async" in address


def seconds(count: float) -> timedelta:
    return timedelta(seconds=count)


def make_body(payment: str = "p-1", second: int = 0, *, retry: int = 0, kind: Kind = "payment.purchase") -> bytes:
    """A state of a payment, which changed in that second."""
    return testing.sample(
        kind, id=payment, updated_at=f"2026-08-01T10:00:{second:02}Z", retry=retry, merchant_reference=PRIVATE
    )


def make_event(payment: str = "p-1", second: int = 0, *, retry: int = 0, kind: Kind = "payment.purchase") -> Event:
    return Event.parse_unverified(make_body(payment, second, retry=retry, kind=kind))


def accept(inbox: Inbox, payment: str = "p-1", second: int = 0, *, kind: Kind = "payment.purchase") -> str:
    """Accepts a delivery and gives its key."""
    accepted = inbox.accept(make_event(payment, second, kind=kind))
    assert accepted.outcome == "accepted"
    return accepted.key


def until(condition: Callable[[], _T], patience: float = PATIENCE) -> _T:
    """Waits for a condition, which may be unknown while the store is away."""
    end = time.monotonic() + patience
    while True:
        try:
            found = condition()
        except InboxError:
            if time.monotonic() > end:
                raise
            found = None
        if found:
            return found
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.02)


def wait_for(inbox: Inbox, key: str, state: str = "done", patience: float = PATIENCE) -> Record:
    """Waits until a delivery is in a state."""
    until(lambda: inbox.find(key).state == state, patience)
    return inbox.find(key)


def patient(**others: Any) -> dict[str, Any]:
    """Options of `run` by which a test does not wait."""
    backoff = Backoff(first=timedelta(milliseconds=20), most=timedelta(milliseconds=40), attempts=3)
    return {"poll": SOON, "backoff": backoff, "grace": seconds(10), **others}


def runs_of(inbox: Inbox) -> list[Any]:
    """What `run` is doing."""
    return list(inbox._running)  # pyright: ignore[reportPrivateUsage]


def set_clock(inbox: Inbox, clock: Callable[[], int | None]) -> None:
    """Gives the store a clock, in milliseconds; none is the database's."""
    inbox._clock = clock  # pyright: ignore[reportPrivateUsage]


def start(inbox: Inbox, handlers: Handlers, **options: Any) -> threading.Thread:
    """Runs workers in a thread; they are there when this returns."""
    before = len(runs_of(inbox))
    thread = threading.Thread(target=inbox.run, args=(handlers,), kwargs=patient(**options), daemon=True)
    thread.start()
    until(lambda: len(runs_of(inbox)) > before)
    return thread


@contextmanager
def working(inbox: Inbox, handlers: Handlers | Callable[[Delivery], object], **options: Any) -> Generator[None]:
    """Workers, as long as the block lasts."""
    thread = start(inbox, handlers if isinstance(handlers, Handlers) else Handlers(fallback=handlers), **options)
    try:
        yield
    finally:
        inbox.stop()
        thread.join(PATIENCE)
    assert not thread.is_alive(), "the workers do not stop"


@contextmanager
def connect(address: str) -> Generator[Any]:
    """A connection of the merchant's own, on which every statement is a transaction."""
    connection: Any
    if address.startswith("redis"):
        import redis

        # Its types are in part unknown.
        driver: Any = redis
        with driver.Redis.from_url(address) as connection:
            yield connection
        return
    if is_async(address):
        import psycopg

        loop = Loop()
        connected = Blocking(psycopg.AsyncConnection, loop)
        connection = connected.connect(address, autocommit=True, connect_timeout=5)
        try:
            yield connection
        finally:
            connection.close()
            loop.end()
        return
    if address.startswith("postgresql:"):
        import psycopg

        connection = psycopg.connect(address, autocommit=True, connect_timeout=5)
    else:
        connection = sqlite3.connect(address, isolation_level=None, timeout=30)
    try:
        yield connection
    finally:
        connection.close()


def states(address: str) -> dict[str, str]:
    """The state of each delivery that is stored, by its key; looked up without the inbox."""
    with connect(address) as connection:
        if not address.startswith("redis:"):
            rows = connection.execute("SELECT dedupe_key, state FROM yuno_inbox").fetchall()
            assert len(rows) == len(dict(rows))
            return dict(rows)
        keys = connection.scan_iter("*:row:*", 1000)
        return {key.decode().partition(":row:")[2]: connection.hget(key, "s").decode() for key in keys}


class Effects:
    """What handlers have done: a table without any key, so that it shows what was done twice."""

    def __init__(self, address: str) -> None:
        self.address = address
        self._is_redis = address.startswith("redis")
        mark = "%s" if address.startswith("postgresql:") else "?"
        self._insert = f"INSERT INTO effect (key) VALUES ({mark})"  # noqa: S608, no input

    def create(self) -> Effects:
        if self._is_redis:
            return self
        with connect(self.address) as connection:
            connection.execute("CREATE TABLE effect (key TEXT NOT NULL)")
        return self

    def write(self, connection: Any, key: str) -> None:
        """Does the effect, by this connection."""
        if self._is_redis:
            connection.rpush("effect", key)
            return
        connection.execute(self._insert, (key,))

    def keys(self) -> list[str]:
        """The keys of all effects."""
        with connect(self.address) as connection:
            if self._is_redis:
                return sorted(key.decode() for key in connection.lrange("effect", 0, -1))
            return [key for (key,) in connection.execute("SELECT key FROM effect ORDER BY key").fetchall()]
