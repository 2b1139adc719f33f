"""psycopg 3, as both inboxes in PostgreSQL need it."""

from __future__ import annotations

import os
import re
import socket
import threading
import time
from collections.abc import Generator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

from .._core import inbox_error
from .._extras import missing

if TYPE_CHECKING:
    from psycopg import AsyncConnection, Connection
    from psycopg_pool import AsyncConnectionPool, ConnectionPool

# For a connection, for storing by the server's clock, and for all of it by ours: within the provider's wait of 7 s.
CONNECT_SECONDS = 2
STORE_SECONDS = 3
ANSWER_SECONDS = 5
RETRY_SECONDS = 1
# A pool tries ever more seldom to connect; so it begins anew when it is asked again.
GIVE_UP_SECONDS = 3
MOST_CONNECTIONS = 16
CHECK_SECONDS = 1
# A server that is cut off says nothing. What the merchant's own address says of it goes first.
ALIVE = {"keepalives_idle": 10, "keepalives_interval": 5, "keepalives_count": 3, "tcp_user_timeout": 25_000}

SET_UP = b"SET default_transaction_isolation = 'read committed'; SET jit = off"
"""Whatever the database's defaults are: the statements are for this level, and short. In a large table PostgreSQL takes
them for long ones, and would compile them for each delivery anew."""
LIMIT = f"SET statement_timeout = {STORE_SECONDS * 1000}".encode()
"""The provider does not wait for a slow database; workers may."""

NO_ADDRESS = (
    "this is no address of PostgreSQL: it begins with postgresql:// or postgres:// (without SQLAlchemy's +driver), as "
    "in postgresql://user:password@host:5432/database, with what is neither a letter nor a digit in the password "
    "encoded by per cent (@ is %40); or it is key=value text"
)


class Driver:
    """psycopg and its pool. Raises ImportError with advice where they are missing."""

    def __init__(self) -> None:
        try:
            import psycopg
            import psycopg_pool
            from psycopg.conninfo import conninfo_to_dict
            from psycopg.rows import dict_row
        except ImportError as error:
            raise missing("psycopg with its pool", "'psycopg[binary,pool]'", error) from error
        self.psycopg = psycopg
        self.pools = psycopg_pool
        # Whatever the merchant's connections give.
        self.rows = dict_row
        # It waits by the system's own means, and a process may have no descriptor left for that.
        self.errors = (psycopg.Error, psycopg_pool.PoolTimeout, psycopg_pool.PoolClosed, OSError)
        self._parse = conninfo_to_dict

    def check(self, database: str | ConnectionPool[Any] | AsyncConnectionPool[Any]) -> None:
        """Raises ValueError for what is no address. What the driver says of one repeats it, so it is not let speak; and
        neither does that stay as the context of ours.
        """
        if not isinstance(database, str):
            return
        with suppress(self.psycopg.ProgrammingError, UnicodeError):
            if _is_whole(self._parse(database), is_url=database.startswith(("postgresql://", "postgres://"))):
                return
        raise ValueError(NO_ADDRESS)

    def describe(self, database: str | ConnectionPool[Any] | AsyncConnectionPool[Any]) -> str:
        """The server and the database, as far as the address says."""
        if not isinstance(database, str):
            return "a pool"
        known = self._parse(database)
        return f"{known.get('host', 'localhost')}/{known.get('dbname', '')}"

    def options(self, conninfo: str) -> dict[str, Any]:
        """Of a connection of the inbox's own."""
        known = self._parse(conninfo)
        alive = {name: value for name, value in ALIVE.items() if name not in known}
        if self.psycopg.pq.version() < 120_000:
            alive.pop("tcp_user_timeout", None)
        # Whatever the database's own encoding, texts are texts.
        return {"autocommit": True, "connect_timeout": CONNECT_SECONDS, "client_encoding": "utf8", **alive}

    def pool_options(self, conninfo: str) -> dict[str, Any]:
        """Of a pool of the inbox's own."""
        return {
            "conninfo": conninfo,
            "kwargs": self.options(conninfo),
            "min_size": 1,
            "max_size": MOST_CONNECTIONS,
            "reconnect_timeout": GIVE_UP_SECONDS,
        }

    def is_open(self, connection: Connection[Any] | AsyncConnection[Any]) -> bool:
        """Whether a connection is in a transaction; one that is closed is not."""
        return not connection.closed and connection.info.transaction_status != self.psycopg.pq.TransactionStatus.IDLE


def _is_whole(known: dict[str, Any], *, is_url: bool) -> bool:
    """Whether no part of a password that was not encoded was taken for something else, which is logged."""
    texts = [str(known.get(name) or "") for name in ("host", "dbname")] if is_url else []
    return "@" not in "".join(texts) and re.fullmatch(r"[0-9,\s]*", str(known.get("port") or "")) is not None


class Line:
    """The socket of a connection, to be hung up where the server has taken a request and does not answer."""

    def __init__(self, connection: Connection[Any] | AsyncConnection[Any]) -> None:
        """Raises InboxError (STORE_UNAVAILABLE) where the process has no descriptor left."""
        self.is_hung_up = False
        try:
            # Another descriptor of the same socket, so that it is no other socket whatever the driver does meanwhile.
            self._socket = socket.fromfd(connection.fileno(), socket.AF_INET, socket.SOCK_STREAM)
        except OSError as error:
            raise inbox_error("STORE_UNAVAILABLE") from error

    def hang_up(self) -> None:
        """To the driver, the connection is lost."""
        self.is_hung_up = True
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """It was answered in time, or hung up."""
        self._socket.close()


class Watch:
    """A thread that hangs up what is overdue; it is there as long as there is something to watch."""

    def __init__(self) -> None:
        self.process = os.getpid()
        self._lock = threading.Lock()
        self._due: dict[Line, float] = {}
        self._is_running = False

    @contextmanager
    def over(self, line: Line, until: float) -> Generator[None, None, None]:
        """Watches a line, which is hung up at an instant of `time.monotonic`, and closed at the end.

        Raises InboxError (STORE_UNAVAILABLE) where the process can start no thread: nothing waits unwatched.
        """
        try:
            with self._lock:
                self._begin()
                self._due[line] = until
            yield
        finally:
            with self._lock:
                self._due.pop(line, None)
            line.close()

    def _begin(self) -> None:
        if self._is_running:
            return
        try:
            threading.Thread(target=self._run, name="yuno-inbox-watch", daemon=True).start()
        except RuntimeError as error:
            raise inbox_error("STORE_UNAVAILABLE") from error
        # It waits for the lock before it looks.
        self._is_running = True

    def _run(self) -> None:
        while True:
            time.sleep(0.1)
            with self._lock:
                if not self._due:
                    self._is_running = False
                    return
                now = time.monotonic()
                for line, until in self._due.items():
                    if now >= until and not line.is_hung_up:
                        line.hang_up()
