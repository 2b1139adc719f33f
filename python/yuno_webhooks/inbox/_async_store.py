"""The inbox for asyncio: what every store of it does; a store only runs queries."""

from __future__ import annotations

import asyncio
import inspect
import os
from abc import abstractmethod
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import AbstractAsyncContextManager
from datetime import timedelta
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar, cast

from .._core import Backoff, Event, Schedule, inbox_error
from .._work import is_async
from ..errors import PayloadError
from ..types import Kind
from ._async_workers import AsyncLaneWorker, AsyncWorkers, attempt, call_in_thread
from ._delivery import Accepted, AsyncDelivery, Record, State, Stats
from ._handlers import Handlers
from ._outcome import Observer
from ._rules import (
    ATTEMPTS,
    BATCH,
    LEASE,
    PUBLISH_SECONDS,
    SWEEP_AFTER,
    SWEEP_FAILURES,
    Publisher,
    Rules,
    Store,
    log_unpublished,
)
from ._steps import Connection, Query, Row, Step, Steps, adrive

if TYPE_CHECKING:
    from typing_extensions import Self

_T = TypeVar("_T")
# In the class, `list` is a call of the inbox.
Deliveries: TypeAlias = list[AsyncDelivery]
Records: TypeAlias = list[Record]
Rows: TypeAlias = list[Row]
Keys: TypeAlias = list[str]

# The provider waits for the answer: for the store to be opened, and for all of it.
OPEN_SECONDS = 5.0
ANSWER_SECONDS = 6.5


