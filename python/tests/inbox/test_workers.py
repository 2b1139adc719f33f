"""What workers do with what handlers do."""

from __future__ import annotations

import asyncio
import subprocess
import threading
import time
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from yuno_webhooks import Event, InboxError, PayloadError
from yuno_webhooks.inbox import Backoff, Delivery, Handlers, Inbox, Outcome, PostgresInbox

from .conftest import Opener
from .process import child_command, child_environment
from .shop import (
    PATIENCE,
    PRIVATE,
    SOON,
    Effects,
    accept,
    connect,
    make_event,
    runs_of,
    seconds,
    set_clock,
    start,
    until,
    wait_for,
    working,
)

LEASE = timedelta(seconds=1)
# What failed stays as it is for as long as a test looks at it.
HOURLY = Backoff(first=timedelta(hours=1), most=timedelta(hours=1))


@pytest.fixture
def effects(address: str, inbox: Inbox) -> Effects:
    del inbox  # its file is there, in the mode that the inbox wants
    return Effects(address).create()


def ignore(delivery: Delivery) -> None:
    del delivery


def pass_an_hour(inbox: Inbox) -> None:
    set_clock(inbox, lambda: int(time.time() * 1000) + 3_600_000)


class Story(list[Any]):
    """What happened, in order; to be called by handlers."""

    def __call__(self, delivery: Delivery) -> None:
        self.append((delivery.kind, delivery.key))


def test_the_handler_of_the_kind_is_called_and_the_fallback_for_others(inbox: Inbox) -> None:
    story, other, novel = Story(), Story(), Story()
    handlers = Handlers(fallback=other)

    @handlers.on("payment.purchase", "payment.capture")
    def paid(delivery: Delivery) -> str:
        story(delivery)
        return "whatever it returns"

    @handlers.on("payment.refund")
    async def refunded(delivery: Delivery) -> None:
        await asyncio.sleep(0)
        story(delivery)

    handlers.on("unknown")(novel)
    kinds: list[Any] = ["payment.purchase", "payment.capture", "payment.refund", "payment.cancel"]
    keys = [accept(inbox, f"p-{kind}", kind=kind) for kind in kinds]
    unknown = inbox.accept(Event.parse_unverified(b'{"type":"telepathy"}')).key
    with working(inbox, handlers):
        for key in (*keys, unknown):
            record = wait_for(inbox, key)
            assert (record.attempts, record.error_class, record.body is not None) == (1, None, True)
            assert record.finished_at is not None
    assert sorted(story) == sorted(zip(kinds[:3], keys[:3], strict=True))
    assert (other, novel) == ([(kinds[3], keys[3])], [("unknown", unknown)])
    assert paid(inbox_delivery(inbox)) == "whatever it returns"  # it stayed what it was


def inbox_delivery(inbox: Inbox) -> Delivery:
    accept(inbox, "another")
    (delivery,) = inbox.claim()
    return delivery


def test_a_handler_may_give_the_result_itself(inbox: Inbox) -> None:
    outcomes: list[str] = []
    first = threading.Event()

    def handle(delivery: Delivery) -> None:
        assert delivery.result is None
        if delivery.kind == "payment.purchase":
            delivery.complete()
        elif delivery.kind == "payment.refund":
            delivery.bury(ValueError("never"))
        elif delivery.kind == "payment.cancel" and not first.is_set():
            first.set()
            delivery.release(ValueError("later"), delay=SOON)
        elif delivery.kind == "payment.capture" and not outcomes:
            outcomes.append("given back")
            delivery.give_back()

    done, dead, later, back = (
        accept(inbox, kind, kind=kind)
        for kind in ("payment.purchase", "payment.refund", "payment.cancel", "payment.capture")
    )
    with working(inbox, handle):
        assert wait_for(inbox, done).attempts == 1
        assert wait_for(inbox, later).attempts == 2
        assert wait_for(inbox, back).attempts == 1
        buried = wait_for(inbox, dead, "dead")
        assert (buried.error_class, buried.error_text) == ("ValueError", "never")


