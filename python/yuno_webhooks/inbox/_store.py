"""The inbox for threads: what every store of it does; a store only runs queries."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta
from typing import TYPE_CHECKING, TypeAlias, TypeVar

from .._core import Backoff, Event, Schedule
from ..errors import PayloadError
from ..types import Kind
from ._delivery import Accepted, Delivery, Record, State, Stats
from ._handlers import Handlers
from ._outcome import Observer
from ._publish import Publishing
from ._rules import (
    ATTEMPTS,
    BATCH,
    LEASE,
    SWEEP_AFTER,
    SWEEP_FAILURES,
    Publisher,
    Rules,
    Store,
    log_unpublished,
)
from ._steps import Connection, Query, Row, Step, Steps, drive
from ._workers import LaneWorker, Workers

if TYPE_CHECKING:
    from typing_extensions import Self

_T = TypeVar("_T")
# In the class, `list` is a call of the inbox.
Deliveries: TypeAlias = list[Delivery]
Records: TypeAlias = list[Record]
Rows: TypeAlias = list[Row]
Keys: TypeAlias = list[str]


class Inbox(Rules[Workers]):
    """Deliveries in a database: each stored once, and worked on by one worker at a time.

    All calls raise InboxError (STORE_UNAVAILABLE) where the database fails, with its error as the cause.
    """

    def __init__(self, store: Store, scope: str, on_outcome: Observer | None, publish: Publisher | None = None) -> None:
        super().__init__(store, scope, on_outcome, publish)
        self._publishing = None if publish is None else Publishing(publish)

    # What a store does by itself: these, and `place` and `is_open`. It calls `_open_schema` when it is made.

    @abstractmethod
    def begin(self) -> AbstractContextManager[Connection]:
        """A transaction for writing, which commits at its end: gives its connection."""

    @abstractmethod
    def close(self) -> None:
        """Closes the connections. What workers still hold is worked on again when its lease has expired."""

    @abstractmethod
    def listen(self, wake: Callable[[], None]) -> AbstractContextManager[None]:
        """Calls a function whenever something was accepted, as far as the store can know it."""

    @abstractmethod
    def _execute(self, query: Query, connection: Connection | None) -> Rows:
        """Runs one query, by itself or in the connection's transaction. What the driver raises becomes the cause of
        an InboxError (STORE_UNAVAILABLE), without its frames.
        """

    @abstractmethod
    def _execute_in_time(self, query: Query, connection: Connection | None) -> Rows:
        """As `_execute`, for what cannot wait: it gives up in time."""

    def _open_schema(self, *, migrate: bool) -> None:
        """Brings the schema up, or only checks that it is this release's."""
        with self.begin() as connection:
            self.do(self._migrate(connection, migrate=migrate))

    def do(self, steps: Steps[_T]) -> _T:
        """Runs the steps of a call."""
        return drive(steps, self._run_step)

    def _run_step(self, step: Step) -> Rows:
        execute = self._execute_in_time if step.in_time else self._execute
        return execute(step.query, step.connection)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # At the door.

    def accept(self, event: Event, *, connection: Connection | None = None) -> Accepted:
        """Stores an event once. When this has returned, it may be acknowledged.

        connection: one of yours to the same database, so that it is stored when your transaction commits. Then it is
        not published, since only you know when that is; ``sweep`` does it.
        """
        accepted = self.do(self._accept_event(event, connection))
        if connection is None and accepted.outcome != "duplicate":
            self._hand_off(accepted.key)
        return accepted

    def accept_unreadable(self, body: bytes, error: PayloadError) -> Accepted | None:
        """Stores an authentic body that is no event, as dead. None if there is nothing that could be stored."""
        steps = self._accept_unreadable(body, error)
        # What raises below leads to this frame, and reporters of errors show its variables.
        del body
        return self.do(steps)

    # To a queue of your own.

    def work(self, key: str, handlers: Handlers, *, lease: timedelta = LEASE, backoff: Backoff | None = None) -> int:
        """What your queue's consumer calls with a key that was published: works on the delivery, and on whatever else
        of the same resource is due, the oldest news first, as ``run`` does.

        Gives the number of deliveries. 0 says that there was nothing to do: somebody else works on that resource, the
        delivery is done or waits for its next attempt, or its key is no more. A handler that raised is called again
        when ``sweep`` publishes it after its wait, so have your queue not try again by itself.
        """
        return LaneWorker(self, handlers, lease, backoff).work(key)

    def sweep(self, *, older_than: timedelta = SWEEP_AFTER, limit: int = BATCH, attempts: int = ATTEMPTS) -> int:
        """Publishes again what nobody has claimed though it has been due for so long: whatever your queue has lost or
        was not given, retries that are due, and what workers held that ended. Gives the number that was published.

        Call it from your scheduler, as often as you want such deliveries to be found. older_than: longer than your
        queue usually takes, or else what waits there is published twice, which does no harm. attempts: as in ``claim``.

        Raises TypeError if the inbox has no ``publish``.
        """
        count, failures = 0, 0
        for key in self.do(self._sweep(older_than, limit, attempts)):
            published = self._hand_off(key)
            count += published
            failures = 0 if published else failures + 1
            # The queue is away: each of them would be waited for.
            if failures == SWEEP_FAILURES:
                break
        return count

    def due(self, *, older_than: timedelta = SWEEP_AFTER, limit: int = BATCH) -> Keys:
        """The keys of up to so many deliveries that have been due for so long and that nobody has claimed, the first
        due first. ``sweep`` publishes them; it also finds what workers held that ended.
        """
        return self.do(self._due(older_than, limit))

    def _hand_off(self, key: str) -> bool:
        """Publishes a key. What goes wrong changes nothing: the delivery is stored."""
        if self._publishing is None:
            return False
        error = self._publishing.attempt(key)
        if error is not None:
            log_unpublished(key, error)
        return error is None

    # In a worker.

    def claim_lane(self, key: str, *, lease: timedelta = LEASE, attempts: int = ATTEMPTS) -> Delivery | None:
        """Leases what is due of the resource that the delivery with this key tells about, and has the oldest news;
        None if nothing is, or somebody works on that resource. ``work`` calls it.
        """
        for row in self.do(self._claim_lane(key, lease, attempts)):
            return Delivery(self, row)
        return None

    def claim(self, limit: int = 1, *, lease: timedelta = LEASE, attempts: int = ATTEMPTS) -> Deliveries:
        """Leases up to so many deliveries that are due: of each resource one, and the one with the oldest news first.

        attempts: after so many, a delivery whose worker ended without a word is dead.
        """
        return [Delivery(self, row) for row in self.do(self._claim(limit, lease, attempts))]

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

        workers: how many threads, 256 at most. lease: a delivery whose worker says nothing for so long goes to another
        one; while a handler runs, its lease is extended. backoff: when a handler that raised is called again, and how
        often. poll: how often to look for what is due, where the store cannot tell. grace: how long to wait at the end
        for handlers that still run; what they hold is worked on again when its lease has expired.
        """
        running = Workers(self, handlers, workers, lease, backoff, poll, grace)
        self._running.append(running)
        try:
            running.run()
        finally:
            self._running.remove(running)

    # For people.

    def find(self, key: str) -> Record:
        """What is stored under a key. Raises InboxError (NOT_FOUND)."""
        return self.do(self._find(key))

    def list(self, *, state: State, kind: Kind | None = None, limit: int = 100) -> Records:
        """Up to so many deliveries in a state: the dead ones that came first, the pending ones that are due first, the
        ones whose lease ends first, or the done ones that came last, but for those that were purged.
        """
        return self.do(self._list(state, kind, limit))

    def dead(self, *, kind: Kind | None = None, limit: int = 100) -> Records:
        """Up to so many dead deliveries, the oldest first: to be looked at, and replayed or discarded."""
        return self.list(state="dead", kind=kind, limit=limit)

    def replay(self, key: str) -> None:
        """Has a delivery that is done or dead worked on again, from its first attempt.

        Raises InboxError (NOT_FOUND) if there is none, it is on its way already, or its body was purged.
        """
        self.do(self._change("replay", key))

    def replay_dead(self, *, kind: Kind | None = None, limit: int = BATCH) -> int:
        """Has up to so many dead deliveries worked on again, the oldest first; gives their number."""
        return self.do(self._replay_dead(kind, limit))

    def discard(self, key: str) -> None:
        """Ends a dead delivery that is not to be worked on. Raises InboxError (NOT_FOUND) if it is not dead."""
        self.do(self._change("discard", key))

    def purge(self, *, older_than: timedelta, schedule: Schedule | None = None) -> int:
        """Removes the bodies of deliveries that are done and older; gives their number. Their keys stay, and what is
        dead stays whole: replay or discard it first.

        Raises InboxError (RETENTION_TOO_SHORT) if the provider may still deliver one of them again by the schedule,
        which is the documented one unless you give your organisation's own. 30 days are usual.
        """
        return self.do(self._clear("purge", older_than, schedule))

    def forget_keys(self, *, older_than: timedelta, schedule: Schedule | None = None) -> int:
        """Removes the keys of purged deliveries that are older; gives their number.

        What it gives up: no timestamp is signed, so whoever sends one of these deliveries again, be it the provider's
        support or a thief of recordings, is believed again. Only do it where the table has become too large.
        """
        return self.do(self._clear("forget", older_than, schedule))

    def stats(self) -> Stats:
        """How many deliveries are pending, leased and dead, and how old the oldest pending one is."""
        return self.do(self._stats())
