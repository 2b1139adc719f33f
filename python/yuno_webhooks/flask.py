"""Receives deliveries in Flask: a blueprint for a receiver, or a decorator for views that take a verified event."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from functools import wraps
from io import BytesIO
from typing import Any, Concatenate, ParamSpec, Protocol, TypeVar, overload

from ._body import is_endless, read_at_most, read_body
from ._checks import check_receiver, check_verifier
from ._core import Event, Reply, Verifier
from ._extras import missing
from ._http import LENGTH_REQUIRED, Answer, delivery_paths, to_reply
from ._log import log_refusal
from .errors import WebhookError
from .receiver import Receiver

try:
    from flask import Blueprint, Response, current_app, request
    from werkzeug.datastructures import Headers
except ImportError as error:
    raise missing("Flask", "flask", error) from error

__all__ = ["blueprint", "verified"]

_Rest = ParamSpec("_Rest")
_Returned = TypeVar("_Returned")


def blueprint(
    receiver: Receiver, path: str = "/webhooks/yuno", *, fixed_paths: bool = False, name: str = "yuno_webhooks"
) -> Blueprint:
    """A blueprint that receives by POST at the path and, if asked, at ``FIXED_PATHS``.

    name: the blueprint's own, for a second one in the same app. A ``url_prefix`` comes before the fixed paths too;
    register a blueprint with them without one. Raises ValueError for a path without its leading slash.
    """
    check_receiver(receiver, "flask.blueprint")

    def receive() -> Response:
        reply = receiver.admit(**_announced())
        return _to_response(_answer(receiver) if reply is None else to_reply(reply))

    made = Blueprint(name, __name__)
    for each in delivery_paths(path, fixed_paths=fixed_paths):
        made.add_url_rule(each, "receive", receive, methods=["POST"], provide_automatic_options=False)
    return made


class _Decorator(Protocol):
    @overload
    def __call__(
        self, view: Callable[Concatenate[Event, _Rest], Coroutine[Any, Any, _Returned]], /
    ) -> Callable[_Rest, _Returned | Response]: ...
    @overload
    def __call__(
        self, view: Callable[Concatenate[Event, _Rest], _Returned], /
    ) -> Callable[_Rest, _Returned | Response]: ...


def verified(verifier: Verifier) -> _Decorator:
    """A decorator that gives a view, sync or async, the verified event as its first argument, before those of the URL.

    It stands below the route's decorator. The view handles and answers; a refused delivery does not reach it.
    """
    check_verifier(verifier, "flask.verified", "@verified(Verifier.from_env())")

    def decorate(view: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(view)
        def check(*args: object, **kwargs: object) -> object:
            try:
                verifier.admit(**_announced())
                body = _read_body(verifier.max_body_bytes)
                if isinstance(body, Answer):
                    return _to_response(body)
                event = verifier.verify(body, request.headers)
            except WebhookError as error:
                log_refusal(error)
                return _to_response(to_reply(Reply.to_error(error)))
            # Flask cannot see that the view is async, for this function is not.
            return current_app.ensure_sync(view)(event, *args, **kwargs)

        return check

    return decorate


def _answer(receiver: Receiver) -> Answer:
    body = _read_body(receiver.max_body_bytes)
    return body if isinstance(body, Answer) else to_reply(receiver.receive(body, request.headers))


def _announced() -> dict[str, str | None]:
    return {
        "content_length": request.headers.get("content-length"),
        "content_encoding": request.headers.get("content-encoding"),
    }


def _read_body(limit: int) -> bytes | Answer:
    if is_endless(request.environ):
        return LENGTH_REQUIRED
    # A stream that is at its end was read before, and then Flask may hold what was in it.
    body = read_at_most(request.stream.read, limit + 1)
    if isinstance(body, Answer):
        return body
    body = body or request.get_data()
    # Once more, to compare the body with its declared length, which Flask does under some servers only.
    return read_body(BytesIO(body).read, request.headers.get("content-length"), limit)


def _to_response(answer: Answer) -> Response:
    response = Response(answer.body, answer.status)
    response.headers = Headers(answer.fields)  # without the content-type of a page
    return response
