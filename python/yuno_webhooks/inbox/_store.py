"""What every store does, over the core's statements; a store only runs them."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from .._checks import check_span
from .._core import (
    Backoff,
    Event,
    Schedule,
    inbox_error,
    inbox_error_text,
    inbox_migrations,
    inbox_row,
    inbox_row_of_unreadable,
    inbox_statements,
)
from .._kinds import check_kind
from .._log import logger
from ..errors import InboxError, PayloadError
from ..types import Kind
from ._delivery import Accepted, Connection, Delivery, Record, Stats
from ._handlers import Handlers
from ._outcome import Observer, Outcome, Result, report
from ._workers import Workers

if TYPE_CHECKING:
    from typing_extensions import Self

Value: TypeAlias = str | bytes | int | None

LEASE = timedelta(seconds=60)
ATTEMPTS = Backoff().attempts
BATCH = 1000


class Inbox(ABC):
    """Deliveries in a database: each stored once, and worked on by one worker at a time.

    All calls raise InboxError (STORE_UNAVAILABLE) where the database fails, with its error as the cause.
    """

    def __init__(self, store: Literal["sqlite", "postgres"], scope: str, on_outcome: Observer | None) -> None:
        if not scope:
            raise ValueError("scope must be a name of your own for this endpoint, such as 'shop'")
        self._store: Literal["sqlite", "postgres"] = store
        self._scope = scope
        self._statements = inbox_statements(store)
        self._on_outcome = on_outcome
        self._running: list[Workers] = []
        # For tests: milliseconds since 1970 in place of the database's clock.
        self._clock: Callable[[], int | None] = lambda: None

    @property
    def scope(self) -> str:
        """The merchant's name for the endpoint. What is in different scopes has nothing to do with each other."""
        return self._scope

    # What a store does by itself.

    @abstractmethod
    def begin(self) -> AbstractContextManager[Connection]:
        """A transaction for writing, which commits at its end: gives its connection."""

    @abstractmethod
    def is_open(self, connection: Connection) -> bool:
        """Whether a connection is in a transaction."""

    @abstractmethod
    def close(self) -> None:
        """Closes the connections. What workers still hold is worked on again when its lease has expired."""

    @abstractmethod
    def _execute(self, sql: str, parameters: Mapping[str, Any], connection: Connection | None) -> list[dict[str, Any]]:
        """Runs one statement, by itself or in the connection's transaction."""

    @abstractmethod
    def _execute_in_time(
        self, sql: str, parameters: Mapping[str, Any], connection: Connection | None
    ) -> list[dict[str, Any]]:
        """As `_execute`, for what cannot wait: it gives up in time."""

    @abstractmethod
    def listen(self, wake: Callable[[], None]) -> AbstractContextManager[None]:
        """Calls a function whenever something was accepted, as far as the store can know it."""

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.place!r}, scope={self._scope!r})"

    @property
    @abstractmethod
    def place(self) -> str:
        """Where it is, for people; without a password."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # At the door.

    def accept(self, event: Event, *, connection: Connection | None = None) -> Accepted:
        """Stores an event once. When this has returned, it may be acknowledged.

        connection: one of yours to the same database, so that it is stored when your transaction commits.
        """
        return self._accept(_Hidden(inbox_row(event)), event.kind, connection)

    def accept_unreadable(self, body: bytes, error: PayloadError) -> Accepted | None:
        """Stores an authentic body that is no event, as dead. None if there is nothing that could be stored."""
        row = _Hidden(inbox_row_of_unreadable(body, error))
        # What raises below leads to this frame, and reporters of errors show its variables.
        del body
        return self._accept(row, None, None) if row.values else None

    def _accept(self, row: _Hidden, kind: Kind | None, connection: Connection | None) -> Accepted:
        started, key = time.monotonic(), str(row.values["key"])
        failure: InboxError | None = None
        stored: dict[str, Any] = {}
        sql, parameters = self._prepare("accept", row.values)
        try:
            (stored,) = self._execute_in_time(sql, parameters, connection)
        except InboxError as error:
            # Its frames hold the body, for whoever reports errors with variables.
            failure = error.with_traceback(None)
        del parameters
        if failure is not None:
            self.report("unavailable", kind, key, started)
            raise failure
        accepted = Accepted(stored["dedupe_key"], stored["outcome"])
        is_new = accepted.outcome != "duplicate"
        if kind is None and is_new:
            logger.error("an unreadable delivery is dead under the key %s", accepted.key)
        self.report("unreadable" if kind is None and is_new else accepted.outcome, kind, accepted.key, started)
        if is_new:
            for workers in tuple(self._running):
                workers.wake()
        return accepted

    # In a worker.

    def claim(self, limit: int = 1, *, lease: timedelta = LEASE, attempts: int = ATTEMPTS) -> list[Delivery]:
        """Leases up to so many deliveries that are due: of each resource one, and the one with the oldest news first.

        attempts: after so many, a delivery whose worker ended without a word is dead.
        """
        rows: list[dict[str, Any]] | None = None
        while rows is None:
            for lost in self._call("expire", attempts=attempts):
                if lost["state"] == "dead":
                    self.report("dead", lost["kind"], lost["dedupe_key"], time.monotonic())
            rows = self._claim(limit, lease)
        return [
            Delivery(self, row, _instant(row["received_at"])) for row in sorted(rows, key=lambda row: int(row["id"]))
        ]

    def _claim(self, limit: int, lease: timedelta) -> list[dict[str, Any]] | None:
        """None where another worker was faster."""
        return self._call("claim", limit=limit, lease=_milliseconds(lease))

    def finish(
        self,
        statement: str,
        delivery: int,
        fence: int,
        connection: Connection | None = None,
        *,
        delay: timedelta | None = None,
        lease: timedelta | None = None,
        error: BaseException | None = None,
    ) -> None:
        """Ends or extends a lease; `Delivery` has the calls for it."""
        values: dict[str, Value] = {
            "id": delivery,
            "fence": fence,
            "delay": None if delay is None else _milliseconds(delay),
            "lease": None if lease is None else _milliseconds(lease),
            "error_class": None if error is None else _text(type(error).__qualname__),
            "error_text": None if error is None else _text(error),
        }
        # One lease that is not extended in time must not keep others from it, nor handlers that use all connections.
        execute = self._execute_in_time if statement == "extend" else self._execute
        found = execute(*self._prepare(statement, values), connection)
        if not found:
            raise inbox_error("STALE_FENCE")

    def run(
        self,
        handlers: Handlers,
        *,
        workers: int = 1,
        lease: timedelta = LEASE,
        backoff: Backoff | None = None,
        poll: timedelta = timedelta(seconds=1),
        grace: timedelta = timedelta(seconds=25),
    ) -> None:
        """Works until ``stop`` is called or, in the main thread, SIGTERM or SIGINT comes.

        workers: how many threads. lease: a delivery whose worker says nothing for so long goes to another one; while a
        handler runs, its lease is extended. backoff: when a handler that raised is called again, and how often. poll:
        how often to look for what is due, where the store cannot tell. grace: how long to wait at the end for handlers
        that still run; what they hold is worked on again when its lease has expired.
        """
        running = Workers(self, handlers, workers, lease, backoff or Backoff(), poll, grace)
        self._running.append(running)
        try:
            running.run()
        finally:
            self._running.remove(running)

    def stop(self) -> None:
        """Has every ``run`` of this inbox claim no more, finish what it has, and return."""
        for workers in tuple(self._running):
            workers.stop()

    # For people.

    def find(self, key: str) -> Record:
        """What is stored under a key. Raises InboxError (NOT_FOUND)."""
        for row in self._call("find", key=key):
            return _record(row)
        raise inbox_error("NOT_FOUND")

    def dead(self, *, kind: Kind | None = None, limit: int = 100) -> list[Record]:
        """Up to so many dead deliveries, the oldest first: to be looked at, and replayed or discarded."""
        return [_record(row) for row in self._call("list", state="dead", kind=_checked(kind), limit=limit)]

    def replay(self, key: str) -> None:
        """Has a delivery that is done or dead worked on again, from its first attempt.

        Raises InboxError (NOT_FOUND) if there is none, it is on its way already, or its body was purged.
        """
        if not self._call("replay", key=key):
            raise inbox_error("NOT_FOUND")

    def replay_dead(self, *, kind: Kind | None = None, limit: int = BATCH) -> int:
        """Has up to so many dead deliveries worked on again, the oldest first; gives their number."""
        return len(self._call("replay_dead", kind=_checked(kind), limit=limit))

    def discard(self, key: str) -> None:
        """Ends a dead delivery that is not to be worked on. Raises InboxError (NOT_FOUND) if it is not dead."""
        if not self._call("discard", key=key):
            raise inbox_error("NOT_FOUND")

    def purge(self, *, older_than: timedelta, schedule: Schedule | None = None) -> int:
        """Removes the bodies of deliveries that are done and older; gives their number. Their keys stay, and what is
        dead stays whole: replay or discard it first.

        Raises InboxError (RETENTION_TOO_SHORT) if the provider may still deliver one of them again by the schedule,
        which is the documented one unless you give your organisation's own. 30 days are usual.
        """
        return self._clear("purge", older_than, schedule)

    def forget_keys(self, *, older_than: timedelta, schedule: Schedule | None = None) -> int:
        """Removes the keys of purged deliveries that are older; gives their number.

        What it gives up: no timestamp is signed, so whoever sends one of these deliveries again, be it the provider's
        support or a thief of recordings, is believed again. Only do it where the table has become too large.
        """
        return self._clear("forget", older_than, schedule)

    def _clear(self, statement: str, older_than: timedelta, schedule: Schedule | None) -> int:
        check_span(older_than)
        (schedule or Schedule()).check_retention(int(older_than.total_seconds()))
        count, batch = 0, BATCH
        # In parts, so that nobody who writes waits for long.
        while batch == BATCH:
            batch = len(self._call(statement, older_than=_milliseconds(older_than), limit=BATCH))
            count += batch
        return count

    def stats(self) -> Stats:
        """How many deliveries are pending, leased and dead, and how old the oldest pending one is."""
        (row,) = self._call("stats")
        oldest = row["oldest_pending_ms"]
        return Stats(
            pending=int(row["pending"]),
            waiting=int(row["waiting"]),
            oldest_pending=None if oldest is None else timedelta(milliseconds=int(oldest)),
            leased=int(row["leased"]),
            dead=int(row["dead"]),
            duplicates=int(row["duplicates"]),
        )

    def report(self, result: Result, kind: Kind | None, key: str, started: float) -> None:
        """Tells ``on_outcome``."""
        report(self._on_outcome, Outcome(result, kind, key, time.monotonic() - started))

    # How a statement is run.

    def _call(self, statement: str, connection: Connection | None = None, **values: Value) -> list[dict[str, Any]]:
        return self._execute(*self._prepare(statement, values), connection)

    def _prepare(self, statement: str, values: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
        sql, names = self._statements[statement]
        known = {**values, "scope": self._scope, "now": self._clock()}
        return sql, {name: known[name] for name in names}

    def _open_schema(self, *, migrate: bool) -> None:
        """Brings the schema up, or only checks that it is this release's."""
        with self.begin() as connection:
            self._call("lock", connection)
            (row,) = self._call("installed", connection)
            version = int(self._call("version", connection)[0]["version"]) if row["installed"] else 0
            missing = inbox_migrations(self._store, version)
            if missing and not migrate:
                raise inbox_error("SCHEMA_MISMATCH")
            for sql in missing:
                self._execute(sql, {}, connection)


