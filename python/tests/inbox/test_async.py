"""What only an async inbox can do or get wrong: its loop, cancelled calls, servers that are silent, async handlers."""

from __future__ import annotations

import asyncio
import logging
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any, TypeVar

import pytest
from starlette.applications import Starlette
from starlette.routing import Mount

from yuno_webhooks import (
    Event,
    InboxError,
    PayloadError,
    Receiver,
    asgi,
    aws_lambda,
    django,
    fastapi,
    flask,
    testing,
    wsgi,
)
from yuno_webhooks.inbox import (
    AsyncDelivery,
    AsyncPostgresInbox,
    Backoff,
    Delivery,
    Handlers,
    Outcome,
    PostgresInbox,
)

from .postgres import Server
from .process import child_environment
from .shop import PATIENCE, PRIVATE, SECRET, SOON, VERIFIER, Effects, connect, make_body, make_event, seconds
from .silence import Silence
from .test_door import shown
from .test_opening import in_child

_T = TypeVar("_T")
pytestmark = pytest.mark.stores("async-postgres")
BACKOFF = Backoff(first=SOON, most=SOON, attempts=3)


async def until(condition: Callable[[], Awaitable[_T]]) -> _T:
    end = time.monotonic() + PATIENCE
    while not (found := await condition()):
        assert time.monotonic() < end, "it did not happen in time"
        await asyncio.sleep(0.02)
    return found


@asynccontextmanager
async def working(
    inbox: AsyncPostgresInbox, handle: Callable[[AsyncDelivery], object], **options: Any
) -> AsyncGenerator[asyncio.Task[None]]:
    """Workers, as long as the block lasts."""
    chosen: dict[str, Any] = {"poll": SOON, "backoff": BACKOFF, "grace": seconds(10), **options}
    task = asyncio.create_task(inbox.run(Handlers(fallback=handle), signals=False, **chosen))
    await until(_now(lambda: inbox._running))  # pyright: ignore[reportPrivateUsage]
    try:
        yield task
    finally:
        inbox.stop()
        await asyncio.wait_for(asyncio.wait([task]), PATIENCE)


def _now(condition: Callable[[], _T]) -> Callable[[], Awaitable[_T]]:
    async def look() -> _T:
        return condition()

    return look


async def post(app: asgi.App, body: bytes) -> int:
    """The status with which an ASGI app answers a signed delivery."""
    sent: list[Any] = []

    async def receive() -> Any:
        return {"type": "http.request", "body": body}

    async def send(message: Any) -> None:
        sent.append(message)

    headers = [(name.encode(), value.encode()) for name, value in testing.headers(body, SECRET).items()]
    await app({"type": "http", "method": "POST", "path": "/", "headers": headers}, receive, send)
    status: int = sent[0]["status"]
    return status


def test_it_stores_on_the_loop_and_in_no_thread(address: str) -> None:
    threads: set[str] = set()

    def tell(_: Outcome) -> None:
        threads.add(threading.current_thread().name)

    async def main() -> None:
        before = set(threading.enumerate())
        async with AsyncPostgresInbox(address, on_outcome=tell) as inbox:
            app = asgi.app(Receiver(VERIFIER, inbox=inbox))
            statuses = await asyncio.gather(*(post(app, make_body(f"p-{number}")) for number in range(40)))
            unreadable = testing.delivery(secret=SECRET).unreadable().body
            assert [*statuses, await post(app, unreadable)] == [200] * 41
            assert set(threading.enumerate()) <= before
            stats = await inbox.stats()
            assert (stats.pending, stats.dead) == (40, 1)

    asyncio.run(main())
    assert threads == {"MainThread"}