@pytest.mark.sql
def test_an_effect_and_the_end_of_the_delivery_are_committed_together(inbox: Inbox, effects: Effects) -> None:
    seen: list[Any] = []

    def handle(delivery: Delivery) -> None:
        with delivery.transaction() as connection:
            effects.write(connection, delivery.key)
            # Nobody else sees any of both before both.
            seen.append((effects.keys(), find_elsewhere(effects, delivery.key)))
        seen.append((effects.keys(), find_elsewhere(effects, delivery.key)))

    key = accept(inbox)
    with working(inbox, handle):
        wait_for(inbox, key)
    assert seen == [([], "processing"), ([key], "done")]


def find_elsewhere(effects: Effects, key: str) -> str:
    with connect(effects.address) as connection:
        rows = connection.execute("SELECT dedupe_key, state FROM yuno_inbox").fetchall()
    return str(dict(rows)[key])


@pytest.mark.sql
def test_a_handler_that_raises_in_its_transaction_has_done_nothing(inbox: Inbox, effects: Effects) -> None:
    kinds = (RuntimeError, SystemExit, KeyboardInterrupt, StopIteration, asyncio.CancelledError)
    attempts: list[tuple[str, int]] = []

    def handle(delivery: Delivery) -> None:
        attempts.append((delivery.key, delivery.attempt))
        with delivery.transaction() as connection:
            effects.write(connection, delivery.key)
            if delivery.attempt == 1:
                raise errors[delivery.key]("no stock")

    errors: dict[str, type[BaseException]] = {accept(inbox, kind.__name__): kind for kind in kinds}
    with working(inbox, handle, backoff=HOURLY):
        until(lambda: all(inbox.find(key).error_class for key in errors))
        for key, kind in errors.items():
            record = inbox.find(key)
            assert (record.state, record.error_class, record.error_text) == ("pending", kind.__name__, "no stock")
            assert record.available_at > record.received_at
        assert effects.keys() == []
        pass_an_hour(inbox)
        for key in errors:
            wait_for(inbox, key)
    assert sorted(attempts) == sorted((key, attempt) for key in errors for attempt in (1, 2))
    assert effects.keys() == sorted(errors)


@pytest.mark.sql
def test_two_transactions_of_one_delivery_cannot_both_commit(inbox: Inbox, effects: Effects) -> None:
    def handle(delivery: Delivery) -> None:
        for _ in range(2):
            with delivery.transaction() as connection:
                effects.write(connection, delivery.key)

    key = accept(inbox)
    with working(inbox, handle):
        wait_for(inbox, key)
        time.sleep(0.2)
    assert effects.keys() == [key]


@pytest.mark.sql
def test_a_database_error_of_the_handlers_own_stays_what_it_is(inbox: Inbox, effects: Effects) -> None:
    caught: list[str] = []

    def handle(delivery: Delivery) -> None:
        try:
            with delivery.transaction() as connection:
                connection.execute("INSERT INTO no_such_table VALUES (1)")
        except Exception as error:
            caught.append(type(error).__name__)
            raise

    key = accept(inbox)
    with working(inbox, handle):
        assert wait_for(inbox, key, "dead").error_class in {"UndefinedTable", "OperationalError"}
    assert effects.keys() == []
    assert len(caught) == 3


