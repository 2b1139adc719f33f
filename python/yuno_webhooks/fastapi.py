"""Receives deliveries in FastAPI: a router for a receiver, or a dependency that gives a verified event.

In Starlette, ``Route("/webhooks/yuno", yuno_webhooks.asgi.app(receiver))`` does what the router does.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from http import HTTPStatus
from typing import Any

from ._body import collect
from ._checks import check_receiver, check_verifier
from ._core import Event, Reply, Verifier
from ._extras import missing
from ._http import BAD_REQUEST, Answer, delivery_paths, to_reply
from ._log import log_refusal
from .asgi import admit, join_values
from .errors import WebhookError
from .receiver import Receiver

try:
    from fastapi import APIRouter, HTTPException, Request, Response
    from starlette.requests import ClientDisconnect
except ImportError as error:
    raise missing("FastAPI", "fastapi", error) from error

__all__ = ["delivery", "router"]


def router(receiver: Receiver, path: str = "/webhooks/yuno", *, fixed_paths: bool = False) -> APIRouter:
    """A router that receives by POST at the path and, if asked, at ``FIXED_PATHS``. It is not in the OpenAPI schema.

    A prefix given to ``include_router`` comes before the fixed paths too; include a router with them without one.
    Raises ValueError for a path without its leading slash.
    """
    check_receiver(receiver, "fastapi.router", is_async=True)

    async def receive(request: Request) -> Response:
        return _to_response(await _answer(receiver, request))

    made = APIRouter()
    for each in delivery_paths(path, fixed_paths=fixed_paths):
        made.add_api_route(each, receive, methods=["POST"], response_model=None, include_in_schema=False)
    return made


def delivery(verifier: Verifier) -> Callable[[Request], Coroutine[Any, Any, Event]]:
    """A dependency that gives a verified event: ``event: Annotated[Event, Depends(delivery(verifier))]``.

    The endpoint handles and answers; the raw body is ``event.raw``. A refused delivery raises HTTPException with the
    status of its error and a detail that is the same for every error of that status.
    """
    check_verifier(verifier, "fastapi.delivery", "Depends(delivery(Verifier.from_env()))")

    async def verify(request: Request) -> Event:
        headers = request.headers.raw
        try:
            verifier.admit(
                content_length=join_values(headers, b"content-length"),
                content_encoding=join_values(headers, b"content-encoding"),
            )
            return verifier.verify(await collect(request.stream(), verifier.max_body_bytes), headers)
        except WebhookError as error:
            log_refusal(error)
            status = Reply.to_error(error).status
        except ClientDisconnect:
            status = BAD_REQUEST.status
        # Outside of the handler, so that the error is no part of this one's traceback.
        raise HTTPException(status, HTTPStatus(status).phrase)

    return verify


async def _answer(receiver: Receiver, request: Request) -> Answer:
    headers = request.headers.raw
    refused = admit(receiver, headers)
    if refused is not None:
        return refused
    try:
        body = await collect(request.stream(), receiver.max_body_bytes)
    except ClientDisconnect:
        return BAD_REQUEST  # nobody is there to read it
    return to_reply(await receiver.areceive(body, headers))


def _to_response(answer: Answer) -> Response:
    return Response(answer.body, answer.status, dict(answer.fields))
