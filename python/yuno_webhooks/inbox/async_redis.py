"""The inbox in Redis for asyncio, by redis-py."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

from .._core import inbox_error
from ._async_store import AsyncInbox
from ._outcome import Observer
from ._redis import (
    ACCEPT_SECONDS,
    LISTEN_SECONDS,
    REPLICAS_SECONDS,
    Command,
    Commands,
    Durability,
    Partitions,
    bare,
    refuse_connection,
    refuse_transaction,
)
from ._redis_client import connect, is_cluster, locate
from ._rules import Publisher
from ._steps import Connection, Query, Row, adrive

if TYPE_CHECKING:
    import redis.asyncio

_T = TypeVar("_T")


class AsyncRedisInbox(AsyncInbox):
    """An inbox in Redis, as `RedisInbox`, for asyncio. Both can work on one store.

    ``async with AsyncRedisInbox("redis://...") as inbox`` opens and closes it; it also opens itself at the first call,
    and ``await inbox.open()`` does it at a time of your choice.

    database: where it is, as for `RedisInbox`, for connections of the inbox's own; or your own ``redis.asyncio.Redis``
    or ``redis.asyncio.RedisCluster``. A receiver waits for it for 5 seconds, whatever the server does. scope, migrate,
    partitions, durability, replicas: as in `RedisInbox`. on_outcome: called with an `Outcome` of each delivery, on the
    loop. publish: called with the key of each delivery that was accepted, for a queue of your own; a sync one in a
    thread.

    Raises ValueError for an address that is none; ImportError with advice where redis-py is missing.
    """

    def __init__(
        self,
        database: str | redis.asyncio.Redis | redis.asyncio.RedisCluster,
        *,
        scope: str = "default",
        migrate: bool = True,
        on_outcome: Observer | None = None,
        publish: Publisher | None = None,
        partitions: int | None = None,
        durability: Durability = "always",
        replicas: int = 0,
    ) -> None:
        super().__init__("redis", scope, on_outcome, publish, migrate=migrate)
        self._partitions = Partitions(scope, partitions, durability, replicas, lambda key: locate(self._cluster, key))
        import redis.asyncio

        self._driver: Any = redis.asyncio
        self._url = database if isinstance(database, str) else None
        self._place = "a client"
        self._client: Any = database
        if self._url is not None:
            # It connects later, on the loop that is there then.
            self._client, self._place = connect(self._driver, self._url)
        self._is_cluster = is_cluster(self._driver, self._client, type(self).__name__)
        # The node that was asked last, if there are several.
        self._asked = ""

    def begin(self) -> AbstractAsyncContextManager[NoReturn]:
        """Redis has no transaction for others."""
        refuse_transaction()

    def _begin_open(self) -> AbstractAsyncContextManager[NoReturn]:
        refuse_transaction()

    @property
    def place(self) -> str:
        """The server, as far as the address says."""
        return self._place

    def is_open(self, connection: Connection) -> bool:  # noqa: ARG002, there is none
        """No connection is ever in a transaction of the inbox."""
        return False

    async def _open_schema(self, *, migrate: bool) -> None:
        opening = self._partitions.open(migrate=migrate, is_cluster=self._is_cluster)
        try:
            await self._do(opening)
        except BaseException:
            # Nobody will close what was not opened.
            await self._close()
            raise

    @asynccontextmanager
    async def listen(self, wake: Callable[[], None]) -> AsyncGenerator[None, None]:
        """Calls the function when something was accepted: of all who listen, one hears of it."""
        task = asyncio.create_task(self._listen(wake))
        try:
            yield
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    async def _listen(self, wake: Callable[[], None]) -> None:
        bell = self._partitions.bell
        command = Command(("BLPOP", bell, LISTEN_SECONDS), bell)
        while True:
            with suppress(*self._partitions.errors):
                while True:
                    (heard,) = await self._send(command)
                    if heard:
                        wake()
            # The poll finds what it cannot hear of.
            self._partitions.is_outdated = True
            await asyncio.sleep(1)

    async def _execute(self, query: Query, connection: Connection | None) -> list[Row]:
        refuse_connection(connection)
        return await self._do(self._partitions.run(query))

    async def _execute_in_time(self, query: Query, connection: Connection | None) -> list[Row]:
        refuse_connection(connection)
        return await self._do(self._partitions.run(query), ACCEPT_SECONDS)

    async def _do(self, commands: Commands[_T], limit: float | None = None) -> _T:
        """What the driver raises becomes the cause of ours, without the frames, which hold parameters."""
        try:
            return await asyncio.wait_for(adrive(commands, self._send), limit)
        except (*self._partitions.errors, asyncio.TimeoutError) as error:
            cause = bare(error)
        raise inbox_error("STORE_UNAVAILABLE") from cause

    async def _send(self, command: Command) -> list[Any]:
        replies: list[Any] = []
        for name, node in await self._nodes(command.key):
            self._asked = name
            # Bodies are bytes, also where the client decodes.
            if command.replicas:
                replies += await self._send_and_wait(node, command)
            else:
                replies.append(await node.execute_command(*command.encoded(), NEVER_DECODE=True))
        return replies

    async def _send_and_wait(self, node: Any, command: Command) -> list[Any]:  # noqa: ANN401, of either kind
        # WAIT is about what its own connection has written.
        wait = ("WAIT", command.replicas, REPLICAS_SECONDS * 1000)
        if self._is_cluster:
            from redis.asyncio.cluster import PipelineCommand

            both = [PipelineCommand(0, *command.encoded(), NEVER_DECODE=True), PipelineCommand(1, *wait)]
            await node.execute_pipeline(both)
            replies: list[Any] = [each.result for each in both]
        else:
            async with node.pipeline(transaction=False) as pipeline:
                pipeline.execute_command(*command.encoded(), NEVER_DECODE=True)
                pipeline.execute_command(*wait)
                replies = await pipeline.execute(raise_on_error=False)
        for reply in replies:
            if isinstance(reply, Exception):
                raise reply
        return replies

    async def _nodes(self, key: str | None) -> list[tuple[str, Any]]:
        """The servers that have a key, by name. Not the cluster's own way to send: it would follow a slot that is on
        its way to another node.
        """
        if self._client is None and self._url is not None:
            self._client, _ = connect(self._driver, self._url)
        client: Any = self._client
        is_outdated, self._partitions.is_outdated = self._partitions.is_outdated, False
        if not self._is_cluster:
            if is_outdated and self._url is not None:
                # The name or the proxy may lead to another server by now. What others use is made anew after it.
                pool: Any = client.connection_pool
                await pool.update_active_connections_for_reconnect()
                await pool.disconnect(inuse_connections=False)
            return [("", client)]
        await client.initialize()
        if is_outdated:
            # Others know the map as well as the one that said nothing.
            await client.nodes_manager.initialize(last_failed_node_name=self._asked)
        nodes = client.get_primaries() if key is None else [client.get_node_from_key(key)]
        return [(node.name, node) for node in nodes]

    @property
    def _cluster(self) -> Any:  # noqa: ANN401, its types are in part unknown
        return self._client if self._is_cluster else None

    async def _close(self) -> None:
        if self._url is not None and self._client is not None:
            client, self._client = self._client, None
            await client.aclose()

    def _forget(self) -> None:
        if self._url is not None:
            self._client = None