def test_a_handler_that_raises_is_called_again_and_then_no_more(inbox: Inbox, caplog: pytest.LogCaptureFixture) -> None:
    calls: list[float] = []
    text = "two\nlines\tand a bell\a " + 300 * "é"

    def handle(delivery: Delivery) -> None:
        calls.append(time.monotonic())
        assert delivery.attempt == len(calls)
        raise LookupError(text)

    key = accept(inbox)
    backoff = Backoff(first=timedelta(milliseconds=200), most=timedelta(milliseconds=400), attempts=3)
    with working(inbox, handle, backoff=backoff):
        record = wait_for(inbox, key, "dead")
        time.sleep(0.3)
        assert len(calls) == 3
        assert (record.attempts, record.error_class) == (3, "LookupError")
        assert record.error_text == ("two lines and a bell  " + 300 * "é")[:300]
        first, second, third = calls
        assert second - first >= 0.1
        assert third - second >= 0.2
        assert inbox.stats().dead == 1
        calls.clear()
        inbox.replay(key)
        until(lambda: len(calls) == 3)
        assert wait_for(inbox, key, "dead").attempts == 3
    assert "again in 0 s" in caplog.text
    command = "python -m yuno_webhooks inbox"
    told = f"it was the last attempt: it is dead. `{command} show {key}`, mend it, then `{command} replay {key}`"
    assert told in caplog.text
    assert PRIVATE not in caplog.text


@pytest.mark.sql
def test_a_replayed_delivery_is_worked_on_again(inbox: Inbox, effects: Effects) -> None:
    heals = threading.Event()

    def handle(delivery: Delivery) -> None:
        if not heals.is_set():
            raise LookupError("not yet")
        with delivery.transaction() as connection:
            effects.write(connection, delivery.key)

    keys = sorted(accept(inbox, f"p-{number}") for number in range(3))
    with working(inbox, handle):
        until(lambda: inbox.stats().dead == 3)
        heals.set()
        inbox.replay(keys[0])
        assert wait_for(inbox, keys[0]).error_class is None
        assert inbox.replay_dead() == 2
        until(lambda: effects.keys() == keys)
        # Also one that is done, if somebody wants it.
        inbox.replay(keys[0])
        until(lambda: effects.keys() == sorted([*keys, keys[0]]))


@pytest.mark.sql
def test_what_is_raised_after_the_commit_changes_nothing(
    inbox: Inbox, effects: Effects, caplog: pytest.LogCaptureFixture
) -> None:
    def handle(delivery: Delivery) -> None:
        with delivery.transaction() as connection:
            effects.write(connection, delivery.key)
        raise RuntimeError("too late")

    key = accept(inbox)
    with working(inbox, handle):
        wait_for(inbox, key)
        time.sleep(0.2)
    assert (effects.keys(), inbox.find(key).attempts) == ([key], 1)
    assert "raised after it had given its result, which stands" in caplog.text


class Mute(Exception):  # noqa: N818, it is silent
    """Cannot say what it is."""

    def __str__(self) -> str:
        raise ValueError("no words")


@pytest.mark.parametrize("is_async", [False, True])
def test_no_exception_ends_a_worker(inbox: Inbox, is_async: bool) -> None:
    cases: list[tuple[BaseException, str | None]] = [
        (SystemExit(3), "3"),
        (KeyboardInterrupt(), ""),
        (GeneratorExit(), ""),
        (StopIteration("end"), "end"),
        (asyncio.CancelledError("gone"), "gone"),
        (Mute(), None),
        (OSError("no such file: \udcff\ud800.pdf"), None),
        (RuntimeError("a\0b"), "a b"),
        (RecursionError(), ""),
    ]

    def fail(delivery: Delivery) -> None:
        if delivery.attempt == 1:
            raise errors[delivery.key][0]

    async def afail(delivery: Delivery) -> None:
        await asyncio.sleep(0)
        fail(delivery)

    errors = {accept(inbox, f"p-{number}"): case for number, case in enumerate(cases)}
    # One worker, which survives them all.
    with working(inbox, afail if is_async else fail, backoff=HOURLY):
        until(lambda: all(inbox.find(key).error_class for key in errors))
        for key, (error, text) in errors.items():
            record = inbox.find(key)
            # asyncio makes others of some of them.
            if not is_async:
                assert record.error_class == type(error).__qualname__
                assert text is None or record.error_text == text
        pass_an_hour(inbox)
        for key in errors:
            assert wait_for(inbox, key).attempts == 2


