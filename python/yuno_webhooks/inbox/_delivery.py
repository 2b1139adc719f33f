"""What a store gives: a claimed delivery, and what is known of one that is stored."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, TypeAlias

from .._core import Event
from ..types import Kind
from ._steps import Connection, Row, Steps

if TYPE_CHECKING:
    from ._async_store import AsyncInbox
    from ._outcome import Result
    from ._rules import Rules
    from ._store import Inbox

State: TypeAlias = Literal["pending", "processing", "done", "dead"]


class Accepted(NamedTuple):
    """That a delivery is stored, and may be acknowledged."""

    key: str
    """Its key in the store: the event's dedupe key, with ``.2``, ``.3`` ... for another occurrence of an equal body."""
    outcome: Literal["accepted", "duplicate", "repeat"]


class Stats(NamedTuple):
    """How full a store is."""

    pending: int
    """Deliveries that no worker has, those that wait for their next attempt included."""
    waiting: int
    """Of these, how many wait for their next attempt."""
    oldest_pending: timedelta | None
    """How long the oldest of them, or of those whose lease has expired, has been here: how far workers are behind."""
    leased: int
    dead: int
    duplicates: int
    """Redeliveries of what is stored."""


class Record(NamedTuple):
    """What is stored of a delivery."""

    key: str
    kind: Kind | None
    """None for an authentic body that is no event."""
    resource: str | None
    """What is worked on one after another: the resource's kind and id."""
    state: State
    attempts: int
    duplicates: int
    received_at: datetime
    available_at: datetime
    """When the next attempt is due, if it is pending."""
    finished_at: datetime | None
    error_class: str | None
    """Of the last attempt that failed."""
    error_text: str | None
    body: bytes | None
    """None where it was purged."""

    def __repr__(self) -> str:
        told = f"key={self.key!r}, kind={self.kind!r}, state={self.state!r}, attempts={self.attempts}"
        return f"Record({told}, error_class={self.error_class!r}, error_text={self.error_text!r})"


class Leased:
    """A delivery under a lease: what is known of it, and its calls as steps."""

    def __init__(self, rules: Rules[Any], row: Row) -> None:
        self._rules = rules
        self._id = int(row["id"])
        self._event: Event | None = None
        self._result: Result | None = None
        # The merchant's own, in whose transaction the delivery was completed.
        self._elsewhere: Connection | None = None
        #: The number of the lease: each claim of this delivery has a higher one.
        self.fence = int(row["fence"])
        #: Its key in the store, to be passed on to whatever the work calls: the same for each attempt.
        self.key: str = row["dedupe_key"]
        #: The event's kind; None for an authentic body that is no event.
        self.kind: Kind | None = row["kind"]
        #: What is worked on one after another: the resource's kind and id.
        self.resource: str | None = row["resource"]
        #: Which attempt this is; 1 is the first.
        self.attempt = int(row["attempts"])
        #: When it was accepted.
        self.received_at = to_instant(row["received_at"])
        #: Whether newer news of its resource has come. It is up to you whether it still matters.
        self.superseded = bool(row["superseded"])
        #: The body as it was received.
        self.raw = bytes(row["body"])

    @property
    def event(self) -> Event:
        """The event. Raises PayloadError for an authentic body that is none."""
        if self._event is None:
            self._event = Event.parse_unverified(self.raw)
        return self._event

    @property
    def result(self) -> Result | None:
        """What this worker has said became of it; None as long as it has said nothing."""
        return self._result

    def may_be_undone(self) -> bool:
        """Whether the transaction in which it was completed was the merchant's and has ended, perhaps not well."""
        return self._elsewhere is not None and not self._rules.is_open(self._elsewhere)

    def __repr__(self) -> str:
        return f"{type(self).__name__}(kind={self.kind!r}, key={self.key!r}, attempt={self.attempt})"

    # A transaction is begun, completed in, committed, and only then the result.

    def _begin(self) -> None:
        if self._result is not None:
            raise RuntimeError("this delivery has its result already: there is one transaction for each delivery")

    def _complete_in(self, connection: Connection) -> Steps[None]:
        return self._rules.finish("complete", self._id, self.fence, connection)

    def _commit(self) -> None:
        self._result = "done"

    # The other calls.

    def _complete(self, connection: Connection | None) -> Steps[None]:
        yield from self._complete_in(connection)
        self._result, self._elsewhere = "done", connection

    def _release(self, error: BaseException | None, delay: timedelta) -> Steps[None]:
        yield from self._rules.finish("release", self._id, self.fence, delay=delay, error=error)
        self._result = "failed"

    def _bury(self, error: BaseException | None) -> Steps[None]:
        yield from self._rules.finish("bury", self._id, self.fence, error=error)
        self._result = "dead"

    def _give_back(self) -> Steps[None]:
        yield from self._rules.finish("return", self._id, self.fence)
        self._result = "failed"

    def _extend(self, lease: timedelta) -> Steps[None]:
        return self._rules.finish("extend", self._id, self.fence, lease=lease)