def test_it_is_made_without_a_loop_and_opens_itself(address: str) -> None:
    """As in a module that is imported before the server has a loop; and tests have a loop each."""
    inbox = AsyncPostgresInbox(address)
    app = asgi.app(Receiver(VERIFIER, inbox=inbox))

    for number in range(3):
        assert asyncio.run(post(app, make_body(f"p-{number}"))) == 200

    async def count() -> int:
        async with inbox:
            return (await inbox.stats()).pending

    assert asyncio.run(count()) == 3

    async def use_elsewhere() -> None:
        await inbox.open()
        with pytest.raises(RuntimeError, match="belongs to the event loop that opened it"):
            await asyncio.to_thread(lambda: asyncio.run(inbox.stats()))
        await inbox.close()
        # It may be used again.
        assert (await inbox.stats()).pending == 3
        await inbox.close()

    asyncio.run(use_elsewhere())


ENDS = """
import asyncio, sys
from yuno_webhooks.inbox import AsyncPostgresInbox

async def main():
    task = asyncio.create_task(AsyncPostgresInbox(sys.argv[1]).open())
    await asyncio.sleep(0.5)
    assert not task.done()

asyncio.run(main())
"""


def test_a_loop_ends_while_a_server_says_nothing_to_who_connects(address: str) -> None:
    with Silence.before(address) as silence, silence:
        subprocess.run([sys.executable, "-c", ENDS, silence.address], check=True, timeout=30)


def test_a_transaction_opens_it_too(address: str) -> None:
    async def main() -> int:
        inbox = AsyncPostgresInbox(address)
        async with inbox.begin() as connection:
            await connection.execute("CREATE TABLE yuno_shipment (reference TEXT)")
            # Not another pool's.
            pools = inbox._pools  # pyright: ignore[reportPrivateUsage]
        async with inbox:
            assert inbox._pools is pools  # pyright: ignore[reportPrivateUsage]
            await inbox.accept(make_event())
            return (await inbox.stats()).pending

    assert asyncio.run(main()) == 1
    with connect(address) as connection:
        own = "SELECT count(*) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND datname = current_database()"
        # None is forgotten; the server takes a moment to see that they are gone.
        waited = time.monotonic() + PATIENCE
        while connection.execute(own).fetchone() != (0,):
            assert time.monotonic() < waited
            time.sleep(0.02)


def test_one_that_cannot_be_opened_lets_its_loop_end(address: str) -> None:
    script = f"""
import asyncio
from yuno_webhooks import InboxError
from yuno_webhooks.inbox import AsyncPostgresInbox

async def main():
    inbox = AsyncPostgresInbox({address!r}, migrate=False)
    try:
        await inbox.open()
    except InboxError as error:
        print(error.code)

asyncio.run(main())
"""
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False, timeout=PATIENCE)
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "SCHEMA_MISMATCH\n", "")


@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_forked_process_has_connections_of_its_own(address: str) -> None:
    """As a server has that imports the app, looks at the store and then forks its workers."""
    inbox = AsyncPostgresInbox(address)
    assert asyncio.run(inbox.accept(make_event("before"))).outcome == "accepted"

    async def work() -> None:
        for number in range(20):
            await inbox.accept(make_event(f"child-{number}"))
        (delivery,) = await inbox.claim()
        async with delivery.transaction():
            pass

    assert in_child(lambda: asyncio.run(work())) == 0
    assert asyncio.run(inbox.accept(make_event("after"))).outcome == "accepted"
    assert asyncio.run(inbox.stats()).pending == 21


class Unreadable:
    """A call that shows nothing of what it is made with."""

    __slots__ = ("_body", "_error", "_inbox")

    def __init__(self, inbox: AsyncPostgresInbox, body: bytes) -> None:
        with pytest.raises(PayloadError) as caught:
            Event.parse_unverified(body)
        self._inbox, self._body, self._error = inbox, body, caught.value.with_traceback(None)

    def __call__(self) -> Awaitable[object]:
        return self._inbox.accept_unreadable(self._body, self._error)


