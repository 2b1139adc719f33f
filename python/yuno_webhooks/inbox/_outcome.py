"""What became of a delivery, for whoever counts."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Literal, NamedTuple, TypeAlias

from ..types import Kind

logger = logging.getLogger("yuno_webhooks")

Result: TypeAlias = Literal[
    "accepted", "duplicate", "repeat", "unreadable", "unavailable", "done", "failed", "dead", "stale"
]


class Outcome(NamedTuple):
    """What became of a delivery at the door or in a worker."""

    result: Result
    """At the door ``accepted``, ``duplicate``, ``repeat`` (another occurrence with an equal body), ``unreadable`` (an
    authentic body that is no event was stored as dead) or ``unavailable`` (not stored, to be sent again); in a worker
    ``done``, ``failed`` (to be tried again), ``dead`` (no attempt is left) or ``stale`` (another worker has it now).
    """
    kind: Kind | None
    key: str
    seconds: float
    """How long storing or the work took."""


Observer: TypeAlias = Callable[[Outcome], object]


def report(observer: Observer | None, outcome: Outcome) -> None:
    """Tells the merchant's function; its failure is its own."""
    if observer is None:
        return
    try:
        observer(outcome)
    # Also SystemExit, which would end a worker.
    except (Exception, SystemExit):
        logger.exception("on_outcome raised; the delivery is not touched by it")
