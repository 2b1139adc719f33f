"""Reading an inbox's counts for whoever shows them, without waiting for a database that hangs."""

from __future__ import annotations

import threading
import time

from .._log import logger
from ._delivery import Stats
from ._store import Inbox

# A scrape usually ends after 10 seconds, and may ask for several inboxes.
PATIENCE_SECONDS = 3.0


class Watched:
    """An inbox whose counts are read when somebody asks: one reading at a time, in a thread of its own."""

    def __init__(self, inbox: Inbox) -> None:
        _check(inbox)
        self.inbox = inbox
        self._lock = threading.Lock()
        self._reading: _Reading | None = None

    def read(self, *, fresh: float = 0.0) -> Stats | None:
        """The counts, at most so many seconds old; None where they could not be read in time."""
        with self._lock:
            reading = self._reading
            if reading is None or not (reading.is_alive() or reading.age() < fresh):
                reading = self._reading = _Reading(self.inbox)
                try:
                    reading.start()
                except RuntimeError:
                    # The interpreter ends, and starts no threads any more.
                    return None
        # Not anew for each who asks while it hangs.
        reading.join(max(0.0, reading.begun + PATIENCE_SECONDS - time.monotonic()))
        return reading.stats


class _Reading(threading.Thread):
    """One call of `stats`."""

    def __init__(self, inbox: Inbox) -> None:
        # It must not keep the process from ending.
        super().__init__(name="yuno-inbox-stats", daemon=True)
        self.stats: Stats | None = None
        self.begun = time.monotonic()
        self._inbox = inbox
        self._ended = float("-inf")

    def age(self) -> float:
        """How many seconds ago it ended, well or not."""
        return time.monotonic() - self._ended

    def run(self) -> None:
        try:
            self.stats = self._inbox.stats()
        except Exception as error:  # noqa: BLE001, whoever asks gets nothing, and goes on
            logger.warning("the inbox's counts could not be read: %s", type(error).__name__)
        self._ended = time.monotonic()


def _check(inbox: object) -> None:
    if not isinstance(inbox, Inbox):
        # An async one answers on its loop only, which may be the one that waits here.
        advice = "watch takes an inbox that is not async, as in open_inbox(url, migrate=False)"
        raise TypeError(f"{advice}, and not a {type(inbox).__qualname__}")
