"""A user's receiver: what type checkers make of the installed package is checked on it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timezone
from decimal import Decimal
from typing import NoReturn

from yuno_webhooks import AuthenticationError, Event, PayloadError, Reply, Verifier
from yuno_webhooks.types import Finality, Kind


def unreachable(value: NoReturn) -> NoReturn:
    """Type checkers refuse a call that a value can reach."""
    raise AssertionError(value)


def next_step(finality: Finality) -> str:
    """Every word is handled: a new one in the types would be an error here."""
    match finality:
        case "pending":
            return "wait"
        case "settled":
            return "ship"
        case "final":
            return "close"
        case "unknown":
            return "look"
    unreachable(finality)


@dataclass
class Shop:
    """Keeps each event once."""

    verifier: Verifier
    seen: set[str] = field(default_factory=set[str])
    unreadable: list[bytes] = field(default_factory=list[bytes])
    paid: Decimal = Decimal(0)
    refunded: Decimal = Decimal(0)
    newest: datetime = datetime(1970, 1, 1, tzinfo=timezone.utc)
    steps: list[str] = field(default_factory=list[str])

    def receive(self, body: bytes, headers: dict[str, str]) -> Reply:
        """What the server calls."""
        try:
            event = self.verifier.verify(body, headers)
        except AuthenticationError as error:
            return Reply.to_error(error)
        except PayloadError as error:
            self.unreadable.append(body)
            return Reply.to_error(error, stored=True)
        if event.dedupe_key not in self.seen:
            self.keep(event)
            self.seen.add(event.dedupe_key)
        return Reply.received()

    def keep(self, event: Event) -> None:
        """Kinds are words that type checkers know."""
        self.steps.append(next_step(event.finality))
        updated_at = event.resource.updated_at
        if updated_at is not None:
            self.newest = max(self.newest, updated_at)
        match event.kind:
            case "payment.purchase" | "payment.capture":
                self.paid += money(event)
            case "payment.refund":
                self.refunded += money(event)
            case _:
                handler = HANDLERS.get(event.kind)
                if handler is not None:
                    handler(self, event)


def money(event: Event) -> Decimal:
    """The event's sum, exact."""
    amount = event.resource.amount
    return amount.value if amount is not None and amount.currency == "USD" else Decimal(0)


def take_back(shop: Shop, event: Event) -> None:
    """For a chargeback."""
    shop.paid -= money(event)


HANDLERS: dict[Kind, Callable[[Shop, Event], None]] = {"payment.chargeback": take_back}