def test_what_does_not_run_is_refused(inbox: Inbox) -> None:
    def generate(delivery: Delivery) -> Iterator[Delivery]:
        yield delivery

    async def agenerate(delivery: Delivery) -> AsyncIterator[Delivery]:
        yield delivery

    def take_none() -> None: ...

    wrong: Any
    for wrong in (generate, agenerate, take_none, None, "shop.paid"):
        with pytest.raises(TypeError, match=r"fallback (must|is called with)"):
            Handlers(fallback=wrong)
        with pytest.raises(TypeError, match=r"a handler (must|is called with)"):
            Handlers(fallback=ignore).on("payment.purchase")(wrong)
    handlers = Handlers(fallback=ignore)
    handlers.on("payment.refund")(ignore)
    wrong_kinds: Any
    for wrong_kinds in (("payment.refund",), ("payment.refnd",), ()):
        with pytest.raises(ValueError, match=r"payment\.refund|name the kinds"):
            handlers.on(*wrong_kinds)
    for wrong in (ignore, None, {"payment.refund": ignore}):
        with pytest.raises(TypeError, match=r"run takes Handlers, as in Handlers\(fallback=your_function\)"):
            inbox.run(wrong)
    options: Any
    for options in ({"lease": timedelta(0)}, {"poll": timedelta(0)}, {"poll": timedelta(-1)}):
        with pytest.raises(ValueError, match=f"^{next(iter(options))} must be longer than 0$"):
            inbox.run(handlers, **options)
    with pytest.raises(ValueError, match=r"^grace must not be negative$"):
        inbox.run(handlers, grace=timedelta(-1))
    with pytest.raises(ValueError, match=r"^workers must be 1 or more$"):
        inbox.run(handlers, workers=0)
    for options in ({"workers": "2"}, {"workers": None}, {"workers": 1.5}):
        with pytest.raises(TypeError, match=r"^workers must be an int, 1 or more, and not a "):
            inbox.run(handlers, **options)


def test_a_generator_that_a_handler_returns_is_a_failure(inbox: Inbox) -> None:
    key = accept(inbox)
    with working(inbox, lambda delivery: (part for part in (delivery,))):
        record = wait_for(inbox, key, "dead")
    assert record.error_class == "TypeError"
    assert "has not run" in str(record.error_text)


def test_a_long_handler_keeps_its_lease(opened: Opener) -> None:
    story: list[str] = []

    def handle(delivery: Delivery) -> None:
        story.append(delivery.key)
        time.sleep(2.5)

    first, second = opened(), opened()
    key = accept(first)
    with working(first, handle, lease=LEASE), working(second, handle, lease=LEASE):
        assert wait_for(first, key).attempts == 1
    assert story == [key]


@pytest.mark.sql
@pytest.mark.parametrize("by_transaction", [False, True])
def test_a_worker_that_lost_its_lease_changes_nothing(
    opened: Opener, address: str, caplog: pytest.LogCaptureFixture, by_transaction: bool
) -> None:
    outcomes: list[Outcome] = []
    slow, quick = opened(on_outcome=outcomes.append), opened()
    effects = Effects(address).create()
    begun, taken = threading.Event(), threading.Event()

    def finish(delivery: Delivery) -> None:
        if by_transaction:
            with delivery.transaction() as connection:
                effects.write(connection, delivery.key)

    def linger(delivery: Delivery) -> None:
        begun.set()
        assert taken.wait(PATIENCE)
        finish(delivery)

    def take(delivery: Delivery) -> None:
        assert delivery.attempt == 2
        finish(delivery)

    key = accept(slow)
    thread = start(slow, Handlers(fallback=linger), lease=LEASE)
    assert begun.wait(PATIENCE)
    # As if the machine had stood still: nobody extends.
    runs_of(slow)[0]._over.set()
    with working(quick, take):
        assert wait_for(quick, key).attempts == 2
    taken.set()
    until(lambda: len(outcomes) > 1)
    slow.stop()
    thread.join(PATIENCE)
    assert [(outcome.result, outcome.key) for outcome in outcomes] == [("accepted", key), ("stale", key)]
    assert "another worker has it" in caplog.text
    assert effects.keys() == [key] * by_transaction
    record = slow.find(key)
    assert (record.state, record.attempts) == ("done", 2)


