"""The inbox in Redis: how it is opened, what it refuses, and what several partitions have in common."""

from __future__ import annotations

import logging
import os
import re
import signal
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest

from yuno_webhooks import ConfigurationError, InboxError, PayloadError
from yuno_webhooks.inbox import AsyncRedisInbox, Delivery, Inbox, RedisInbox

from .conftest import Opener
from .redis_cluster import DRIVER, ask
from .redis_server import Server
from .shop import PATIENCE, accept, make_body, make_event, seconds, set_clock, until, wait_for, working

DAY = 86_400_000


@pytest.fixture
def opened(redis_url: str, open_redis: Opener) -> Opener:
    """Opens stores of either kind on the empty server."""

    def open_one(database: Any = redis_url, **options: Any) -> Inbox:
        return open_redis(database, **options)

    return open_one


@pytest.fixture
def settings(redis_host: Server) -> Iterator[Callable[..., None]]:
    """Changes settings of the server, until the end of the test."""
    before: dict[str, str] = {}

    def change(**others: str) -> None:
        for name, value in others.items():
            option = name.replace("_", "-")
            before.setdefault(option, ask(redis_host, "CONFIG GET", option)[option])
            ask(redis_host, "CONFIG SET", option, value)
        # A file that is begun.
        until(lambda: ask(redis_host, "INFO")["aof_rewrite_in_progress"] == 0)

    yield change
    change(**dict(before))


def code_of(call: Callable[[], object]) -> str:
    with pytest.raises(InboxError) as caught:
        call()
    return caught.value.code


# Opening.


def test_a_store_keeps_the_number_of_its_partitions(opened: Opener) -> None:
    assert code_of(lambda: opened(migrate=False)) == "SCHEMA_MISMATCH"
    key = accept(opened(partitions=5))
    # Whoever does not say it has that number, too.
    assert opened().find(key).state == "pending"
    assert opened(partitions=5, migrate=False).find(key).state == "pending"
    with pytest.raises(InboxError, match="another number of partitions") as caught:
        opened(partitions=4)
    assert caught.value.code == "SCHEMA_MISMATCH"
    # Of each scope its own.
    assert opened(partitions=4, scope="other").stats().pending == 0
    for number in (0, 1025):
        with pytest.raises(ConfigurationError) as refused:
            opened(partitions=number)
        assert refused.value.code == "INVALID_LIMIT"


@pytest.mark.parametrize("migrate", [False, True])
def test_a_later_schema_is_refused_and_not_touched(opened: Opener, redis_host: Server, migrate: bool) -> None:
    key = accept(opened())
    ask(redis_host, "HSET", "yuno-inbox:{default}", "version", "2")
    assert code_of(lambda: opened(migrate=migrate)) == "SCHEMA_MISMATCH"
    assert ask(redis_host, "HGET", "yuno-inbox:{default}", "version") == "2"
    ask(redis_host, "HSET", "yuno-inbox:{default}", "version", "1")
    assert opened(migrate=migrate).find(key).key == key