class AsyncInbox(Rules[AsyncWorkers]):
    """Deliveries in a database: each stored once, and worked on by one worker at a time. All calls are awaited, and
    none is in the way of the event loop.

    It is opened by ``async with inbox``, by ``await inbox.open()``, or by the first call; so it can be made where no
    loop runs yet, as in a module. It belongs to the loop that opened it.

    All calls raise InboxError (STORE_UNAVAILABLE) where the database fails, with its error as the cause.
    """

    def __init__(
        self, store: Store, scope: str, on_outcome: Observer | None, publish: Publisher | None, *, migrate: bool
    ) -> None:
        super().__init__(store, scope, on_outcome, publish)
        self._may_migrate = migrate
        self._loop: asyncio.AbstractEventLoop | None = None
        self._process = os.getpid()
        self._opening: asyncio.Task[None] | None = None
        # What goes on though nobody waits for it any more.
        self._begun: set[asyncio.Task[Any]] = set()

    # What a store does by itself: these, and `place` and `is_open`.

    @abstractmethod
    def begin(self) -> AbstractAsyncContextManager[Connection]:
        """A transaction for writing, which commits at its end: gives its connection."""

    @abstractmethod
    def listen(self, wake: Callable[[], None]) -> AbstractAsyncContextManager[None]:
        """Calls a function, on the loop, whenever something was accepted, as far as the store can know it."""

    @abstractmethod
    async def _execute(self, query: Query, connection: Connection | None) -> Rows:
        """Runs one query, by itself or in the connection's transaction. What the driver raises becomes the cause of
        an InboxError (STORE_UNAVAILABLE), without its frames.
        """

    @abstractmethod
    async def _execute_in_time(self, query: Query, connection: Connection | None) -> Rows:
        """As `_execute`, for what cannot wait: it gives up in time."""

    @abstractmethod
    async def _close(self) -> None:
        """Closes the connections; they may be used again after it."""

    @abstractmethod
    def _forget(self) -> None:
        """Lets go of the connections of a loop that is closed, or of the process that this one was forked from."""

    @abstractmethod
    def _begin_open(self) -> AbstractAsyncContextManager[Connection]:
        """As `begin`, of a store that is open or just being opened."""

    async def _open_schema(self, *, migrate: bool) -> None:
        """Brings the schema up, or only checks that it is this release's."""
        try:
            async with self._begin_open() as connection:
                await adrive(self._migrate(connection, migrate=migrate), self._run_open)
        except BaseException:
            # Nobody will close what was not opened, and its tasks would keep the loop from ending.
            await self._close()
            raise

    # Opening.

    async def open(self) -> Self:
        """Connects, and makes or updates the schema, if that was not done. Gives the inbox.

        Raises InboxError: STORE_UNAVAILABLE, SCHEMA_MISMATCH.
        """
        opening = self._begin_opening()
        if not opening.done():
            await asyncio.shield(opening)
        opening.result()
        return self

    def _begin_opening(self) -> asyncio.Task[None]:
        loop, process = asyncio.get_running_loop(), os.getpid()
        if self._loop is not loop or self._process != process:
            if self._loop is not None and self._process == process and not self._loop.is_closed():
                raise RuntimeError("an async inbox belongs to the event loop that opened it; make one for each loop")
            self._forget()
            self._begun.clear()
            self._loop, self._process, self._opening = loop, process, None
        if self._opening is None or (self._opening.done() and _has_failed(self._opening)):
            self._opening = loop.create_task(self._open_schema(migrate=self._may_migrate))
        return self._opening

    async def _open_in_time(self) -> None:
        opening = self._begin_opening()
        if not opening.done():
            await asyncio.wait({opening}, timeout=OPEN_SECONDS)
        if not opening.done():
            raise inbox_error("STORE_UNAVAILABLE")
        opening.result()

    async def close(self) -> None:
        """Closes the connections. What workers still hold is worked on again when its lease has expired."""
        if self._begun:
            await asyncio.wait(tuple(self._begun), timeout=ANSWER_SECONDS)
        self._opening = None
        await self._close()

    async def __aenter__(self) -> Self:
        return await self.open()

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def do(self, steps: Steps[_T]) -> _T:
        """Runs the steps of a call."""
        return await adrive(steps, self._run_step)

    async def _run_step(self, step: Step) -> Rows:
        await (self._open_in_time() if step.in_time else self.open())
        return await self._run_open(step)

    async def _run_open(self, step: Step) -> Rows:
        execute = self._execute_in_time if step.in_time else self._execute
        return await execute(step.query, step.connection)

    async def _see_through(self, call: Coroutine[Any, Any, _T]) -> _T:
        """Where its caller is cancelled, as by a server whose client goes away, the call goes on to its end: what it
        has begun would otherwise be known to nobody. So it does where the store, just being opened, takes too long.
        """
        task = asyncio.create_task(call)
        self._begun.add(task)
        task.add_done_callback(self._end)
        done, _ = await asyncio.wait({task}, timeout=ANSWER_SECONDS)
        if not done:
            raise inbox_error("STORE_UNAVAILABLE")
        return task.result()

    def _end(self, task: asyncio.Task[Any]) -> None:
        self._begun.discard(task)
        # Nobody may be there to be told, and asyncio would complain of that.
        _has_failed(task)

    # At the door.

    async def accept(self, event: Event, *, connection: Connection | None = None) -> Accepted:
        """Stores an event once. When this has returned, it may be acknowledged.

        connection: one of yours to the same database, so that it is stored when your transaction commits. Then it is
        not published, since only you know when that is; ``sweep`` does it.
        """
        steps = self._accept_event(event, connection)
        if connection is not None:
            return await self.do(steps)
        return await self._see_through(self._accept_and_publish(steps))

    async def _accept_and_publish(self, steps: Steps[Accepted]) -> Accepted:
        accepted = await self.do(steps)
        if accepted.outcome != "duplicate":
            await self._hand_off(accepted.key)
        return accepted

    async def accept_unreadable(self, body: bytes, error: PayloadError) -> Accepted | None:
        """Stores an authentic body that is no event, as dead. None if there is nothing that could be stored."""
        steps = self._accept_unreadable(body, error)
        # What raises below leads to this frame, and reporters of errors show its variables.
        del body
        return await self._see_through(self.do(steps))

    # To a queue of your own.

    async def work(
        self, key: str, handlers: Handlers, *, lease: timedelta = LEASE, backoff: Backoff | None = None
    ) -> int:
        """What your queue's consumer calls with a key that was published: works on the delivery, and on whatever else
        of the same resource is due, the oldest news first, as ``run`` does.

        Gives the number of deliveries. 0 says that there was nothing to do: somebody else works on that resource, the
        delivery is done or waits for its next attempt, or its key is no more. A handler that raised is called again
        when ``sweep`` publishes it after its wait, so have your queue not try again by itself.
        """
        return await AsyncLaneWorker(self, handlers, lease, backoff).work(key)

    async def sweep(self, *, older_than: timedelta = SWEEP_AFTER, limit: int = BATCH, attempts: int = ATTEMPTS) -> int:
        """Publishes again what nobody has claimed though it has been due for so long: whatever your queue has lost or
        was not given, retries that are due, and what workers held that ended. Gives the number that was published.

        Call it from your scheduler, as often as you want such deliveries to be found. older_than: longer than your
        queue usually takes, or else what waits there is published twice, which does no harm. attempts: as in ``claim``.

        Raises TypeError if the inbox has no ``publish``.
        """
        count, failures = 0, 0
        for key in await self.do(self._sweep(older_than, limit, attempts)):
            published = await self._hand_off(key)
            count += published
            failures = 0 if published else failures + 1
            # The queue is away: each of them would be waited for.
            if failures == SWEEP_FAILURES:
                break
        return count

    async def due(self, *, older_than: timedelta = SWEEP_AFTER, limit: int = BATCH) -> Keys:
        """The keys of up to so many deliveries that have been due for so long and that nobody has claimed, the first
        due first. ``sweep`` publishes them; it also finds what workers held that ended.
        """
        return await self.do(self._due(older_than, limit))

    async def _hand_off(self, key: str) -> bool:
        """Publishes a key; a sync function does it in a thread. What goes wrong changes nothing: it is stored."""
        publish = self._publish
        if publish is None:
            return False

        async def call() -> object:
            if is_async(publish):
                return await cast("Awaitable[object]", publish(key))
            result, error = await call_in_thread(lambda: publish(key))
            if error is not None:
                raise error
            return await cast("Awaitable[object]", result) if inspect.isawaitable(result) else result

        task = asyncio.create_task(attempt(call()))
        await asyncio.wait({task}, timeout=PUBLISH_SECONDS)
        # A thread goes on by itself.
        error = task.result()[1] if task.done() else TimeoutError()
        task.cancel()
        if error is not None:
            log_unpublished(key, error)
        return error is None

    # In a worker.

    async def claim_lane(self, key: str, *, lease: timedelta = LEASE, attempts: int = ATTEMPTS) -> AsyncDelivery | None:
        """Leases what is due of the resource that the delivery with this key tells about, and has the oldest news;
        None if nothing is, or somebody works on that resource. ``work`` calls it.
        """
        for row in await self.do(self._claim_lane(key, lease, attempts)):
            return AsyncDelivery(self, row)
        return None

    async def claim(self, limit: int = 1, *, lease: timedelta = LEASE, attempts: int = ATTEMPTS) -> Deliveries:
        """Leases up to so many deliveries that are due: of each resource one, and the one with the oldest news first.

        attempts: after so many, a delivery whose worker ended without a word is dead.
        """
        return [AsyncDelivery(self, row) for row in await self.do(self._claim(limit, lease, attempts))]

    async def run(
        self,
        handlers: Handlers,
        *,
        workers: int = 1,
        lease: timedelta = LEASE,
        backoff: Backoff | None = None,
        poll: timedelta = timedelta(seconds=1),
        grace: timedelta = timedelta(seconds=25),
        signals: bool = True,
    ) -> None:
        """Works until ``stop`` is called or, in the main thread, SIGTERM or SIGINT comes.

        Async handlers run on the loop; sync ones in threads of their own, where they cannot use the delivery's calls.

        workers: how many deliveries at once. lease: a delivery whose worker says nothing for so long goes to another
        one; while a handler runs, its lease is extended. backoff: when a handler that raised is called again, and how
        often. poll: how often to look for what is due, where the store cannot tell. grace: how long to wait at the end
        for handlers that still run; then async ones are cancelled and called again later, and what a thread holds is
        worked on again when its lease has expired. Where ``run`` is cancelled, it ends so at once.
        signals: False in a server's process, which has handlers of signals of its own: call ``stop`` when it ends.
        """
        await self.open()
        running = AsyncWorkers(self, handlers, workers, lease, backoff, poll, grace)
        self._running.append(running)
        try:
            await running.run(signals=signals)
        finally:
            self._running.remove(running)

    # For people.

    async def find(self, key: str) -> Record:
        """What is stored under a key. Raises InboxError (NOT_FOUND)."""
        return await self.do(self._find(key))

    async def list(self, *, state: State, kind: Kind | None = None, limit: int = 100) -> Records:
        """Up to so many deliveries in a state: the dead ones that came first, the pending ones that are due first, the
        ones whose lease ends first, or the done ones that came last, but for those that were purged.
        """
        return await self.do(self._list(state, kind, limit))

    async def dead(self, *, kind: Kind | None = None, limit: int = 100) -> Records:
        """Up to so many dead deliveries, the oldest first: to be looked at, and replayed or discarded."""
        return await self.list(state="dead", kind=kind, limit=limit)

    async def replay(self, key: str) -> None:
        """Has a delivery that is done or dead worked on again, from its first attempt.

        Raises InboxError (NOT_FOUND) if there is none, it is on its way already, or its body was purged.
        """
        await self.do(self._change("replay", key))

    async def replay_dead(self, *, kind: Kind | None = None, limit: int = BATCH) -> int:
        """Has up to so many dead deliveries worked on again, the oldest first; gives their number."""
        return await self.do(self._replay_dead(kind, limit))

    async def discard(self, key: str) -> None:
        """Ends a dead delivery that is not to be worked on. Raises InboxError (NOT_FOUND) if it is not dead."""
        await self.do(self._change("discard", key))

    async def purge(self, *, older_than: timedelta, schedule: Schedule | None = None) -> int:
        """Removes the bodies of deliveries that are done and older; gives their number. Their keys stay, and what is
        dead stays whole: replay or discard it first.

        Raises InboxError (RETENTION_TOO_SHORT) if the provider may still deliver one of them again by the schedule,
        which is the documented one unless you give your organisation's own. 30 days are usual.
        """
        return await self.do(self._clear("purge", older_than, schedule))

    async def forget_keys(self, *, older_than: timedelta, schedule: Schedule | None = None) -> int:
        """Removes the keys of purged deliveries that are older; gives their number.

        What it gives up: no timestamp is signed, so whoever sends one of these deliveries again, be it the provider's
        support or a thief of recordings, is believed again. Only do it where the table has become too large.
        """
        return await self.do(self._clear("forget", older_than, schedule))

    async def stats(self) -> Stats:
        """How many deliveries are pending, leased and dead, and how old the oldest pending one is."""
        return await self.do(self._stats())


def _has_failed(task: asyncio.Task[Any]) -> bool:
    return task.cancelled() or task.exception() is not None
