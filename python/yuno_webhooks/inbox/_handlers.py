"""The functions that do the work."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias, TypeVar

from .._registry import Registry
from ..types import Kind
from ._delivery import AsyncDelivery, Delivery

DeliveryHandler: TypeAlias = Callable[[Delivery], object] | Callable[[AsyncDelivery], object]

_Handler = TypeVar("_Handler", bound=DeliveryHandler)


class Handlers:
    """The functions that do the work, by kind of event; ``inbox.run`` calls them.

    ::

        handlers = Handlers(fallback=note)

        @handlers.on("payment.purchase")
        def paid(delivery: Delivery) -> None:
            with delivery.transaction() as connection:
                ...  # the effect, by this connection: it commits together with the delivery, exactly once

    A handler that returns has done the work; one that raises is called again later. What it does before
    ``delivery.transaction()``, or without it, happens at least once: pass ``delivery.key`` on to whatever it calls.
    Handlers are sync or async. Those of an async inbox are given an `AsyncDelivery`.

    fallback: called for every kind without a handler, and for those that are new (``event.kind == "unknown"``).

    Raises TypeError for what cannot be called with a delivery, or is a generator function.
    """

    def __init__(self, *, fallback: DeliveryHandler) -> None:
        self._registry: Registry[DeliveryHandler] = Registry(fallback, "delivery", "handlers")

    def on(self, *kinds: Kind) -> Callable[[_Handler], _Handler]:
        """A decorator that makes a function the handler of these kinds and leaves it as it is.

        Raises ValueError for no kind, an unknown one and one that has a handler; TypeError for what cannot handle.
        """
        return self._registry.on(*kinds)

    def find(self, kind: str) -> Callable[..., object]:
        """The function for a kind."""
        return self._registry.find(kind)


def check_handlers(handlers: object) -> None:
    """Raises TypeError for what is no Handlers."""
    if not isinstance(handlers, Handlers):
        given = type(handlers).__qualname__
        raise TypeError(f"run takes Handlers, as in Handlers(fallback=your_function), and not a {given}")
