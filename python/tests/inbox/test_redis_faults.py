"""Redis servers that are down, full, silent, only replicas, or at another time."""

from __future__ import annotations

import logging
import threading
import time
import traceback
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from yuno_webhooks import Event, InboxError, PayloadError, testing
from yuno_webhooks.inbox import AsyncRedisInbox, Delivery, Inbox, RedisInbox
from yuno_webhooks.receiver import Receiver

from .conftest import Opener
from .redis_cluster import ask, wait_until
from .redis_server import Server
from .shop import PRIVATE, SECRET, VERIFIER, accept, make_body, make_event, seconds, set_clock, until, wait_for, working
from .silence import Silence

# The provider's wait for the later tries.
WAIT = 7.0


@pytest.fixture
def inbox(redis_url: str, open_redis: Opener) -> Inbox:
    return open_redis(redis_url)


def send(receiver: Receiver, payment: str = "p-1", retry: int = 0) -> int:
    """The status of a delivery, which must come in time."""
    body = make_body(payment, retry=retry)
    begun = time.monotonic()
    status = receiver.receive(body, testing.headers(body, SECRET)).status
    assert time.monotonic() - begun < WAIT
    return status


def cause_of(call: Callable[[], object]) -> str:
    """What the driver says of a store that cannot be used."""
    with pytest.raises(InboxError) as caught:
        call()
    assert caught.value.code == "STORE_UNAVAILABLE"
    return str(caught.value.__cause__)


def test_a_server_that_is_down_costs_no_delivery(redis_host: Server, inbox: Inbox) -> None:
    receiver = Receiver(VERIFIER, inbox=inbox)
    assert send(receiver, "before") == 200
    redis_host.stop()
    try:
        for retry in range(2):
            assert send(receiver, retry=retry) == 503
    finally:
        redis_host.start()
    assert send(receiver, retry=2) == 200
    assert send(receiver, retry=3) == 200
    stats = inbox.stats()
    assert (stats.pending, stats.duplicates) == (2, 1)


