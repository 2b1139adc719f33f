"""The inbox's protocol as a model without a database, which computes what each step of the scenarios gives.

Written from the rules, not from the statements: rows are dictionaries in the order of their arrival.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import Any

from oracle import answer

DAY = 86_400_000
# The documented schedule's whole days and one day more.
LEAST_RETENTION = 8 * DAY
# Whose kinds and resources are known to move no money: each state of all others comes once.
QUIET = {
    "enrollment": "payment_method",
    "subscription": "subscription",
    "onboarding": "onboarding",
    "report": "report",
    "payment_method_domain": "payment_method_domain",
}


@dataclass
class Row:
    name: str
    key: str
    kind: str | None
    resource: str | None
    changed_at: int | None
    came: int
    due: int
    state: str
    error: str | None
    has_body: bool = True
    attempts: int = 0
    fence: int = 0
    lease: int = 0
    duplicates: int = 0
    occurrence: int = 1

    @property
    def news(self) -> int:
        return self.came * 1_000_000 if self.changed_at is None else self.changed_at


class Model:
    def __init__(self, bodies: dict[str, Any]) -> None:
        self.bodies = bodies
        self.rows: list[Row] = []

    def row(self, name: str) -> Row | None:
        return next((row for row in self.rows if row.name == name), None)

    def accept(self, now: int, name: str) -> str:
        given = self.bodies[name]
        if "error" in given:
            new = Row(name, given["key"], None, None, None, now, now, "dead", given["error"])
            repeat_after = None
        else:
            event = answer("parse", {"body": given["body"]})["event"]
            resource = None if event["resource.id"] is None else f"{event['resource.kind']}/{event['resource.id']}"
            instants = [
                event[name]
                for name in ("resource.updated_at_ns", "resource.transaction.updated_at_ns")
                if event[name] is not None
            ]
            changed = max(map(int, instants), default=None)
            new = Row(name, given["key"], event["kind"], resource, changed, now, now, "pending", None)
            is_quiet = QUIET.get(event["kind"].split(".")[0]) == event["resource.kind"]
            may_repeat = event["repeatable"] and is_quiet
            repeat_after = (600_000 if event["retry"] == 0 else LEAST_RETENTION) if may_repeat else None
        known = [row for row in self.rows if row.key == new.key]
        if not known:
            self.rows.append(new)
            return "accepted"
        last = known[-1]
        if repeat_after is not None and now - last.came > repeat_after:
            new.occurrence = last.occurrence + 1
            new.name = f"{known[0].name}.{new.occurrence}"
            self.rows.append(new)
            return "repeat"
        (last if repeat_after is not None else known[0]).duplicates += 1
        return "duplicate"

    def claim(self, now: int, limit: int, lease: int, attempts: int, key: str | None = None) -> list[dict[str, Any]]:
        """With a key: only of that row's lane, one."""
        for row in self.rows:
            if row.state == "processing" and row.lease <= now:
                row.state, row.due, row.error = "dead" if row.attempts >= attempts else "pending", now, "LeaseExpired"
        due = [row for row in self.rows if row.state == "pending" and row.due <= now]
        busy = {row.resource for row in self.rows if row.state == "processing"} - {None}
        first = [
            row
            for row in due
            if row.resource is None
            or (
                row.resource not in busy
                and row is min((own for own in due if own.resource == row.resource), key=lambda own: own.news)
            )
        ]
        if key is not None:
            named = self.row(key)
            first = [
                row for row in first if row is named or (named and row.resource and row.resource == named.resource)
            ]
        chosen = sorted(first, key=lambda row: row.due)[:limit]
        for row in chosen:
            row.state, row.lease, row.fence, row.attempts = "processing", now + lease, row.fence + 1, row.attempts + 1
        return [
            {"delivery": row.name, "attempt": row.attempts, "superseded": self.is_superseded(row)}
            for row in sorted(chosen, key=self.rows.index)
        ]

    def is_superseded(self, row: Row) -> bool:
        return (
            row.resource is not None
            and row.changed_at is not None
            and any(
                other.resource == row.resource and other.changed_at is not None and other.changed_at > row.changed_at
                for other in self.rows
            )
        )

    def leased(self, now: int, what: str, claim: str, delay: int = 0, lease: int = 0) -> str:
        name, fence = claim.split("/")
        row = self.row(name)
        if row is None or row.state != "processing" or row.fence != int(fence):
            return "STALE_FENCE"
        match what:
            case "complete":
                row.state, row.error = "done", None
            case "release":
                row.state, row.due, row.error = "pending", now + delay, "Failed"
            case "bury":
                row.state, row.error = "dead", "Failed"
            case "give_back":
                row.state, row.attempts = "pending", row.attempts - 1
            case _:
                row.lease = now + lease
        return "ok"

    def replay(self, now: int, row: Row | None) -> str:
        if row is None or row.state not in ("done", "dead") or not row.has_body:
            return "NOT_FOUND"
        row.state, row.due, row.attempts = "pending", now, 0
        return "ok"

    def due(self, since: int) -> list[str]:
        seen = {row.resource for row in self.rows if row.state == "processing"} - {None}
        names: list[str] = []
        for row in sorted(self.rows, key=lambda row: row.due):
            if row.state == "pending" and row.due <= since and row.resource not in seen:
                names.append(row.name)
                seen |= {row.resource} - {None}
        return names

    def listed(self, state: str, kind: str | None, limit: int) -> list[str]:
        rows = [row for row in self.rows if row.state == state and kind in (None, row.kind) and row.has_body]
        match state:
            case "pending":
                rows.sort(key=lambda row: row.due)
            case "processing":
                rows.sort(key=lambda row: row.lease)
            case "done":
                rows.reverse()
            case _:
                rows.sort(key=lambda row: row.came)
        return [row.name for row in rows[:limit]]

    def step(self, now: int, what: str, how: Any) -> Any:
        match what:
            case "accept":
                return self.accept(now, how)
            case "claim":
                return self.claim(now, **how)
            case "claim_lane":
                return self.claim(now, 1, **how)
            case "due":
                return self.due(now - how["older_than"])[: how["limit"]]
            case "complete" | "release" | "bury" | "give_back" | "extend":
                return self.leased(now, what, **how)
            case "replay":
                return self.replay(now, self.row(how))
            case "replay_dead":
                dead = [row for row in self.rows if row.state == "dead" and how["kind"] in (None, row.kind)]
                return sum(
                    self.replay(now, row) == "ok" for row in sorted(dead, key=lambda row: row.came)[: how["limit"]]
                )
            case "dead":
                return self.listed("dead", **how)
            case "list":
                return self.listed(**how)
            case "discard":
                row = self.row(how)
                if row is None or row.state != "dead":
                    return "NOT_FOUND"
                row.state = "done"
                return "ok"
            case "purge" | "forget_keys":
                if how["older_than"] < LEAST_RETENTION:
                    return "RETENTION_TOO_SHORT"
                old = [
                    row
                    for row in self.rows
                    if row.state == "done" and row.has_body == (what == "purge") and row.came < now - how["older_than"]
                ]
                if what == "forget_keys":
                    old = [row for row in old if row is not self.rows[-1]]
                for row in old:
                    row.has_body, row.error = False, None
                if what == "forget_keys":
                    self.rows = [row for row in self.rows if row not in old]
                return len(old)
            case "find":
                row = self.row(how)
                if row is None:
                    return "NOT_FOUND"
                return {
                    "state": row.state,
                    "attempts": row.attempts,
                    "duplicates": row.duplicates,
                    "has_body": row.has_body,
                    "error_class": row.error,
                }
            case "stats":
                pending = [row for row in self.rows if row.state == "pending"]
                lost = [row for row in self.rows if row.state == "processing" and row.lease <= now]
                return {
                    "pending": len(pending),
                    "waiting": sum(row.due > now for row in pending),
                    "oldest_pending_ms": now - min(row.came for row in pending + lost) if pending + lost else None,
                    "leased": sum(row.state == "processing" for row in self.rows),
                    "dead": sum(row.state == "dead" for row in self.rows),
                    "duplicates": sum(row.duplicates for row in self.rows),
                }
        raise ValueError(what)


def failures(document: dict[str, Any]) -> list[str]:
    """What the model computes otherwise than the scenarios expect."""
    found: list[str] = []
    for scenario in document["scenarios"]:
        for name, given in scenario["bodies"].items():
            whole = hashlib.sha256(given["body"].encode()).hexdigest()[:32]
            key = f"x1-{whole}" if "error" in given else answer("parse", {"body": given["body"]})["event"]["dedupe_key"]
            if key != given["key"]:
                found.append(f"{scenario['name']}: the key of {name} is {key}")
        model = Model(scenario["bodies"])
        for number, step in enumerate(scenario["steps"]):
            (what,) = step.keys() - {"at", "gives"}
            given = model.step(step["at"], what, step[what])
            if json.dumps(given, sort_keys=True) != json.dumps(step["gives"], sort_keys=True):
                found.append(
                    f"{scenario['name']}, step {number} ({what}): expects {step['gives']!r}, the model has {given!r}"
                )
    return found
