"""Threads that claim deliveries, call handlers, and give the result."""

from __future__ import annotations

import logging
import secrets
import signal
import threading
import time
from collections.abc import Generator
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from .._checks import check_backoff, check_span
from .._core import Backoff
from .._work import settle
from ..errors import InboxError, PayloadError
from ._handlers import Handlers, check_handlers

if TYPE_CHECKING:
    from ._delivery import Delivery
    from ._outcome import Result
    from ._store import Inbox

logger = logging.getLogger("yuno_webhooks")
LONGEST_PAUSE_SECONDS = 30


class Workers:
    """One `run` of an inbox."""

    def __init__(
        self,
        inbox: Inbox,
        handlers: Handlers,
        workers: int,
        lease: timedelta,
        backoff: Backoff,
        poll: timedelta,
        grace: timedelta,
    ) -> None:
        # At once: otherwise each delivery would fail, until it is dead.
        check_handlers(handlers)
        check_backoff(backoff)
        for span in (lease, poll, grace):
            check_span(span)
        if workers < 1 or lease <= timedelta(0) or poll <= timedelta(0):
            raise ValueError("run needs at least one worker, and a lease and a poll that last")
        self._inbox = inbox
        self._handlers = handlers
        self._count = workers
        self._lease = lease
        self._backoff = backoff
        self._poll = poll.total_seconds()
        self._grace = grace.total_seconds()
        self._news = threading.Condition()
        self._version = 0
        self._stopping = threading.Event()
        self._has_signal = False
        self._over = threading.Event()
        self._held: set[Delivery] = set()
        self._held_lock = threading.Lock()

    def run(self) -> None:
        """Works until it is stopped."""
        threads = [
            threading.Thread(target=self._work, name=f"yuno-inbox-{number}", daemon=True)
            for number in range(self._count)
        ]
        beat = threading.Thread(target=self._beat, name="yuno-inbox-leases", daemon=True)
        logger.info("working on %r with %d workers", self._inbox, self._count)
        with self._signals(), self._inbox.listen(self.wake):
            for thread in (*threads, beat):
                thread.start()
            # In steps, so that signals are handled on every platform.
            while not (self._has_signal or self._stopping.wait(0.2)):
                pass
            self.stop()
            until = time.monotonic() + self._grace
            for thread in threads:
                thread.join(max(0.0, until - time.monotonic()))
        with self._held_lock:
            if self._held:
                logger.warning("%d handlers still ran at the end; their deliveries come again", len(self._held))
        self._over.set()

    def stop(self) -> None:
        """Claims no more."""
        self._stopping.set()
        self.wake()

    def wake(self) -> None:
        """There may be something to claim."""
        with self._news:
            self._version += 1
            self._news.notify_all()

    @contextmanager
    def _signals(self) -> Generator[None, None, None]:
        if threading.current_thread() is not threading.main_thread():
            yield
            return

        # Not stop(), and no event: a handler of signals must take no lock, which the interrupted thread may hold.
        def stop(*_: object) -> None:
            self._has_signal = True

        before: dict[signal.Signals, Any] = {
            name: signal.signal(name, stop) for name in (signal.SIGTERM, signal.SIGINT)
        }
        try:
            yield
        finally:
            for name, handler in before.items():
                # None is one that Python did not set and cannot put back.
                signal.signal(name, signal.SIG_DFL if handler is None else handler)

    def _work(self) -> None:
        pause = 1.0
        while not self._stopping.is_set():
            with self._news:
                version = self._version
            try:
                claimed = self._inbox.claim(lease=self._lease, attempts=self._backoff.attempts)
            # Whatever it is, this thread goes on: without it nothing would be worked on, and nobody would be told.
            except Exception as error:  # noqa: BLE001
                logger.error("nothing can be claimed, looking again in %.0f s (%s)", pause, _cause(error))
                self._stopping.wait(pause)
                pause = min(2 * pause, LONGEST_PAUSE_SECONDS)
                continue
            pause = 1.0
            for delivery in claimed:
                self._handle(delivery)
            if not claimed:
                self._rest(version)

    def _rest(self, version: int) -> None:
        """Until there is news, or the time of the poll."""
        with self._news:
            self._news.wait_for(lambda: self._version != version or self._stopping.is_set(), self._poll)

    def _handle(self, delivery: Delivery) -> None:
        started = time.monotonic()
        with self._held_lock:
            self._held.add(delivery)
        try:
            result = self._give_result(delivery)
        except Exception as error:  # noqa: BLE001, as above
            is_stale = isinstance(error, InboxError) and error.code == "STALE_FENCE"
            result = "stale" if is_stale else "failed"
            told = "another worker has it" if is_stale else f"its lease will expire ({_cause(error)})"
            logger.warning("the result of %r was not stored; %s", delivery, told)
        finally:
            with self._held_lock:
                self._held.discard(delivery)
        if result == "done":
            logger.info("done: %r in %.3f s", delivery, time.monotonic() - started)
        self._inbox.report(result, delivery.kind, delivery.key, started)

    def _give_result(self, delivery: Delivery) -> Result:
        try:
            event = delivery.event
        except PayloadError as error:
            delivery.bury(error)
            return "dead"
        try:
            handler = self._handlers.find(event.kind)
            settle(lambda: handler(delivery))
            if delivery.result is None:
                delivery.complete()
        # Also SystemExit: it is the handler's, not ours.
        except BaseException as error:
            if delivery.result is not None and not delivery.may_be_undone():
                logger.exception("the handler of %r raised after it had given its result, which stands", delivery)
                return delivery.result
            if isinstance(error, InboxError) and error.code == "STALE_FENCE":
                raise
            delay = self._backoff.delay(delivery.attempt, random=secrets.randbits(32))
            again = "it was the last attempt" if delay is None else f"again in {delay.total_seconds():.0f} s"
            logger.exception("the handler of %r raised; %s", delivery, again)
            try:
                if delay is None:
                    delivery.bury(error)
                    return "dead"
                delivery.release(error, delay=delay)
            except InboxError as stale:
                if delivery.result is not None and stale.code == "STALE_FENCE":
                    # The merchant's transaction had committed it.
                    return delivery.result
                raise
            return "failed"
        return delivery.result or "done"

    def _beat(self) -> None:
        """Extends the leases of what is being worked on."""
        while not self._over.wait(self._lease.total_seconds() / 3):
            with self._held_lock:
                # What has a result may be locked by the merchant's transaction, and others would wait with it.
                held = [delivery for delivery in self._held if delivery.result is None]
            for delivery in held:
                self._extend(delivery)

    def _extend(self, delivery: Delivery) -> None:
        try:
            delivery.extend(self._lease)
        except InboxError as error:
            # Not of one that has ended meanwhile.
            if delivery.result is None:
                logger.warning("the lease of %r could not be extended: %s (%s)", delivery, error, _cause(error))


def _cause(error: Exception) -> str:
    """What the driver calls it; its text could hold more."""
    cause = error.__cause__ or error
    code = getattr(cause, "sqlstate", None) or getattr(cause, "sqlite_errorname", None)
    return " ".join(filter(None, (type(cause).__qualname__, code)))
