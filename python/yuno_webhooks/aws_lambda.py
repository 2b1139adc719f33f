"""Receives deliveries in AWS Lambda: behind API Gateway (REST and HTTP APIs), a function URL or a load balancer."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterable, Mapping
from http import HTTPStatus
from typing import Any

from ._checks import check_receiver
from ._http import BAD_REQUEST, METHOD_NOT_ALLOWED, Answer, to_reply
from ._log import logger
from .receiver import Receiver

__all__ = ["handler"]


def handler(receiver: Receiver) -> Callable[[Mapping[str, Any], object], dict[str, Any]]:
    """A Lambda function, ``function(event, context)``, that receives by POST at every path that is routed to it.

    The function raises ValueError for an event that is no HTTP request, and TypeError for a body that was parsed.
    """
    check_receiver(receiver, "aws_lambda.handler")

    def handle(event: Mapping[str, Any], context: object) -> dict[str, Any]:  # noqa: ARG001, Lambda's signature
        return _to_response(_answer(receiver, event), event)

    return handle


def _answer(receiver: Receiver, event: Mapping[str, Any]) -> Answer:
    if _method(event) != "POST":
        return METHOD_NOT_ALLOWED
    headers = _headers(event)
    length, encoding = (_join_values(headers, name) for name in ("content-length", "content-encoding"))
    reply = receiver.admit(content_length=length, content_encoding=encoding)
    if reply is not None:
        return to_reply(reply)
    body = _body(event)
    if body is None:
        logger.warning("a delivery was refused: its body is said to be base64 and is not")
        return BAD_REQUEST
    return to_reply(receiver.receive(body, headers))


def _method(event: Mapping[str, Any]) -> str:
    # HTTP APIs and function URLs have it in the context, REST APIs and load balancers at the top.
    context: Mapping[str, Any] = event.get("requestContext") or {}
    http: Mapping[str, Any] = context.get("http") or {}
    method = http.get("method") or event.get("httpMethod")
    if not isinstance(method, str):
        raise ValueError("this event is no HTTP request of API Gateway, a function URL or a load balancer")
    return method


def _headers(event: Mapping[str, Any]) -> list[tuple[str, str]]:
    # The only form in which a repeated header is seen.
    several: Mapping[str, Iterable[str | None] | None] | None = event.get("multiValueHeaders")
    if several:
        return [(name, value) for name, values in several.items() for value in values or () if value is not None]
    single: Mapping[str, str | None] = event.get("headers") or {}
    return [(name, value) for name, value in single.items() if value is not None]


def _join_values(headers: Iterable[tuple[str, str]], name: str) -> str | None:
    return ", ".join(value for own, value in headers if own.lower() == name) or None


def _body(event: Mapping[str, Any]) -> bytes | None:
    text: object = event.get("body")
    if text is None:
        return b""
    if not isinstance(text, str):
        raise TypeError(
            "the body must be the raw text that the gateway received, not parsed: take the event as it came in, "
            f"and no mapping template or middleware that reads JSON. This is of the type {type(text)}"
        )
    if not event.get("isBase64Encoded"):
        # Half a character has no bytes; what stands for it was not signed.
        return text.encode("utf-8", "replace")
    try:
        return base64.b64decode(text, validate=True)
    except ValueError:
        return None


def _to_response(answer: Answer, event: Mapping[str, Any]) -> dict[str, Any]:
    response: dict[str, Any] = {"statusCode": answer.status, "body": answer.body.decode(), "isBase64Encoded": False}
    if "elb" in (event.get("requestContext") or {}):
        response["statusDescription"] = f"{answer.status} {HTTPStatus(answer.status).phrase}"
    # A load balancer that sends several values a header reads nothing else; a REST API reads both.
    if event.get("multiValueHeaders"):
        return {**response, "multiValueHeaders": {name: [value] for name, value in answer.fields}}
    return {**response, "headers": dict(answer.fields)}
