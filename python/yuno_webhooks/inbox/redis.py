"""The inbox in Redis, by redis-py."""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

from .._core import inbox_error
from ._outcome import Observer
from ._redis import (
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
from ._steps import Connection, Query, Row, drive
from ._store import Inbox

if TYPE_CHECKING:
    import redis

_T = TypeVar("_T")


class RedisInbox(Inbox):
    """An inbox in Redis 7.0 or newer, or in a cluster of it, for as many machines as you like. What a handler does
    happens at least once: there is no ``delivery.transaction()``, so pass ``delivery.key`` on.

    Redis must keep what it acknowledges: ``appendonly yes``, ``appendfsync always`` and no ``allkeys-`` eviction, which
    is checked when the inbox is opened (STORE_UNSAFE). A replica that takes over after a failure may still lack the
    last deliveries that were acknowledged, unless `replicas` says how many must have each of them.

    database: where it is ("redis://", "rediss://", "unix://", "redis+cluster://", "rediss+cluster://"), for
    connections of the inbox's own; or your own ``redis.Redis`` or ``redis.RedisCluster``, on which the limits of
    waiting and the number of attempts are yours: an answer is due in 7 seconds, and what is sent twice may be refused
    although it was done (STALE_FENCE).
    scope: your name for the endpoint, if several share the database. migrate: whether to make or update the schema;
    otherwise one that is not this release's is SCHEMA_MISMATCH. on_outcome: called with an `Outcome` of each delivery,
    in the thread that has it. publish: called with the key of each delivery that was accepted, for a queue of your own.
    partitions: into how many parts a new store is divided, 1 to 1024, so that it can use several nodes of a cluster; it
    stays so. durability: "always", or "everysec" if a crash may cost the last second (``appendfsync everysec``), or
    "unchecked" if you know what the server does not tell. replicas: how many must have a delivery before it is
    acknowledged; where fewer have it within a second, it is STORE_UNAVAILABLE, and comes again.

    Raises InboxError: STORE_UNAVAILABLE, STORE_UNSAFE, SCHEMA_MISMATCH (also for another number of partitions than the
    store has); ConfigurationError (INVALID_LIMIT) for a number that cannot be; ValueError for an address that is none
    and for an older server; ImportError with advice where redis-py is missing.
    """

    def __init__(
        self,
        database: str | redis.Redis | redis.RedisCluster,
        *,
        scope: str = "default",
        migrate: bool = True,
        on_outcome: Observer | None = None,
        publish: Publisher | None = None,
        partitions: int | None = None,
        durability: Durability = "always",
        replicas: int = 0,
    ) -> None:
        super().__init__("redis", scope, on_outcome, publish)
        self._partitions = Partitions(scope, partitions, durability, replicas, lambda key: locate(self._cluster, key))
        import redis

        self._is_own = isinstance(database, str)
        self._place = "a client"
        # The node that was asked last, if there are several.
        self._asked = ""
        self._client: Any = database
        if isinstance(database, str):
            # Of a cluster, it asks for the map at once.
            self._client, self._place = self._try(lambda: connect(redis, database))
        self._cluster: Any = self._client if is_cluster(redis, self._client, type(self).__name__) else None
        opening = self._partitions.open(migrate=migrate, is_cluster=self._cluster is not None)
        try:
            self._do(opening)
        except BaseException:
            # Nobody will close what nobody has.
            self.close()
            raise

    def begin(self) -> AbstractContextManager[NoReturn]:
        """Redis has no transaction for others."""
        refuse_transaction()

    @property
    def place(self) -> str:
        """The server, as far as the address says."""
        return self._place

    def is_open(self, connection: Connection) -> bool:  # noqa: ARG002, there is none
        """No connection is ever in a transaction of the inbox."""
        return False

    def close(self) -> None:
        """Closes the inbox's own connections."""
        if self._is_own:
            self._client.close()

    @contextmanager
    def listen(self, wake: Callable[[], None]) -> Generator[None, None, None]:
        """Calls the function when something was accepted: of all who listen, one hears of it."""
        stopped = threading.Event()
        thread = threading.Thread(target=self._listen, args=(wake, stopped), name="yuno-inbox-listen", daemon=True)
        thread.start()
        try:
            yield
        finally:
            stopped.set()
            thread.join(2)

    def _listen(self, wake: Callable[[], None], stopped: threading.Event) -> None:
        bell = self._partitions.bell
        command = Command(("BLPOP", bell, LISTEN_SECONDS), bell)
        while not stopped.is_set():
            try:
                (heard,) = self._send(command)
            except self._partitions.errors:
                # The poll finds what it cannot hear of.
                self._partitions.is_outdated = True
                stopped.wait(1)
            else:
                if heard:
                    wake()

    def _execute(self, query: Query, connection: Connection | None) -> list[Row]:
        refuse_connection(connection)
        return self._do(self._partitions.run(query))

    def _execute_in_time(self, query: Query, connection: Connection | None) -> list[Row]:
        return self._execute(query, connection)

    def _do(self, commands: Commands[_T]) -> _T:
        return self._try(lambda: drive(commands, self._send))

    def _try(self, call: Callable[[], _T]) -> _T:
        """What the driver raises becomes the cause of ours, without the frames, which hold parameters."""
        try:
            return call()
        except self._partitions.errors as error:
            cause = bare(error)
        raise inbox_error("STORE_UNAVAILABLE") from cause

    def _send(self, command: Command) -> list[Any]:
        replies: list[Any] = []
        for name, node in self._nodes(command.key):
            self._asked = name
            # Bodies are bytes, also where the client decodes.
            if not command.replicas:
                replies.append(node.execute_command(*command.encoded(), NEVER_DECODE=True))
                continue
            # WAIT is about what its own connection has written.
            pipeline = node.pipeline(transaction=False)
            pipeline.execute_command(*command.encoded(), NEVER_DECODE=True)
            pipeline.execute_command("WAIT", command.replicas, REPLICAS_SECONDS * 1000)
            replies += pipeline.execute(raise_on_error=False)
            for reply in replies:
                if isinstance(reply, Exception):
                    raise reply
        return replies

    def _nodes(self, key: str | None) -> list[tuple[str, Any]]:
        """The servers that have a key, by name. Not the cluster's own way to send: it would follow a slot that is on
        its way to another node.
        """
        is_outdated, self._partitions.is_outdated = self._partitions.is_outdated, False
        if self._cluster is None:
            if is_outdated and self._is_own:
                # The name or the proxy may lead to another server by now. What others use is made anew after it.
                self._client.connection_pool.update_active_connections_for_reconnect()
                self._client.connection_pool.disconnect(inuse_connections=False)
            return [("", self._client)]
        if is_outdated:
            # Others know the map as well as the one that said nothing.
            self._cluster.nodes_manager.initialize(last_failed_node_name=self._asked)
        nodes = self._cluster.get_primaries() if key is None else [self._cluster.get_node_from_key(key)]
        return [(node.name, self._cluster.get_redis_connection(node)) for node in nodes]
