"""What is passed in the wrong place is told at construction, together with what belongs there."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable

from ._core import Backoff, Verifier


def check_verifier(verifier: object, taker: str, form: str = "Verifier.from_env()") -> None:
    """Raises TypeError for what is no Verifier; the form is how to make one here."""
    if not isinstance(verifier, Verifier):
        raise TypeError(f"{taker} takes a Verifier, as in {form}, and not {_name(verifier)}")


def check_receiver(receiver: object, taker: str, *, is_async: bool = False) -> None:
    """Raises TypeError for what is no Receiver, and for one with an async inbox where the taker has no event loop."""
    from .receiver import Receiver

    if not isinstance(receiver, Receiver):
        form = "Receiver(Verifier.from_env(), fallback=your_function)"
        raise TypeError(f"{taker} takes a Receiver, as in {form}, and not {_name(receiver)}")
    if receiver.has_async_inbox and not is_async:
        raise TypeError(f"{taker} {NO_LOOP}")


NO_LOOP = (
    "has no event loop, and the receiver's inbox is an async one: give the receiver a sync inbox, such as "
    "PostgresInbox on the same database, or serve it by an async adapter (asgi, fastapi, django.async_view)"
)


def check_inbox(inbox: object) -> bool:
    """Whether an inbox is an async one. Raises TypeError for what is no inbox."""
    from .inbox import Inbox
    from .inbox._rules import Rules

    if not isinstance(inbox, Rules):
        raise TypeError(f"inbox must be an Inbox, as in SQLiteInbox('inbox.db'), and not {_name(inbox)}")
    return not isinstance(inbox, Inbox)


def check_backoff(backoff: object) -> None:
    """Raises TypeError for what is no Backoff."""
    if not isinstance(backoff, Backoff):
        raise TypeError(f"backoff must be a Backoff, as in Backoff(attempts=24), and not {_name(backoff)}")


def check_span(span: object) -> None:
    """Raises TypeError for what is no span of time."""
    from datetime import timedelta

    if not isinstance(span, timedelta):
        raise TypeError(f"a span of time is a datetime.timedelta, as in timedelta(seconds=60), and not {_name(span)}")


# What is no path of a file, or may be an address, which may hold a password; also one that was taken for a path before,
# as Path(url) does it, or that is key=value text.
NO_FILE = re.compile(
    r"\A(?:\Z|:memory:|file:)|://|[a-z][a-z0-9+.-]+:/|:(?!\\)[^/]*@|(?:password|passwd|pwd)\s*=", re.IGNORECASE
)


def check_path(name: str) -> None:
    """Raises ValueError for what is not to be a file, without repeating it: a path is named in errors."""
    if NO_FILE.search(name):
        raise ValueError(
            "an inbox needs the path of a file: what is only in memory is lost with the process, and for an "
            "address of PostgreSQL there is PostgresInbox"
        )


def check_function(role: str, function: object, arguments: str) -> None:
    """Raises TypeError for what cannot be called with these arguments by position, and for generators."""
    if not callable(function):
        raise TypeError(f"{role} must be a function, sync or async, and not {_name(function)}")
    # It would only be made, not run, and the event would be acknowledged.
    if inspect.isgeneratorfunction(function) or inspect.isasyncgenfunction(function):
        raise TypeError(f"{role} must not yield: a generator does not run when it is called")
    signature = _find_signature(function)
    if signature is None:
        return
    try:
        signature.bind(*arguments.split(", "))
    except TypeError as error:
        raise TypeError(f"{role} is called with ({arguments}), which {_label(function)} cannot take: {error}") from None


def _find_signature(function: Callable[..., object]) -> inspect.Signature | None:
    try:
        return inspect.signature(function)
    except Exception:  # noqa: BLE001, from Python 3.14 on annotations are run here, and may raise anything
        return None


def _label(function: Callable[..., object]) -> str:
    return str(getattr(function, "__qualname__", type(function).__qualname__))


def _name(given: object) -> str:
    return f"the class {given.__qualname__}" if isinstance(given, type) else f"a {type(given).__qualname__}"
