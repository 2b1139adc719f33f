"""Handing keys to the merchant's queue, for which the provider does not wait for long."""

from __future__ import annotations

import contextvars
import threading
import time

from .._work import settle
from ._rules import PUBLISH_SECONDS, Publisher

# As long as the queue hangs, so many threads may hang with it, and no more.
MOST_AT_ONCE = 64


class Publishing:
    """The merchant's ``publish``, sync or async, called in a thread that is left to itself when the time is over. What
    it publishes then is published all the same, which does no harm.
    """

    def __init__(self, publish: Publisher) -> None:
        self._publish = publish
        self._room = threading.Semaphore(MOST_AT_ONCE)

    def attempt(self, key: str) -> BaseException | None:
        """Publishes a key; gives what went wrong."""
        until = time.monotonic() + PUBLISH_SECONDS
        if not self._room.acquire(timeout=PUBLISH_SECONDS):
            return TimeoutError()
        call = _Call(self, key)
        try:
            call.start()
        except RuntimeError as error:
            # There are too many threads, or the interpreter ends.
            self._room.release()
            return error
        call.join(max(0.0, until - time.monotonic()))
        return call.error

    def call(self, key: str) -> None:
        """Of a thread's, which has room until then."""
        try:
            settle(lambda: self._publish(key))
        finally:
            self._room.release()


class _Call(threading.Thread):
    def __init__(self, publishing: Publishing, key: str) -> None:
        # It must not keep the process from ending.
        super().__init__(name="yuno-inbox-publish", daemon=True)
        self.error: BaseException | None = TimeoutError()
        self._publishing = publishing
        self._key = key
        self._context = contextvars.copy_context()

    def run(self) -> None:
        try:
            self._context.run(self._publishing.call, self._key)
            self.error = None
        except BaseException as error:  # noqa: BLE001, it is the merchant's function
            self.error = error.with_traceback(None)