def test_those_who_open_an_empty_store_at_once_agree(opened: Opener) -> None:
    barrier = threading.Barrier(8)
    counts: list[int] = []
    codes: list[str] = []

    def open_one(number: int) -> None:
        barrier.wait()
        try:
            accept(opened(partitions=number), f"p-{number}")
            counts.append(number)
        except InboxError as error:
            codes.append(error.code)

    threads = [threading.Thread(target=open_one, args=(number,)) for number in range(1, 9)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(counts) == 1
    assert codes == ["SCHEMA_MISMATCH"] * 7
    assert opened(partitions=counts[0]).stats().pending == 1


def test_a_server_that_could_forget_is_refused(opened: Opener, settings: Callable[..., None]) -> None:
    def hint(**options: Any) -> str:
        with pytest.raises(InboxError) as caught:
            opened(**options)
        assert caught.value.code == "STORE_UNSAFE"
        return caught.value.hint

    settings(appendfsync="everysec")
    assert "set appendfsync to always" in hint()
    opened(durability="everysec")
    settings(appendonly="no")
    assert "appendonly" in hint()
    assert "appendonly" in hint(durability="everysec")
    opened(durability="unchecked")
    settings(appendonly="yes", appendfsync="always", maxmemory_policy="allkeys-lru")
    for durability in ("always", "everysec", "unchecked"):
        assert "noeviction" in hint(durability=durability)
    settings(maxmemory_policy="volatile-lru")
    opened()


def test_a_server_that_does_not_wait_for_the_disk_in_rewrites_is_refused(
    opened: Opener, settings: Callable[..., None]
) -> None:
    settings(no_appendfsync_on_rewrite="yes")
    with pytest.raises(InboxError, match="set no-appendfsync-on-rewrite to no") as caught:
        opened()
    assert caught.value.code == "STORE_UNSAFE"
    opened(durability="everysec")


def test_a_server_whose_first_file_is_not_whole_is_refused(open_redis: Opener) -> None:
    """A restart would find no file, and nothing of what was acknowledged."""
    server = Server("--appendonly", "no")
    try:
        ask(server, "SET", "data", "some")
        # As much data would take.
        ask(server, "CONFIG", "SET", "rdb-key-save-delay", "1000000")
        ask(server, "CONFIG", "SET", "appendonly", "yes")
        for durability in ("always", "everysec"):
            with pytest.raises(InboxError, match="has just begun its append-only file") as caught:
                open_redis(server.url, durability=durability)
            assert caught.value.code == "STORE_UNSAFE"
    finally:
        server.remove()


def test_a_server_that_tells_nothing_has_to_be_vouched_for(opened: Opener, redis_host: Server) -> None:
    everything = ("on", "resetpass", ">pass/word", "~*", "&*", "+@all")
    ask(redis_host, "ACL", "SETUSER", "shy", *everything, "-config")
    ask(redis_host, "ACL", "SETUSER", "silent", *everything, "-config", "-info")

    def url(user: str) -> str:
        return redis_host.url.replace("redis://", f"redis://{user}:pass%2Fword@")

    try:
        for user, durability in (("shy", "always"), ("silent", "always"), ("silent", "everysec")):
            with pytest.raises(InboxError, match="does not say how it keeps its data") as caught:
                opened(url(user), durability=durability)
            assert caught.value.code == "STORE_UNSAFE"
        inbox = opened(url("shy"), durability="everysec")
        assert "word" not in repr(inbox)
        assert "127.0.0.1" in repr(inbox)
        opened(url("silent"), durability="unchecked")
    finally:
        ask(redis_host, "ACL", "DELUSER", "shy", "silent")


@pytest.mark.parametrize(
    "given",
    ["postgresql://u:secret@host/db", "host:6379", "", "redis://u:sec/ret@host:6379", "redis://host:6379?db=secret&x"],
)
def test_an_address_that_is_none_is_not_shown(given: str) -> None:
    with pytest.raises((ValueError, TypeError)) as caught:
        RedisInbox(given)
    assert "redis://host:6379/0" in str(caught.value)
    assert "sec" not in str(caught.value).replace("rediss", "")
    assert caught.value.__context__ is None or caught.value.__suppress_context__


def test_a_client_of_another_kind_is_refused(redis_url: str) -> None:
    for other in (DRIVER.asyncio.Redis.from_url(redis_url), None):
        with pytest.raises(TypeError, match="needs an address, or a Redis or RedisCluster of redis, and"):
            RedisInbox(other)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="replicas"):
        RedisInbox(redis_url, replicas=-1)
    with pytest.raises(ValueError, match="durability is one of always, everysec, unchecked"):
        RedisInbox(redis_url, durability="sometimes")  # type: ignore[arg-type]


def test_a_server_that_is_not_there_says_so_in_time() -> None:
    for address in ("redis://127.0.0.1:1", "redis+cluster://127.0.0.1:1"):
        begun = time.monotonic()
        with pytest.raises(InboxError) as caught:
            RedisInbox(address)
        assert caught.value.code == "STORE_UNAVAILABLE"
        assert caught.value.__cause__ is not None
        assert time.monotonic() - begun < 5


def test_redis_py_is_asked_for_where_it_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    nothing: Any = None
    monkeypatch.setitem(sys.modules, "redis", nothing)
    with pytest.raises(ImportError, match=r"pip install 'redis>=8'"):
        RedisInbox("redis://127.0.0.1:1")


