"""Many accept one delivery at the same instant, on every store: one of them has stored it, and nobody sees an error."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from yuno_webhooks import Event
from yuno_webhooks.types import Kind

from .conftest import Opener
from .shop import PATIENCE, make_event, set_clock

THREADS = 12
ROUNDS = 20
# Longer than a redelivery of what may occur again can take.
APART = 600_001


@pytest.mark.parametrize(
    ("kind", "names", "later"),
    [
        pytest.param("payment.purchase", ROUNDS, "accepted", id="payments"),
        pytest.param("subscription.pause", ROUNDS, "accepted", id="pauses"),
        pytest.param("subscription.pause", 1, "repeat", id="occurrences"),
    ],
)
def test_of_many_who_accept_at_once_one_has_stored_it(opened: Opener, kind: Kind, names: int, later: str) -> None:
    """In each round what arrives is new: under a key of its own, or as another occurrence of the one key."""
    # Each has connections of its own.
    inboxes = [opened() for _ in range(THREADS)]
    now = 0
    for inbox in inboxes:
        set_clock(inbox, lambda: now)
    barrier = threading.Barrier(THREADS)
    events = [make_event(f"p-{number}", kind=kind) for number in range(names)]

    def accept(number: int, event: Event) -> tuple[str, str]:
        barrier.wait(PATIENCE)
        key, outcome = inboxes[number].accept(event)
        return key, outcome

    stored: list[str] = []
    with ThreadPoolExecutor(THREADS) as threads:
        for turn in range(ROUNDS):
            now = turn * APART
            answers = list(threads.map(accept, range(THREADS), [events[turn % names]] * THREADS))
            outcomes = sorted(outcome for _, outcome in answers)
            new = later if turn else "accepted"
            assert outcomes == sorted([new, *["duplicate"] * (THREADS - 1)]), f"round {turn}"
            (key,) = {key for key, _ in answers}
            stored.append(key)
    assert len(set(stored)) == ROUNDS
    assert inboxes[0].stats().pending == ROUNDS