def test_a_failure_to_store_shows_no_body(address: str, caplog: pytest.LogCaptureFixture) -> None:
    async def main() -> list[InboxError]:
        errors: list[InboxError] = []
        async with AsyncPostgresInbox(address) as inbox:
            calls: list[Callable[[], Awaitable[object]]] = [
                lambda: inbox.accept(make_event()),
                Unreadable(inbox, f'["{PRIVATE}"]'.encode()),
            ]

            async def fail() -> None:
                for call in calls:
                    with pytest.raises(InboxError) as caught:
                        await call()
                    errors.append(caught.value)

            with connect(address.partition("?")[0]) as connection:
                connection.execute("ALTER TABLE yuno_inbox RENAME TO elsewhere")
                await fail()
                connection.execute("ALTER TABLE elsewhere RENAME TO yuno_inbox")
                # Where it is slow, the driver's error is another one.
                connection.execute("BEGIN")
                connection.execute("LOCK TABLE yuno_inbox")
                await fail()
        return errors

    with caplog.at_level(logging.DEBUG):
        errors = asyncio.run(main())
    assert [error.code for error in errors] == ["STORE_UNAVAILABLE"] * 4
    for error in errors:
        assert error.__cause__ is not None
        assert "in _accept" in shown(error)
        assert PRIVATE not in shown(error)
    assert PRIVATE not in caplog.text


def test_a_schema_that_is_not_this_releases_is_told_and_looked_at_again(address: str) -> None:
    async def main() -> None:
        inbox = AsyncPostgresInbox(address, migrate=False)
        for call in (inbox.open, inbox.stats, lambda: inbox.accept(make_event())):
            with pytest.raises(InboxError) as caught:
                await call()
            assert caught.value.code == "SCHEMA_MISMATCH"
        async with AsyncPostgresInbox(address):
            pass
        assert (await inbox.accept(make_event())).outcome == "accepted"
        await inbox.close()

    asyncio.run(main())


def test_a_server_that_is_not_there_is_a_503_in_time() -> None:
    async def main() -> None:
        inbox = AsyncPostgresInbox("postgresql://postgres:hunter2@127.0.0.1:1/postgres")
        assert "hunter2" not in repr(inbox)
        begun = time.monotonic()
        assert await post(asgi.app(Receiver(VERIFIER, inbox=inbox)), make_body()) == 503
        assert time.monotonic() - begun < 7
        await inbox.close()

    asyncio.run(main())


@pytest.mark.parametrize("is_async", [False, True])
def test_a_server_that_takes_a_request_and_never_answers_is_given_up(address: str, is_async: bool) -> None:
    """And it costs nothing: when it answers again, the same connections, or new ones, store what comes again."""
    body = make_body()

    async def main(silence: Silence) -> None:
        inbox = AsyncPostgresInbox(silence.address)
        app = asgi.app(Receiver(VERIFIER, inbox=inbox))
        assert await post(app, make_body("before")) == 200
        with silence:
            begun = time.monotonic()
            assert await asyncio.gather(*(post(app, body) for _ in range(4))) == [503] * 4
            assert time.monotonic() - begun < 7
        assert await post(app, body) == 200
        stats = await inbox.stats()
        assert stats.pending == 2
        await inbox.close()

    def main_sync(silence: Silence) -> None:
        inbox = PostgresInbox(silence.address)
        receiver = Receiver(VERIFIER, inbox=inbox)
        headers = testing.headers(body, SECRET)
        first = make_body("before")
        assert receiver.receive(first, testing.headers(first, SECRET)).status == 200
        statuses: list[int] = []
        with silence:
            begun = time.monotonic()
            threads = [
                threading.Thread(target=lambda: statuses.append(receiver.receive(body, headers).status))
                for _ in range(4)
            ]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            assert statuses == [503] * 4
            assert time.monotonic() - begun < 7
        assert receiver.receive(body, headers).status == 200
        assert inbox.stats().pending == 2
        inbox.close()

    with Silence.before(address) as silence:
        if is_async:
            asyncio.run(main(silence))
        else:
            main_sync(silence)