@pytest.mark.parametrize(
    "options", [{"decode_responses": True}, {"protocol": 2}, {"protocol": 3}, {"encoding": "latin-1"}], ids=str
)
def test_a_client_of_the_merchants_may_be_set_as_it_is(
    request: pytest.FixtureRequest, opened: Opener, redis_url: str, options: dict[str, Any]
) -> None:
    is_async = request.node.callspec.params["open_redis"] is AsyncRedisInbox
    client = (DRIVER.asyncio if is_async else DRIVER).Redis.from_url(redis_url, **options)
    inbox = opened(client)
    assert "a client" in repr(inbox)
    # Bytes that are no text, and a text that is in no other encoding.
    body = b'["\xff\xfe"]'
    stored = inbox.accept_unreadable(body, unreadable(body))
    assert stored is not None
    assert inbox.find(stored.key).body == body
    accept(inbox, "p-Ω")
    (delivery,) = inbox.claim()
    assert delivery.raw == make_body("p-Ω")
    delivery.release(RuntimeError("no Ω"), delay=timedelta(0))
    assert inbox.find(delivery.key).error_text == "no Ω"
    inbox.close()
    if not is_async:
        assert client.ping()
        client.close()


def unreadable(body: bytes) -> PayloadError:
    from yuno_webhooks import Event

    with pytest.raises(PayloadError) as caught:
        Event.parse_unverified(body)
    return caught.value


def test_a_server_that_has_forgotten_the_scripts_is_told_again(opened: Opener, redis_host: Server) -> None:
    inbox = opened()
    accept(inbox, "p-1")
    ask(redis_host, "SCRIPT", "FLUSH")
    accept(inbox, "p-2")
    assert inbox.stats().pending == 2


@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_forked_process_has_connections_of_its_own(redis_url: str) -> None:
    inbox = RedisInbox(redis_url, partitions=2)
    accept(inbox, "before")
    child = os.fork()
    if child == 0:
        signal.alarm(20)
        code = 1
        try:
            for number in range(20):
                accept(inbox, f"child-{number}")
            (delivery,) = inbox.claim()
            delivery.complete()
            code = 0
        finally:
            os._exit(code)
    for number in range(20):
        accept(inbox, f"parent-{number}")
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert inbox.stats().pending == 40
    inbox.close()


# No transaction.


def test_a_transaction_is_refused_and_says_what_to_do(opened: Opener, caplog: pytest.LogCaptureFixture) -> None:
    inbox = opened()
    advice = r"delivery\.key as the idempotency key"
    with pytest.raises(RuntimeError, match=advice), inbox.begin():
        raise AssertionError
    with pytest.raises(RuntimeError, match=advice):
        inbox.accept(make_event(), connection=object())
    assert inbox.stats().pending == 0
    key = accept(inbox)
    (delivery,) = inbox.claim()
    with pytest.raises(RuntimeError, match=advice):
        delivery.complete(object())
    with pytest.raises(RuntimeError, match=advice), delivery.transaction():
        raise AssertionError
    assert delivery.result is None
    # And this one can still be done.
    delivery.complete()
    inbox.replay(key)

    def handle(delivery: Delivery) -> None:
        with delivery.transaction():
            raise AssertionError

    with working(inbox, handle):
        until(lambda: inbox.find(key).error_class == "RuntimeError")
    # Whoever runs it is told at the first attempt, and whoever looks at the delivery later.
    assert "delivery.key as the idempotency key" in caplog.text
    assert "Redis has no transaction" in (inbox.find(key).error_text or "")


# Several partitions.


