"""The worker of the demo: does the work of each stored delivery once. `worker.py FILE`."""

import sys
from datetime import timedelta

from yuno_webhooks.inbox import Delivery, Handlers, SQLiteInbox

# The work, in the same file. Nothing here stops a second row: that there is none is what the inbox promises.
SCHEMA = "CREATE TABLE IF NOT EXISTS effect (body BLOB NOT NULL, kind TEXT NOT NULL, superseded INTEGER NOT NULL)"


def work(delivery: Delivery) -> None:
    """Its effect and the end of the delivery commit together, or neither does."""
    with delivery.transaction() as connection:
        row = (delivery.raw, delivery.event.kind, delivery.superseded)
        connection.execute("INSERT INTO effect VALUES (?, ?, ?)", row)


def main() -> None:
    """Works until SIGTERM comes."""
    inbox = SQLiteInbox(sys.argv[1])
    with inbox.begin() as connection:
        connection.execute(SCHEMA)
    # A short lease, so that the demo need not wait for what a killed worker had.
    inbox.run(Handlers(fallback=work), workers=2, lease=timedelta(seconds=1), poll=timedelta(seconds=0.05))


if __name__ == "__main__":
    main()
