"""What an attacker and a newcomer did wrong with an inbox, and what is said of it."""

from __future__ import annotations

import functools
import logging
import sqlite3
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from yuno_webhooks import Event, InboxError, testing
from yuno_webhooks.inbox import AsyncPostgresInbox, Delivery, Handlers, Inbox, PostgresInbox, SQLiteInbox, open_inbox

from .postgres import Server


def event(number: str = "p-1") -> Event:
    return Event.parse_unverified(testing.sample("payment.purchase", id=number))


@pytest.fixture
def file(tmp_path: Path) -> SQLiteInbox:
    return SQLiteInbox(tmp_path / "inbox.db")


def use_as_a_context(connection: sqlite3.Connection) -> None:
    with connection:
        connection.execute("INSERT INTO effect VALUES (1)")


ENDINGS: list[Callable[[sqlite3.Connection], object]] = [
    lambda connection: connection.commit(),
    lambda connection: connection.executescript("SELECT 1"),
    lambda connection: connection.execute("COMMIT"),
    lambda connection: connection.execute("END"),
    use_as_a_context,
]


@pytest.mark.parametrize("end", ENDINGS)
def test_nobody_ends_the_transaction_of_a_delivery(
    file: SQLiteInbox, end: Callable[[sqlite3.Connection], object]
) -> None:
    with file.begin() as connection:
        connection.execute("CREATE TABLE effect (n INTEGER)")
    file.accept(event())
    (delivery,) = file.claim()

    def work() -> None:
        with delivery.transaction() as connection:
            connection.execute("INSERT INTO effect VALUES (1)")
            end(connection)

    with pytest.raises(sqlite3.DatabaseError, match="not authorized"):
        work()
    assert delivery.result is None
    with delivery.transaction() as connection:
        assert connection.execute("SELECT count(*) FROM effect").fetchone() == (0,)
        connection.execute("INSERT INTO effect VALUES (1)")
    with file.begin() as connection:
        assert connection.execute("SELECT count(*) FROM effect").fetchone() == (1,)


def test_what_is_accepted_does_not_hang_on_another_transaction(file: SQLiteInbox) -> None:
    with file.begin() as connection:
        for call in (lambda: file.accept(event()), file.claim):
            with pytest.raises(RuntimeError, match="transaction"):
                call()
        assert file.accept(event(), connection=connection).outcome == "accepted"
    assert file.stats().pending == 1


def test_a_pool_whose_check_begins_a_transaction_keeps_what_was_accepted(server: Server) -> None:
    from psycopg_pool import ConnectionPool

    def check(connection: Any) -> None:
        connection.execute("SELECT 1")

    with ConnectionPool(server.conninfo, min_size=1, check=check, open=True) as pool:
        inbox = PostgresInbox(pool, scope="checked")
        assert inbox.accept(event()).outcome == "accepted"
        (delivery,) = inbox.claim()
        delivery.complete()
    with PostgresInbox(server.conninfo, scope="checked") as other:
        assert other.find(event().dedupe_key).state == "done"


@pytest.mark.sql
def test_there_is_one_transaction_for_each_delivery(inbox: Inbox) -> None:
    inbox.accept(event())
    (delivery,) = inbox.claim()
    with delivery.transaction():
        pass
    with pytest.raises(RuntimeError, match="one transaction"), delivery.transaction():
        pass


def test_the_dead_are_found_with_their_errors(inbox: Inbox) -> None:
    key = inbox.accept(event()).key
    (delivery,) = inbox.claim()
    delivery.bury(ValueError("no stock"))
    (record,) = inbox.dead()
    assert (record.key, record.error_class, record.error_text) == (key, "ValueError", "no stock")
    assert "no stock" in repr(record)
    assert inbox.dead(kind="payment.refund") == []
    for ask in (inbox.dead, inbox.replay_dead):
        with pytest.raises(ValueError, match="did you mean"):
            ask(kind="payment.refnd")  # type: ignore[arg-type]


@pytest.mark.parametrize("option", ["lease", "poll", "grace", "backoff"])
def test_a_number_is_no_span(file: SQLiteInbox, option: str) -> None:
    wrong: Any = {option: 5}
    with pytest.raises(TypeError, match="Backoff" if option == "backoff" else "timedelta"):
        file.run(Handlers(fallback=print), **wrong)
    with pytest.raises(TypeError, match="timedelta"):
        file.purge(older_than=wrong)


