"""The inbox in a file: SQLite, by the standard library."""

from __future__ import annotations

import os
import sqlite3
import threading
import time
import weakref
from collections.abc import Callable, Generator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Literal, TypeVar

from .._checks import check_path
from .._core import Event, inbox_error
from ..errors import InboxError
from ._delivery import Accepted, Delivery
from ._outcome import Observer
from ._rules import ATTEMPTS, LEASE, Publisher
from ._steps import Connection, Query, Row
from ._store import Inbox

_T = TypeVar("_T")

# Within the provider's wait of 7 seconds, with something left for the answer.
PATIENCE_SECONDS = 5
ENDED = (
    "The transaction is not open any more: SQLite has rolled it back after an error in it, and nothing of it was "
    "stored. Do not catch that error within the transaction."
)
# Before that, for the other threads of this process.
TURN_SECONDS = 1


class SQLiteInbox(Inbox):
    """An inbox in an SQLite file, for as many processes of one machine as you like. Your own tables may lie in the same
    file: then ``delivery.transaction()`` makes their changes happen exactly once.

    What is acknowledged is on the disk (WAL, ``synchronous=FULL``). Keep the file on a local disk, not on a network's.

    path: the file; it is made if it is not there. scope: your name for the endpoint, if several share the file.
    migrate: whether to make or update the schema; otherwise one that is not this release's is SCHEMA_MISMATCH.
    on_outcome: called with an `Outcome` of each delivery, in the thread that has it. publish: called with the key of
    each delivery that was accepted, for a queue of your own.

    Raises InboxError: STORE_UNAVAILABLE for a file that cannot be opened, SCHEMA_MISMATCH; ValueError for a database in
    memory, which would not be durable, for what looks like an address, and for an SQLite older than 3.35.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        *,
        scope: str = "default",
        migrate: bool = True,
        on_outcome: Observer | None = None,
        publish: Publisher | None = None,
    ) -> None:
        super().__init__("sqlite", scope, on_outcome, publish)
        name = os.fspath(path)
        check_path(name)
        if sqlite3.sqlite_version_info < (3, 35):
            raise ValueError(f"an inbox needs SQLite 3.35 or newer, and this Python has {sqlite3.sqlite_version}")
        # The working directory may change; the file does not.
        self._path = Path(name).absolute()
        self._mine = threading.local()
        self.take_turns()
        self._opened: weakref.WeakValueDictionary[int, _Own] = weakref.WeakValueDictionary()
        self._inherited: list[sqlite3.Connection] = []
        try:
            self._open_schema(migrate=migrate)
        except InboxError as error:
            cause = error.__cause__
            if isinstance(cause, sqlite3.Error):
                text = f"STORE_UNAVAILABLE: The file {self._path} could not be opened ({cause}): "
                error.args = (text + _advice(self._path, cause), *error.args[1:])
            raise
        # Each thread and process that works has its own.
        self.close()
        _inboxes[id(self)] = self

    @contextmanager
    def begin(self) -> Generator[sqlite3.Connection, None, None]:
        """A transaction of this thread; nobody else can write until it ends."""
        own = self._own("guarded")
        connection = own.connection
        # For writing from the start: to become a writer later could fail.
        _try(lambda: connection.execute("BEGIN IMMEDIATE"))
        own.is_guarded = True
        try:
            yield connection
            _is_whole(connection)
            own.is_guarded = False
            _try(connection.commit)
        except BaseException:
            own.is_guarded = False
            connection.rollback()
            # With all that the caller has set on it.
            self._mine.__dict__.pop("guarded", None)
            raise
        # Likewise.
        connection.text_factory = str

    def accept(self, event: Event, *, connection: Connection | None = None) -> Accepted:
        """As every inbox's; in a transaction of this inbox, give its connection."""
        self._refuse_to_join(connection)
        return super().accept(event, connection=connection)

    def claim(self, limit: int = 1, *, lease: timedelta = LEASE, attempts: int = ATTEMPTS) -> list[Delivery]:
        """As every inbox's; not in a transaction of this inbox."""
        self._refuse_to_join(None)
        return super().claim(limit, lease=lease, attempts=attempts)

    def claim_lane(self, key: str, *, lease: timedelta = LEASE, attempts: int = ATTEMPTS) -> Delivery | None:
        """As every inbox's; not in a transaction of this inbox."""
        self._refuse_to_join(None)
        return super().claim_lane(key, lease=lease, attempts=attempts)

    def _refuse_to_join(self, connection: Connection | None) -> None:
        # What it has said would not be so if the transaction was not committed.
        if connection is None and self._is_in_transaction():
            raise RuntimeError(
                "this thread is in a transaction of the inbox; do it after that, or give accept its connection"
            )

    def _is_in_transaction(self) -> bool:
        own: _Own | None = getattr(self._mine, "guarded", None)
        return own is not None and own.is_guarded and own.process == os.getpid()

    @property
    def place(self) -> str:
        """The file."""
        return str(self._path)

    def is_open(self, connection: sqlite3.Connection) -> bool:
        """Whether a connection is in a transaction."""
        return connection.in_transaction

    def close(self) -> None:
        """Closes this thread's connections; those of other threads end with their threads."""
        self._mine.__dict__.clear()

    @contextmanager
    def listen(self, wake: Callable[[], None]) -> Generator[None, None, None]:  # noqa: ARG002, an accept here wakes by itself
        """A file tells nobody; what other processes accept is found by the poll."""
        yield

    def _execute(self, query: Query, connection: Connection | None) -> list[Row]:
        if connection is None:
            connection = self._own("guarded" if self._is_in_transaction() else "own").connection
        else:
            _is_whole(connection)
        return _try(lambda: _run(connection, query))

    def _execute_in_time(self, query: Query, connection: Connection | None) -> list[Row]:
        if connection is not None:
            return self._execute(query, connection)
        # Who waits in SQLite sleeps ever longer, while others get what it waits for. Who waits here too long still has
        # all of SQLite's time.
        has_turn = self._turn.acquire(timeout=TURN_SECONDS)
        try:
            return self._execute(query, None)
        finally:
            if has_turn:
                self._turn.release()

    def _own(self, name: Literal["own", "guarded"]) -> _Own:
        """This thread's connection: its own one, or the one for transactions."""
        own: _Own | None = getattr(self._mine, name, None)
        if own is None or own.process != os.getpid():
            own = _try(lambda: self._connect(name))
            setattr(self._mine, name, own)
        return own

    def _connect(self, name: str) -> _Own:
        # SQLite would take the locks of these for this process's own, and what is stored then can be lost.
        if self._inherited or any(own.process != os.getpid() for own in _alive(self._opened)):
            raise sqlite3.OperationalError("the process was forked while the inbox was in use; open it in each process")
        connection = sqlite3.connect(
            self._path,
            timeout=PATIENCE_SECONDS,
            isolation_level=None,
            check_same_thread=False,
            # The guard judges what is prepared, so nothing is kept that was prepared before.
            cached_statements=128 if name == "own" else 0,
        )
        own = _Own(connection, self._inherited)
        if name == "guarded":
            connection.set_authorizer(own.judge())
        _write_ahead(connection)
        connection.execute("PRAGMA synchronous = FULL")
        self._opened[id(own)] = own
        return own

    def take_turns(self) -> None:
        """Has nobody's turn be now: in a process that was forked, the thread that had it is not there to end it."""
        self._turn = threading.Lock()

    def let_go(self) -> None:
        """Closes this thread's connections, if nothing is going on there."""
        if not self._is_in_transaction():
            self.close()


