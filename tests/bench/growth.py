"""Measures what a key costs for as long as it is kept, and what a full table costs whoever accepts: `make growth`.

Fills a PostgreSQL with as many purged deliveries as `YUNO_GROWTH` says (a million, then ten, unless set), with
keys as random as real ones, and prints the bytes of a delivery, by table and index, and how long accepting takes.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from statistics import median

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "python" / "tests"))

import psycopg
from bench_inbox import events, percentile, timed
from inbox.postgres import Server

from yuno_webhooks.inbox import PostgresInbox

SIZES = [int(size) for size in os.environ.get("YUNO_GROWTH", "1000000,10000000").split(",")]
CALLS = 2000
FILL = """
INSERT INTO yuno_inbox (scope, dedupe_key, occurrence, kind, resource, changed_at, news_at, received_at, state,
  attempts, fence, available_at, finished_at)
SELECT 'default', 'y1-' || md5(n::text), 1, 'payment.purchase', 'payment/' || gen_random_uuid(), n * 1000000,
  n * 1000000, n, 'done', 1, 1, n, n
FROM generate_series(%s::bigint, %s::bigint) AS s (n)
"""
SIZE = """
SELECT relname, pg_relation_size(oid) FROM pg_class
WHERE relname LIKE 'yuno_inbox%' AND relname <> 'yuno_inbox_schema' AND relkind IN ('r', 'i')
ORDER BY relkind DESC, 2 DESC
"""


def postgres() -> None:
    """Prints its lines."""
    server = Server()
    try:
        inbox = PostgresInbox(server.conninfo)
        fresh = events()
        with psycopg.connect(server.conninfo, autocommit=True) as connection:
            first = 1
            for size in SIZES:
                connection.execute(FILL.encode(), (first, size))
                first = size + 1
                connection.execute("VACUUM ANALYZE yuno_inbox")
                connection.execute("CHECKPOINT")
                parts = {name: used / size for name, used in connection.execute(SIZE.encode()).fetchall()}
                times = [timed(lambda: inbox.accept(next(fresh))) for _ in range(CALLS)]
                print(f"Postgres  {size:>11,} rows  {sum(parts.values()):6.0f} bytes a key", end="")
                print(f"  accept {median(times):6.0f} us  p99 {percentile(times, 0.99):6.0f} us", flush=True)
                for name, used in parts.items():
                    if used >= 1:
                        print(f"            {name:26}{used:6.0f}")
        inbox.close()
    finally:
        server.remove()


if __name__ == "__main__":
    postgres()