def test_a_client_that_goes_away_leaks_no_connection_and_loses_nothing(address: str) -> None:
    chance = random.Random(1)  # noqa: S311, no secret
    told: list[str] = []

    async def main() -> None:
        from psycopg_pool import AsyncConnectionPool

        async with AsyncConnectionPool(address, min_size=2, max_size=2, open=False) as pool:
            inbox = AsyncPostgresInbox(pool, on_outcome=lambda outcome: told.append(outcome.result))
            await inbox.open()
            begun = time.monotonic()
            for number in range(20):
                await inbox.accept(make_event(f"before-{number}"))
            usual = (time.monotonic() - begun) / 20
            answered = 0
            for number in range(150):
                task = asyncio.create_task(inbox.accept(make_event(f"p-{number}")))
                await asyncio.sleep(chance.random() * 2 * usual)
                task.cancel()
                try:
                    await task
                    answered += 1
                except asyncio.CancelledError:
                    pass
            assert 0 < answered < 150, "it is to be cancelled at every moment"
            # What was begun is finished, each once; a task that was cancelled before it ran has begun nothing.
            await inbox.close()
            assert told == ["accepted"] * len(told)
            stored = len(told) - 20
            assert (await inbox.stats()).pending == stored + 20
            assert stored >= answered
            # No connection is missing.
            assert pool.get_stats()["pool_available"] == 2
            for number in range(150):
                await inbox.accept(make_event(f"p-{number}"))
            stats = await inbox.stats()
            assert (stats.pending, stats.duplicates) == (170, stored)

    asyncio.run(main())


def test_handlers_run_on_the_loop_and_their_effects_happen_once(address: str) -> None:
    effects = Effects(address).create()
    threads: set[int] = set()
    most, running = 0, 0

    async def handle(delivery: AsyncDelivery) -> None:
        nonlocal most, running
        threads.add(threading.get_ident())
        running += 1
        most = max(most, running)
        await asyncio.sleep(0.02)
        running -= 1
        async with delivery.transaction() as connection:
            await connection.execute("INSERT INTO effect (key) VALUES (%s)", (delivery.key,))
            if delivery.attempt == 1:
                raise RuntimeError("no stock")

    async def main() -> list[str]:
        async with AsyncPostgresInbox(address) as inbox, working(inbox, handle, workers=8):
            keys = [(await inbox.accept(make_event(f"p-{number}"))).key for number in range(24)]
            await until(lambda: _is_empty(inbox))
            return keys

    assert sorted(asyncio.run(main())) == effects.keys()
    assert threads == {threading.get_ident()}
    assert most > 1


async def _is_empty(inbox: AsyncPostgresInbox) -> bool:
    stats = await inbox.stats()
    return stats.pending == stats.leased == 0


def test_complete_belongs_to_the_merchants_own_transaction(address: str) -> None:
    import psycopg

    effects = Effects(address).create()

    async def handle(delivery: AsyncDelivery) -> None:
        async with await psycopg.AsyncConnection.connect(address) as connection:
            await connection.execute("INSERT INTO effect (key) VALUES (%s)", (delivery.key,))
            await delivery.complete(connection)
            if delivery.attempt == 1:
                raise RuntimeError("no stock")

    async def main() -> str:
        async with AsyncPostgresInbox(address) as inbox, working(inbox, handle):
            key = (await inbox.accept(make_event())).key
            await until(lambda: _is_empty(inbox))
            record = await inbox.find(key)
            assert (record.state, record.attempts) == ("done", 2)
            return key

    assert [asyncio.run(main())] == effects.keys()


def test_a_handler_in_a_thread_is_in_nobodys_way(address: str) -> None:
    """As a sync handler is, whose sleep would stop the loop."""

    def handle(_: Delivery) -> None:
        time.sleep(0.5)

    async def main() -> None:
        async with AsyncPostgresInbox(address) as inbox, working(inbox, handle, workers=4):  # type: ignore[arg-type]
            for number in range(4):
                await inbox.accept(make_event(f"p-{number}"))
            await until(lambda: _leased(inbox, 4))
            await until(lambda: _is_empty(inbox))

    asyncio.run(main())


async def _leased(inbox: AsyncPostgresInbox, count: int) -> bool:
    return (await inbox.stats()).leased == count