class _Own:
    """A connection of one thread in one process, which is closed when the thread ends: by itself it is a cycle."""

    def __init__(self, connection: sqlite3.Connection, inherited: list[sqlite3.Connection]) -> None:
        self.connection = connection
        self.is_guarded = False
        self.process = os.getpid()
        self._inherited = inherited

    def judge(self) -> Callable[..., int]:
        """What SQLite asks when it prepares a statement: nobody may end the transaction in which a delivery is done, as
        ``with connection`` and ``commit`` would, nor go on when SQLite has ended it.
        """
        this = weakref.ref(self)

        def judge(action: int, *_: object) -> int:
            own = this()
            if own is None or not own.is_guarded:
                return sqlite3.SQLITE_OK
            is_refused = action == sqlite3.SQLITE_TRANSACTION or not own.connection.in_transaction
            return sqlite3.SQLITE_DENY if is_refused else sqlite3.SQLITE_OK

        return judge

    def __del__(self) -> None:
        if self.process == os.getpid():
            self.connection.close()
        else:
            # A fork ends all other threads; what they had open must not be touched here.
            self._inherited.append(self.connection)


# A connection must not be there when a process is forked.
_inboxes: weakref.WeakValueDictionary[int, SQLiteInbox] = weakref.WeakValueDictionary()


def _alive(known: weakref.WeakValueDictionary[int, _T]) -> list[_T]:
    # Other threads may add to it meanwhile.
    found = [reference() for reference in known.valuerefs()]
    return [each for each in found if each is not None]


def _before_fork() -> None:
    for inbox in _alive(_inboxes):
        inbox.let_go()


def _after_fork() -> None:
    for inbox in _alive(_inboxes):
        inbox.take_turns()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_before_fork, after_in_child=_after_fork)


def _advice(path: Path, cause: sqlite3.Error) -> str:
    if os.path.isdir(path):
        return "this is a folder; name a file in it."
    # Python 3.10 does not tell the number.
    if "not a database" in str(cause):
        return "this file is no SQLite database; check the path."
    return "its folder must be there, and this process must be allowed to write to both."


def _write_ahead(connection: sqlite3.Connection) -> None:
    """Where several processes open a new file at once, SQLite does not wait for the one that sets its mode."""
    end = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > end:
                raise
            time.sleep(0.01)
        else:
            return


def _run(connection: sqlite3.Connection, query: Query) -> list[Row]:
    cursor = connection.cursor()
    # Whatever the merchant has set in a transaction.
    cursor.row_factory = None
    cursor.execute(query.text, query.values)
    names = [column[0] for column in cursor.description or ()]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def _is_whole(connection: sqlite3.Connection) -> None:
    """After some errors (a conflict with OR ROLLBACK, a full disk) SQLite rolls back by itself."""
    if not connection.in_transaction:
        error = inbox_error("STORE_UNAVAILABLE")
        error.args = (f"STORE_UNAVAILABLE: {ENDED}", *error.args[1:])
        raise error


def _try(call: Callable[[], _T]) -> _T:
    """Calls the driver; what it raises becomes the cause of ours, without the frames, which hold parameters."""
    try:
        return call()
    except sqlite3.Error as error:
        cause = error.with_traceback(None)
    raise inbox_error("STORE_UNAVAILABLE") from cause
