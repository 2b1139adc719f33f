"""Processes of a merchant's: `python -m inbox.child receiver ADDRESS` and `... worker ADDRESS SEED`.

A receiver answers each line of its input, which is a body, by one line of its output: the status and what became of it.
"""

from __future__ import annotations

import logging
import random
import sys
import threading
import time
from datetime import timedelta

from yuno_webhooks import testing
from yuno_webhooks.inbox import Backoff, Delivery, Handlers, Outcome
from yuno_webhooks.receiver import Receiver

from .shop import SECRET, SOON, VERIFIER, Effects, connect, open_inbox, until

LEASE = timedelta(milliseconds=500)


def receive(address: str) -> None:
    """Acknowledges what is stored. It begins when the server is there."""
    outcomes: list[Outcome] = []
    receiver = Receiver(VERIFIER, inbox=until(lambda: open_inbox(address, on_outcome=outcomes.append), 60))
    print("ready", flush=True)
    for line in sys.stdin.buffer:
        body = line.rstrip(b"\n")
        reply = receiver.receive(body, testing.headers(body, SECRET))
        print(reply.status, outcomes.pop().result, flush=True)


def work(address: str, seed: str, failures: str = "0", naps: str = "0.02") -> None:
    """Does the effects of purchases in the delivery's own transaction, and those of refunds by another connection."""
    chance, nap, likely = random.Random(seed), float(naps), float(failures)  # noqa: S311, no secret
    effects, own = Effects(address), threading.local()

    def doze() -> None:
        # Now and then for longer than the lease.
        time.sleep(3 * LEASE.total_seconds() if nap and chance.random() < 0.01 else chance.random() * nap)
        if chance.random() < likely:
            raise RuntimeError("no stock")

    def once(delivery: Delivery) -> None:
        doze()
        with delivery.transaction() as connection:
            effects.write(connection, delivery.key)
            if chance.random() < likely:
                raise RuntimeError("no stock after all")

    def at_least_once(delivery: Delivery) -> None:
        if not hasattr(own, "connection"):
            own.context = connect(address)
            own.connection = own.context.__enter__()
        try:
            effects.write(own.connection, delivery.key)
        except Exception:
            # The next attempt has another connection.
            own.__dict__.clear()
            raise
        doze()

    # Redis has no transaction that an effect could share.
    handlers = Handlers(fallback=at_least_once if address.startswith("redis:") else once)
    handlers.on("payment.refund")(at_least_once)
    inbox = until(lambda: open_inbox(address), 60)
    print("ready", flush=True)
    backoff = Backoff(first=timedelta(milliseconds=10), most=timedelta(milliseconds=200), attempts=10_000)
    inbox.run(handlers, workers=2, lease=LEASE, poll=SOON, backoff=backoff)


if __name__ == "__main__":
    # All that it would say is that it was killed, or the server.
    logging.disable(logging.CRITICAL)
    what, *rest = sys.argv[1:]
    (receive if what == "receiver" else work)(*rest)