class Delivery(Leased):
    """A delivery that this worker has under a lease. Made by ``inbox.claim``; ``inbox.run`` gives it to handlers.

    All its calls raise InboxError: STALE_FENCE where the lease was lost to another worker, whose result counts, and
    STORE_UNAVAILABLE.
    """

    def __init__(self, inbox: Inbox, row: Row) -> None:
        super().__init__(inbox, row)
        self._inbox = inbox

    @contextmanager
    def transaction(self) -> Generator[Connection, None, None]:
        """A transaction on the inbox's own database: gives its connection, and commits what you write by it together
        with the end of this delivery. If anything raises, nothing of both has happened.

        There is one for each delivery, which is done with it: what comes after it is not tried again. So do before it
        what is to happen at least once, with ``key`` as the idempotency key of what you call. It commits by itself;
        SQLite's connection refuses ``commit`` and ``executescript`` ("not authorized"). Keep it short: SQLite lets
        nobody else write meanwhile, receivers included.
        """
        self._begin()
        is_complete = False
        with self._inbox.begin() as connection:
            yield connection
            self._inbox.do(self._complete_in(connection))
            is_complete = True
        # Not where psycopg's Rollback, which comes no further, has ended the transaction.
        if is_complete:
            self._commit()

    def complete(self, connection: Connection | None = None) -> None:
        """The work is done. With a connection (of psycopg, to the inbox's database), it is done when the transaction
        that is open there commits.
        """
        self._inbox.do(self._complete(connection))

    def release(self, error: BaseException | None = None, *, delay: timedelta) -> None:
        """The attempt failed; the delivery is due again after a delay."""
        self._inbox.do(self._release(error, delay))

    def bury(self, error: BaseException | None = None) -> None:
        """No further attempt will help: it is dead until somebody replays it."""
        self._inbox.do(self._bury(error))

    def give_back(self) -> None:
        """It was not begun: the attempt does not count."""
        self._inbox.do(self._give_back())

    def extend(self, lease: timedelta) -> None:
        """The work goes on: the lease ends so long from now. ``inbox.run`` does this by itself."""
        self._inbox.do(self._extend(lease))


class AsyncDelivery(Leased):
    """A delivery that this worker has under a lease. Made by ``await inbox.claim()``; ``inbox.run`` gives it to
    handlers. Its calls are those of `Delivery`, to be awaited, and raise what those raise.
    """

    def __init__(self, inbox: AsyncInbox, row: Row) -> None:
        super().__init__(inbox, row)
        self._inbox = inbox

    @asynccontextmanager
    async def transaction(self) -> AsyncGenerator[Connection, None]:
        """A transaction on the inbox's own database: gives its connection, and commits what you write by it together
        with the end of this delivery. If anything raises, or the handler is cancelled, nothing of both has happened.

        There is one for each delivery, which is done with it: what comes after it is not tried again.
        """
        self._begin()
        is_complete = False
        async with self._inbox.begin() as connection:
            yield connection
            await self._inbox.do(self._complete_in(connection))
            is_complete = True
        if is_complete:
            self._commit()

    async def complete(self, connection: Connection | None = None) -> None:
        """The work is done. With a connection (an async one of psycopg, to the inbox's database), it is done when the
        transaction that is open there commits.
        """
        await self._inbox.do(self._complete(connection))

    async def release(self, error: BaseException | None = None, *, delay: timedelta) -> None:
        """The attempt failed; the delivery is due again after a delay."""
        await self._inbox.do(self._release(error, delay))

    async def bury(self, error: BaseException | None = None) -> None:
        """No further attempt will help: it is dead until somebody replays it."""
        await self._inbox.do(self._bury(error))

    async def give_back(self) -> None:
        """It was not begun: the attempt does not count."""
        await self._inbox.do(self._give_back())

    async def extend(self, lease: timedelta) -> None:
        """The work goes on: the lease ends so long from now. ``inbox.run`` does this by itself."""
        await self._inbox.do(self._extend(lease))


def to_instant(milliseconds: int) -> datetime:
    """An instant as the store has it, in UTC."""
    return datetime(1970, 1, 1, tzinfo=timezone.utc) + timedelta(milliseconds=int(milliseconds))
