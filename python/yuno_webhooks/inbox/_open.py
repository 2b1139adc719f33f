"""Opening an inbox by its address, as configuration and the command line have it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from .._checks import check_path
from .._core import inbox_error
from ._outcome import Observer
from ._redis import Durability
from ._store import Inbox
from .postgres import PostgresInbox
from .redis import RedisInbox
from .sqlite import SQLiteInbox

POSTGRES = ("postgresql", "postgres")
REDIS = ("redis", "rediss", "redis+cluster", "rediss+cluster")
# Nothing of what was given is repeated: it may hold a password, wherever somebody has put it.
FORMS = (
    "the address of an inbox is sqlite:PATH, postgresql://..., postgres://..., redis://..., rediss://..., "
    "redis+cluster://... or rediss+cluster://..."
)

MISSING = "Check the address; a receiver or a worker makes the file when it starts, unless it was told not to migrate."


def open_inbox(
    url: str,
    *,
    scope: str = "default",
    migrate: bool = True,
    on_outcome: Observer | None = None,
    publish: Callable[[str], object] | None = None,
    partitions: int | None = None,
    durability: Durability | None = None,
    replicas: int | None = None,
) -> Inbox:
    """Opens the inbox at an address, such as the value of a variable of the environment.

    url: ``sqlite:relative/path``, ``sqlite:/absolute/path`` (or ``sqlite:///absolute/path``), ``postgresql://...``,
    ``postgres://...``, ``redis://...``, ``rediss://...``, ``redis+cluster://...`` or ``rediss+cluster://...``. What is
    written in the path of a file is its name: nothing is decoded. The others are as for `SQLiteInbox` and the like;
    with ``migrate=False`` no file is made either. partitions, durability, replicas: of `RedisInbox`, which alone has
    them.

    Raises ValueError for another address, without repeating it; TypeError for an option that the store does not have;
    InboxError: STORE_UNAVAILABLE, SCHEMA_MISMATCH, STORE_UNSAFE; ImportError with advice where the store's driver is
    missing.
    """
    options: dict[str, Any] = {"scope": scope, "migrate": migrate, "on_outcome": on_outcome}
    if publish is not None:
        options["publish"] = publish
    given = {"partitions": partitions, "durability": durability, "replicas": replicas}
    of_redis: dict[str, Any] = {name: value for name, value in given.items() if value is not None}
    # Also of what is no text, such as the None of a variable that is not set.
    scheme, _, rest = str(url or "").partition(":")
    if scheme in REDIS and rest.startswith("//"):
        return RedisInbox(url, **options, **of_redis)
    if of_redis and scheme in ("sqlite", *POSTGRES):
        raise TypeError(f"{' and '.join(of_redis)} can be given for an inbox in Redis only: leave it out")
    if scheme == "sqlite":
        return _open_file(rest, options)
    if scheme in POSTGRES and rest.startswith("//"):
        return PostgresInbox(url, **options)
    raise ValueError(FORMS if url else f"there is no address: is YUNO_INBOX_URL set? {FORMS}")


def _open_file(path: str, options: dict[str, Any]) -> Inbox:
    if path.startswith("//"):
        path = path[2:]
        if not path.startswith("/"):
            raise ValueError("after sqlite:// comes an absolute path, as in sqlite:///var/lib/shop/inbox.db")
    if not path:
        raise ValueError("the path of a file is missing, as in sqlite:shop.db")
    check_path(path)
    if not options["migrate"] and not Path(path).exists():
        # SQLite would make it.
        error = inbox_error("SCHEMA_MISMATCH")
        told = f"There is no file {Path(path).absolute()}. {MISSING}"
        error.args = (f"SCHEMA_MISMATCH: {told}", *error.args[1:])
        raise error
    return SQLiteInbox(path, **options)
