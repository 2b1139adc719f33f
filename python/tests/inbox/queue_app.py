"""A merchant's Celery app: `celery -A inbox.queue_app worker`. Its queue is given the keys of accepted deliveries."""

from __future__ import annotations

import os
import random
import time
from datetime import timedelta
from typing import Any

import celery  # type: ignore[import-untyped]

from yuno_webhooks.inbox import Backoff, Delivery, Handlers, Inbox

from .shop import Effects, open_inbox

ADDRESS = os.environ["SHOP_ADDRESS"]
LEASE = timedelta(milliseconds=500)

app: Any = celery.Celery("shop", broker=os.environ["SHOP_BROKER"])
app.conf.update(
    task_ignore_result=True,
    # A task that was lost with its worker is found by `sweep`; Redis itself would give it again after an hour.
    worker_prefetch_multiplier=1,
    worker_concurrency=2,
    worker_hijack_root_logger=False,
    broker_connection_retry_on_startup=True,
)

chance = random.Random(os.getpid())  # noqa: S311, no secret
effects = Effects(ADDRESS)


def once(delivery: Delivery) -> None:
    """The effect in the delivery's own transaction, which fails at times, before and after it was written."""
    time.sleep(chance.random() * 0.02)
    if chance.random() < 0.1:
        raise RuntimeError("no stock")
    with delivery.transaction() as connection:
        effects.write(connection, delivery.key)
        if chance.random() < 0.1:
            raise RuntimeError("no stock after all")


handlers = Handlers(fallback=once)
_inboxes: dict[int, Inbox] = {}


def inbox() -> Inbox:
    """One for each process: Celery forks its workers."""
    if os.getpid() not in _inboxes:
        _inboxes[os.getpid()] = open_inbox(ADDRESS)
    return _inboxes[os.getpid()]


def work(key: str) -> int:
    """Works on a delivery."""
    backoff = Backoff(first=timedelta(milliseconds=10), most=timedelta(milliseconds=200), attempts=10_000)
    return inbox().work(key, handlers, lease=LEASE, backoff=backoff)


app.task(name="shop.work")(work)