@pytest.mark.sql
def test_a_stale_delivery_says_so(opened: Opener) -> None:
    inbox = opened()
    accept(inbox)
    (delivery,) = inbox.claim(lease=timedelta(milliseconds=1))
    (again,) = until(inbox.claim)
    assert (again.fence, again.attempt) == (delivery.fence + 1, 2)
    calls: list[Any] = [
        delivery.complete,
        delivery.bury,
        delivery.give_back,
        lambda: delivery.extend(LEASE),
        lambda: delivery.release(delay=LEASE),
        lambda: delivery.transaction().__enter__() and delivery.transaction().__exit__(None, None, None),
    ]
    for call in calls[:-1]:
        with pytest.raises(InboxError) as caught:
            call()
        assert caught.value.code == "STALE_FENCE"
    with pytest.raises(InboxError) as caught, delivery.transaction():
        pass
    assert (caught.value.code, delivery.result) == ("STALE_FENCE", None)
    again.complete()


def test_an_unreadable_delivery_that_is_replayed_is_dead_again(inbox: Inbox) -> None:
    with pytest.raises(PayloadError) as caught:
        Event.parse_unverified(b"[1]")
    accepted = inbox.accept_unreadable(b"[1]", caught.value)
    assert accepted is not None
    record = inbox.find(accepted.key)
    assert (record.state, record.kind, record.error_class, record.body) == ("dead", None, "BODY_NOT_OBJECT", b"[1]")
    text = record.error_text
    story = Story()
    with working(inbox, story):
        inbox.replay(accepted.key)
        record = wait_for(inbox, accepted.key, "dead")
    # It says the same as before.
    assert (record.attempts, record.error_class, record.error_text, story) == (1, "BODY_NOT_OBJECT", text, [])


def test_a_lane_is_worked_on_in_order_by_all_workers(inbox: Inbox) -> None:
    """And whoever is behind the newest news can see it."""
    lock, running, most = threading.Lock(), set[str](), [0]
    story: list[tuple[str | None, str, bool]] = []

    def handle(delivery: Delivery) -> None:
        lane = str(delivery.resource)
        with lock:
            assert lane not in running, "two of one lane at once"
            running.add(lane)
            most[0] = max(most[0], len(running))
            updated = delivery.event.resource.updated_at
            assert updated is not None
            story.append((delivery.resource, updated.strftime("%S"), delivery.superseded))
        time.sleep(0.02)
        with lock:
            running.remove(lane)

    payments = ("p-1", "p-2", "p-3")
    for second in (3, 1, 4, 0, 5, 2):
        for payment in payments:
            accept(inbox, payment, second)
    with working(inbox, handle, workers=4):
        until(lambda: len(story) == 18)
        until(lambda: inbox.stats().leased == 0)
    expected = [(f"{second:02}", second < 5) for second in range(6)]
    for payment in payments:
        assert [(second, old) for lane, second, old in story if lane == f"payment/{payment}"] == expected
    assert inbox.stats()[:1] == (0,)
    assert most[0] > 1, "lanes do not wait for each other"


def test_two_processes_share_a_store(inbox: Inbox, address: str, effects: Effects) -> None:
    processes = [
        subprocess.Popen(
            child_command("worker", address, str(seed)), env=child_environment(), stdout=subprocess.PIPE, text=True
        )
        for seed in range(2)
    ]
    try:
        for process in processes:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
        keys = sorted(accept(inbox, f"p-{number % 20}", number % 60) for number in range(60))
        until(lambda: inbox.stats()[:1] == (0,) and inbox.stats().leased == 0, 30)
        assert effects.keys() == keys
    finally:
        for process in processes:
            process.terminate()
        codes = [process.wait(PATIENCE) for process in processes]
    assert codes == [0, 0]


