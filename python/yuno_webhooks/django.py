"""Receives deliveries in Django: views for a receiver, a ready view that finds it by the settings, and URL patterns.

For the settings' view::

    YUNO_WEBHOOKS = {"RECEIVER": "shop.webhooks.receiver"}
    INSTALLED_APPS = [..., "yuno_webhooks.django"]  # so that ``manage.py check`` looks at the setting
    urlpatterns = [path("webhooks/yuno", yuno_webhooks.django.webhook)]

A sync handler that uses Django's database belongs to ``view``, under ASGI too: Django looks after the connections of
the thread in which it calls sync views, and of no other.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from ._body import read_body, read_environ
from ._checks import NO_LOOP, check_receiver
from ._extras import missing
from ._http import BAD_REQUEST, METHOD_NOT_ALLOWED, Answer, delivery_paths, to_reply
from .errors import ConfigurationError
from .receiver import Receiver

try:
    from django.apps import apps
    from django.conf import settings
    from django.core.checks import CheckMessage, Error, register
    from django.core.exceptions import ImproperlyConfigured
    from django.db import connections
    from django.http import HttpRequest, HttpResponse, UnreadablePostError
    from django.urls import URLPattern, path
    from django.utils.module_loading import import_string
except ImportError as error:
    raise missing("Django", "django", error) from error

__all__ = ["async_view", "urls", "view", "webhook"]

_SETTING = 'YUNO_WEBHOOKS["RECEIVER"]'
_View = TypeVar("_View", bound=Callable[..., object])


def view(receiver: Receiver) -> Callable[[HttpRequest], HttpResponse]:
    """A view that receives by POST, exempt from the check of CSRF tokens, for WSGI and for ASGI.

    Under ``ATOMIC_REQUESTS`` what a handler wrote before it raised is rolled back.
    """
    check_receiver(receiver, "django.view")

    def receive(request: HttpRequest) -> HttpResponse:
        return _serve(receiver, request)

    return _exempt(receive)


def async_view(receiver: Receiver) -> Callable[[HttpRequest], Coroutine[Any, Any, HttpResponse]]:
    """As ``view``, for async handlers under ASGI. Django takes no async views together with ``ATOMIC_REQUESTS``."""
    check_receiver(receiver, "django.async_view", is_async=True)

    async def receive(request: HttpRequest) -> HttpResponse:
        body = _read(receiver, request)
        if isinstance(body, Answer):
            return _to_response(body)
        return _to_response(to_reply(await receiver.areceive(body, request.headers)))

    return _exempt(receive)


def webhook(request: HttpRequest) -> HttpResponse:
    """``view`` of the receiver that ``settings.YUNO_WEBHOOKS["RECEIVER"]`` names, such as ``"shop.webhooks.receiver"``.

    Raises ImproperlyConfigured if it names none.
    """
    return _serve(_find_receiver(), request)


def urls(receiver: Receiver, route: str = "webhooks/yuno", *, fixed_paths: bool = False) -> list[URLPattern]:
    """Patterns for ``urlpatterns`` of the project; with ``fixed_paths`` not below an ``include`` that has a prefix."""
    check_receiver(receiver, "django.urls")
    paths = delivery_paths("/" + route.lstrip("/"), fixed_paths=fixed_paths)
    return [path(each.lstrip("/"), view(receiver)) for each in paths]


def _serve(receiver: Receiver, request: HttpRequest) -> HttpResponse:
    body = _read(receiver, request)
    answer = body if isinstance(body, Answer) else to_reply(receiver.receive(body, request.headers))
    if answer.status != 200:
        _roll_back()
    return _to_response(answer)


def _read(receiver: Receiver, request: HttpRequest) -> bytes | Answer:
    if request.method != "POST":
        return METHOD_NOT_ALLOWED
    declared = str(request.META.get("CONTENT_LENGTH") or "")
    reply = receiver.admit(content_length=declared, content_encoding=request.headers.get("content-encoding"))
    if reply is not None:
        return to_reply(reply)
    environ: dict[str, Any] | None = getattr(request, "environ", None)  # under WSGI only
    if environ is not None and not declared:
        # Django takes every body without a length to be empty; the server may know better.
        return read_environ(environ, receiver.max_body_bytes)
    try:
        return read_body(request.read, declared, receiver.max_body_bytes)
    except UnreadablePostError:
        return BAD_REQUEST


def _find_receiver() -> Receiver:
    try:
        name: object = settings.YUNO_WEBHOOKS["RECEIVER"]
    except (AttributeError, KeyError, TypeError):
        name = None
    if not isinstance(name, str):
        raise ImproperlyConfigured(f"{_SETTING} must name your Receiver, as in 'shop.webhooks.receiver'")
    try:
        found: object = import_string(name)
    except (ImportError, ConfigurationError) as error:
        raise ImproperlyConfigured(f"{_SETTING} is {name!r}, which cannot be imported: {error}") from error
    if not isinstance(found, Receiver):
        raise ImproperlyConfigured(f"{_SETTING} is {name!r}, a {type(found).__name__} and no Receiver")
    if found.has_async_inbox:
        raise ImproperlyConfigured(f"{_SETTING} is {name!r}, which {NO_LOOP}")
    return found


@register
def _check_setting(**_: object) -> list[CheckMessage]:
    """Tells ``manage.py check`` of a wrong setting; of a missing one if the app is installed."""
    if not (hasattr(settings, "YUNO_WEBHOOKS") or apps.is_installed(__name__)):
        return []
    try:
        _find_receiver()
    except ImproperlyConfigured as error:
        return [Error(str(error), id="yuno_webhooks.E001")]
    return []


def _roll_back() -> None:
    """Undoes what the request wrote: a key that stayed without its effect would make the next try a duplicate."""
    for connection in connections.all():
        if connection.settings_dict.get("ATOMIC_REQUESTS") and connection.in_atomic_block:
            connection.set_rollback(True)


def _exempt(made: _View) -> _View:
    # Django's own decorator wraps, and in some releases what it wraps is no longer seen to be async.
    setattr(made, "csrf_exempt", True)  # noqa: B010, functions have no such attribute for type checkers
    return made


setattr(webhook, "csrf_exempt", True)  # noqa: B010


def _to_response(answer: Answer) -> HttpResponse:
    response = HttpResponse(answer.body, status=answer.status)
    del response["content-type"]
    for name, value in answer.fields:
        response[name] = value
    return response
