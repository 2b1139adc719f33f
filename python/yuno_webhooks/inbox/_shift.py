"""What a worker does with a delivery, without waiting for anything: see `_steps`."""

from __future__ import annotations

import secrets
import signal
import threading
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any, Generic, NamedTuple, TypeAlias, TypeVar

from .._checks import check_backoff, check_span
from .._core import Backoff
from .._log import logger
from ..errors import InboxError, PayloadError
from ._delivery import AsyncDelivery, Delivery
from ._handlers import Handlers, check_handlers
from ._outcome import Result
from ._rules import Rules

LONGEST_PAUSE_SECONDS = 30
_T = TypeVar("_T")
_Delivery = TypeVar("_Delivery", Delivery, AsyncDelivery)


class Deed(NamedTuple):
    """A call of a worker's: of the delivery, or of the merchant's handler. What a handler raises is given as a value:
    some errors cannot be raised in a generator, or in a task.
    """

    call: Callable[[], object]
    handler: Callable[..., object] | None = None


class LeftRunning(Exception):  # noqa: N818, nothing went wrong
    """That a handler goes on in a thread when its worker has ended."""


Deeds: TypeAlias = Generator[Deed, BaseException | None, _T]


class Shift(Generic[_Delivery]):
    """One `run` or `work` of an inbox: what is the same for threads and for asyncio."""

    def __init__(self, rules: Rules[Any], handlers: Handlers, lease: timedelta, backoff: Backoff | None) -> None:
        # At once: otherwise each delivery would fail, until it is dead.
        check_handlers(handlers)
        self._backoff = Backoff() if backoff is None else backoff
        check_backoff(self._backoff)
        check_lasting("lease", lease)
        self._rules = rules
        self._handlers = handlers
        self._lease = lease
        # Two that fail one after another cost nobody the lease.
        self._beat_seconds = lease.total_seconds() / 4
        self._held: set[_Delivery] = set()
        self._held_lock = threading.Lock()

    def _handle(self, delivery: _Delivery) -> Deeds[None]:
        started = time.monotonic()
        with self._held_lock:
            self._held.add(delivery)
        try:
            result = yield from self._give_result(delivery)
        # Whatever it is, the worker goes on: without it nothing would be worked on, and nobody would be told.
        except Exception as error:  # noqa: BLE001
            is_stale = isinstance(error, InboxError) and error.code == "STALE_FENCE"
            result = "stale" if is_stale else "failed"
            told = "another worker has it" if is_stale else f"its lease will expire ({cause_of(error)})"
            logger.warning("the result of %r was not stored; %s", delivery, told)
        finally:
            with self._held_lock:
                self._held.discard(delivery)
        if result == "done":
            logger.info("done: %r in %.3f s", delivery, time.monotonic() - started)
        self._rules.report(result, delivery.kind, delivery.key, started)

    def _give_result(self, delivery: _Delivery) -> Deeds[Result]:
        try:
            event = delivery.event
        except PayloadError as error:
            unreadable = error
            yield Deed(lambda: delivery.bury(unreadable))
            return "dead"
        try:
            handler = self._handlers.find(event.kind)
            raised = yield Deed(lambda: handler(delivery), handler)
            if raised is not None:
                raise raised
            if delivery.result is None:
                yield Deed(delivery.complete)
        # Also SystemExit: it is the handler's, not ours.
        except BaseException as error:
            if delivery.result is not None and not delivery.may_be_undone():
                logger.exception("the handler of %r raised after it had given its result, which stands", delivery)
                return delivery.result
            if isinstance(error, LeftRunning) or (isinstance(error, InboxError) and error.code == "STALE_FENCE"):
                raise
            return (yield from self._fail(delivery, error))
        return delivery.result or "done"

    def _fail(self, delivery: _Delivery, error: BaseException) -> Deeds[Result]:
        """Where the handler raised: again, or dead."""
        delay = self._backoff.delay(delivery.attempt, random=secrets.randbits(32))
        again = _farewell(delivery.key) if delay is None else f"again in {delay.total_seconds():.0f} s"
        logger.exception("the handler of %r raised; %s", delivery, again)
        try:
            if delay is None:
                yield Deed(lambda: delivery.bury(error))
                return "dead"
            yield Deed(lambda: delivery.release(error, delay=delay))
        except InboxError as stale:
            if delivery.result is not None and stale.code == "STALE_FENCE":
                # The merchant's transaction had committed it.
                return delivery.result
            raise
        return "failed"

    # Of the leases.

    def _held_now(self) -> list[_Delivery]:
        """What is being worked on."""
        with self._held_lock:
            # What has a result may be locked by the merchant's transaction, and others would wait with it.
            return [delivery for delivery in self._held if delivery.result is None]

    def _extend(self, delivery: _Delivery) -> Deeds[None]:
        try:
            yield Deed(lambda: delivery.extend(self._lease))
        # Whatever it is, the next beat may succeed; without any, two workers would have one resource.
        except Exception as error:  # noqa: BLE001
            # Not of one that has ended meanwhile.
            if delivery.result is None:
                told = f"{error} ({cause_of(error)})" if isinstance(error, InboxError) else cause_of(error)
                logger.warning("the lease of %r could not be extended: %s", delivery, told)


def _farewell(key: str) -> str:
    """What to do about a delivery that is dead, for whoever reads the log at night."""
    command = "python -m yuno_webhooks inbox"
    return f"it was the last attempt: it is dead. `{command} show {key}`, mend it, then `{command} replay {key}`"


class Pause:
    """How long to wait before claiming again what could not be claimed."""

    def __init__(self) -> None:
        self._seconds = 1.0

    def begin(self, error: Exception) -> float:
        """Gives the seconds, ever more of them."""
        seconds = self._seconds
        logger.error("nothing can be claimed, looking again in %.0f s (%s)", seconds, cause_of(error))
        self._seconds = min(2 * seconds, LONGEST_PAUSE_SECONDS)
        return seconds

    def end(self) -> None:
        """It could be claimed."""
        self._seconds = 1.0


def cause_of(error: Exception) -> str:
    """What the driver calls it; its text could hold more."""
    cause = error.__cause__ or error
    code = getattr(cause, "sqlstate", None) or getattr(cause, "sqlite_errorname", None)
    return " ".join(filter(None, (type(cause).__qualname__, code)))


def check_lasting(name: str, span: timedelta) -> None:
    """Raises TypeError for what is no span of time, and ValueError for one that is over at once."""
    check_span(span)
    if span <= timedelta(0):
        raise ValueError(f"{name} must be longer than 0")


def check_run(workers: object, poll: timedelta, grace: timedelta) -> None:
    """Raises TypeError and ValueError for options of `run` that cannot be."""
    check_lasting("poll", poll)
    check_span(grace)
    if grace < timedelta(0):
        raise ValueError("grace must not be negative")
    if not isinstance(workers, int):
        raise TypeError(f"workers must be an int, 1 or more, and not a {type(workers).__qualname__}")
    if workers < 1:
        raise ValueError("workers must be 1 or more")


@contextmanager
def catching_signals(stop: Callable[[], None]) -> Generator[None, None, None]:
    """In the main thread, calls a function at SIGTERM and SIGINT; then the handlers that were there are put back.

    The function must take no lock, which the interrupted thread may hold.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def handle(*_: object) -> None:
        stop()

    before: dict[signal.Signals, Any] = {name: signal.signal(name, handle) for name in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for name, handler in before.items():
            # None is one that Python did not set and cannot put back.
            signal.signal(name, signal.SIG_DFL if handler is None else handler)
