"""The inbox in PostgreSQL for asyncio, by psycopg 3."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator
from contextlib import asynccontextmanager, contextmanager, suppress
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from .._core import inbox_error
from ._async_store import AsyncInbox
from ._outcome import Observer
from ._psycopg import (
    ANSWER_SECONDS,
    CHECK_SECONDS,
    CONNECT_SECONDS,
    LIMIT,
    RETRY_SECONDS,
    SET_UP,
    Driver,
    Line,
)
from ._rules import Publisher
from ._steps import Connection, Query, Row

if TYPE_CHECKING:
    import psycopg
    from psycopg_pool import AsyncConnectionPool
    from typing_extensions import Self

_T = TypeVar("_T")


class AsyncPostgresInbox(AsyncInbox):
    """An inbox in PostgreSQL, as `PostgresInbox`, for asyncio. Both can work on one database.

    ``async with AsyncPostgresInbox("postgresql://...") as inbox`` opens and closes it; it also opens itself at the
    first call, and ``await inbox.open()`` does it at a time of your choice.

    database: where it is, as psycopg takes it, for pools of the inbox's own; or your own
    ``psycopg_pool.AsyncConnectionPool``, which you open. A receiver waits for it for 5 seconds, whatever the server
    does. scope, migrate: as in `PostgresInbox`. on_outcome: called with an `Outcome` of each delivery, on the loop.
    publish: called with the key of each delivery that was accepted, for a queue of your own; a sync one in a thread.

    Raises ValueError for another address, without repeating it; ImportError with advice where psycopg is missing.
    """

    def __init__(
        self,
        database: str | AsyncConnectionPool[Any],
        *,
        scope: str = "default",
        migrate: bool = True,
        on_outcome: Observer | None = None,
        publish: Publisher | None = None,
    ) -> None:
        super().__init__("postgres", scope, on_outcome, publish, migrate=migrate)
        self._driver = Driver()
        self._driver.check(database)
        self._given = database
        self._pools: _Pools | None = None

    @asynccontextmanager
    async def begin(self) -> AsyncGenerator[psycopg.AsyncConnection[Any], None]:
        """A transaction on a connection of the pool."""
        await self.open()
        async with self._begin_open() as connection:
            yield connection

    @asynccontextmanager
    async def _begin_open(self) -> AsyncGenerator[psycopg.AsyncConnection[Any], None]:
        async with self._borrow((await self._own_pools()).working) as connection:
            cause: Exception | None = None
            is_merchants = False
            try:
                async with connection.transaction():
                    try:
                        yield connection
                    except BaseException:
                        is_merchants = True
                        raise
            except self._driver.errors as error:
                if is_merchants:
                    raise
                cause = error.with_traceback(None)
            if cause is not None:
                raise inbox_error("STORE_UNAVAILABLE") from cause

    @property
    def place(self) -> str:
        """The server and the database, as far as the address says."""
        return self._driver.describe(self._given)

    def is_open(self, connection: psycopg.AsyncConnection[Any]) -> bool:
        """Whether a connection is in a transaction; one that is closed is not."""
        return self._driver.is_open(connection)

    @asynccontextmanager
    async def listen(self, wake: Callable[[], None]) -> AsyncGenerator[None, None]:
        """Calls the function at every notification; where the connection is lost, a new one is made."""
        task = asyncio.create_task(self._listen(wake))
        try:
            yield
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    async def _listen(self, wake: Callable[[], None]) -> None:
        while True:
            with suppress(*self._driver.errors):
                async with await self._connect() as connection:
                    await connection.execute("LISTEN yuno_inbox")
                    # What came before it listened is found by the first claim.
                    wake()
                    async for notification in connection.notifies():
                        if notification.payload == self._scope:
                            wake()
            # The poll finds what it cannot hear of.
            await asyncio.sleep(1)

    async def _connect(self) -> psycopg.AsyncConnection[Any]:
        connect = self._driver.psycopg.AsyncConnection.connect
        if isinstance(self._given, str):
            own: psycopg.AsyncConnection[Any] = await connect(self._given, **self._driver.options(self._given))
            return own
        # As the merchant's pool does it; newer ones also take functions for both.
        options: dict[str, Any] = dict(await _settle(self._given.kwargs) or {})
        options["autocommit"] = True
        other: psycopg.AsyncConnection[Any] = await connect(await _settle(self._given.conninfo), **options)
        return other

    async def _execute(self, query: Query, connection: Connection | None) -> list[Row]:
        if connection is not None:
            return await self._try(self._run(connection, query))
        async with self._borrow((await self._own_pools()).working) as own:
            return await self._try(self._run_alone(own, query))

    async def _execute_in_time(self, query: Query, connection: Connection | None) -> list[Row]:
        if connection is not None:
            return await self._execute(query, connection)
        loop, pool = asyncio.get_running_loop(), (await self._own_pools()).accepting
        begun = loop.time()
        while True:
            async with self._borrow(pool, until=begun + ANSWER_SECONDS) as own:
                try:
                    return await self._run_alone(own, query)
                except self._driver.errors as error:
                    cause = error.with_traceback(None)
                # The server was restarted since: it has not stored it, or storing it again is a duplicate.
                if not own.broken or loop.time() - begun > RETRY_SECONDS:
                    raise inbox_error("STORE_UNAVAILABLE") from cause

    async def _run_alone(self, connection: psycopg.AsyncConnection[Any], query: Query) -> list[Row]:
        if connection.autocommit:
            return await self._run(connection, query)
        # Of a pool of the merchant's, which would roll it back.
        async with connection.transaction():
            return await self._run(connection, query)

    async def _run(self, connection: psycopg.AsyncConnection[Any], query: Query) -> list[Row]:
        # The statements number their parameters, as the server does.
        async with self._driver.psycopg.AsyncRawCursor(connection, row_factory=self._driver.rows) as cursor:
            await cursor.execute(query.text.encode(), list(query.values.values()))
            # What is defined and not asked gives nothing.
            return await cursor.fetchall() if cursor.pgresult and cursor.pgresult.nfields else []

    @asynccontextmanager
    async def _borrow(
        self, pool: AsyncConnectionPool[Any], until: float | None = None
    ) -> AsyncGenerator[psycopg.AsyncConnection[Any], None]:
        """A connection of a pool; with an instant of the loop's clock, it is lost then."""
        connection = await self._try(pool.getconn(timeout=CONNECT_SECONDS))
        loop = asyncio.get_running_loop()
        line: Line | None = None
        alarm: asyncio.TimerHandle | None = None
        try:
            if until is not None:
                line = Line(connection)
                alarm = loop.call_at(until, line.hang_up)
            # A check of the merchant's pool may have begun a transaction, in which nothing of ours would be committed.
            if self.is_open(connection):
                await self._try(connection.rollback())
            yield connection
        finally:
            if alarm is not None:
                alarm.cancel()
            is_lost = connection.broken
            if line is not None:
                is_lost = is_lost and not line.is_hung_up
                line.close()
            # To its end even where the caller is cancelled: otherwise the pool would miss it.
            await asyncio.shield(self._give_back(pool, connection, is_lost))

    async def _give_back(
        self, pool: AsyncConnectionPool[Any], connection: psycopg.AsyncConnection[Any], is_lost: bool
    ) -> None:
        await pool.putconn(connection)
        if is_lost:
            # With the server all others are lost too; each of them would cost somebody an attempt.
            check = asyncio.create_task(pool.check())
            self._begun.add(check)
            check.add_done_callback(self._begun.discard)
            await asyncio.wait({check}, timeout=CHECK_SECONDS)

    async def _own_pools(self) -> _Pools:
        if not isinstance(self._given, str):
            return _Pools(self._given, self._given)
        if self._pools is None:
            self._pools = _Pools(self._make_pool(self._given, _limit), self._make_pool(self._given, _set_up))
        for pool in self._pools:
            if pool.closed:
                await pool.open()
        return self._pools

    def _make_pool(
        self, conninfo: str, configure: Callable[[psycopg.AsyncConnection[Any]], Awaitable[None]]
    ) -> AsyncConnectionPool[Any]:
        from psycopg import AsyncConnection

        class Connection(AsyncConnection[Any]):
            @classmethod
            async def connect(cls, conninfo: str = "", **options: Any) -> Self:  # noqa: ANN401, whatever the pool gives
                with _ending_with_the_loop():
                    return await super().connect(conninfo, **options)

        async def set_up(connection: AsyncConnection[Any]) -> None:
            with _ending_with_the_loop():
                await configure(connection)

        options = self._driver.pool_options(conninfo)
        made: AsyncConnectionPool[Any] = self._driver.pools.AsyncConnectionPool(
            **options, connection_class=Connection, configure=set_up, open=False
        )
        return made

    async def _close(self) -> None:
        pools, self._pools = self._pools, None
        for pool in pools or ():
            await pool.close()

    def _forget(self) -> None:
        self._pools = None

    async def _try(self, call: Awaitable[_T]) -> _T:
        """Awaits the driver; what it raises becomes the cause of ours, without the frames, which hold parameters."""
        try:
            return await call
        except self._driver.errors as error:
            cause = error.with_traceback(None)
        raise inbox_error("STORE_UNAVAILABLE") from cause


class _Pools(NamedTuple):
    accepting: AsyncConnectionPool[Any]
    working: AsyncConnectionPool[Any]


@contextmanager
def _ending_with_the_loop() -> Generator[None, None, None]:
    """A task of psycopg's pool goes on after a cancellation in here, and a loop that ends cancels each task once and
    would wait for it for ever. So it is cancelled again, for where it waits next.
    """
    try:
        yield
    except asyncio.CancelledError:
        if (task := asyncio.current_task()) is not None:
            task.cancel()
        raise


async def _set_up(connection: psycopg.AsyncConnection[Any]) -> None:
    await connection.execute(SET_UP)


async def _limit(connection: psycopg.AsyncConnection[Any]) -> None:
    await connection.execute(SET_UP)
    await connection.execute(LIMIT)


async def _settle(given: object) -> Any:  # noqa: ANN401, whatever the pool was given
    """The value of an option of a pool, which may be a function, sync or async."""
    value = given() if callable(given) else given
    return await value if inspect.isawaitable(value) else value
