"""Explores every order in which three workers, two redeliveries, crashes and expiring leases can meet.

The model is no copy of the protocol but its own statements, on SQLite: each step runs one of them, a savepoint takes it
back, and states that were seen are not explored again.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import pytest

from yuno_webhooks import Event
from yuno_webhooks._core import inbox_migrations, inbox_row, inbox_statements

LEASE = 10
ATTEMPTS = 24
# Two states of one payment, so that they share a lane, each delivered twice, and another payment.
BODY = '{"retry":%d,"type":"payment","type_event":"payment.purchase","data":{"payment":{"id":"%s","updated_at":"%s"}}}'
OLDER, NEWER = "2026-08-01T10:00:00Z", "2026-08-01T10:00:01Z"
DELIVERIES = [
    BODY % (0, "p-1", NEWER),
    BODY % (0, "p-1", OLDER),
    BODY % (1, "p-1", NEWER),
    BODY % (1, "p-1", OLDER),
]
ROWS = [inbox_row(Event.parse_unverified(body.encode())) for body in DELIVERIES]
KEYS = {row["key"] for row in ROWS}

Held = tuple[int, int] | None
NOBODY = -1


@dataclass(frozen=True)
class World:
    """Everything but the database."""

    clock: int
    sent: int
    held: tuple[Held, Held, Held]
    done: frozenset[int]
    crashes: int
    failures: int


class Explorer:
    """Depth first, over the statements."""

    def __init__(self, statements: dict[str, tuple[str, list[str]]]) -> None:
        self._statements = statements
        self._database = sqlite3.connect(":memory:", isolation_level=None)
        for sql in inbox_migrations("sqlite", 0):
            self._database.execute(sql)
        self._seen: set[Any] = set()
        self.finished = 0

    @property
    def states(self) -> int:
        return len(self._seen)

    def run(self, statement: str, **values: Any) -> list[tuple[Any, ...]]:
        sql, names = self._statements[statement]
        known = {"scope": "s", "attempts": ATTEMPTS, "limit": 1, "lease": LEASE, **values}
        return self._database.execute(sql, {name: known[name] for name in names}).fetchall()

    @contextmanager
    def taken_back(self) -> Generator[None, None, None]:
        self._database.execute("SAVEPOINT step")
        try:
            yield
        finally:
            self._database.execute("ROLLBACK TO step")
            self._database.execute("RELEASE step")

    def rows(self) -> dict[int, tuple[Any, ...]]:
        found = self._database.execute(
            "SELECT id, dedupe_key, state, fence, attempts, lease_until, available_at, resource FROM yuno_inbox"
        )
        return {row[0]: row[1:] for row in found}

    def explore(self, world: World) -> None:
        rows = self.rows()
        # Workers are alike.
        state = (replace(world, held=(None, None, None)), tuple(sorted(map(repr, world.held))), tuple(rows.items()))
        if state in self._seen:
            return
        self._seen.add(state)
        self.check(world, rows)
        for step in self.steps(world):
            with self.taken_back():
                self.explore(self.take(step, world))

    def check(self, world: World, rows: dict[int, tuple[Any, ...]]) -> None:
        """What must hold in every state."""
        accepted = {row["key"] for row in ROWS[: world.sent]}
        assert {row[0] for row in rows.values()} == accepted, "each accepted delivery is stored, and once"
        done = {delivery for delivery, row in rows.items() if row[1] == "done"}
        assert done == world.done, "what is done was completed by a worker"
        current = [held for held in world.held if held is not None and self.is_current(held, rows)]
        lanes = [rows[delivery][6] for delivery, _ in current]
        assert len(lanes) == len(set(lanes)), "two workers have one lane"
        with self.taken_back():
            self.drain(world)

    @staticmethod
    def is_current(held: tuple[int, int], rows: dict[int, tuple[Any, ...]]) -> bool:
        delivery, fence = held
        return bool(rows[delivery][1] == "processing" and rows[delivery][2] == fence)

    def drain(self, world: World) -> None:
        """From every state, one worker that goes on does all that is left."""
        now = world.clock + 2 * LEASE
        self.run("expire", now=now)
        claimed = self.run("claim", now=now)
        while claimed:
            for delivery, fence, *_ in claimed:
                assert self.run("complete", id=delivery, fence=fence, now=now) == [(delivery,)]
            claimed = self.run("claim", now=now)
        assert all(row[1] == "done" for row in self.rows().values()), "a delivery can never be done"
        self.finished += 1

    def steps(self, world: World) -> Iterator[tuple[str, int]]:
        if world.sent < len(ROWS):
            yield ("accept", NOBODY)
        if world.clock < 3 * LEASE:
            yield ("wait", NOBODY)
        idle = False
        for worker, held in enumerate(world.held):
            if held is None:
                # One idle worker is like another.
                if not idle:
                    yield ("claim", worker)
                idle = True
                continue
            yield ("complete", worker)
            yield ("extend", worker)
            if world.crashes < 2:
                yield ("crash", worker)
            if world.failures < 1:
                yield ("release", worker)

    def take(self, step: tuple[str, int], world: World) -> World:
        statement, worker = step
        if statement == "accept":
            self.run("accept", **ROWS[world.sent], now=world.clock)
            return replace(world, sent=world.sent + 1)
        if statement == "wait":
            return replace(world, clock=world.clock + LEASE)
        if statement == "claim":
            self.run("expire", now=world.clock)
            for delivery, fence, *_ in self.run("claim", now=world.clock):
                return self.hold(world, worker, (delivery, fence))
            return world
        if statement == "crash":
            return replace(self.hold(world, worker, None), crashes=world.crashes + 1)
        return self.finish(statement, worker, world)

    def finish(self, statement: str, worker: int, world: World) -> World:
        held = world.held[worker]
        assert held is not None
        delivery, fence = held
        # The fence decides, whatever time it is.
        is_current = self.is_current(held, self.rows())
        took_place = bool(self.run(statement, **self.arguments(delivery, fence, world.clock)))
        assert took_place == is_current, f"{statement} under a fence that is {'' if is_current else 'not '}current"
        failures = world.failures + (statement == "release")
        done = world.done | {delivery} if statement == "complete" and took_place else world.done
        after = held if statement == "extend" and took_place else None
        return replace(self.hold(world, worker, after), done=done, failures=failures)

    @staticmethod
    def arguments(delivery: int, fence: int, now: int) -> dict[str, Any]:
        return {"id": delivery, "fence": fence, "now": now, "delay": LEASE, "error_class": "Failed", "error_text": "-"}

    @staticmethod
    def hold(world: World, worker: int, held: Held) -> World:
        held_now = list(world.held)
        held_now[worker] = held
        first, second, third = held_now
        return replace(world, held=(first, second, third))


START = World(clock=0, sent=0, held=(None, None, None), done=frozenset(), crashes=0, failures=0)


def test_no_order_of_steps_loses_a_delivery_or_lets_two_workers_have_it() -> None:
    explorer = Explorer(inbox_statements("sqlite"))
    explorer.explore(START)
    print(f"inbox: {explorer.states} states explored")
    assert explorer.states > 10_000
    assert explorer.finished == explorer.states


@pytest.mark.parametrize(
    ("statement", "part", "without"),
    [
        ("complete", " AND fence = CAST(:fence AS BIGINT)", ""),
        ("release", " AND state = 'processing'", ""),
        ("claim", "other.state = 'processing'", "0"),
        ("expire", "ELSE 'pending'", "ELSE 'done'"),
        ("accept", "DO UPDATE SET duplicates = yuno_inbox.duplicates + 1", "DO UPDATE SET state = 'done'"),
    ],
)
def test_a_fault_in_a_statement_is_found(statement: str, part: str, without: str) -> None:
    statements = inbox_statements("sqlite")
    sql, names = statements[statement]
    assert part in sql
    statements[statement] = (sql.replace(part, without), names)
    with pytest.raises((AssertionError, sqlite3.IntegrityError)):
        Explorer(statements).explore(START)
