"""The inbox in PostgreSQL, by psycopg 3."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Generator
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from .._core import inbox_error
from ._outcome import Observer
from ._psycopg import (
    ANSWER_SECONDS,
    CHECK_SECONDS,
    CONNECT_SECONDS,
    LIMIT,
    RETRY_SECONDS,
    SET_UP,
    Driver,
    Line,
    Watch,
)
from ._rules import Publisher
from ._steps import Connection, Query, Row
from ._store import Inbox

if TYPE_CHECKING:
    import psycopg
    from psycopg_pool import ConnectionPool

_T = TypeVar("_T")


class PostgresInbox(Inbox):
    """An inbox in PostgreSQL 12 or newer, for as many machines as you like, with ``delivery.transaction()`` for effects
    that happen exactly once. The tables are ``yuno_inbox`` and ``yuno_inbox_schema``, in the first schema of the
    connection's ``search_path``.

    database: where it is, as psycopg takes it ("postgresql://..."), for pools of the inbox's own; or your own
    ``psycopg_pool.ConnectionPool``. A receiver waits for it for 5 seconds, whatever the server does.
    scope: your name for the endpoint, if several share the database. migrate: whether to make or update the schema;
    otherwise one that is not this release's is SCHEMA_MISMATCH. on_outcome: called with an `Outcome` of each delivery,
    in the thread that has it. publish: called with the key of each delivery that was accepted, for a queue of your own.

    Raises ValueError for another address, without repeating it; InboxError: STORE_UNAVAILABLE, SCHEMA_MISMATCH;
    ImportError with advice where psycopg is missing.
    """

    def __init__(
        self,
        database: str | ConnectionPool[Any],
        *,
        scope: str = "default",
        migrate: bool = True,
        on_outcome: Observer | None = None,
        publish: Publisher | None = None,
    ) -> None:
        super().__init__("postgres", scope, on_outcome, publish)
        self._driver = Driver()
        self._driver.check(database)
        self._given = database
        self._lock = threading.Lock()
        self._pools: _Pools | None = None
        self._watch = Watch()
        try:
            self._open_schema(migrate=migrate)
        except BaseException:
            # Nobody will close what nobody has.
            self.close()
            raise

    @contextmanager
    def begin(self) -> Generator[psycopg.Connection[Any], None, None]:
        """A transaction on a connection of the pool."""
        with self._borrow(self._pool()) as connection:
            cause: Exception | None = None
            is_merchants = False
            try:
                with connection.transaction():
                    try:
                        yield connection
                    except BaseException:
                        is_merchants = True
                        raise
            except self._driver.errors as error:
                if is_merchants:
                    raise
                cause = error.with_traceback(None)
            if cause is not None:
                raise inbox_error("STORE_UNAVAILABLE") from cause

    @property
    def place(self) -> str:
        """The server and the database, as far as the address says."""
        return self._driver.describe(self._given)

    def is_open(self, connection: psycopg.Connection[Any]) -> bool:
        """Whether a connection is in a transaction; one that is closed is not."""
        return self._driver.is_open(connection)

    def close(self) -> None:
        """Closes the inbox's own pools."""
        with self._lock:
            pools, self._pools = self._pools, None
        if pools is not None and isinstance(self._given, str):
            for pool in (pools.accepting, pools.working):
                pool.close()

    @contextmanager
    def listen(self, wake: Callable[[], None]) -> Generator[None, None, None]:
        """Calls the function at every notification; where the connection is lost, a new one is made."""
        stopped = threading.Event()
        thread = threading.Thread(target=self._listen, args=(wake, stopped), name="yuno-inbox-listen", daemon=True)
        thread.start()
        try:
            yield
        finally:
            stopped.set()
            thread.join(2)

    def _listen(self, wake: Callable[[], None], stopped: threading.Event) -> None:
        while not stopped.is_set():
            try:
                with self._connect() as connection:
                    connection.execute("LISTEN yuno_inbox")
                    # What came before it listened is found by the first claim.
                    wake()
                    while not stopped.is_set():
                        for notification in connection.notifies(timeout=0.5, stop_after=1):
                            if notification.payload == self._scope:
                                wake()
            except self._driver.errors:
                # The poll finds what it cannot hear of.
                stopped.wait(1)

    def _connect(self) -> psycopg.Connection[Any]:
        connect: Callable[..., psycopg.Connection[Any]] = self._driver.psycopg.connect
        if isinstance(self._given, str):
            return connect(self._given, **self._driver.options(self._given))
        # As the merchant's pool does it; newer ones also take functions for both.
        conninfo, given = self._given.conninfo, self._given.kwargs
        options: dict[str, Any] = dict((given() if callable(given) else given) or {})
        options["autocommit"] = True
        return connect(conninfo() if callable(conninfo) else conninfo, **options)

    def _execute(self, query: Query, connection: Connection | None) -> list[Row]:
        if connection is not None:
            return self._try(lambda: self._run(connection, query))
        with self._borrow(self._pool()) as own:
            return self._try(lambda: self._run_alone(own, query))

    def _execute_in_time(self, query: Query, connection: Connection | None) -> list[Row]:
        if connection is not None:
            return self._execute(query, connection)
        pool, begun = self._pool(accepting=True), time.monotonic()
        while True:
            with self._borrow(pool, until=begun + ANSWER_SECONDS) as own:
                try:
                    return self._run_alone(own, query)
                except self._driver.errors as error:
                    cause = error.with_traceback(None)
                # The server was restarted since: it has not stored it, or storing it again is a duplicate.
                if not own.broken or time.monotonic() - begun > RETRY_SECONDS:
                    raise inbox_error("STORE_UNAVAILABLE") from cause

    def _run_alone(self, connection: psycopg.Connection[Any], query: Query) -> list[Row]:
        if connection.autocommit:
            return self._run(connection, query)
        # Of a pool of the merchant's, which would roll it back.
        with connection.transaction():
            return self._run(connection, query)

    def _run(self, connection: psycopg.Connection[Any], query: Query) -> list[Row]:
        # The statements number their parameters, as the server does.
        with self._driver.psycopg.RawCursor(connection, row_factory=self._driver.rows) as cursor:
            cursor.execute(query.text.encode(), list(query.values.values()))
            # What is defined and not asked gives nothing.
            return cursor.fetchall() if cursor.pgresult and cursor.pgresult.nfields else []

    @contextmanager
    def _borrow(
        self, pool: ConnectionPool[Any], until: float | None = None
    ) -> Generator[psycopg.Connection[Any], None, None]:
        """A connection of a pool; with an instant, it is lost then."""
        connection = self._try(lambda: pool.getconn(timeout=CONNECT_SECONDS))
        line: Line | None = None
        try:
            if until is not None:
                line = self._try(lambda: Line(connection))
            with self._watching(line, until):
                # A check of the merchant's pool may have begun a transaction, and nothing of ours would be committed.
                if self.is_open(connection):
                    self._try(connection.rollback)
                yield connection
        finally:
            is_lost = connection.broken and not (line is not None and line.is_hung_up)
            pool.putconn(connection)
            if is_lost:
                # With the server all others are lost too; each of them would cost somebody an attempt.
                thread = threading.Thread(target=pool.check, name="yuno-inbox-check", daemon=True)
                # Without a thread, it is found out later.
                with suppress(RuntimeError):
                    thread.start()
                    thread.join(CHECK_SECONDS)

    def _watching(self, line: Line | None, until: float | None) -> AbstractContextManager[None]:
        if line is None or until is None:
            return nullcontext()
        if self._watch.process != os.getpid():
            self._watch = Watch()
        return self._watch.over(line, until)

    def _pool(self, *, accepting: bool = False) -> ConnectionPool[Any]:
        if not isinstance(self._given, str):
            return self._given
        with self._lock:
            # A pool must not be used by a process that was forked.
            if self._pools is None or self._pools.process != os.getpid():
                self._pools = _Pools(
                    os.getpid(), self._make_pool(self._given, _limit), self._make_pool(self._given, _set_up)
                )
            return self._pools.accepting if accepting else self._pools.working

    def _make_pool(self, conninfo: str, configure: Callable[[psycopg.Connection[Any]], None]) -> ConnectionPool[Any]:
        options = self._driver.pool_options(conninfo)
        made: ConnectionPool[Any] = self._driver.pools.ConnectionPool(**options, configure=configure, open=True)
        return made

    def _try(self, call: Callable[[], _T]) -> _T:
        """Calls the driver; what it raises becomes the cause of ours, without the frames, which hold parameters."""
        try:
            return call()
        except self._driver.errors as error:
            cause = error.with_traceback(None)
        raise inbox_error("STORE_UNAVAILABLE") from cause


class _Pools(NamedTuple):
    """The pools of one process."""

    process: int
    accepting: ConnectionPool[Any]
    working: ConnectionPool[Any]


def _set_up(connection: psycopg.Connection[Any]) -> None:
    connection.execute(SET_UP)


def _limit(connection: psycopg.Connection[Any]) -> None:
    connection.execute(SET_UP)
    connection.execute(LIMIT)
