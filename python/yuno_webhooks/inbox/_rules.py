"""What every inbox does, over the core's statements, without waiting for anything: see `_steps`."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import timedelta
from typing import Generic, Literal, Protocol, TypeAlias, TypeVar, get_args

from .._checks import check_function, check_span
from .._core import (
    INBOX_RACE_SQLSTATE,
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
from ._delivery import Accepted, Record, State, Stats, to_instant
from ._outcome import Observer, Outcome, Result, report
from ._steps import Connection, Query, Row, Step, Steps

Store: TypeAlias = Literal["sqlite", "postgres", "redis"]
# Puts a key into the merchant's own queue; sync or async.
Publisher: TypeAlias = Callable[[str], object]
Value: TypeAlias = str | bytes | int | None

LEASE = timedelta(seconds=60)
ATTEMPTS = Backoff().attempts
BATCH = 1000
TELL_EVERY_SECONDS = 0.02
SWEEP_AFTER = timedelta(minutes=1)
SWEEP_FAILURES = 3
# How long the provider waits for the merchant's queue.
PUBLISH_SECONDS = 1.0


class Run(Protocol):
    """A `run` that goes on."""

    def wake(self) -> None:
        """There may be something to claim."""

    def stop(self) -> None:
        """Claim no more."""


_Run = TypeVar("_Run", bound=Run)


class Rules(ABC, Generic[_Run]):
    """The calls of an inbox as steps, and what needs no store."""

    def __init__(self, store: Store, scope: str, on_outcome: Observer | None, publish: Publisher | None = None) -> None:
        if not scope:
            raise ValueError("scope must be a name of your own for this endpoint, such as 'shop'")
        if publish is not None:
            check_function("publish", publish, "key")
        self._store: Store = store
        self._scope = scope
        self._statements = inbox_statements(store)
        self._on_outcome = on_outcome
        self._publish = publish
        self._running: list[_Run] = []
        self._told_at = float("-inf")
        # For tests: milliseconds since 1970 in place of the database's clock.
        self._clock: Callable[[], int | None] = lambda: None

    @property
    def scope(self) -> str:
        """The merchant's name for the endpoint. What is in different scopes has nothing to do with each other."""
        return self._scope

    @property
    @abstractmethod
    def place(self) -> str:
        """Where it is, for people; without a password."""

    @abstractmethod
    def is_open(self, connection: Connection) -> bool:
        """Whether a connection is in a transaction."""

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.place!r}, scope={self._scope!r})"

    def stop(self) -> None:
        """Has every ``run`` of this inbox claim no more, finish what it has, and return."""
        for run in tuple(self._running):
            run.stop()

    def report(self, result: Result, kind: Kind | None, key: str, started: float) -> None:
        """Tells ``on_outcome``."""
        report(self._on_outcome, Outcome(result, kind, key, time.monotonic() - started))

    # At the door.

    def _accept_event(self, event: Event, connection: Connection | None) -> Steps[Accepted]:
        return self._accept(self._query("accept", inbox_row(event)), event.kind, connection)

    def _accept_unreadable(self, body: bytes, error: PayloadError) -> Steps[Accepted | None]:
        row = inbox_row_of_unreadable(body, error)
        query = None if row is None else self._query("accept", row)
        # What raises below leads to this frame, and reporters of errors show its variables.
        del body, row
        return None if query is None else (yield from self._accept(query, None, None))

    def _accept(self, query: Query, kind: Kind | None, connection: Connection | None) -> Steps[Accepted]:
        started = time.monotonic()
        failure: InboxError | None = None
        stored: Row = {}
        try:
            (stored,) = yield Step(query, connection, in_time=True)
        except InboxError as error:
            # Its frames are the store's, which holds the body, for whoever reports errors with variables.
            failure = error.with_traceback(None)
        if failure is not None:
            self.report("unavailable", kind, query.values["key"], started)
            raise failure
        accepted = Accepted(stored["dedupe_key"], stored["outcome"])
        is_new = accepted.outcome != "duplicate"
        if kind is None and is_new:
            logger.error("an unreadable delivery is dead under the key %s", accepted.key)
        self.report("unreadable" if kind is None and is_new else accepted.outcome, kind, accepted.key, started)
        if is_new:
            for run in tuple(self._running):
                run.wake()
            # In a transaction of the merchant's nobody could see it yet.
            if connection is None and self._store == "postgres":
                yield from self._tell_workers()
        return accepted

    def _tell_workers(self) -> Steps[None]:
        """Seldom, since a notification is a commit, and workers that have just been told look again and again until
        nothing is left. Without any they find it by their poll.
        """
        now = time.monotonic()
        if now - self._told_at >= TELL_EVERY_SECONDS:
            self._told_at = now
            with suppress(InboxError):
                yield Step(self._query("notify"), in_time=True)

    # To the merchant's own queue.

    def _due(self, older_than: timedelta, limit: int) -> Steps[list[str]]:
        rows = yield self._step("due", older_than=_milliseconds(older_than), limit=limit)
        return [row["dedupe_key"] for row in rows]

    def _sweep(self, older_than: timedelta, limit: int, attempts: int) -> Steps[list[str]]:
        """The keys to publish again."""
        if self._publish is None:
            raise TypeError("sweep hands deliveries to your queue: give the inbox a function for it, publish=...")
        check_span(older_than)
        yield from self._expire(attempts)
        return (yield from self._due(older_than, limit))

    # In a worker.

    def _claim(self, limit: int, lease: timedelta, attempts: int) -> Steps[list[Row]]:
        rows = yield from self._lease("claim", attempts, limit=limit, lease=_milliseconds(lease))
        return sorted(rows, key=lambda row: int(row["id"]))

    def _claim_lane(self, key: str, lease: timedelta, attempts: int) -> Steps[list[Row]]:
        return self._lease("claim_lane", attempts, key=key, lease=_milliseconds(lease))

    def _lease(self, statement: str, attempts: int, **values: Value) -> Steps[list[Row]]:
        while True:
            yield from self._expire(attempts)
            try:
                return (yield self._step(statement, **values))
            except InboxError as error:
                # Another worker was faster.
                if getattr(error.__cause__, "sqlstate", None) != INBOX_RACE_SQLSTATE:
                    raise

    def _expire(self, attempts: int) -> Steps[None]:
        for lost in (yield self._step("expire", attempts=attempts)):
            if lost["state"] == "dead":
                self.report("dead", lost["kind"], lost["dedupe_key"], time.monotonic())

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
    ) -> Steps[None]:
        """Ends or extends a lease; deliveries have the calls for it."""
        query = self._query(
            statement,
            {
                "id": delivery,
                "fence": fence,
                "delay": None if delay is None else _milliseconds(delay),
                "lease": None if lease is None else _milliseconds(lease),
                "error_class": None if error is None else _class(error),
                "error_text": None if error is None else _text(error),
            },
        )
        # One lease that is not extended in time must not keep others from it, nor handlers that use all connections.
        if not (yield Step(query, connection, in_time=statement == "extend")):
            raise inbox_error("STALE_FENCE")

    # For people.

    def _find(self, key: str) -> Steps[Record]:
        for row in (yield self._step("find", key=key)):
            return _record(row)
        raise inbox_error("NOT_FOUND")

    def _list(self, state: State, kind: Kind | None, limit: int) -> Steps[list[Record]]:
        if state not in get_args(State):
            raise ValueError(f"state is one of {', '.join(get_args(State))}, and not {state!r}")
        return [_record(row) for row in (yield self._step("list", state=state, kind=_checked(kind), limit=limit))]

    def _change(self, statement: str, key: str) -> Steps[None]:
        """Replays or discards."""
        if not (yield self._step(statement, key=key)):
            raise inbox_error("NOT_FOUND")

    def _replay_dead(self, kind: Kind | None, limit: int) -> Steps[int]:
        return len((yield self._step("replay_dead", kind=_checked(kind), limit=limit)))

    def _clear(self, statement: str, older_than: timedelta, schedule: Schedule | None) -> Steps[int]:
        """Purges or forgets."""
        check_span(older_than)
        (schedule or Schedule()).check_retention(int(older_than.total_seconds()))
        count, batch = 0, BATCH
        # In parts, so that nobody who writes waits for long.
        while batch == BATCH:
            batch = len((yield self._step(statement, older_than=_milliseconds(older_than), limit=BATCH)))
            count += batch
        return count

    def _stats(self) -> Steps[Stats]:
        (row,) = yield self._step("stats")
        oldest = row["oldest_pending_ms"]
        return Stats(
            pending=int(row["pending"]),
            waiting=int(row["waiting"]),
            oldest_pending=None if oldest is None else timedelta(milliseconds=int(oldest)),
            leased=int(row["leased"]),
            dead=int(row["dead"]),
            duplicates=int(row["duplicates"]),
        )

    # Of the schema, in one transaction.

    def _migrate(self, connection: Connection, *, migrate: bool) -> Steps[None]:
        """Brings the schema up, or only checks that it is this release's."""
        yield Step(self._query("lock"), connection)
        (row,) = yield Step(self._query("installed"), connection)
        version = 0
        if row["installed"]:
            (row,) = yield Step(self._query("version"), connection)
            version = int(row["version"])
        missing = inbox_migrations(self._store, version)
        if missing and not migrate:
            raise inbox_error("SCHEMA_MISMATCH")
        for text in missing:
            yield Step(Query("migration", text, {}), connection)

    def _step(self, statement: str, **values: Value) -> Step:
        return Step(self._query(statement, values))

    def _query(self, statement: str, values: Mapping[str, Value] | None = None) -> Query:
        text, names = self._statements[statement]
        known = {**(values or {}), "scope": self._scope, "now": self._clock()}
        return Query(statement, text, {name: known[name] for name in names})


def log_unpublished(key: str, error: BaseException) -> None:
    """The class only: its text could hold the address of a queue, with a password."""
    told = "%s could not be published (%s); it is stored, and inbox.sweep publishes it again"
    logger.warning(told, key, type(error).__qualname__)


def _class(error: BaseException) -> str:
    # As it was when such a body was accepted.
    return error.code if isinstance(error, PayloadError) else _text(type(error).__qualname__)


def _text(error: object) -> str:
    """The text of whatever a handler raised."""
    try:
        text = str(error)
    except Exception:  # noqa: BLE001, the handler's class may raise anything
        text = "(an error that cannot say what it is)"
    # Half a character, as in the name of a file, cannot be stored.
    return inbox_error_text(text.encode("utf-8", "replace").decode())


def _record(row: Row) -> Record:
    return Record(
        key=row["dedupe_key"],
        kind=row["kind"],
        resource=row["resource"],
        state=row["state"],
        attempts=row["attempts"],
        duplicates=row["duplicates"],
        received_at=to_instant(row["received_at"]),
        available_at=to_instant(row["available_at"]),
        finished_at=None if row["finished_at"] is None else to_instant(row["finished_at"]),
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
