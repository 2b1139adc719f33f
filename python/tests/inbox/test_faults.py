"""Databases that are down, full, slow or at another time."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from yuno_webhooks import InboxError, testing
from yuno_webhooks.inbox import Delivery, Inbox, SQLiteInbox
from yuno_webhooks.receiver import Receiver

from .conftest import Opener
from .postgres import Server
from .shop import (
    SECRET,
    VERIFIER,
    Effects,
    accept,
    connect,
    make_body,
    make_event,
    seconds,
    set_clock,
    until,
    wait_for,
    working,
)

# The provider's wait for the later tries.
WAIT = 7.0


def send(receiver: Receiver, payment: str = "p-1", retry: int = 0) -> int:
    """The status of a delivery, which must come in time."""
    body = make_body(payment, retry=retry)
    begun = time.monotonic()
    status = receiver.receive(body, testing.headers(body, SECRET)).status
    assert time.monotonic() - begun < WAIT
    return status


@pytest.fixture
def postgres(request: pytest.FixtureRequest, address: str, inbox: Inbox) -> Server:
    if not address.startswith("postgresql:"):
        pytest.skip("a file has no server")
    del inbox
    server: Server = request.getfixturevalue("server")
    return server


@contextmanager
def stopped(server: Server) -> Generator[None]:
    """The server is gone, as by a crash, as long as the block lasts."""
    server.stop("immediate")
    try:
        yield
    finally:
        server.start()


@pytest.mark.sql
def test_a_server_that_is_down_costs_no_delivery(postgres: Server, inbox: Inbox) -> None:
    receiver = Receiver(VERIFIER, inbox=inbox)
    assert send(receiver, "before") == 200
    with stopped(postgres):
        for retry in range(2):
            assert send(receiver, retry=retry) == 503
    # A pool tries ever more seldom to connect; the outage must not go on when the server is back.
    assert send(receiver, retry=2) == 200
    assert send(receiver, retry=3) == 200
    stats = until(inbox.stats)
    assert (stats.pending, stats.duplicates) == (2, 1)


@pytest.mark.sql
def test_a_server_that_was_restarted_is_not_noticed(postgres: Server, inbox: Inbox) -> None:
    """Though all connections of the pool are lost."""
    receiver, count = Receiver(VERIFIER, inbox=inbox), 8
    barrier = threading.Barrier(count)
    statuses: list[int] = []

    def deliver(number: int, name: str) -> None:
        barrier.wait()
        statuses.append(send(receiver, f"{name}-{number}"))

    for name in ("before", "after"):
        threads = [threading.Thread(target=deliver, args=(number, name)) for number in range(count)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        if name == "before":
            with stopped(postgres):
                pass
    assert statuses == [200] * (2 * count)
    assert until(inbox.stats).pending == 2 * count


@pytest.mark.sql
def test_a_server_that_stops_while_it_stores_is_answered_in_time(postgres: Server, inbox: Inbox, address: str) -> None:
    statuses: list[int] = []
    receiver = Receiver(VERIFIER, inbox=inbox)
    with connect(address) as connection:
        connection.execute("BEGIN")
        connection.execute("LOCK TABLE yuno_inbox")
        thread = threading.Thread(target=lambda: statuses.append(send(receiver)))
        thread.start()
        time.sleep(0.5)
        with stopped(postgres):
            thread.join(WAIT)
            assert statuses == [503]
    assert send(receiver, retry=1) == 200
    assert until(inbox.stats).pending == 1


@pytest.mark.sql
def test_a_slow_database_is_given_up_in_time(inbox: Inbox, address: str) -> None:
    receiver = Receiver(VERIFIER, inbox=inbox)
    with connect(address) as connection:
        is_postgres = address.startswith("postgresql:")
        connection.execute("BEGIN" if is_postgres else "BEGIN EXCLUSIVE")
        if is_postgres:
            connection.execute("LOCK TABLE yuno_inbox")
        statuses: list[int] = []
        # Also in a thread that has no connection yet.
        thread = threading.Thread(target=lambda: statuses.append(send(receiver, "p-2")))
        thread.start()
        begun = time.monotonic()
        with pytest.raises(InboxError) as caught:
            inbox.accept(make_event())
        assert caught.value.code == "STORE_UNAVAILABLE"
        assert time.monotonic() - begun < WAIT
        thread.join()
        assert statuses == [503]
        connection.execute("ROLLBACK")
    assert send(receiver, retry=1) == 200
    assert inbox.stats().pending == 1


def test_no_thread_is_given_up_too_late(tmp_path: Path) -> None:
    """One after another, each would wait for as long as all those before it."""
    path = tmp_path / "inbox.db"
    with SQLiteInbox(path) as inbox, connect(str(path)) as other:
        receiver = Receiver(VERIFIER, inbox=inbox)

        def send_one(number: int) -> int:
            return send(receiver, f"p-{number}")

        other.execute("BEGIN IMMEDIATE")
        with ThreadPoolExecutor(4) as threads:
            assert list(threads.map(send_one, range(4))) == [503] * 4
        other.execute("ROLLBACK")
        with ThreadPoolExecutor(4) as threads:
            assert list(threads.map(send_one, range(4))) == [200] * 4


@pytest.mark.sql
def test_workers_wait_longer_than_the_provider(inbox: Inbox, address: str) -> None:
    """On Postgres, where a merchant's transaction may be slow: no limit of the receiver's is on it."""
    if not address.startswith("postgresql:"):
        pytest.skip(f"{address} lets nobody else write meanwhile")

    def handle(delivery: Delivery) -> None:
        with delivery.transaction() as connection:
            connection.execute("SELECT pg_sleep(3.5)")

    key = accept(inbox)
    with working(inbox, handle):
        assert wait_for(inbox, key).attempts == 1


ROLLING_BACK = {
    "a conflict": "INSERT OR ROLLBACK INTO known (id) VALUES (1)",
    "a trigger": "INSERT INTO refused VALUES (1)",
    "a full disk": "INSERT INTO large VALUES (zeroblob(9000000))",
}


@pytest.fixture(params=ROLLING_BACK.values(), ids=list(ROLLING_BACK))
def undoing(request: pytest.FixtureRequest, tmp_path: Path) -> Generator[tuple[SQLiteInbox, str]]:
    """An inbox, and a statement after which SQLite ends the transaction by itself, whoever catches the error."""
    path = tmp_path / "inbox.db"
    inbox = SQLiteInbox(path)
    with connect(str(path)) as connection:
        connection.executescript(
            "CREATE TABLE effect (key TEXT NOT NULL); CREATE TABLE known (id INTEGER PRIMARY KEY); "
            "INSERT INTO known VALUES (1); CREATE TABLE large (body); CREATE TABLE refused (id); "
            "CREATE TRIGGER no BEFORE INSERT ON refused BEGIN SELECT RAISE(ROLLBACK, 'no'); END"
        )
    yield inbox, request.param
    inbox.close()


def undo(connection: sqlite3.Connection, statement: str) -> None:
    (pages,) = connection.execute("PRAGMA page_count").fetchone()
    connection.execute(f"PRAGMA max_page_count = {pages + 10}")
    with pytest.raises(sqlite3.Error):
        connection.execute(statement)
    assert not connection.in_transaction


def test_a_transaction_that_sqlite_has_ended_completes_nothing(undoing: tuple[SQLiteInbox, str]) -> None:
    inbox, statement = undoing
    effects = Effects(inbox.place)
    key = accept(inbox)
    (delivery,) = inbox.claim()
    ended = "STORE_UNAVAILABLE: The transaction is not open any more"
    with pytest.raises(InboxError, match=ended), delivery.transaction() as connection:  # noqa: PT012
        effects.write(connection, "before")
        undo(connection, statement)
    assert (effects.keys(), inbox.find(key).state) == ([], "processing")
    delivery.release(delay=seconds(0))
    # What was set on the connection is gone with it.
    (delivery,) = inbox.claim()
    with delivery.transaction() as connection:
        connection.execute("INSERT INTO large VALUES (zeroblob(100000))")
        effects.write(connection, "again")
    assert (effects.keys(), inbox.find(key).state) == (["again"], "done")


def test_nothing_is_stored_after_a_transaction_that_sqlite_has_ended(undoing: tuple[SQLiteInbox, str]) -> None:
    inbox, statement = undoing
    effects = Effects(inbox.place)
    key = accept(inbox)
    (delivery,) = inbox.claim()
    with pytest.raises(sqlite3.DatabaseError, match="not authorized"), delivery.transaction() as connection:  # noqa: PT012
        effects.write(connection, "before")
        undo(connection, statement)
        effects.write(connection, "after")
    assert (effects.keys(), inbox.find(key).state) == ([], "processing")


def test_what_a_transaction_accepts_is_not_said_to_be_stored_if_sqlite_has_ended_it(
    undoing: tuple[SQLiteInbox, str],
) -> None:
    inbox, statement = undoing
    with pytest.raises(InboxError, match="STORE_UNAVAILABLE"), inbox.begin() as connection:  # noqa: PT012
        assert inbox.accept(make_event("p-1"), connection=connection).outcome == "accepted"
        undo(connection, statement)
    with pytest.raises(InboxError, match="STORE_UNAVAILABLE"), inbox.begin() as connection:  # noqa: PT012
        undo(connection, statement)
        inbox.accept(make_event("p-1"), connection=connection)
    assert inbox.stats()[:1] == (0,)


def test_what_a_handler_sets_on_the_connection_ends_with_its_transaction(tmp_path: Path) -> None:
    inbox = SQLiteInbox(tmp_path / "inbox.db")
    changes: list[Callable[[sqlite3.Connection], object]] = [
        lambda connection: setattr(connection, "text_factory", bytes),
        lambda connection: setattr(connection, "row_factory", sqlite3.Row),
        lambda connection: connection.execute("PRAGMA query_only = ON"),
    ]
    for number, change in enumerate(changes):
        key = accept(inbox, f"p-{number}")
        (delivery,) = inbox.claim()
        try:
            with delivery.transaction() as connection:
                change(connection)
        except InboxError:
            delivery.complete()
        assert (inbox.find(key).state, inbox.find(key).key) == ("done", key)
    with inbox.begin() as connection:
        accepted = inbox.accept(make_event("another"), connection=connection)
        assert connection.execute("SELECT 'a'").fetchone() == ("a",)
    assert inbox.find(accepted.key).state == "pending"


def test_a_full_disk_costs_no_delivery(tmp_path: Path) -> None:
    told: list[str] = []
    inbox = SQLiteInbox(tmp_path / "inbox.db", on_outcome=lambda outcome: told.append(outcome.result))
    receiver = Receiver(VERIFIER, inbox=inbox)
    assert send(receiver, "before") == 200
    connection = inbox._own("own").connection  # pyright: ignore[reportPrivateUsage]
    (pages,) = connection.execute("PRAGMA page_count").fetchone()
    connection.execute(f"PRAGMA max_page_count = {pages}")
    stored = 0
    while send(receiver, f"p-{stored}") == 200:
        stored += 1
    for retry in range(3):
        assert send(receiver, f"p-{stored}", retry) == 503
    unreadable = testing.delivery(secret=SECRET).unreadable()
    assert receiver.receive(b"[" + b" " * 5000 + b"]", unreadable.headers).status == 401
    body = b"[" + b" " * 5000 + b"]"
    assert receiver.receive(body, testing.headers(body, SECRET)).status == 503
    assert inbox.stats()[:1] == (stored + 1,)
    # What is there can be worked on all the same, in the space that there is.
    (delivery,) = inbox.claim()
    delivery.complete()
    connection.execute("PRAGMA max_page_count = 1000000")
    assert send(receiver, f"p-{stored}", 3) == 200
    assert send(receiver, f"p-{stored}", 4) == 200
    stats = inbox.stats()
    assert (stats.pending, stats.duplicates) == (stored + 1, 1)
    assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    assert told.count("unavailable") == 5
    inbox.close()


@pytest.mark.sql
def test_a_clock_that_jumps_loses_nothing_and_does_nothing_twice(opened: Opener, address: str) -> None:
    hour, step = 3_600_000, 0

    def clock() -> int:
        return int(time.time() * 1000) + step

    inboxes = [opened(), opened()]
    effects = Effects(address).create()

    def handle(delivery: Delivery) -> None:
        time.sleep(0.02)
        with delivery.transaction() as connection:
            effects.write(connection, delivery.key)

    for inbox in inboxes:
        set_clock(inbox, clock)
    keys: list[str] = []
    options: dict[str, Any] = {"workers": 2, "lease": seconds(0.5)}
    with working(inboxes[0], handle, **options), working(inboxes[1], handle, **options):
        for jump in (hour, -hour, -hour, hour, hour):
            for number in range(12):
                keys.append(accept(inboxes[number % 2], f"p-{len(keys) % 7}", len(keys)))
                time.sleep(0.005)
            # In the middle of the work.
            step += jump
            time.sleep(0.1)
        # What was accepted or leased at a later time waits until then, and no longer.
        step = 2 * hour
        until(lambda: inboxes[0].stats()[:1] == (0,) and inboxes[0].stats().leased == 0)
    assert effects.keys() == sorted(keys)
    assert all(inboxes[0].find(key).state == "done" for key in keys)


@pytest.mark.sql
def test_workers_go_on_when_the_table_is_back(inbox: Inbox, address: str, caplog: pytest.LogCaptureFixture) -> None:
    with working(inbox, lambda _: None):
        wait_for(inbox, accept(inbox, "before"))
        with connect(address) as connection:
            connection.execute("ALTER TABLE yuno_inbox RENAME TO elsewhere")
            until(lambda: "nothing can be claimed, looking again in 2 s" in caplog.text)
            connection.execute("ALTER TABLE elsewhere RENAME TO yuno_inbox")
        wait_for(inbox, accept(inbox, "after"))


@pytest.mark.sql
def test_workers_go_on_when_the_server_is_back(
    postgres: Server, inbox: Inbox, address: str, caplog: pytest.LogCaptureFixture
) -> None:
    effects, begun, goes_on = Effects(address).create(), threading.Event(), threading.Event()

    def handle(delivery: Delivery) -> None:
        with delivery.transaction() as connection:
            effects.write(connection, delivery.key)
            begun.set()
            goes_on.wait(WAIT)

    key = accept(inbox, "before")
    with working(inbox, handle, workers=2, lease=seconds(1)):
        assert begun.wait(WAIT)
        with stopped(postgres):
            goes_on.set()
            until(lambda: "nothing can be claimed" in caplog.text)
        assert wait_for(inbox, key).attempts >= 2
        begin = time.monotonic()
        other = accept(inbox, "after")
        wait_for(inbox, other)
        # It hears of it again, too.
        assert time.monotonic() - begin < 5
    assert effects.keys() == sorted([key, other])


@pytest.mark.sql
def test_a_redelivery_waits_for_no_open_transaction(postgres: Server, inbox: Inbox, address: str) -> None:
    del postgres
    receiver = Receiver(VERIFIER, inbox=inbox)
    assert send(receiver) == 200
    (delivery,) = inbox.claim()
    with connect(address) as connection, connection.transaction():
        delivery.complete(connection)
        begun = time.monotonic()
        assert send(receiver, retry=1) == 200
        # An insert of another delivery is not held up either.
        assert send(receiver, "p-2") == 200
        assert time.monotonic() - begun < 2.5
    assert inbox.find(delivery.key).state == "done"
    assert send(receiver, retry=2) == 200
    assert inbox.stats()[:1] == (1,)
