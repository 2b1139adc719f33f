"""Deliveries that are handed to a queue of the merchant's: by functions of a test's own, and by Celery on Redis."""

from __future__ import annotations

import asyncio
import contextvars
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from yuno_webhooks import Event, PayloadError
from yuno_webhooks.inbox import AsyncPostgresInbox, Backoff, Delivery, Handlers, Inbox, Outcome, SQLiteInbox

from .conftest import Opener
from .process import child_environment
from .redis_server import Server as Redis
from .shop import (
    PATIENCE,
    SOON,
    Effects,
    accept,
    connect,
    is_async,
    make_event,
    open_inbox,
    seconds,
    set_clock,
    until,
)

KILLS = int(os.environ.get("YUNO_KILLS", "20"))
NOW = seconds(0)


def ignore(_: Delivery) -> None:
    """A handler that has done its work."""


def fail(_: Delivery) -> None:
    raise RuntimeError("no stock")


def unreadable_of(inbox: Inbox) -> str:
    """Accepts a body that is no event."""
    with pytest.raises(PayloadError) as caught:
        Event.parse_unverified(b"[1]")
    accepted = inbox.accept_unreadable(b"[1]", caught.value)
    assert accepted is not None
    return accepted.key


@pytest.mark.sql
def test_each_delivery_is_published_when_it_was_stored_and_once(opened: Opener, address: str) -> None:
    published: list[str] = []

    def publish(key: str) -> None:
        # It can be found, by whoever looks.
        assert other.find(key).state == "pending"
        published.append(key)

    other, inbox = opened(), opened(publish=publish)
    keys = [accept(inbox, f"p-{number}") for number in range(3)]
    assert inbox.accept(make_event("p-1")).outcome == "duplicate"
    unreadable_of(inbox)
    assert published == keys
    # Not yet committed; `sweep` finds it.
    with connect(address) as connection:
        connection.execute("BEGIN")
        event = make_event("in a transaction")
        inbox.accept(event, connection=connection)
        connection.execute("COMMIT")
    assert published == keys
    assert inbox.sweep(older_than=NOW) == 4
    assert published == [*keys, *keys, event.dedupe_key]


def test_another_occurrence_is_published_too(opened: Opener) -> None:
    published: list[str] = []
    inbox = opened(publish=published.append)
    now = int(time.time() * 1000) - 700_000
    set_clock(inbox, lambda: now)
    paused = make_event("s-1", kind="subscription.pause")
    first = inbox.accept(paused)
    now += 700_000
    again = inbox.accept(paused)
    assert again.outcome == "repeat"
    assert published == [first.key, again.key]


@pytest.mark.parametrize("is_coroutine", [False, True])
def test_what_publish_raises_changes_nothing(
    opened: Opener, caplog: pytest.LogCaptureFixture, is_coroutine: bool
) -> None:
    errors: list[BaseException] = [
        ConnectionError("redis://:hunter2@queue"),
        SystemExit(1),
        StopIteration(),
        KeyError(),
    ]
    tried: list[str] = []

    def publish(key: str) -> None:
        tried.append(key)
        if errors:
            raise errors.pop(0)

    async def apublish(key: str) -> None:
        await asyncio.sleep(0)
        publish(key)

    inbox = opened(publish=apublish if is_coroutine else publish)
    keys = [accept(inbox, f"p-{number}") for number in range(5)]
    assert tried == keys
    assert caplog.text.count("could not be published") == 4
    assert "hunter2" not in caplog.text
    assert inbox.stats().pending == 5


@pytest.mark.parametrize("is_coroutine", [False, True])
def test_a_queue_that_hangs_delays_no_answer(
    opened: Opener, caplog: pytest.LogCaptureFixture, is_coroutine: bool
) -> None:
    published: list[str] = []

    async def hang(key: str) -> None:
        await asyncio.sleep(5)
        published.append(key)

    def hang_in_thread(key: str) -> None:
        time.sleep(5)
        published.append(key)

    inbox = opened(publish=hang if is_coroutine else hang_in_thread)
    begun = time.monotonic()
    key = accept(inbox)
    assert 0.9 < time.monotonic() - begun < 4
    assert caplog.text.count("could not be published (TimeoutError)") == 1
    begun = time.monotonic()
    assert inbox.sweep(older_than=NOW) == 0
    assert time.monotonic() - begun < 4
    if not is_coroutine:
        # A thread goes on by itself.
        until(lambda: published == [key, key])


def test_publish_has_the_context_of_its_caller(opened: Opener) -> None:
    request: contextvars.ContextVar[str] = contextvars.ContextVar("request", default="none")
    seen: list[str] = []

    def publish(_: str) -> None:
        seen.append(request.get())

    inbox = opened(publish=publish)
    request.set("of the caller")
    accept(inbox)
    assert seen == ["of the caller"]