@pytest.mark.sql
def test_every_outcome_is_told(opened: Opener, address: str, caplog: pytest.LogCaptureFixture) -> None:
    told: list[Outcome] = []

    def tell(outcome: Outcome) -> None:
        told.append(outcome)
        raise RuntimeError(f"{outcome.result} cannot be counted")

    inbox = opened(on_outcome=tell)
    now = int(time.time() * 1000) - 700_000
    set_clock(inbox, lambda: now)
    paused = make_event("s-1", kind="subscription.pause")
    first = inbox.accept(paused)
    assert inbox.accept(paused).outcome == "duplicate"
    now += 700_000
    again = inbox.accept(paused)
    assert (again.outcome, again.key) == ("repeat", f"{first.key}.2")
    with pytest.raises(PayloadError) as caught:
        Event.parse_unverified(b"[1]")
    unreadable = inbox.accept_unreadable(b"[1]", caught.value)
    assert unreadable is not None
    assert inbox.accept_unreadable(b"[1]", caught.value) == (unreadable.key, "duplicate")
    kind, key = "subscription.pause", first.key
    assert [outcome[:3] for outcome in told] == [
        ("accepted", kind, key),
        ("duplicate", kind, key),
        ("repeat", kind, again.key),
        ("unreadable", None, unreadable.key),
        ("duplicate", None, unreadable.key),
    ]
    set_clock(inbox, lambda: None)
    told.clear()

    def handle(delivery: Delivery) -> None:
        time.sleep(0.05)
        if delivery.key == again.key:
            raise RuntimeError("no stock")

    with working(inbox, handle):
        wait_for(inbox, again.key, "dead")
        wait_for(inbox, first.key)
        until(lambda: len(told) == 4)
    assert sorted(outcome[:3] for outcome in told) == sorted(
        [("done", kind, first.key), ("failed", kind, again.key), ("failed", kind, again.key), ("dead", kind, again.key)]
    )
    assert all(0.05 <= outcome.seconds < 5 for outcome in told)
    told.clear()
    # A worker that was never heard of again.
    inbox.replay(again.key)
    inbox.claim(lease=timedelta(milliseconds=1), attempts=1)
    until(lambda: inbox.claim(attempts=1) == [] and inbox.find(again.key).state == "dead")
    assert [outcome[:3] for outcome in told] == [("dead", kind, again.key)]
    assert inbox.find(again.key).error_class == "LeaseExpired"
    told.clear()
    with connect(address) as connection:
        connection.execute("ALTER TABLE yuno_inbox RENAME TO elsewhere")
    with pytest.raises(InboxError):
        inbox.accept(paused)
    assert [outcome[:3] for outcome in told] == [("unavailable", kind, first.key)]
    with connect(address) as connection:
        connection.execute("ALTER TABLE elsewhere RENAME TO yuno_inbox")
    assert "on_outcome raised" in caplog.text
    assert PRIVATE not in caplog.text


def test_an_accept_in_the_same_process_wakes_idle_workers_at_once(inbox: Inbox) -> None:
    called = threading.Event()
    with working(inbox, lambda _: called.set(), workers=3, poll=seconds(30)):
        time.sleep(0.5)
        begun = time.monotonic()
        accept(inbox)
        assert called.wait(PATIENCE)
        assert time.monotonic() - begun < 10