class _Hidden:
    """A row, which holds a body, so that it shows nothing of it, whoever prints it."""

    __slots__ = ("values",)

    def __init__(self, values: dict[str, Any] | None) -> None:
        self.values = values or {}


def _text(error: object) -> str:
    """The text of whatever a handler raised."""
    try:
        text = str(error)
    except Exception:  # noqa: BLE001, the handler's class may raise anything
        text = "(an error that cannot say what it is)"
    # Half a character, as in the name of a file, cannot be stored.
    return inbox_error_text(text.encode("utf-8", "replace").decode())


def _record(row: dict[str, Any]) -> Record:
    return Record(
        key=row["dedupe_key"],
        kind=row["kind"],
        resource=row["resource"],
        state=row["state"],
        attempts=row["attempts"],
        duplicates=row["duplicates"],
        received_at=_instant(row["received_at"]),
        available_at=_instant(row["available_at"]),
        finished_at=None if row["finished_at"] is None else _instant(row["finished_at"]),
        error_class=row["error_class"],
        error_text=row["error_text"],
        body=None if row["body"] is None else bytes(row["body"]),
    )


def _checked(kind: Kind | None) -> Kind | None:
    if kind is not None:
        check_kind(kind, or_unknown=True)
    return kind


def _milliseconds(span: timedelta) -> int:
    check_span(span)
    return span // timedelta(milliseconds=1)


def _instant(milliseconds: int) -> datetime:
    return datetime(1970, 1, 1, tzinfo=timezone.utc) + timedelta(milliseconds=int(milliseconds))
