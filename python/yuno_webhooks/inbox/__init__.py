"""The durable inbox: answer at once, work later, lose nothing, do nothing twice.

A receiver stores each delivery once and answers (``Receiver(verifier, inbox=inbox)``); workers do the work
(``inbox.run(handlers)``), in the same process or in others. :class:`SQLiteInbox` needs nothing but a file,
:class:`PostgresInbox` your database and ``pip install 'yuno-webhooks[postgres]'``; :func:`open_inbox` opens either
by its address.
"""

from .._core import Backoff
from ._delivery import Accepted, Delivery, Record, Stats
from ._handlers import Handlers
from ._open import open_inbox
from ._outcome import Outcome
from ._store import Inbox
from .postgres import PostgresInbox
from .sqlite import SQLiteInbox

__all__ = [
    "Accepted",
    "Backoff",
    "Delivery",
    "Handlers",
    "Inbox",
    "Outcome",
    "PostgresInbox",
    "Record",
    "SQLiteInbox",
    "Stats",
    "open_inbox",
]