@pytest.mark.sql
def test_an_accept_of_another_process_wakes_workers_by_postgres(address: str, opened: Opener) -> None:
    if not address.startswith("postgresql:"):
        pytest.skip("a file tells nobody")
    calls: list[str] = []
    inbox, elsewhere = opened(), opened(scope="elsewhere")
    command = [*child_command("receiver", address)]
    with (
        working(inbox, lambda delivery: calls.append(delivery.key), poll=seconds(30)),
        working(elsewhere, lambda delivery: calls.append(delivery.key), poll=seconds(30)),
        subprocess.Popen(
            command, env=child_environment(), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        ) as process,
    ):
        assert process.stdout is not None
        assert process.stdin is not None
        assert process.stdout.readline() == "ready\n"
        time.sleep(0.5)
        for number in range(3):
            event = make_event(f"p-{number}")
            begun = time.monotonic()
            process.stdin.write(event.raw.decode() + "\n")
            process.stdin.flush()
            assert process.stdout.readline() == "200 accepted\n"
            key = event.dedupe_key
            until(partial(calls.__contains__, key))
            assert time.monotonic() - begun < 10
            # Now and then nothing happens for longer than one look at the connection.
            time.sleep(0.7)
        process.stdin.close()
    assert len(calls) == 3


def test_scopes_have_nothing_to_do_with_each_other(opened: Opener) -> None:
    ours, theirs = opened(scope="ours"), opened(scope="theirs")
    assert (ours.scope, theirs.scope) == ("ours", "theirs")
    calls: list[str] = []
    key = accept(ours)
    assert accept(theirs) == key
    with working(ours, lambda _: calls.append("ours"), lease=LEASE):
        wait_for(ours, key)
        time.sleep(0.2)
    assert calls == ["ours"]
    assert theirs.find(key).state == "pending"
    with pytest.raises(InboxError) as caught:
        opened().find(key)
    assert caught.value.code == "NOT_FOUND"
    with pytest.raises(ValueError, match="scope must be"):
        opened(scope="")


def test_a_representation_shows_no_body(inbox: Inbox) -> None:
    key = accept(inbox)
    (delivery,) = inbox.claim()
    assert PRIVATE.encode() in delivery.raw
    assert delivery.event.raw == delivery.raw == inbox.find(key).body
    for shown in (delivery, inbox.find(key), inbox.stats(), delivery.event, inbox):
        assert PRIVATE not in f"{shown!r} {shown}"
    assert key in repr(delivery)
    assert key in repr(inbox.find(key))


# What only a server can do.


@pytest.fixture
def postgres(address: str, inbox: Inbox) -> PostgresInbox:
    if not isinstance(inbox, PostgresInbox):
        pytest.skip(f"{address} has no connections of the merchant's own")
    return inbox


@pytest.mark.sql
@pytest.mark.parametrize("rows", ["tuple_row", "dict_row"])
def test_complete_belongs_to_the_merchants_own_transaction(
    postgres: PostgresInbox, address: str, effects: Effects, rows: str
) -> None:
    import psycopg
    from psycopg import rows as factories

    attempts: list[int] = []

    def handle(delivery: Delivery) -> None:
        attempts.append(delivery.attempt)
        with psycopg.connect(address, row_factory=getattr(factories, rows)) as connection:
            effects.write(connection, delivery.key)
            delivery.complete(connection)
            assert postgres.find(delivery.key).state == "processing"
            if delivery.attempt == 1:
                raise RuntimeError("no stock")

    key = accept(postgres)
    with working(postgres, handle, backoff=HOURLY):
        until(lambda: postgres.find(key).error_class)
        record = postgres.find(key)
        assert (record.state, record.error_class, record.error_text) == ("pending", "RuntimeError", "no stock")
        assert effects.keys() == []
        pass_an_hour(postgres)
        wait_for(postgres, key)
    assert (attempts, effects.keys()) == ([1, 2], [key])


@pytest.mark.sql
def test_what_is_raised_after_the_merchants_commit_changes_nothing(
    opened: Opener, postgres: PostgresInbox, address: str, effects: Effects
) -> None:
    import psycopg

    outcomes: list[str] = []

    def tell(outcome: Outcome) -> None:
        outcomes.append(outcome.result)

    inbox = opened(on_outcome=tell)

    def handle(delivery: Delivery) -> None:
        with psycopg.connect(address) as connection:
            effects.write(connection, delivery.key)
            delivery.complete(connection)
        raise RuntimeError("too late")

    key = accept(postgres)
    with working(inbox, handle):
        wait_for(inbox, key)
        until(lambda: outcomes)
    assert (outcomes, effects.keys()) == (["done"], [key])


