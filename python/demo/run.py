"""`make demo`: sends the planned deliveries over HTTP, then checks what the receiver answered and what it kept."""

import http.client
import sqlite3
import sys
import tempfile
from collections import Counter
from contextlib import closing
from itertools import zip_longest
from pathlib import Path

from deliveries import MAX_BODY_BYTES, SECRET, Delivery, identity, plan
from receiver import Outcome, Receiver
from yuno_webhooks import Verifier, catalog

LEAST_SIGNED = 300


def main() -> int:
    """Runs the demo; 1 if any total differs from the plan."""
    deliveries = plan()
    with tempfile.TemporaryDirectory() as folder:
        store = Path(folder) / "events.sqlite"
        verifier = Verifier(hmac_secret=SECRET, max_body_bytes=MAX_BODY_BYTES)
        receiver = Receiver(verifier, store)
        with receiver.running() as port:
            statuses = send(deliveries, port)
        rows, unreadable = read(store)
    expected = [delivery.expected for delivery in deliveries]
    checks = [
        print_kinds(expected, receiver.journal),
        print_deliveries(deliveries, statuses, receiver.journal),
        print_totals(deliveries, receiver.journal),
        print_store(deliveries, rows, unreadable),
    ]
    print_published_keys(rows)
    print("\nOK: every delivery had the planned outcome" if all(checks) else "\nFAILED: see the lines marked WRONG")
    return 0 if all(checks) else 1


def send(deliveries: list[Delivery], port: int) -> list[int]:
    """Sends the deliveries one after another; gives the status of each answer."""
    statuses: list[int] = []
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=30)) as connection:
        for delivery in deliveries:
            connection.putrequest("POST", "/webhooks")
            connection.putheader("content-type", "application/json")
            connection.putheader("content-length", str(len(delivery.body)))
            for name, value in delivery.headers:
                connection.putheader(name, value)
            connection.endheaders(delivery.body)
            response = connection.getresponse()
            response.read()
            statuses.append(response.status)
    return statuses


def read(store: Path) -> tuple[list[tuple[str, str | None, bytes]], list[tuple[bytes]]]:
    """What the receiver kept: kind, published key and raw body of each event, and authentic bodies that are none."""
    with closing(sqlite3.connect(store)) as database:
        rows = database.execute("SELECT kind, published_key, raw FROM event ORDER BY rowid").fetchall()
        return rows, database.execute("SELECT raw FROM unreadable").fetchall()


def print_kinds(expected: list[Outcome], counted: list[Outcome]) -> bool:
    """The outcomes of the authentic deliveries, by kind of event."""
    columns = ("new", "superseded", "duplicate")
    wanted = Counter((outcome.kind, outcome.result) for outcome in expected)
    got = Counter((outcome.kind, outcome.result) for outcome in counted)
    kinds = [row.kind for row in catalog()] + ["unknown"]
    print(f"{'kind of event':<52}" + "".join(f"{column:>12}" for column in columns))
    right = True
    for kind in kinds:
        same = all(got[kind, column] == wanted[kind, column] for column in columns) and wanted[kind, "new"] > 0
        right &= same
        print(f"{kind:<52}" + "".join(f"{got[kind, column]:>12}" for column in columns) + mark(right=same))
    return right and {kind for kind, _ in got} <= {*kinds, None}


def print_deliveries(deliveries: list[Delivery], statuses: list[int], journal: list[Outcome]) -> bool:
    """For each sort of delivery, how many had the status and the outcome that the plan says."""
    sent: Counter[str] = Counter()
    right: Counter[str] = Counter()
    for delivery, status, outcome in zip_longest(deliveries, statuses, journal):
        if delivery is None:
            sent["not in the plan"] += 1
            continue
        sent[delivery.label] += 1
        right[delivery.label] += outcome == delivery.expected and status == delivery.expected.status
    print(f"\n{'deliveries':<52}{'sent':>12}{'as planned':>12}")
    for label, count in sent.items():
        print(f"{label:<52}{count:>12}{right[label]:>12}" + mark(right=right[label] == count))
    return right == sent


def print_totals(deliveries: list[Delivery], journal: list[Outcome]) -> bool:
    """The totals that the plan gives, and those that the receiver counted."""
    signed = sum(delivery.signed for delivery in deliveries)
    wanted = Counter((delivery.expected.status, delivery.expected.result) for delivery in deliveries)
    got = Counter((outcome.status, outcome.result) for outcome in journal)
    totals = [
        ("deliveries", len(deliveries), len(journal)),
        ("that are events", signed, sum(outcome.kind is not None for outcome in journal)),
        *((f"{status} {result}", wanted[status, result], got[status, result]) for status, result in wanted | got),
    ]
    print_compared("totals", totals)
    if signed < LEAST_SIGNED:
        print(f"only {signed} signed deliveries, fewer than {LEAST_SIGNED}" + mark(right=False))
    return signed >= LEAST_SIGNED and wanted == got


def print_store(
    deliveries: list[Delivery], rows: list[tuple[str, str | None, bytes]], unreadable: list[tuple[bytes]]
) -> bool:
    """Whether exactly the planned events lie in the store, each once and under its kind."""
    planned = {
        identity(delivery.body): delivery.expected.kind
        for delivery in deliveries
        if delivery.expected.result in ("new", "superseded")
    }
    stored = Counter(identity(raw) for _, _, raw in rows)
    no_events = {
        delivery.body for delivery in deliveries if delivery.expected.result in ("BODY_NOT_JSON", "BODY_NOT_OBJECT")
    }
    misnamed = sum(planned.get(identity(raw), kind) != kind for kind, _, raw in rows)
    totals = [
        ("events", len(planned), len(rows)),
        ("lost", 0, len(planned.keys() - stored.keys())),
        ("forged", 0, len(stored.keys() - planned.keys())),
        ("twice", 0, sum(times - 1 for times in stored.values())),
        ("under a wrong kind", 0, misnamed),
        ("authentic bodies that are no event", len(no_events), len(no_events & {raw for (raw,) in unreadable})),
    ]
    print_compared("in the SQLite file", totals)
    return all(wanted == got for _, wanted, got in totals)


def print_published_keys(rows: list[tuple[str, str | None, bytes]]) -> None:
    """What the key that the provider's pages propose would have cost."""
    keys = Counter(key for _, key, _ in rows if key is not None)
    merged = sum(times - 1 for times in keys.values())
    print(
        f"\nkeyed by kind and resource id, as published, {merged} of these events would have been dropped as duplicates"
    )


def print_compared(title: str, totals: list[tuple[str, int, int]]) -> None:
    """Prints lines of an expected and a counted number."""
    print(f"\n{title:<52}{'expected':>12}{'counted':>12}")
    for name, wanted, got in totals:
        print(f"{name:<52}{wanted:>12}{got:>12}" + mark(right=wanted == got))


def mark(*, right: bool) -> str:
    """The end of a line."""
    return "" if right else "   WRONG"


if __name__ == "__main__":
    sys.exit(main())
