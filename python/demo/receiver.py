"""A receiver of webhooks over HTTP: the standard library, an SQLite file, and the package for every decision."""

import sqlite3
import threading
from collections.abc import Generator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import cast

from yuno_webhooks import Event, PayloadError, Reply, Verifier, WebhookError

SCHEMA = """
CREATE TABLE event (
    dedupe_key    TEXT PRIMARY KEY,  -- kept for ever: no timestamp is signed, so an old delivery stays valid
    published_key TEXT,              -- for comparison only: it merges different events
    kind          TEXT NOT NULL,
    resource      TEXT,
    superseded    INTEGER NOT NULL,  -- a newer state of the resource was already here
    raw           BLOB NOT NULL
)
"""

# Authentic bodies that are no event: for a person to look at.
UNREADABLE_SCHEMA = "CREATE TABLE unreadable (raw BLOB PRIMARY KEY, code TEXT NOT NULL)"


@dataclass(frozen=True)
class Outcome:
    """What the receiver made of one delivery."""

    status: int
    result: str
    """`new`, `superseded`, `duplicate`, or the code of the error."""
    kind: str | None = None


class Receiver(ThreadingHTTPServer):
    """Listens on a free port of this machine and stores what is authentic, once."""

    daemon_threads = True

    def __init__(self, verifier: Verifier, store: Path) -> None:
        """Creates the store and begins to listen."""
        super().__init__(("127.0.0.1", 0), Handler)
        self.verifier = verifier
        self.journal: list[Outcome] = []
        """In the order of arrival. Refusals are counted here only: a stranger must not make us write to the store."""
        self._store = store
        with closing(self._connect()) as database:
            database.execute("PRAGMA journal_mode = WAL")
            database.execute(SCHEMA)
            database.execute(UNREADABLE_SCHEMA)

    @contextmanager
    def running(self) -> Generator[int, None, None]:
        """Serves in a thread of its own; gives the port."""
        thread = threading.Thread(target=self.serve_forever, daemon=True)
        thread.start()
        try:
            yield self.server_port
        finally:
            self.shutdown()
            self.server_close()
            thread.join()

    def receive(self, body: bytes, headers: list[tuple[str, str]]) -> Reply:
        """Verifies, stores, and only then acknowledges."""
        kind = None
        try:
            event = self.verifier.verify(body, headers)
        except PayloadError as error:
            self._keep_unreadable(body, error.code)
            reply, result = Reply.to_error(error, stored=True), error.code
        except WebhookError as error:
            reply, result = Reply.to_error(error), error.code
        else:
            kind, result = event.kind, self._keep(event)
            reply = Reply.received()
        self.journal.append(Outcome(reply.status, result, kind))
        return reply

    def _keep_unreadable(self, body: bytes, code: str) -> None:
        with closing(self._connect()) as database:
            database.execute("INSERT INTO unreadable VALUES (?, ?) ON CONFLICT DO NOTHING", (body, code))

    def _keep(self, event: Event) -> str:
        resource = event.resource
        name = None if resource.id is None else f"{resource.kind}/{resource.id}"
        with closing(self._connect()) as database:
            # One transaction, begun for writing: two deliveries of one event at the same moment are told apart here.
            database.execute("BEGIN IMMEDIATE")
            superseded = self._is_superseded(database, name, event)
            row = (event.dedupe_key, event.published_key, event.kind, name, superseded, event.raw)
            insert = "INSERT INTO event VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (dedupe_key) DO NOTHING"
            inserted = database.execute(insert, row).rowcount == 1
            # The effect of the event belongs here, or a task for it: in the transaction that stores its key.
            database.execute("COMMIT")
        if not inserted:
            return "duplicate"
        return "superseded" if superseded else "new"

    def _is_superseded(self, database: sqlite3.Connection, resource: str | None, event: Event) -> bool:
        """Whether a newer state of the resource is in the store. The event is stored all the same."""
        # Verified before they were stored; the secret may have been changed since.
        rows = database.execute("SELECT raw FROM event WHERE resource = ?", (resource,))
        stored = (Event.parse_unverified(raw) for (raw,) in rows)
        return any(event.compare_recency(other) == "older" for other in stored)

    def _connect(self) -> sqlite3.Connection:
        return sqlite3.connect(self._store, timeout=5, isolation_level=None)


class Handler(BaseHTTPRequestHandler):
    """Reads the raw body and answers as the receiver says."""

    protocol_version = "HTTP/1.1"
    timeout = 10
    disable_nagle_algorithm = True

    def do_POST(self) -> None:
        """Takes one delivery."""
        receiver = cast("Receiver", self.server)
        length = self.headers.get("content-length", "")
        if not (length.isascii() and length.isdigit() and len(length) <= 10) or "transfer-encoding" in self.headers:
            self._answer(411, b"")
            return
        # One byte more than is allowed is enough to know that the body is too large.
        wanted = min(int(length), receiver.verifier.max_body_bytes + 1)
        body = self.rfile.read(wanted)
        # What was not read must not be taken for the next request.
        self.close_connection |= len(body) > receiver.verifier.max_body_bytes or len(body) < wanted
        try:
            reply = receiver.receive(body, self.headers.items())
        except sqlite3.Error:
            # Not stored, so not acknowledged: the provider sends it again.
            self._answer(503, b"")
            return
        self._answer(reply.status, reply.body)

    def _answer(self, status: int, body: bytes) -> None:
        self.close_connection = self.close_connection or status >= 500 or status == 411
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        if self.close_connection:
            self.send_header("connection", "close")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002, the standard library's name
        """Says nothing: the demo prints its own table."""
