"""The merchant's side of every server under test: two receivers that write down what they are called with."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import time
from pathlib import Path

from yuno_webhooks import Event, PayloadError, Verifier
from yuno_webhooks.receiver import Receiver

SECRET = "a-test-secret"
LIMIT = 100_000
PATIENCE = 30
"""Seconds after which a slow handler ends although it was not let go."""
LET_GO = "let-go"
"""The file that lets slow handlers end."""

verifier = Verifier(hmac_secret=SECRET, max_body_bytes=LIMIT)


def note(what: str, detail: str) -> None:
    """One line of the journal, which the tests read."""
    line = json.dumps([what, detail]) + "\n"
    with Path(os.environ["YUNO_TEST_JOURNAL"]).open("a", encoding="utf-8") as journal:
        journal.write(line)


def is_held(since: float) -> bool:
    """Whether a slow handler goes on."""
    let_go = Path(os.environ["YUNO_TEST_JOURNAL"]).with_name(LET_GO)
    return not let_go.exists() and time.monotonic() < since + PATIENCE


def other(event: Event) -> None:
    note("other", event.kind)


async def aother(event: Event) -> None:
    await asyncio.sleep(0)
    note("other", event.kind)


async def keep(body: bytes, error: PayloadError) -> None:
    await asyncio.sleep(0)
    note("kept", f"{error.code} {len(body)}")


#: Sync handlers, and nothing that stores unreadable bodies.
plain = Receiver(verifier, fallback=other)
#: Async handlers, and one that stores unreadable bodies.
keeping = Receiver(verifier, fallback=aother, on_unreadable=keep)


@plain.on("payment.purchase", "payment.capture")
def paid(event: Event) -> None:
    note("paid", event.dedupe_key)


@plain.on("payment.cancel")
def fail(event: Event) -> None:
    raise RuntimeError(f"no stock for {event.resource.kind}")


@plain.on("payment.refund")
def sleep(event: Event) -> None:
    note("slow", event.dedupe_key)
    begun = time.monotonic()
    while is_held(begun):
        time.sleep(0.01)


@keeping.on("payment.purchase")
async def apaid(event: Event) -> None:
    await asyncio.sleep(0)
    note("paid", event.dedupe_key)


@keeping.on("payment.cancel")
async def afail(event: Event) -> None:
    await asyncio.sleep(0)
    raise RuntimeError(f"no stock for {event.resource.kind}")


@keeping.on("payment.refund")
async def asleep(event: Event) -> None:
    note("slow", event.dedupe_key)
    begun = time.monotonic()
    while is_held(begun):
        await asyncio.sleep(0.01)


def write_log() -> None:
    """The package's log goes to a file, which the tests read."""
    logger = logging.getLogger("yuno_webhooks")
    logger.setLevel(logging.DEBUG)
    handler = logging.FileHandler(os.environ["YUNO_TEST_LOG"], encoding="utf-8")
    handler.setFormatter(logging.Formatter("%(levelname)s %(message)s"))
    logger.addHandler(handler)