PASSWORD = "pa55w0rd"
# As in Node's test.
NO_FILES = [
    *("", ":memory:", "file::memory:", "postgresql://shop", "sqlite:///shop.db"),
    *(f"postgresql://shop:{PASSWORD}@db/shop", f"postgresql:/shop:{PASSWORD}@db/shop", f"redis:/{PASSWORD}"),
    *(f"shop:{PASSWORD}@db:5432/shop", f"//shop:{PASSWORD}@db/shop", f"folder/shop:{PASSWORD}@db"),
    *(f"host=db user=shop password={PASSWORD} dbname=shop", f"Server=db;Password={PASSWORD}", f"PWD = {PASSWORD}"),
    f"passwd={PASSWORD}",
]


@pytest.mark.parametrize("name", NO_FILES)
def test_an_inbox_in_a_file_needs_a_path(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.chdir(tmp_path)
    given: list[str | Path] = [name, Path(name)] if len(Path(name).parts) > 1 else [name]
    calls: list[Callable[[], object]] = [functools.partial(SQLiteInbox, path) for path in given]
    calls += [functools.partial(open_inbox, f"sqlite:{name}", migrate=migrate) for migrate in (False, True)]
    for call in calls:
        with caplog.at_level(logging.DEBUG), pytest.raises(ValueError, match=r"path of a file|absolute path") as caught:
            call()
        error = caught.value
        assert PASSWORD not in f"{error} {error!r} {error.__cause__!r} {error.__context__!r} {caplog.text}"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["me@home.db", "a:b.db", r"C:\me@home\shop.db", "pwd.db", "c:/shop.db"])
def test_these_are_paths(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "c:").mkdir()
    SQLiteInbox(name).close()
    assert (tmp_path / name).exists()


@pytest.mark.parametrize("kind", [PostgresInbox, AsyncPostgresInbox])
@pytest.mark.parametrize(
    "address",
    [
        *(f"postgresql+psycopg://shop:{PASSWORD}@db/shop", f"redis://shop:{PASSWORD}@db", f"sqlite:///{PASSWORD}"),
        *(f"/srv/{PASSWORD}.db", f"postgresql://shop:%zz{PASSWORD}@db/shop", f"host=db password='{PASSWORD}"),
        *(f"host=db password=a {PASSWORD}", f"postgresql://shop:a@{PASSWORD}@db/shop"),
        *(f"postgresql://shop:1/{PASSWORD}@db/shop", f"postgresql://shop:{PASSWORD}/a@db/shop"),
        f"postgresql://shop:{PASSWORD}\udc80@db/shop",
    ],
)
def test_what_is_no_address_of_postgres_is_refused_and_not_repeated(
    kind: Callable[[str], object], address: str, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG), pytest.raises(ValueError, match=r"begins with postgresql://") as caught:
        kind(address)
    error = caught.value
    assert type(error) is ValueError
    assert PASSWORD not in f"{error} {error!r} {error.__cause__!r} {error.__context__!r} {caplog.text}"


@pytest.mark.parametrize(
    "address",
    [
        *("postgresql://shop:a%40b@[::1]:5432/shop", "postgresql://h1:5432,h2:5433/shop", "postgres:///shop?host=/run"),
        *("host=db user=shop password='a@b c'", "service=shop", ""),
    ],
)
def test_these_are_addresses_of_postgres(address: str) -> None:
    assert repr(AsyncPostgresInbox(address)).startswith("AsyncPostgresInbox(")


def test_more_threads_than_a_process_can_have_are_not_started(file: SQLiteInbox) -> None:
    file.accept(event())
    for workers in (257, 10**6):
        with pytest.raises(ValueError, match=r"^workers must be from 1 to 256$"):
            file.run(Handlers(fallback=lambda _: file.stop()), workers=workers)
    assert file.stats().pending == 1


def test_a_file_that_cannot_be_opened_is_named(tmp_path: Path) -> None:
    with pytest.raises(InboxError) as caught:
        SQLiteInbox(tmp_path / "no-such-folder" / "shop.db")
    assert str(caught.value) == (
        f"STORE_UNAVAILABLE: The file {tmp_path}/no-such-folder/shop.db could not be opened "
        "(unable to open database file): its folder must be there, and this process must be allowed to write to both."
    )


def test_a_worker_says_where_it_works_and_what_it_has_done(
    file: SQLiteInbox, caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    file.accept(event())

    def handle(_: Delivery) -> None:
        file.stop()

    with caplog.at_level(logging.INFO, logger="yuno_webhooks"):
        file.run(Handlers(fallback=handle), poll=timedelta(seconds=0.05))
    assert str(tmp_path / "inbox.db") in caplog.text
    assert "done: Delivery(kind='payment.purchase'" in caplog.text