def test_a_handler_that_is_cancelled_has_done_nothing_and_is_called_again(address: str) -> None:
    """By the end of `run` when its grace is over, and where `run` itself is cancelled."""
    effects = Effects(address).create()
    begun = asyncio.Event()

    async def hang(delivery: AsyncDelivery) -> None:
        async with delivery.transaction() as connection:
            await connection.execute("INSERT INTO effect (key) VALUES (%s)", (delivery.key,))
            begun.set()
            await asyncio.sleep(60)

    async def main() -> None:
        async with AsyncPostgresInbox(address) as inbox:
            key = (await inbox.accept(make_event())).key
            for attempt, is_cancelled in ((1, False), (2, True)):
                async with working(inbox, hang, grace=seconds(0.2)) as task:
                    await asyncio.wait_for(begun.wait(), PATIENCE)
                    begun.clear()
                    told = time.monotonic()
                    if is_cancelled:
                        task.cancel()
                    else:
                        inbox.stop()
                    await asyncio.wait([task])
                    assert time.monotonic() - told < 2
                    assert task.cancelled() == is_cancelled
                record = await inbox.find(key)
                assert (record.state, record.attempts, record.error_class) == ("pending", attempt, "CancelledError")

    asyncio.run(main())
    assert effects.keys() == []


@pytest.mark.parametrize("by_key", [False, True])
def test_who_is_cancelled_again_while_it_ends_leaves_nothing_behind(address: str, by_key: bool) -> None:
    """Though a handler does not give up."""
    begun = asyncio.Event()
    over: list[bool] = []

    async def hang(_: AsyncDelivery) -> None:
        begun.set()
        while not over:
            with suppress(asyncio.CancelledError):
                await asyncio.sleep(0.05)

    async def main() -> None:
        handlers = Handlers(fallback=hang)
        async with AsyncPostgresInbox(address) as inbox:
            key = (await inbox.accept(make_event())).key
            before = asyncio.all_tasks()
            run = inbox.work(key, handlers) if by_key else inbox.run(handlers, signals=False)
            task = asyncio.create_task(run)
            await asyncio.wait_for(begun.wait(), PATIENCE)
            for _ in range(2):
                task.cancel()
                await asyncio.sleep(0.1)
            with pytest.raises(asyncio.CancelledError):
                await task
            await asyncio.sleep(0.2)
            left = len(_others(before))
            over.append(True)
            await asyncio.sleep(0.2)
            # The handler itself, which is the merchant's.
            assert left == 1

    asyncio.run(main())


def _others(before: set[asyncio.Task[Any]]) -> set[asyncio.Task[Any]]:
    """The tasks of the inbox's workers that were not there before."""
    new = asyncio.all_tasks() - before
    return {task for task in new if "yuno_webhooks" in task.get_coro().cr_code.co_filename}  # type: ignore[union-attr]


def test_a_handler_in_a_thread_that_does_not_end_is_left_behind(address: str, caplog: pytest.LogCaptureFixture) -> None:
    begun, goes_on = threading.Event(), threading.Event()

    def hang(_: Delivery) -> None:
        begun.set()
        goes_on.wait(PATIENCE)

    async def main() -> None:
        async with AsyncPostgresInbox(address) as inbox:
            key = (await inbox.accept(make_event())).key
            async with working(inbox, hang, grace=seconds(0.2), lease=seconds(1)):  # type: ignore[arg-type]
                await until(_now(begun.is_set))
            # It still runs, so nobody else may have it before its lease is over.
            assert (await inbox.find(key)).state == "processing"

            async def finish(delivery: AsyncDelivery) -> None:
                await delivery.complete()

            async with working(inbox, finish):
                await until(lambda: _is_empty(inbox))
            assert (await inbox.find(key)).attempts == 2
            goes_on.set()

    asyncio.run(main())
    assert "1 handlers still ran at the end" in caplog.text


SCRIPT = """
import asyncio, signal, sys
from datetime import timedelta
from yuno_webhooks.inbox import AsyncPostgresInbox, Handlers

address, nap, grace = sys.argv[1:]
mine = lambda *_: None
signal.signal(signal.SIGTERM, mine)

async def handle(delivery):
    print("begun", flush=True)
    await asyncio.sleep(float(nap))
    print("ended", flush=True)

async def main():
    async with AsyncPostgresInbox(address) as inbox:
        await inbox.run(Handlers(fallback=handle), poll=timedelta(seconds=30), grace=timedelta(seconds=float(grace)))

asyncio.run(main())
print(signal.getsignal(signal.SIGTERM) is mine, flush=True)
"""