@pytest.mark.sql
def test_a_transaction_that_a_handler_leaves_open_blocks_no_worker(
    postgres: PostgresInbox, address: str, effects: Effects
) -> None:
    import psycopg

    left: list[Any] = []

    def handle(delivery: Delivery) -> None:
        if delivery.kind == "payment.refund" and not left:
            left.append(psycopg.connect(address))
            effects.write(left[0], delivery.key)
            delivery.complete(left[0])
            raise RuntimeError("and forgets it")

    forgotten, other = accept(postgres, kind="payment.refund"), accept(postgres, "p-2")
    with working(postgres, handle, lease=LEASE):
        wait_for(postgres, other)
        left[0].close()
        assert wait_for(postgres, forgotten).attempts == 2
    assert effects.keys() == []


@pytest.mark.sql
def test_a_heartbeat_waits_for_no_open_transaction(postgres: PostgresInbox, address: str) -> None:
    """One handler's slow commit must not cost another one its lease."""
    import psycopg

    story: list[str] = []

    def handle(delivery: Delivery) -> None:
        story.append(delivery.key)
        if delivery.kind == "payment.refund":
            with psycopg.connect(address) as connection:
                delivery.complete(connection)
                time.sleep(3)
        else:
            time.sleep(2.5)

    keys = sorted([accept(postgres, kind="payment.refund"), accept(postgres, "p-2")])
    with working(postgres, handle, workers=3, lease=LEASE):
        for key in keys:
            assert wait_for(postgres, key).attempts == 1
    assert sorted(story) == keys


@pytest.mark.sql
def test_a_rollback_of_psycopgs_own_is_no_completion(postgres: PostgresInbox, effects: Effects) -> None:
    import psycopg

    def handle(delivery: Delivery) -> None:
        with delivery.transaction() as connection:
            effects.write(connection, delivery.key)
            raise psycopg.Rollback

    key = accept(postgres)
    with working(postgres, handle):
        # The handler returned, so its work is done, whatever that was.
        assert wait_for(postgres, key, patience=5).attempts == 1
    assert effects.keys() == []


@pytest.mark.sql
@pytest.mark.parametrize("autocommit", [False, True])
def test_a_pool_of_the_merchants_own_is_as_good(address: str, postgres: PostgresInbox, autocommit: bool) -> None:
    """Whatever its connections are like: psycopg's own are in a transaction after each statement."""
    from psycopg.rows import dict_row
    from psycopg_pool import ConnectionPool

    options = {"autocommit": autocommit, "row_factory": dict_row}
    with ConnectionPool(address, kwargs=options, min_size=1, max_size=4, open=True) as pool:
        inbox = PostgresInbox(pool)
        effects = Effects(address).create()

        def handle(delivery: Delivery) -> None:
            if delivery.attempt == 1:
                raise RuntimeError("once")
            with delivery.transaction() as connection:
                effects.write(connection, delivery.key)

        with working(inbox, handle, poll=seconds(0.2)):
            key = accept(inbox)
            assert postgres.find(key).kind == "payment.purchase"
            assert wait_for(postgres, key).attempts == 2
        assert effects.keys() == [key]
        inbox.close()
        with pool.connection() as connection:
            row: Any = connection.execute("SELECT 1 AS one").fetchone()
            assert row == {"one": 1}


@pytest.mark.sql
@pytest.mark.parametrize("commits", [False, True])
def test_an_event_may_be_accepted_in_a_transaction_of_the_merchants_own(
    address: str, inbox: Inbox, commits: bool
) -> None:
    event = make_event()
    with connect(address) as connection:
        connection.execute("BEGIN")
        assert inbox.accept(event, connection=connection).outcome == "accepted"
        connection.execute("COMMIT" if commits else "ROLLBACK")
    assert inbox.stats().pending == commits
