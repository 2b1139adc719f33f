"""Which function handles which kind of event."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar, cast

from ._checks import check_function
from ._kinds import check_kind
from .types import Kind

_Handler = TypeVar("_Handler", bound=Callable[..., object])
_Own = TypeVar("_Own", bound=Callable[..., object])


class Registry(Generic[_Handler]):
    """Functions by kind, and one for all other kinds."""

    def __init__(self, fallback: _Handler, argument: str, decorator: str) -> None:
        check_function("fallback", fallback, argument)
        self._fallback = fallback
        self._argument = argument
        self._example = f"@{decorator}.on('payment.purchase')"
        self._by_kind: dict[str, _Handler] = {}

    def find(self, kind: str) -> _Handler:
        """The function for a kind."""
        return self._by_kind.get(kind, self._fallback)

    def on(self, *kinds: Kind) -> Callable[[_Own], _Own]:
        """A decorator that registers a function for these kinds."""
        for place, kind in enumerate(kinds):
            if callable(kind):
                raise TypeError(f"give the kinds to handle, as in {self._example}")
            check_kind(kind, or_unknown=True)
            if kind in self._by_kind or kind in kinds[:place]:
                raise ValueError(f"{kind!r} has a handler already; call both functions from one")
        if not kinds:
            raise ValueError(f"name the kinds to handle, as in {self._example}")

        def register(handler: _Own) -> _Own:
            check_function("a handler", handler, self._argument)
            self._by_kind.update(dict.fromkeys(kinds, cast("_Handler", handler)))
            return handler

        return register
