"""Threads that claim deliveries, call handlers, and give the result."""

from __future__ import annotations

import threading
import time
from contextlib import suppress
from datetime import timedelta
from typing import TYPE_CHECKING

from .._core import Backoff
from .._log import logger
from .._work import settle
from ._delivery import Delivery
from ._handlers import Handlers
from ._shift import Deed, Pause, Shift, catching_signals, check_run
from ._steps import drive

if TYPE_CHECKING:
    from ._store import Inbox

#: Each may hold a connection, and a process has 1024 descriptors where nobody says otherwise.
MOST_THREADS = 256


class LaneWorker(Shift[Delivery]):
    """One `work` of an inbox: in the caller's thread, while another one extends the leases."""

    def __init__(self, inbox: Inbox, handlers: Handlers, lease: timedelta, backoff: Backoff | None) -> None:
        super().__init__(inbox, handlers, lease, backoff)
        self._inbox = inbox
        self._over = threading.Event()

    def work(self, key: str) -> int:
        """Works on what is due in the lane of a key, until nothing is; gives how many deliveries that were."""
        count = 0
        beat = self._beating()
        try:
            while delivery := self._inbox.claim_lane(key, lease=self._lease, attempts=self._backoff.attempts):
                if count == 0:
                    beat.start()
                drive(self._handle(delivery), _do)
                count += 1
        finally:
            self._over.set()
        return count

    def _beating(self) -> threading.Thread:
        return threading.Thread(target=self._beat, name="yuno-inbox-leases", daemon=True)

    def _beat(self) -> None:
        """Extends the leases of what is being worked on."""
        while not self._over.wait(self._beat_seconds):
            for delivery in self._held_now():
                # Not even what the merchant's logging raises ends it, or hinders the others.
                with suppress(Exception):
                    drive(self._extend(delivery), _do)


class Workers(LaneWorker):
    """One `run` of an inbox."""

    def __init__(
        self,
        inbox: Inbox,
        handlers: Handlers,
        workers: int,
        lease: timedelta,
        backoff: Backoff | None,
        poll: timedelta,
        grace: timedelta,
    ) -> None:
        super().__init__(inbox, handlers, lease, backoff)
        check_run(workers, poll, grace)
        if workers > MOST_THREADS:
            raise ValueError(f"workers must be from 1 to {MOST_THREADS}")
        self._count = workers
        self._poll = poll.total_seconds()
        self._grace = grace.total_seconds()
        self._news = threading.Condition()
        self._version = 0
        self._stopping = threading.Event()
        self._has_signal = False

    def run(self) -> None:
        """Works until it is stopped."""
        threads = [
            threading.Thread(target=self._work, name=f"yuno-inbox-{number}", daemon=True)
            for number in range(self._count)
        ]
        logger.info("working on %r with %d workers", self._inbox, self._count)
        with catching_signals(self._note_signal), self._inbox.listen(self.wake):
            try:
                # First: if it cannot be started, nobody may have claimed anything.
                self._beating().start()
                for thread in threads:
                    thread.start()
                # In steps, so that signals are handled on every platform.
                while not (self._has_signal or self._stopping.wait(0.2)):
                    pass
            finally:
                # Also where not all of them could be started.
                self.stop()
                self._join([thread for thread in threads if thread.ident is not None])
        with self._held_lock:
            if self._held:
                logger.warning("%d handlers still ran at the end; their deliveries come again", len(self._held))

    def _join(self, threads: list[threading.Thread]) -> None:
        """Waits for what still runs, and then extends its leases no more."""
        until = time.monotonic() + self._grace
        for thread in threads:
            thread.join(max(0.0, until - time.monotonic()))
        self._over.set()

    def stop(self) -> None:
        """Claims no more."""
        self._stopping.set()
        self.wake()

    def _note_signal(self) -> None:
        # Not stop(), and no event: those take locks.
        self._has_signal = True

    def wake(self) -> None:
        """There may be something to claim."""
        with self._news:
            self._version += 1
            self._news.notify_all()

    def _work(self) -> None:
        pause = Pause()
        while not self._stopping.is_set():
            with self._news:
                version = self._version
            try:
                claimed = self._inbox.claim(lease=self._lease, attempts=self._backoff.attempts)
            # Whatever it is, this thread goes on: without it nothing would be worked on, and nobody would be told.
            except Exception as error:  # noqa: BLE001
                self._stopping.wait(pause.begin(error))
                continue
            pause.end()
            for delivery in claimed:
                drive(self._handle(delivery), _do)
            if not claimed:
                self._rest(version)

    def _rest(self, version: int) -> None:
        """Until there is news, or the time of the poll."""
        with self._news:
            self._news.wait_for(lambda: self._version != version or self._stopping.is_set(), self._poll)


def _do(deed: Deed) -> BaseException | None:
    if deed.handler is None:
        deed.call()
        return None
    try:
        settle(deed.call)
    except BaseException as error:  # noqa: BLE001, it is the handler's
        return error
    return None