def test_a_server_that_was_restarted_is_not_noticed(redis_host: Server, inbox: Inbox) -> None:
    """Though all connections are lost."""
    receiver, count = Receiver(VERIFIER, inbox=inbox), 8
    barrier = threading.Barrier(count)
    statuses: list[int] = []

    def deliver(number: int, name: str) -> None:
        barrier.wait()
        statuses.append(send(receiver, f"{name}-{number}"))

    for name in ("before", "after"):
        threads = [threading.Thread(target=deliver, args=(number, name)) for number in range(count)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        if name == "before":
            redis_host.stop()
            redis_host.start()
    assert statuses == [200] * (2 * count)
    assert inbox.stats().pending == 2 * count


def test_a_server_that_says_nothing_is_given_up_in_time(redis_host: Server, inbox: Inbox) -> None:
    receiver = Receiver(VERIFIER, inbox=inbox)
    assert send(receiver, "before") == 200
    redis_host.pause()
    try:
        # Also in a thread that has no connection yet.
        statuses: list[int] = []
        thread = threading.Thread(target=lambda: statuses.append(send(receiver, "p-2")))
        thread.start()
        assert send(receiver) == 503
        thread.join()
        assert statuses == [503]
    finally:
        redis_host.resume()
    # The server has read what it was sent before, and has it once.
    assert send(receiver, retry=1) == 200
    assert send(receiver, "p-2", retry=1) == 200
    assert inbox.stats().pending == 3


def test_a_full_memory_costs_no_delivery_and_stops_no_worker(redis_host: Server, inbox: Inbox) -> None:
    receiver = Receiver(VERIFIER, inbox=inbox)
    keys = [accept(inbox, f"p-{number}") for number in range(3)]
    set_clock(inbox, lambda: int(time.time() * 1000) + 31 * 86_400_000)
    ask(redis_host, "CONFIG SET", "maxmemory", "1")
    try:
        for retry in range(2):
            assert send(receiver, "late", retry) == 503
        assert "OOM" in cause_of(lambda: inbox.accept(make_event("late"))) or "memory" in cause_of(
            lambda: inbox.accept(make_event("late"))
        )
        # So that there is room again.
        first, second, third = inbox.claim(3)
        first.complete()
        second.release(RuntimeError("no stock"), delay=seconds(0))
        third.bury(RuntimeError("no stock"))
        inbox.discard(third.key)
        (again,) = inbox.claim()
        again.complete()
        set_clock(inbox, lambda: int(time.time() * 1000) + 70 * 86_400_000)
        assert inbox.purge(older_than=seconds(40 * 86_400)) == 3
        assert inbox.forget_keys(older_than=seconds(40 * 86_400)) == 2
    finally:
        ask(redis_host, "CONFIG SET", "maxmemory", "0")
    assert send(receiver, "late", 2) == 200
    assert inbox.stats()[:1] == (1,)
    assert inbox.find(keys[-1]).state == "done"


def test_a_replica_takes_nothing(redis_host: Server, inbox: Inbox) -> None:
    receiver = Receiver(VERIFIER, inbox=inbox)
    key = accept(inbox, "before")
    ask(redis_host, "REPLICAOF", "127.0.0.1", "1")
    try:
        assert send(receiver) == 503
        assert "read only replica" in cause_of(lambda: inbox.accept(make_event()))
        # What it has can be looked at.
        assert inbox.find(key).state == "pending"
    finally:
        ask(redis_host, "REPLICAOF", "NO", "ONE")
    assert send(receiver, retry=1) == 200
    assert inbox.stats().pending == 2


@pytest.mark.parametrize("replicas", [0, 1])
def test_a_failover_behind_a_name_costs_no_delivery(
    redis_host: Server, redis_url: str, open_redis: Opener, replicas: int
) -> None:
    """The connections that are open lead to the former primary, which is a replica now and takes nothing."""
    ask(redis_host, "CONFIG SET", "repl-diskless-sync-delay", "0")
    other = Server("--replicaof", f"127.0.0.1 {redis_host.port}", "--repl-diskless-sync-delay", "0")
    count = 8
    try:
        with Silence.before(redis_url) as name:
            wait_until(lambda: ask(other, "INFO", "replication")["master_link_status"] == "up")
            inbox = open_redis(name.address, replicas=replicas)
            receiver = Receiver(VERIFIER, inbox=inbox)
            assert send_many(receiver, "before", count) == [200] * count
            held = inbox.claim(count)
            wait_until(lambda: len({offset(own) for own in (redis_host, other)}) == 1)
            ask(other, "REPLICAOF", "NO", "ONE")
            ask(redis_host, "REPLICAOF", "127.0.0.1", other.port)
            name.lead_to(other.url)
            wait_until(lambda: ask(redis_host, "INFO", "replication")["master_link_status"] == "up")
            wait_until(lambda: ask(other, "INFO", "replication").get("slave0", {}).get("state") == "online")
            assert send_many(receiver, "after", count) == [200] * count
            held[0].complete()
            assert (inbox.stats().pending, inbox.stats().leased) == (count, count - 1)
            inbox.close()
    finally:
        ask(redis_host, "REPLICAOF", "NO", "ONE")
        other.remove()


def offset(server: Server) -> int:
    """How far a server is in what the primary has done."""
    told: dict[str, Any] = ask(server, "INFO", "replication")
    return int(told.get("slave_repl_offset", told["master_repl_offset"]))


def send_many(receiver: Receiver, name: str, count: int) -> list[int]:
    """The statuses of so many deliveries at once."""
    barrier = threading.Barrier(count)

    def send_one(number: int) -> int:
        barrier.wait()
        return send(receiver, f"{name}-{number}")

    with ThreadPoolExecutor(count) as threads:
        return list(threads.map(send_one, range(count)))


def test_a_delivery_that_replicas_do_not_have_is_not_acknowledged(
    redis_host: Server, redis_url: str, open_redis: Opener
) -> None:
    # So that it begins at once.
    ask(redis_host, "CONFIG SET", "repl-diskless-sync-delay", "0")
    inbox = open_redis(redis_url, replicas=1)
    receiver = Receiver(VERIFIER, inbox=inbox)
    assert send(receiver) == 503
    # Also when it is a duplicate: it was stored, but nobody else has it.
    assert cause_of(lambda: inbox.accept(make_event())) == "0 of 1 replicas have confirmed it within a second"
    replica = Server("--replicaof", f"127.0.0.1 {redis_host.port}")
    try:
        wait_until(lambda: ask(replica, "INFO", "replication")["master_link_status"] == "up")
        wait_until(lambda: send(receiver, retry=2) == 200)
        wait_until(lambda: send(receiver, "p-2") == 200)
        key = accept(inbox, "p-3")
        # It is there, and not only on its way.
        ask(replica, "REPLICAOF", "NO", "ONE")
        ask(redis_host, "SCRIPT", "FLUSH")
        assert send(receiver, "p-4") == 503
        taken_over = RedisInbox(replica.url)
        assert taken_over.find(key).state == "pending"
        assert taken_over.stats().pending == 3
        taken_over.close()
    finally:
        replica.remove()


@pytest.mark.parametrize(("open_redis", "partitions"), [(RedisInbox, 3), (AsyncRedisInbox, 1)], indirect=["open_redis"])
def test_workers_go_on_when_the_server_is_back(
    redis_host: Server, redis_url: str, open_redis: Opener, caplog: pytest.LogCaptureFixture, partitions: int
) -> None:
    inbox = open_redis(redis_url, partitions=partitions)
    begun, goes_on = threading.Event(), threading.Event()
    done: list[str] = []

    def handle(delivery: Delivery) -> None:
        begun.set()
        goes_on.wait(WAIT)
        done.append(delivery.key)

    key = accept(inbox, "before")
    with working(inbox, handle, workers=2, lease=seconds(1)):
        assert begun.wait(WAIT)
        redis_host.stop()
        try:
            goes_on.set()
            until(lambda: "nothing can be claimed, looking again in 2 s (ConnectionError)" in caplog.text)
        finally:
            redis_host.start()
        assert wait_for(inbox, key).attempts >= 2
        begin = time.monotonic()
        other = accept(inbox, "after")
        wait_for(inbox, other)
        assert time.monotonic() - begin < 5
    # At least once.
    assert set(done) == {key, other}
    assert done.count(key) >= 2


def test_a_clock_that_jumps_loses_nothing(redis_url: str) -> None:
    hour, step = 3_600_000, 0

    def clock() -> int:
        return int(time.time() * 1000) + step

    inboxes = [RedisInbox(redis_url), RedisInbox(redis_url)]
    done: list[str] = []

    def handle(delivery: Delivery) -> None:
        time.sleep(0.02)
        done.append(delivery.key)

    for own in inboxes:
        set_clock(own, clock)
    keys: list[str] = []
    options: dict[str, Any] = {"workers": 2, "lease": seconds(0.5)}
    with working(inboxes[0], handle, **options), working(inboxes[1], handle, **options):
        for jump in (hour, -hour, -hour, hour, hour):
            for number in range(12):
                keys.append(accept(inboxes[number % 2], f"p-{len(keys) % 7}", len(keys)))
            # In the middle of the work.
            step += jump
            time.sleep(0.1)
        # What was accepted or leased at a later time waits until then, and no longer.
        step = 2 * hour
        until(lambda: inboxes[0].stats()[:1] == (0,) and inboxes[0].stats().leased == 0)
    assert set(done) == set(keys)
    assert all(inboxes[0].find(key).state == "done" for key in keys)
    for own in inboxes:
        own.close()


# What is shown.


class Unreadable:
    """A call that shows nothing of what it is made with."""

    __slots__ = ("_body", "_error", "_inbox")

    def __init__(self, inbox: Inbox, body: bytes, error: PayloadError) -> None:
        self._inbox, self._body, self._error = inbox, body, error

    def __call__(self) -> object:
        return self._inbox.accept_unreadable(self._body, self._error)


@pytest.mark.parametrize(("fault", "replicas"), [("down", 0), ("down", 1), ("silent", 0), ("full", 1)])
def test_a_failure_to_store_shows_no_body(
    redis_host: Server, redis_url: str, caplog: pytest.LogCaptureFixture, fault: str, replicas: int
) -> None:
    """Nor does any error in its chain, with the variables of all frames."""
    inbox = RedisInbox(redis_url, replicas=replicas)
    body = f'["{PRIVATE}"]'.encode()
    with pytest.raises(PayloadError) as unreadable:
        Event.parse_unverified(body)
    calls: list[Callable[[], object]] = [lambda: inbox.accept(make_event())]
    calls.append(Unreadable(inbox, body, unreadable.value.with_traceback(None)))
    del body, unreadable
    errors: list[InboxError] = []
    if fault == "full":
        ask(redis_host, "CONFIG SET", "maxmemory", "1")
    else:
        (redis_host.stop if fault == "down" else redis_host.pause)()
    try:
        with caplog.at_level(logging.DEBUG, "yuno_webhooks"):
            for call in calls[: 1 if fault == "silent" else None]:
                with pytest.raises(InboxError) as caught:
                    call()
                errors.append(caught.value)
    finally:
        if fault == "down":
            redis_host.start()
        elif fault == "silent":
            redis_host.resume()
        else:
            ask(redis_host, "CONFIG SET", "maxmemory", "0")
        inbox.close()
    for error in errors:
        assert error.code == "STORE_UNAVAILABLE"
        shown = "".join(traceback.TracebackException.from_exception(error, capture_locals=True).format())
        assert "in _accept" in shown
        assert str(error.__cause__) in shown
        assert PRIVATE not in shown
        assert PRIVATE not in repr(error.__cause__.__dict__)
    assert PRIVATE not in caplog.text
