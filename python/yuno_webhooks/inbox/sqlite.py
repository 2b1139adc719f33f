"""The inbox in a file: SQLite, by the standard library."""

from __future__ import annotations

import os
import sqlite3
import threading
import weakref
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from .._core import inbox_error
from ._delivery import Connection
from ._outcome import Observer
from ._store import Inbox

_T = TypeVar("_T")

# Within the provider's wait of 7 seconds, with something left for the answer.
PATIENCE_SECONDS = 5


class SQLiteInbox(Inbox):
    """An inbox in an SQLite file, for as many processes of one machine as you like. Your own tables may lie in the same
    file: then ``delivery.transaction()`` makes their changes happen exactly once.

    What is acknowledged is on the disk (WAL, ``synchronous=FULL``). Keep the file on a local disk, not on a network's.

    path: the file; it is made if it is not there. scope: your name for the endpoint, if several share the file.
    migrate: whether to make or update the schema; otherwise one that is not this release's is SCHEMA_MISMATCH.
    on_outcome: called with an `Outcome` of each delivery, in the thread that has it.

    Raises InboxError: STORE_UNAVAILABLE for a file that cannot be opened, SCHEMA_MISMATCH; ValueError for a database in
    memory, which would not be durable, and for an SQLite older than 3.35.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        *,
        scope: str = "default",
        migrate: bool = True,
        on_outcome: Observer | None = None,
    ) -> None:
        super().__init__("sqlite", scope, on_outcome)
        name = os.fspath(path)
        if not name or name == ":memory:":
            raise ValueError("an inbox needs a file: what is only in memory is lost with the process")
        if sqlite3.sqlite_version_info < (3, 35):
            raise ValueError(f"an inbox needs SQLite 3.35 or newer, and this Python has {sqlite3.sqlite_version}")
        # The working directory may change; the file does not.
        self._path = Path(name).absolute()
        self._mine = threading.local()
        self._opened: weakref.WeakValueDictionary[int, _Connection] = weakref.WeakValueDictionary()
        self._open_schema(migrate=migrate)
        # Each thread and process that works has its own.
        self.close()
        _inboxes[id(self)] = self

    @contextmanager
    def begin(self) -> Generator[sqlite3.Connection, None, None]:
        """A transaction of this thread's connection; nobody else can write until it ends."""
        connection = self._connection()
        # For writing from the start: to become a writer later could fail.
        _try(lambda: connection.execute("BEGIN IMMEDIATE"))
        try:
            yield connection
            _try(lambda: connection.execute("COMMIT"))
        except BaseException:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise

    def is_open(self, connection: sqlite3.Connection) -> bool:
        """Whether a connection is in a transaction."""
        return connection.in_transaction

    def close(self) -> None:
        """Closes this thread's connection; those of other threads end with their threads."""
        connection = getattr(self._mine, "connection", None)
        if connection is not None:
            connection.close()
            self._opened.pop(id(connection), None)
        self._mine = threading.local()

    @contextmanager
    def listen(self, wake: Callable[[], None]) -> Generator[None, None, None]:  # noqa: ARG002, an accept here wakes by itself
        """A file tells nobody; what other processes accept is found by the poll."""
        yield

    def _execute(self, sql: str, parameters: Mapping[str, Any], connection: Connection | None) -> list[dict[str, Any]]:
        own = connection or self._connection()
        return _try(lambda: _run(own, sql, parameters))

    def _execute_accept(
        self, sql: str, parameters: Mapping[str, Any], connection: Connection | None
    ) -> list[dict[str, Any]]:
        return self._execute(sql, parameters, connection)

    def _connection(self) -> sqlite3.Connection:
        connection: _Connection | None = getattr(self._mine, "connection", None)
        if connection is None or connection.process != os.getpid():
            connection = self._mine.connection = _try(self._connect)
        return connection

    def _connect(self) -> _Connection:
        process = os.getpid()
        # SQLite would take the locks of these for its own, and what is stored by it could be lost.
        if any(known.process != process for known in _alive(self._opened)):
            raise sqlite3.OperationalError("the process was forked while the inbox was in use; open it in each process")
        connection = sqlite3.connect(
            self._path, timeout=PATIENCE_SECONDS, isolation_level=None, check_same_thread=False, factory=_Connection
        )
        connection.process = process
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        self._opened[id(connection)] = connection
        return connection

    def let_go(self) -> None:
        """Closes this thread's connection, if nothing is going on there."""
        connection = getattr(self._mine, "connection", None)
        if connection is not None and not connection.in_transaction:
            connection.close()
            self._opened.pop(id(connection), None)
            del self._mine.connection


class _Connection(sqlite3.Connection):
    """A connection that can be referred to weakly, and knows which process has opened it."""

    process: int


# A connection must not be there when a process is forked.
_inboxes: weakref.WeakValueDictionary[int, SQLiteInbox] = weakref.WeakValueDictionary()


def _alive(known: weakref.WeakValueDictionary[int, _T]) -> list[_T]:
    # Other threads may add to it meanwhile.
    found = [reference() for reference in known.valuerefs()]
    return [each for each in found if each is not None]


def _before_fork() -> None:
    for inbox in _alive(_inboxes):
        inbox.let_go()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_before_fork)


def _run(connection: sqlite3.Connection, sql: str, parameters: Mapping[str, Any]) -> list[dict[str, Any]]:
    cursor = connection.cursor()
    # Whatever the merchant has set in a transaction.
    cursor.row_factory = None
    cursor.execute(sql, parameters)
    names = [column[0] for column in cursor.description or ()]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def _try(call: Callable[[], _T]) -> _T:
    """Calls the driver; what it raises becomes the cause of ours, without the frames, which hold parameters."""
    try:
        return call()
    except sqlite3.Error as error:
        cause = error.with_traceback(None)
    raise inbox_error("STORE_UNAVAILABLE") from cause
