"""A process that has no descriptor or thread left, and odd errors where its leases are extended."""

from __future__ import annotations

import logging
import resource
import threading
import time
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any, cast

import pytest

from yuno_webhooks import InboxError
from yuno_webhooks.inbox import AsyncDelivery, Delivery, Handlers, Inbox, PostgresInbox
from yuno_webhooks.inbox._psycopg import Line, Watch

from .conftest import Opener
from .shop import PRIVATE, accept, make_event, seconds, start, until, wait_for, working


@contextmanager
def no_descriptors() -> Generator[None]:
    """What is open stays so, and nothing else can be opened."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (3, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@pytest.fixture
def refused(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of threads, each of which cannot be started once."""
    names: list[str] = []
    begin = threading.Thread.start

    def start_one(self: threading.Thread) -> None:
        if self.name in names:
            names.remove(self.name)
            raise RuntimeError("can't start new thread")
        begin(self)

    monkeypatch.setattr(threading.Thread, "start", start_one)
    return names


@pytest.mark.stores("sqlite", "postgres", "async-postgres")
@pytest.mark.parametrize("is_logged", [True, False])
def test_an_odd_error_does_not_end_the_heartbeat(
    opened: Opener, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, is_logged: bool
) -> None:
    """Nor does an error of the merchant's own logging, which is told of it."""
    errors: list[Exception] = [OSError(24, PRIVATE), RuntimeError(PRIVATE)]
    calls: list[str] = []

    def log(record: logging.LogRecord) -> bool:
        if "could not be extended" in record.msg and not is_logged:
            raise ValueError(PRIVATE)
        return True

    for kind in (Delivery, AsyncDelivery):
        extend: Any = kind.extend

        def fail(self: Any, lease: Any, extend: Any = extend) -> Any:
            if errors:
                raise errors.pop()
            return extend(self, lease)

        monkeypatch.setattr(kind, "extend", fail)

    def handle(delivery: Delivery) -> None:
        calls.append(delivery.key)
        time.sleep(5)

    first, second = opened(), opened()
    key = accept(first)
    logger = logging.getLogger("yuno_webhooks")
    logger.addFilter(log)
    try:
        with working(first, handle, lease=seconds(3)), working(second, handle, lease=seconds(3)):
            assert wait_for(first, key).attempts == 1
    finally:
        logger.removeFilter(log)
    assert (calls, errors) == ([key], [])
    assert ("could not be extended: OSError" in caplog.text) == is_logged
    assert PRIVATE not in caplog.text


@pytest.mark.stores("postgres", "async-postgres")
def test_without_a_descriptor_nothing_is_acknowledged_and_nothing_is_lost(inbox: Inbox) -> None:
    accept(inbox, "before")
    with pytest.raises(InboxError) as caught, no_descriptors():
        inbox.accept(make_event())
    assert caught.value.code == "STORE_UNAVAILABLE"
    assert isinstance(caught.value.__cause__, OSError)
    inbox.accept(make_event())
    assert inbox.stats()[:1] == (2,)


@pytest.mark.stores("postgres")
def test_without_a_thread_nothing_is_stored_unwatched(inbox: PostgresInbox, refused: list[str]) -> None:
    until(lambda: all(thread.name != "yuno-inbox-watch" for thread in threading.enumerate()))
    refused.append("yuno-inbox-watch")
    with pytest.raises(InboxError) as caught:
        inbox.accept(make_event())
    assert (caught.value.code, refused) == ("STORE_UNAVAILABLE", [])
    assert inbox.stats().pending == 0
    assert inbox.accept(make_event()).outcome == "accepted"


class Known:
    """A line that notes what becomes of it."""

    is_hung_up = is_closed = False

    def hang_up(self) -> None:
        self.is_hung_up = True

    def close(self) -> None:
        self.is_closed = True


def test_a_watch_that_could_not_begin_begins_again(refused: list[str]) -> None:
    watch, first, second = Watch(), Known(), Known()
    refused.append("yuno-inbox-watch")
    with pytest.raises(InboxError), watch.over(cast("Line", first), 0):
        pytest.fail("nobody watches it")
    assert first.is_closed
    with watch.over(cast("Line", second), time.monotonic()):
        until(lambda: second.is_hung_up)
    assert not first.is_hung_up
    assert second.is_closed


@pytest.mark.stores("sqlite")
@pytest.mark.parametrize("name", ["yuno-inbox-leases", "yuno-inbox-1"])
def test_without_threads_no_worker_is_left_behind(inbox: Inbox, refused: list[str], name: str) -> None:
    """One that goes on without a heartbeat would share its resource with another."""
    refused.append(name)
    with pytest.raises(RuntimeError, match="can't start new thread"):
        inbox.run(Handlers(fallback=print), workers=2)
    left = {thread.name for thread in threading.enumerate() if thread.name.startswith("yuno-inbox-")}
    assert not left & {"yuno-inbox-0", "yuno-inbox-1"}
    thread = start(inbox, Handlers(fallback=print))
    inbox.stop()
    thread.join(10)
