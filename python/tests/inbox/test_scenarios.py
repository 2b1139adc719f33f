"""Runs every scenario of tests/vectors/inbox on every store."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from yuno_webhooks import Event, InboxError, PayloadError
from yuno_webhooks.inbox import Delivery, Inbox

SCENARIOS = Path(__file__).parents[3] / "tests" / "vectors" / "inbox" / "scenarios.json"
Json = dict[str, Any]


class Failed(Exception):  # noqa: N818, the name that is stored
    """The class of the errors that the scenarios report."""

    __qualname__ = "Failed"


class Run:
    """One scenario on one store, and a second scope that must not be touched by it."""

    def __init__(self, inbox: Inbox, bodies: Json) -> None:
        self._inbox = inbox
        self._bodies = bodies
        self._names = {own["key"]: name for name, own in bodies.items()}
        # The first of two bodies with one key gives the name.
        self._names.update({own["key"]: name for name, own in reversed(bodies.items())})
        self._claims: dict[str, Delivery] = {}

    def step(self, what: str, how: Any) -> Any:
        try:
            return getattr(self, "listed" if what == "list" else what)(how)
        except InboxError as error:
            return error.code

    def _key(self, name: str) -> str:
        first, dot, occurrence = name.partition(".")
        return f"{self._bodies[first]['key']}{dot}{occurrence}"

    def _name(self, key: str) -> str:
        first, dot, occurrence = key.partition(".")
        return f"{self._names[first]}{dot}{occurrence}"

    def accept(self, name: str) -> str:
        body = self._bodies[name]["body"].encode()
        if "error" not in self._bodies[name]:
            accepted = self._inbox.accept(Event.parse_unverified(body))
        else:
            with pytest.raises(PayloadError) as caught:
                Event.parse_unverified(body)
            assert caught.value.code == self._bodies[name]["error"]
            stored = self._inbox.accept_unreadable(body, caught.value)
            assert stored is not None
            accepted = stored
        assert accepted.key.startswith(self._bodies[name]["key"])
        return accepted.outcome

    def claim(self, how: Json) -> list[Json]:
        return self._claimed(self._inbox.claim(how["limit"], lease=ms(how["lease"]), attempts=how["attempts"]))

    def claim_lane(self, how: Json) -> list[Json]:
        claimed = self._inbox.claim_lane(self._key(how["key"]), lease=ms(how["lease"]), attempts=how["attempts"])
        return self._claimed([] if claimed is None else [claimed])

    def due(self, how: Json) -> list[str]:
        return [self._name(key) for key in self._inbox.due(older_than=ms(how["older_than"]), limit=how["limit"])]

    def listed(self, how: Json) -> list[str]:
        return [self._name(record.key) for record in self._inbox.list(**how)]

    def _claimed(self, claimed: Sequence[Delivery]) -> list[Json]:
        for delivery in claimed:
            self._claims[f"{self._name(delivery.key)}/{delivery.fence}"] = delivery
            assert delivery.raw == self._bodies[self._name(delivery.key).partition(".")[0]]["body"].encode()
        return [
            {"delivery": self._name(own.key), "attempt": own.attempt, "superseded": own.superseded} for own in claimed
        ]

    def complete(self, how: Json) -> str:
        self._claims[how["claim"]].complete()
        return "ok"

    def release(self, how: Json) -> str:
        self._claims[how["claim"]].release(Failed("as planned"), delay=ms(how["delay"]))
        return "ok"

    def extend(self, how: Json) -> str:
        self._claims[how["claim"]].extend(ms(how["lease"]))
        return "ok"

    def bury(self, how: Json) -> str:
        self._claims[how["claim"]].bury(Failed("as planned"))
        return "ok"

    def give_back(self, how: Json) -> str:
        self._claims[how["claim"]].give_back()
        return "ok"

    def replay(self, name: str) -> str:
        self._inbox.replay(self._key(name))
        return "ok"

    def replay_dead(self, how: Json) -> int:
        return self._inbox.replay_dead(kind=how["kind"], limit=how["limit"])

    def dead(self, how: Json) -> list[str]:
        return [self._name(record.key) for record in self._inbox.dead(kind=how["kind"], limit=how["limit"])]

    def discard(self, name: str) -> str:
        self._inbox.discard(self._key(name))
        return "ok"

    def purge(self, how: Json) -> int:
        return self._inbox.purge(older_than=ms(how["older_than"]))

    def forget_keys(self, how: Json) -> int:
        return self._inbox.forget_keys(older_than=ms(how["older_than"]))

    def find(self, name: str) -> Json:
        record = self._inbox.find(self._key(name))
        assert record.key == self._key(name)
        return {
            "state": record.state,
            "attempts": record.attempts,
            "duplicates": record.duplicates,
            "has_body": record.body is not None,
            "error_class": record.error_class,
        }

    def stats(self, _: Json) -> Json:
        stats = self._inbox.stats()
        oldest = stats.oldest_pending
        return {
            "pending": stats.pending,
            "waiting": stats.waiting,
            "oldest_pending_ms": None if oldest is None else oldest // timedelta(milliseconds=1),
            "leased": stats.leased,
            "dead": stats.dead,
            "duplicates": stats.duplicates,
        }


def ms(count: int) -> timedelta:
    return timedelta(milliseconds=count)


def scenarios() -> list[Any]:
    document = json.loads(SCENARIOS.read_text(encoding="utf-8"))
    return [pytest.param(own, id=own["name"]) for own in document["scenarios"]]


@pytest.mark.parametrize("scenario", scenarios())
def test_scenario(scenario: Json, inbox: Inbox) -> None:
    run = Run(inbox, scenario["bodies"])
    for number, step in enumerate(scenario["steps"]):
        (what,) = step.keys() - {"at", "gives"}
        inbox._clock = lambda at=step["at"]: at  # type: ignore[misc]
        assert run.step(what, step[what]) == step["gives"], f"step {number}: {what} {step[what]}"
