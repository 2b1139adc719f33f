"""The durable inbox: answer at once, work later, lose nothing, do nothing twice.

A receiver stores each delivery once and answers (``Receiver(verifier, inbox=inbox)``); workers do the work
(``inbox.run(handlers)``), in the same process or in others. :class:`SQLiteInbox` needs nothing but a file,
:class:`PostgresInbox` and, for asyncio, :class:`AsyncPostgresInbox` your database and
``pip install 'psycopg[binary,pool]'``; :class:`RedisInbox` and :class:`AsyncRedisInbox` a Redis that keeps what it
acknowledges and ``pip install 'redis>=8'``. :func:`open_inbox` opens any of them by its address.
"""

from typing import TYPE_CHECKING

from .._core import Backoff
from ._delivery import Accepted, AsyncDelivery, Delivery, Record, Stats
from ._handlers import Handlers
from ._open import open_inbox
from ._outcome import Outcome
from ._store import Inbox
from .postgres import PostgresInbox
from .redis import RedisInbox
from .sqlite import SQLiteInbox

if TYPE_CHECKING:
    from ._async_store import AsyncInbox
    from .async_postgres import AsyncPostgresInbox
    from .async_redis import AsyncRedisInbox
else:
    _ASYNC = {
        "AsyncInbox": "._async_store",
        "AsyncPostgresInbox": ".async_postgres",
        "AsyncRedisInbox": ".async_redis",
    }

    def __getattr__(name: str) -> object:
        # Later, since sync servers need nothing of asyncio.
        if name not in _ASYNC:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        from importlib import import_module

        return getattr(import_module(_ASYNC[name], __name__), name)


__all__ = [
    "Accepted",
    "AsyncDelivery",
    "AsyncInbox",
    "AsyncPostgresInbox",
    "AsyncRedisInbox",
    "Backoff",
    "Delivery",
    "Handlers",
    "Inbox",
    "Outcome",
    "PostgresInbox",
    "Record",
    "RedisInbox",
    "SQLiteInbox",
    "Stats",
    "open_inbox",
]