def test_several_partitions_are_one_store(opened: Opener) -> None:
    inbox = opened(partitions=4)
    clock = [1_000_000]
    set_clock(inbox, lambda: clock[0])
    keys = [accept(inbox, f"p-{number}", second) for number in range(12) for second in (1, 0)]
    clock[0] += 1000
    assert inbox.accept(make_event("p-3", 1, retry=1)).outcome == "duplicate"
    stats = inbox.stats()
    assert (stats.pending, stats.duplicates, stats.oldest_pending) == (24, 1, seconds(1))
    assert set(places(inbox)) == {"0/4", "1/4", "2/4", "3/4"}
    # Never two of one resource, the older news first, and no more than was asked for.
    first = inbox.claim(5)
    assert len(first) == 5
    others = inbox.claim(100)
    assert sorted(own.resource or "" for own in (*first, *others)) == sorted(f"payment/p-{n}" for n in range(12))
    assert {own.key for own in (*first, *others)} == set(keys[1::2])
    assert all(own.superseded for own in (*first, *others))
    assert inbox.claim() == []
    for delivery in first:
        delivery.complete()
    for delivery in others:
        delivery.bury(RuntimeError("no stock"))
    assert (inbox.stats().pending, inbox.stats().dead, inbox.stats().leased) == (12, 7, 0)
    assert len(inbox.dead()) == 7
    assert len(inbox.dead(limit=3)) == 3
    inbox.discard(others[0].key)
    inbox.replay(others[1].key)
    assert inbox.replay_dead(limit=2) == 2
    assert inbox.replay_dead() == 3
    assert code_of(lambda: inbox.discard(others[1].key)) == "NOT_FOUND"
    assert code_of(lambda: inbox.find("y1-none")) == "NOT_FOUND"
    assert inbox.stats().pending == 18
    clock[0] += 31 * DAY
    assert inbox.purge(older_than=timedelta(days=30)) == 6
    assert inbox.forget_keys(older_than=timedelta(days=30)) + inbox.stats().pending > 18
    # What was leased and never heard of again.
    lost = inbox.claim(100, lease=seconds(1))
    clock[0] += 2000
    assert {own.key for own in inbox.claim(100)} == {own.key for own in lost}


def places(inbox: Inbox) -> Counter[str]:
    """How many deliveries are in each partition."""
    with DRIVER.Redis.from_url(f"redis://{inbox.place}", decode_responses=True) as client:
        keys: list[str] = list(client.scan_iter("*:row:*"))
    return Counter(re.sub(r".*:(\d+/\d+)}.*", r"\1", key) for key in keys)


def test_no_partition_waits_for_another(opened: Opener) -> None:
    inbox = opened(partitions=3)
    for number in range(60):
        accept(inbox, f"p-{number}")
    assert set(places(inbox)) == {"0/3", "1/3", "2/3"}
    # While the others are full, each gets its turn.
    claimed = [inbox.claim()[0] for _ in range(9)]
    assert Counter(str(own._id % 3) for own in claimed) == {"0": 3, "1": 3, "2": 3}  # pyright: ignore[reportPrivateUsage]


@pytest.mark.parametrize("partitions", [1, 3])
def test_what_another_process_accepts_wakes_workers(opened: Opener, partitions: int) -> None:
    inbox, other = opened(partitions=partitions), opened()
    with working(inbox, lambda _: None, poll=seconds(60)):
        time.sleep(0.3)
        for number in range(6):
            begun = time.monotonic()
            wait_for(inbox, accept(other, f"p-{number}"))
            assert time.monotonic() - begun < PATIENCE / 3
            # They have found nothing more, and rest.
            time.sleep(0.05)


def test_bells_that_nobody_hears_do_not_pile_up(opened: Opener, redis_host: Server) -> None:
    for partitions, scope in ((1, "one"), (2, "two")):
        inbox = opened(partitions=partitions, scope=scope)
        for number in range(70):
            accept(inbox, f"p-{number}")
        assert ask(redis_host, "LLEN", f"yuno-inbox:{{{scope}:0/{partitions}}}:bell") == 64


def test_nothing_is_logged_of_a_body(opened: Opener, caplog: pytest.LogCaptureFixture) -> None:
    inbox = opened(partitions=2)
    with caplog.at_level(logging.DEBUG):
        accept(inbox)
        (delivery,) = inbox.claim()
        delivery.complete()
    assert "pr1vate" not in caplog.text


def test_a_claim_does_not_pass_over_what_waits_behind_older_news(
    redis_host: Server, redis_url: str, open_redis: Opener
) -> None:
    inbox = open_redis(redis_url)
    for second in reversed(range(60)):
        accept(inbox, second=second)
    ask(redis_host, "CONFIG", "RESETSTAT")
    (oldest,) = inbox.claim()
    assert oldest.key == make_event().dedupe_key
    assert ask(redis_host, "INFO", "commandstats")["cmdstat_hget"]["calls"] < 10
