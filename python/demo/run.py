"""`make demo`: sends the planned deliveries over HTTP, kills the receiver and the worker, and checks what was done."""

import http.client
import os
import re
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections import Counter
from contextlib import closing, suppress
from dataclasses import replace
from pathlib import Path

from deliveries import SECRET, Delivery, identity, plan
from yuno_webhooks import catalog
from yuno_webhooks.inbox import SQLiteInbox

LEAST_SIGNED = 300
HERE = Path(__file__).parent


class Process:
    """A script of the demo that works on the inbox, in a process of its own."""

    def __init__(self, script: str, store: Path, log: Path) -> None:
        self._command = [sys.executable, str(HERE / script), str(store)]
        self._log = log
        self._start()

    def _start(self) -> None:
        environment = {**os.environ, "YUNO_WEBHOOK_HMAC_SECRET": SECRET}
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(  # noqa: S603, the demo's own
                self._command, env=environment, stdout=subprocess.PIPE, stderr=log, text=True
            )

    def port(self) -> int:
        """Where it listens, if it does."""
        assert self._process.stdout is not None  # noqa: S101, for the types
        return int(self._process.stdout.readline())

    def kill(self) -> None:
        """Ends it as a crash does."""
        self._end(signal.SIGKILL)

    def restart(self) -> None:
        """Starts it again."""
        self._start()

    def stop(self) -> int:
        """Asks it to end; gives its exit status."""
        return self._end(signal.SIGTERM)

    def _end(self, how: signal.Signals) -> int:
        with self._process as process:
            process.send_signal(how)
        return process.returncode


def main() -> int:
    """Runs the demo; 1 if any total differs from the plan."""
    deliveries = plan()
    with tempfile.TemporaryDirectory() as folder:
        store, log = Path(folder) / "inbox.sqlite", Path(folder) / "log"
        receiver, worker = Process("receiver.py", store, log), Process("worker.py", store, log)
        deliveries, statuses = send(deliveries, receiver, worker, store)
        wait_until_idle(store)
        drained = worker.stop() == 0
        receiver.stop()
        rows, effects = read(store)
        refused = Counter(re.findall(r"^a delivery was refused: ([A-Z_]+):", log.read_text(), re.MULTILINE))
    checks = [
        print_kinds(deliveries, rows, effects),
        print_deliveries(deliveries, statuses),
        print_totals(deliveries, statuses, refused),
        print_store(deliveries, rows, effects),
        drained,
    ]
    print_published_keys(deliveries)
    print("\nOK: every delivery had the planned outcome" if all(checks) else "\nFAILED: see the lines marked WRONG")
    return 0 if all(checks) else 1


def send(
    deliveries: list[Delivery], receiver: Process, worker: Process, store: Path
) -> tuple[list[Delivery], list[int]]:
    """Sends the deliveries one after another, and on the way kills both processes, each in the midst of its work.

    Gives the deliveries, in which that of the killed receiver stands twice if it had been stored, and the statuses.
    """
    port = receiver.port()
    sent: list[Delivery] = []
    statuses: list[int] = []
    events = [place for place, delivery in enumerate(deliveries) if delivery.expected.result == "new"]
    kill_worker, kill_receiver = events[len(events) // 3], events[2 * len(events) // 3]
    for place, delivery in enumerate(deliveries):
        if place == kill_worker:
            worker.kill()
            worker.restart()
        if place == kill_receiver:
            with closing(http.client.HTTPConnection("127.0.0.1", port)) as connection:
                request(connection, delivery)
                # Now it may have been stored, and even answered.
                time.sleep(0.01)
                receiver.kill()
            receiver.restart()
            port = receiver.port()
            if is_stored(store, delivery):
                # What follows is a redelivery, as after any answer that was lost.
                sent.append(delivery)
                statuses.append(200)
                delivery = replace(delivery, expected=replace(delivery.expected, result="duplicate"))
        sent.append(delivery)
        with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=30)) as connection:
            request(connection, delivery)
            statuses.append(connection.getresponse().status)
    return sent, statuses


def request(connection: http.client.HTTPConnection, delivery: Delivery) -> None:
    """Sends one delivery."""
    connection.putrequest("POST", "/webhooks")
    connection.putheader("content-type", "application/json")
    connection.putheader("content-length", str(len(delivery.body)))
    for name, value in delivery.headers:
        connection.putheader(name, value)
    # What is too large is answered before all of it was sent.
    with suppress(BrokenPipeError, ConnectionResetError):
        connection.endheaders(delivery.body)


def is_stored(store: Path, delivery: Delivery) -> bool:
    """Whether its body lies in the file."""
    with closing(sqlite3.connect(store)) as database:
        return database.execute("SELECT 1 FROM yuno_inbox WHERE body = ?", (delivery.body,)).fetchone() is not None


def wait_until_idle(store: Path) -> None:
    """Until the worker has done everything; a minute at most."""
    inbox, until = SQLiteInbox(store), time.monotonic() + 60
    stats = inbox.stats()
    while stats.pending + stats.leased > 0 and time.monotonic() < until:
        time.sleep(0.05)
        stats = inbox.stats()