def test_threads_do_not_pile_up_where_a_queue_hangs(tmp_path: Path) -> None:
    over = threading.Event()
    calls: list[str] = []

    def publish(key: str) -> None:
        calls.append(key)
        over.wait(PATIENCE)

    with SQLiteInbox(tmp_path / "inbox.db", publish=publish) as inbox:
        accepting = [threading.Thread(target=accept, args=(inbox, f"p-{number}")) for number in range(80)]
        for thread in accepting:
            thread.start()
        for thread in accepting:
            thread.join(PATIENCE)
        assert len(calls) == 64
        assert inbox.stats().pending == 80
        over.set()
        assert inbox.sweep(older_than=NOW) == 80


def test_a_sweep_gives_up_when_the_queue_is_away(opened: Opener) -> None:
    tried: list[str] = []
    is_away = True

    def publish(key: str) -> None:
        tried.append(key)
        if is_away:
            raise ConnectionError

    inbox = opened(publish=publish)
    keys = [accept(inbox, f"p-{number}") for number in range(8)]
    tried.clear()
    assert inbox.sweep(older_than=NOW) == 0
    assert tried == keys[:3]
    is_away = False
    tried.clear()
    assert inbox.sweep(older_than=NOW, limit=5) == 5
    assert inbox.sweep(older_than=NOW) == 8
    assert inbox.sweep() == 0
    assert tried == [*keys[:5], *keys]


def test_a_sweep_finds_what_is_due_and_nobody_has(opened: Opener) -> None:
    published: list[str] = []
    inbox = opened(publish=published.append)
    names = ("fresh", "held", "lost", "failed", "later", "done", "dead")
    keys = {name: accept(inbox, name) for name in names}
    published.clear()

    def take(name: str, **options: Any) -> Delivery:
        delivery = inbox.claim_lane(keys[name], **options)
        assert delivery is not None
        assert delivery.key == keys[name]
        return delivery

    take("held")
    take("lost", lease=seconds(0.001))
    take("failed").release(delay=NOW)
    take("later").release(delay=seconds(60))
    take("done").complete()
    take("dead").bury()
    time.sleep(0.01)
    # Also what a worker held that ended.
    assert inbox.sweep(older_than=NOW) == 3
    assert sorted(published) == sorted(keys[name] for name in ("fresh", "lost", "failed"))


def test_a_sweep_needs_a_queue(inbox: Inbox) -> None:
    with pytest.raises(TypeError, match=r"give the inbox a function for it, publish="):
        inbox.sweep()


def test_what_cannot_publish_is_refused(opened: Opener) -> None:
    def no_key() -> None: ...

    def generate(key: str) -> Iterator[str]:
        yield key

    wrong: Any
    for wrong in (no_key, "queue", generate):
        with pytest.raises(TypeError, match=r"publish (must|is called with)"):
            opened(publish=wrong)


def test_work_does_what_is_due_of_a_resource_in_order(inbox: Inbox) -> None:
    story: list[str] = []
    keys = {second: accept(inbox, "p-1", second) for second in (3, 1, 2)}
    other = accept(inbox, "p-2")
    handlers = Handlers(fallback=lambda delivery: story.append(delivery.key))
    # Whichever of them the message names.
    assert inbox.work(keys[3], handlers) == 3
    assert story == [keys[1], keys[2], keys[3]]
    assert [inbox.work(key, handlers) for key in keys.values()] == [0, 0, 0]
    assert inbox.find(other).state == "pending"
    assert inbox.work(other, handlers) == 1


def test_work_has_nothing_to_do_with_what_is_held_unknown_or_not_due(inbox: Inbox) -> None:
    handlers = Handlers(fallback=ignore)
    key = accept(inbox, "p-1", 1)
    later = accept(inbox, "p-1", 2)
    (held,) = inbox.claim()
    assert [inbox.work(each, handlers) for each in (key, later, "y1-no-such-key")] == [0, 0, 0]
    held.release(delay=seconds(60))
    # One that waits for its next attempt does not hold up newer ones.
    assert inbox.work(key, handlers) == 1
    assert (inbox.find(key).state, inbox.find(later).state) == ("pending", "done")
    assert inbox.work(unreadable_of(inbox), handlers) == 0


def test_work_waits_after_a_failure_and_buries_after_the_last(opened: Opener) -> None:
    told: list[str] = []

    def tell(outcome: Outcome) -> None:
        told.append(outcome.result)

    inbox = opened(on_outcome=tell)
    key = accept(inbox)
    backoff = Backoff(first=seconds(0.3), most=seconds(0.3), attempts=2)
    assert inbox.work(key, Handlers(fallback=fail), backoff=backoff) == 1
    record = inbox.find(key)
    assert (record.state, record.error_class) == ("pending", "RuntimeError")
    assert inbox.work(key, Handlers(fallback=fail), backoff=backoff) == 0
    until(lambda: inbox.work(key, Handlers(fallback=fail), backoff=backoff))
    assert inbox.find(key).state == "dead"
    assert told == ["accepted", "failed", "dead"]


def test_work_keeps_its_lease(opened: Opener) -> None:
    first, second = opened(), opened()
    key = accept(first)
    story: list[str] = []

    def linger(delivery: Delivery) -> None:
        story.append(delivery.key)
        time.sleep(1.2)

    handlers = Handlers(fallback=linger)
    thread = threading.Thread(target=first.work, args=(key, handlers), kwargs={"lease": seconds(0.3)})
    thread.start()
    until(lambda: story)
    while thread.is_alive():
        assert second.work(key, handlers) == 0
        time.sleep(0.05)
    record = first.find(key)
    assert (record.state, record.attempts, story) == ("done", 1, [key])