@pytest.mark.parametrize("name", ["SIGTERM", "SIGINT"])
@pytest.mark.parametrize(("nap", "grace", "state"), [(1.0, 25, "done"), (20.0, 0.5, "pending")])
def test_a_signal_ends_the_tasks_in_time(address: str, name: str, nap: float, grace: float, state: str) -> None:
    async def look(*, accepts: bool) -> Any:
        async with AsyncPostgresInbox(address) as inbox:
            key = make_event().dedupe_key
            return await (inbox.accept(make_event()) if accepts else inbox.find(key))

    asyncio.run(look(accepts=True))
    command = [sys.executable, "-c", SCRIPT, address, str(nap), str(grace)]
    with subprocess.Popen(command, env=child_environment(), stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "begun\n"
            told = time.monotonic()
            process.send_signal(signal.Signals[name])
            output, _ = process.communicate(timeout=PATIENCE)
            took = time.monotonic() - told
        finally:
            process.kill()
    ends = state == "done"
    assert (process.returncode, output) == (0, "ended\n" * ends + "True\n")
    assert took < (nap if ends else grace) + 3
    assert asyncio.run(look(accepts=False)).state == state


def test_workers_go_on_when_the_server_is_back(address: str, server: Server, caplog: pytest.LogCaptureFixture) -> None:
    async def handle(delivery: AsyncDelivery) -> None:
        async with delivery.transaction():
            pass

    async def main() -> None:
        async with AsyncPostgresInbox(address) as inbox, working(inbox, handle, workers=2):
            key = (await inbox.accept(make_event())).key
            await until(lambda: _is_empty(inbox))
            await asyncio.to_thread(server.stop, "immediate")
            await until(_now(lambda: "nothing can be claimed" in caplog.text))
            await asyncio.to_thread(server.start)
            other = (await inbox.accept(make_event("p-2"))).key
            await until(lambda: _is_empty(inbox))
            assert {(await inbox.find(each)).state for each in (key, other)} == {"done"}

    asyncio.run(main())


def test_a_pool_of_the_merchants_own_is_as_good(address: str) -> None:
    """Psycopg's own connections are in a transaction after each statement."""
    from psycopg.rows import dict_row
    from psycopg_pool import AsyncConnectionPool

    async def handle(delivery: AsyncDelivery) -> None:
        if delivery.attempt == 1:
            raise RuntimeError("once")

    async def main() -> None:
        options = {"row_factory": dict_row}
        async with AsyncConnectionPool(address, kwargs=options, min_size=1, max_size=4, open=False) as pool:
            inbox = AsyncPostgresInbox(pool)
            async with working(inbox, handle, poll=seconds(0.2)):
                key = (await inbox.accept(make_event())).key
                await until(lambda: _is_empty(inbox))
            await inbox.close()
            async with AsyncPostgresInbox(address) as other:
                record = await other.find(key)
                assert (record.state, record.attempts) == ("done", 2)

    asyncio.run(main())


def test_a_framework_without_a_loop_refuses_it_at_construction(address: str) -> None:
    receiver = Receiver(VERIFIER, inbox=AsyncPostgresInbox(address))
    makers: list[Callable[[Receiver], object]] = [
        wsgi.app,
        aws_lambda.handler,
        flask.blueprint,
        django.view,
        django.urls,
    ]
    for make in makers:
        with pytest.raises(TypeError, match=r"has no event loop, and the receiver's inbox is an async one: give"):
            make(receiver)
    with pytest.raises(TypeError, match="receive has no event loop"):
        receiver.receive(b"{}", {})
    for serve in (asgi.app, fastapi.router, django.async_view):
        serve(receiver)
    Starlette(routes=[Mount("/", asgi.app(receiver))])
