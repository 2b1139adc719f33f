"""Tasks that claim deliveries, call handlers, and give the result."""

from __future__ import annotations

import asyncio
import contextvars
import inspect
import threading
from collections.abc import Awaitable, Callable
from contextlib import nullcontext, suppress
from datetime import timedelta
from typing import TYPE_CHECKING, TypeAlias, cast

from .._core import Backoff
from .._log import logger
from .._work import checked, is_async
from ._delivery import AsyncDelivery
from ._handlers import Handlers
from ._shift import Deed, LeftRunning, Pause, Shift, catching_signals, check_run
from ._steps import adrive

if TYPE_CHECKING:
    from ._async_store import AsyncInbox

# What a handler returned, or raised: as a value, since a task lets some errors end the whole loop.
Given: TypeAlias = tuple[object, BaseException | None]

# For what a cancelled handler leaves to be stored.
LAST_SECONDS = 2.0


class AsyncLaneWorker(Shift[AsyncDelivery]):
    """One `work` of an inbox: in the caller's task, while another one extends the leases."""

    def __init__(self, inbox: AsyncInbox, handlers: Handlers, lease: timedelta, backoff: Backoff | None) -> None:
        super().__init__(inbox, handlers, lease, backoff)
        self._inbox = inbox
        self._over = asyncio.Event()
        # Async handlers that run now: each in a task of its own, so that one can be cancelled and its result stored.
        self._calls: set[asyncio.Task[Given]] = set()

    async def work(self, key: str) -> int:
        """Works on what is due in the lane of a key, until nothing is; gives how many deliveries that were."""
        count = 0
        beat = asyncio.create_task(self._beat())
        try:
            while delivery := await self._inbox.claim_lane(key, lease=self._lease, attempts=self._backoff.attempts):
                await self._see_through(delivery)
                count += 1
        finally:
            self._over.set()
            await beat
        return count

    async def _see_through(self, delivery: AsyncDelivery) -> None:
        """Where the caller is cancelled, the handler is, and its result is stored all the same."""
        task = asyncio.create_task(adrive(self._handle(delivery), self._do))
        try:
            await asyncio.shield(task)
        except asyncio.CancelledError:
            self._cancel_calls()
            try:
                await asyncio.wait({task}, timeout=LAST_SECONDS)
            finally:
                task.cancel()
            raise

    def _cancel_calls(self) -> None:
        for call in tuple(self._calls):
            call.cancel()

    async def _beat(self) -> None:
        """Extends the leases of what is being worked on."""
        while not await _is_set(self._over, within=self._beat_seconds):
            beats = (adrive(self._extend(delivery), self._do) for delivery in self._held_now())
            # Not even what the merchant's logging raises ends it, or hinders the others.
            await asyncio.gather(*beats, return_exceptions=True)

    async def _do(self, deed: Deed) -> BaseException | None:
        if deed.handler is None:
            await cast("Awaitable[None]", deed.call())
            return None
        error: BaseException | None = None
        result: object = None
        if is_async(deed.handler):
            result = deed.call()
        else:
            result, error = await _given(call_in_thread(deed.call))
        try:
            result = checked(result)
        except TypeError as wrong:
            return wrong
        if error is not None or not inspect.isawaitable(result):
            return error
        call = asyncio.create_task(attempt(cast("Awaitable[object]", result)))
        self._calls.add(call)
        call.add_done_callback(self._calls.discard)
        _, error = await _given(call)
        return error


class AsyncWorkers(AsyncLaneWorker):
    """One `run` of an inbox."""

    def __init__(
        self,
        inbox: AsyncInbox,
        handlers: Handlers,
        workers: int,
        lease: timedelta,
        backoff: Backoff | None,
        poll: timedelta,
        grace: timedelta,
    ) -> None:
        super().__init__(inbox, handlers, lease, backoff)
        check_run(workers, poll, grace)
        self._count = workers
        self._poll = poll.total_seconds()
        self._grace = grace.total_seconds()
        self._news = asyncio.Event()
        self._stopping = asyncio.Event()
        self._loop = asyncio.get_running_loop()

    async def run(self, *, signals: bool) -> None:
        """Works until it is stopped."""
        logger.info("working on %r with %d workers", self._inbox, self._count)
        with catching_signals(self.stop) if signals else nullcontext():
            async with self._inbox.listen(self.wake):
                workers = {asyncio.create_task(self._work()) for _ in range(self._count)}
                beat = asyncio.create_task(self._beat())
                try:
                    await self._stopping.wait()
                    await asyncio.wait(workers, timeout=self._grace)
                finally:
                    # Also where somebody has cancelled it, and where somebody does so again meanwhile.
                    try:
                        await self._end(workers)
                    finally:
                        for worker in workers:
                            worker.cancel()
                        self._over.set()
                        await beat

    async def _end(self, workers: set[asyncio.Task[None]]) -> None:
        self._stop()
        if self._held:
            logger.warning("%d handlers still ran at the end; their deliveries come again", len(self._held))
        self._cancel_calls()
        _, late = await asyncio.wait(workers, timeout=LAST_SECONDS)
        for worker in late:
            worker.cancel()
        if late:
            await asyncio.wait(late, timeout=LAST_SECONDS)

    def stop(self) -> None:
        """Claims no more. From any thread, and from a handler of signals."""
        self._loop.call_soon_threadsafe(self._stop)

    def _stop(self) -> None:
        self._stopping.set()
        self.wake()

    def wake(self) -> None:
        """There may be something to claim."""
        # Another one from now on: whoever has taken this one before it looked sees that it was set since.
        news, self._news = self._news, asyncio.Event()
        news.set()

    async def _work(self) -> None:
        pause = Pause()
        while not self._stopping.is_set():
            news = self._news
            try:
                claimed = await self._inbox.claim(lease=self._lease, attempts=self._backoff.attempts)
            # Whatever it is, this task goes on: without it nothing would be worked on, and nobody would be told.
            except Exception as error:  # noqa: BLE001
                await _is_set(self._stopping, within=pause.begin(error))
                continue
            pause.end()
            for delivery in claimed:
                await adrive(self._handle(delivery), self._do)
            if not claimed:
                await _is_set(news, within=self._poll)


async def _is_set(event: asyncio.Event, *, within: float) -> bool:
    """Waits for an event; whether it came."""
    with suppress(asyncio.TimeoutError):
        await asyncio.wait_for(event.wait(), within)
    return event.is_set()


async def attempt(result: Awaitable[object]) -> Given:
    """Awaits what a function has returned."""
    try:
        return await result, None
    # Also SystemExit, which would end the loop.
    except BaseException as error:  # noqa: BLE001
        return None, error


def call_in_thread(call: Callable[[], object]) -> asyncio.Future[Given]:
    """Calls a function in a thread of its own, for which nobody waits at the end of the loop or of the process."""
    loop = asyncio.get_running_loop()
    given: asyncio.Future[Given] = loop.create_future()
    context = contextvars.copy_context()

    def give(result: Given) -> None:
        if not given.done():
            given.set_result(result)

    def run() -> None:
        result: Given
        try:
            result = context.run(call), None
        except BaseException as error:  # noqa: BLE001, it is the caller's
            result = None, error
        # The loop may have ended.
        with suppress(RuntimeError):
            loop.call_soon_threadsafe(give, result)

    threading.Thread(target=run, name="yuno-inbox-handler", daemon=True).start()
    return given


async def _given(call: asyncio.Future[Given]) -> Given:
    """What a handler has returned or raised."""
    try:
        return await asyncio.shield(call)
    except asyncio.CancelledError:
        return None, LeftRunning()