@pytest.mark.sql
def test_a_cancelled_work_stores_what_became_of_the_delivery(address: str) -> None:
    if not is_async(address):
        pytest.skip("no thread can be cancelled")

    async def main() -> None:
        begun = asyncio.Event()

        async def hang(_: object) -> None:
            begun.set()
            await asyncio.sleep(60)

        async with AsyncPostgresInbox(address) as inbox:
            key = (await inbox.accept(make_event())).key
            task = asyncio.create_task(inbox.work(key, Handlers(fallback=hang)))
            await asyncio.wait_for(begun.wait(), PATIENCE)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            record = await inbox.find(key)
            assert (record.state, record.error_class) == ("pending", "CancelledError")

    asyncio.run(main())


@pytest.fixture
def redis() -> Iterator[Redis]:
    own = Redis()
    yield own
    own.remove()


class Queue:
    """A Celery worker with two processes, which is there again whenever they were killed."""

    def __init__(self, environment: dict[str, str], log: Path) -> None:
        self._environment, self._log = environment, log
        self.start()

    def start(self) -> None:
        command = [sys.executable, "-m", "celery", "-A", "inbox.queue_app", "worker", "--without-gossip"]
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [*command, "--without-mingle", "--without-heartbeat", "--loglevel", "ERROR"],
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                # Celery's own processes are killed with it, by their group.
                start_new_session=True,
            )

    def kill(self) -> None:
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait(PATIENCE)


@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
def test_what_is_accepted_is_done_once_whoever_is_killed(
    request: pytest.FixtureRequest, redis: Redis, tmp_path: Path, kind: str
) -> None:
    """Celery's processes and the broker; some keys are not published at all, and some are lost in the queue."""
    import celery  # type: ignore[import-untyped]

    begun, chance = time.monotonic(), random.Random(5)  # noqa: S311, no secret
    address = str(tmp_path / "inbox.db")
    if kind == "postgres":
        server = request.getfixturevalue("server")
        address = f"{server.conninfo.removesuffix('postgres')}celery"
        with connect(server.conninfo) as connection:
            connection.execute("CREATE DATABASE celery")
    kills = max(4, KILLS // 5)
    failures: list[str] = []
    shop = {"SHOP_ADDRESS": address, "SHOP_BROKER": redis.url}
    broker: Any = celery.Celery("shop", broker=redis.url)
    # The provider waits for the answer.
    broker.conf.update(
        task_publish_retry=False, broker_transport_options={"socket_timeout": 1, "socket_connect_timeout": 1}
    )

    def publish(key: str) -> None:
        if chance.random() < 0.1:
            failures.append(key)
            raise ConnectionError("as planned")
        broker.send_task("shop.work", [key])

    inbox = open_inbox(address, publish=publish)
    effects = Effects(address).create()
    queue = Queue({**child_environment(), **shop}, tmp_path / "celery.log")
    keys: list[str] = []
    try:
        for kill in range(kills):
            for _ in range(25):
                keys.append(accept(inbox, f"p-{chance.randrange(40)}-{kill}", len(keys) % 60))
                time.sleep(chance.random() * 0.05)
            # Whoever is killed is at work.
            until(partial(_is_at_work, inbox, effects, 10 * kill), 60)
            queue.kill()
            if kill % 2:
                redis.stop()
                keys.append(accept(inbox, f"without a broker-{kill}"))
                redis.start()
            queue.start()
            inbox.sweep(older_than=seconds(0.5))
        until(lambda: inbox.sweep(older_than=seconds(0.5)) == 0 and _is_empty(inbox), 60 + kills)
    finally:
        queue.kill()
        broker.close()
    assert {inbox.find(key).state for key in keys} == {"done"}
    counts = Counter(effects.keys())
    assert counts.keys() == set(keys)
    assert set(counts.values()) == {1}, "an effect in the delivery's transaction happened twice"
    assert failures
    print(f"queue on {kind}: {kills} kills, {len(keys)} deliveries, {time.monotonic() - begun:.0f} s")


def _is_at_work(inbox: Inbox, effects: Effects, done: int) -> bool:
    return len(effects.keys()) > done and inbox.stats().leased > 0


def _is_empty(inbox: Inbox) -> bool:
    time.sleep(0.2)
    stats = inbox.stats()
    return stats.pending == stats.leased == 0


def test_the_inbox_of_a_file_hands_off_only_what_is_committed(tmp_path: Path) -> None:
    published: list[str] = []
    inbox = SQLiteInbox(tmp_path / "inbox.db", publish=published.append)
    with inbox.begin() as connection:
        inbox.accept(make_event(), connection=connection)
    assert published == []
    assert inbox.sweep(older_than=NOW) == 1
    assert inbox.work(published[0], Handlers(fallback=ignore), lease=SOON) == 1