Rows = list[tuple[str | None, str, int, bytes]]
Effects = list[tuple[bytes, str, int]]


def read(store: Path) -> tuple[Rows, Effects]:
    """What is stored (kind, state, redeliveries, body), and what was done (body, kind, whether it was superseded)."""
    with closing(sqlite3.connect(store)) as database:
        rows = database.execute("SELECT kind, state, duplicates, body FROM yuno_inbox ORDER BY id").fetchall()
        return rows, database.execute("SELECT body, kind, superseded FROM effect").fetchall()


def print_kinds(deliveries: list[Delivery], rows: Rows, effects: Effects) -> bool:
    """What became of the authentic deliveries, by kind of event."""
    columns = ("done", "duplicate")
    results = {"new": "done", "superseded": "done"}
    wanted = Counter(
        (delivery.expected.kind, results.get(delivery.expected.result, delivery.expected.result))
        for delivery in deliveries
    )
    got = Counter((kind, "done") for _, kind, _ in effects)
    for kind, _, duplicates, _ in rows:
        got[str(kind), "duplicate"] += duplicates
    kinds = [row.kind for row in catalog()] + ["unknown"]
    print(f"{'kind of event':<52}" + "".join(f"{column:>12}" for column in columns))
    right = True
    for kind in kinds:
        same = all(got[kind, column] == wanted[kind, column] for column in columns) and wanted[kind, "done"] > 0
        right &= same
        print(f"{kind:<52}" + "".join(f"{got[kind, column]:>12}" for column in columns) + mark(right=same))
    return right and {kind for _, kind, _ in effects} <= set(kinds)


def print_deliveries(deliveries: list[Delivery], statuses: list[int]) -> bool:
    """For each sort of delivery, how many had the answer that the plan says."""
    sent: Counter[str] = Counter()
    right: Counter[str] = Counter()
    for delivery, status in zip(deliveries, statuses, strict=True):
        sent[delivery.label] += 1
        right[delivery.label] += status == delivery.expected.status
    print(f"\n{'deliveries':<52}{'sent':>12}{'as planned':>12}")
    for label, count in sent.items():
        print(f"{label:<52}{count:>12}{right[label]:>12}" + mark(right=right[label] == count))
    return right == sent


def print_totals(deliveries: list[Delivery], statuses: list[int], refused: Counter[str]) -> bool:
    """The totals that the plan gives, the answers, and the reasons in the log."""
    signed = sum(delivery.signed for delivery in deliveries)
    wanted, got = Counter(delivery.expected.status for delivery in deliveries), Counter(statuses)
    codes = Counter(delivery.expected.result for delivery in deliveries if delivery.expected.status != 200)
    totals = [
        ("deliveries", len(deliveries), len(statuses)),
        *((f"answered {status}", wanted[status], got[status]) for status in sorted(wanted | got)),
        *((f"refused: {code}", codes[code], refused[code]) for code in sorted(codes | refused)),
    ]
    print_compared("totals", totals)
    if signed < LEAST_SIGNED:
        print(f"only {signed} signed deliveries, fewer than {LEAST_SIGNED}" + mark(right=False))
    return signed >= LEAST_SIGNED and wanted == got and codes == refused


def print_store(deliveries: list[Delivery], rows: Rows, effects: Effects) -> bool:
    """Whether each planned event was done, once, under its kind; with the receiver and the worker killed on the way."""
    planned = {
        identity(delivery.body): delivery.expected.kind
        for delivery in deliveries
        if delivery.expected.result in ("new", "superseded")
    }
    done = Counter(identity(body) for body, _, _ in effects)
    overtaken = {identity(delivery.body) for delivery in deliveries if delivery.expected.result == "superseded"}
    marked = {identity(body) for body, _, superseded in effects if superseded}
    unreadable = ("BODY_NOT_JSON", "BODY_NOT_OBJECT")
    # Of an empty one nothing is stored.
    no_events = {delivery.body for delivery in deliveries if delivery.expected.result in unreadable and delivery.body}
    totals = [
        ("events done", len(planned), len(effects)),
        ("lost", 0, len(planned.keys() - done.keys())),
        ("forged", 0, len(done.keys() - planned.keys())),
        ("twice", 0, sum(times - 1 for times in done.values())),
        ("under a wrong kind", 0, sum(planned.get(identity(body), kind) != kind for body, kind, _ in effects)),
        ("that came after newer news, and are marked", len(overtaken), len(overtaken & marked)),
        ("still on their way", 0, sum(state in ("pending", "processing") for _, state, _, _ in rows)),
        ("authentic bodies that are no event, kept", len(no_events), sum(state == "dead" for _, state, _, _ in rows)),
    ]
    print_compared("after a kill of the receiver and of the worker", totals)
    return all(wanted == got for _, wanted, got in totals)


def print_published_keys(deliveries: list[Delivery]) -> None:
    """What the key that the provider's pages propose would have cost."""
    from yuno_webhooks import Event

    new = [delivery for delivery in deliveries if delivery.expected.result in ("new", "superseded")]
    keys = Counter(Event.parse_unverified(delivery.body).published_key for delivery in new)
    merged = sum(times - 1 for key, times in keys.items() if key is not None)
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
