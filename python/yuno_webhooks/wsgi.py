"""Receives deliveries under any WSGI server."""

from __future__ import annotations

from collections.abc import Iterable
from http import HTTPStatus
from typing import TYPE_CHECKING

from ._body import read_environ
from ._checks import check_receiver
from ._http import Answer, Door, to_reply
from .receiver import Receiver

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

__all__ = ["app"]


def app(receiver: Receiver, *, path: str | None = None, fixed_paths: bool = False) -> WSGIApplication:
    """A WSGI app that receives by POST at the path (None: at every path) and, if asked, at ``FIXED_PATHS``.

    Raises ValueError for a path without its leading slash.
    """
    check_receiver(receiver, "wsgi.app")
    door = Door(path, fixed_paths=fixed_paths)

    def serve(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        # WSGI hands the bytes of a path over as latin-1.
        requested = str(environ.get("PATH_INFO", "")).encode("latin-1", "replace").decode("utf-8", "replace")
        answer = door.refuse(environ["REQUEST_METHOD"], requested) or receive(receiver, environ)
        start_response(f"{answer.status} {HTTPStatus(answer.status).phrase}", list(answer.fields))
        return [answer.body]

    return serve


def receive(receiver: Receiver, environ: WSGIEnvironment) -> Answer:
    """The response to one delivery."""
    reply = receiver.admit(
        content_length=environ.get("CONTENT_LENGTH"), content_encoding=environ.get("HTTP_CONTENT_ENCODING")
    )
    if reply is not None:
        return to_reply(reply)
    body = read_environ(environ, receiver.max_body_bytes)
    if isinstance(body, Answer):
        return body
    # The core knows the names that WSGI gives to headers.
    return to_reply(receiver.receive(body, environ))
