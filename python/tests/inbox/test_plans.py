"""How Postgres carries accept out: by one plan that looks at one key, whatever the table held when it was made."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from yuno_webhooks import Event
from yuno_webhooks._core import inbox_row, inbox_statements
from yuno_webhooks.inbox import Inbox

from .shop import connect, make_event

SQL, NAMES = inbox_statements("postgres")["accept"]
# SQLite plans by the text alone.
pytestmark = pytest.mark.stores("postgres")
FILL = """
INSERT INTO yuno_inbox (scope, dedupe_key, occurrence, news_at, received_at, available_at, state)
SELECT 'default', 'y1-' || n, 1, n, n, n, 'done' FROM generate_series(1, 5000) AS n
"""
TYPES = {"body": "BYTEA", "changed_at": "BIGINT", "repeat_after": "BIGINT", "now": "BIGINT"}


@pytest.fixture
def connection(inbox: Inbox, address: str) -> Iterator[Any]:
    """One whose table the server has not looked at since it was made, and that has prepared the statement."""
    del inbox
    with connect(address) as own:
        own.execute("ALTER TABLE yuno_inbox SET (autovacuum_enabled = false)")
        types = ", ".join(TYPES.get(name, "TEXT") for name in NAMES)
        own.execute(f"PREPARE accept ({types}) AS {SQL}".encode())
        yield own


def execute(connection: Any, event: Event, before: str = "") -> list[Any]:
    """Accepts an event by the prepared statement."""
    import psycopg

    row = inbox_row(event) | {"scope": "default", "now": None}
    marks = ", ".join(["%s"] * len(NAMES))
    with psycopg.ClientCursor(connection) as cursor:
        cursor.execute(f"{before} EXECUTE accept ({marks})".encode(), [row[name] for name in NAMES])
        return [found for (found, *_) in cursor.fetchall()]


def rows_read(plan: dict[str, Any]) -> Iterator[int]:
    if "Relation Name" in plan:
        yield plan["Actual Rows"] + plan.get("Rows Removed by Filter", 0)
    for part in plan.get("Plans", []):
        yield from rows_read(part)


def test_accept_reads_no_other_keys(connection: Any) -> None:
    connection.execute("SET plan_cache_mode = force_generic_plan")
    execute(connection, make_event("first"))
    connection.execute(FILL)
    ((explained,),) = execute(connection, make_event("last"), "EXPLAIN (ANALYZE, FORMAT JSON)")
    read = list(rows_read(explained["Plan"]))
    assert read
    assert max(read) <= 1, read


def test_accept_is_not_planned_each_time(connection: Any) -> None:
    connection.execute(FILL)
    connection.execute("ANALYZE yuno_inbox")
    for number in range(20):
        execute(connection, make_event(f"q-{number}"))
    ((planned,),) = connection.execute(
        "SELECT custom_plans FROM pg_prepared_statements WHERE name = 'accept'"
    ).fetchall()
    # It tries five before it compares them with a plan for all.
    assert planned == 5


def test_nothing_is_compiled_for_each_delivery(inbox: Inbox) -> None:
    with inbox.begin() as connection:
        ((jit,),) = connection.execute("SHOW jit").fetchall()
    assert jit == "off"
