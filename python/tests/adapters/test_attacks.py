"""What attackers tried: nothing is acknowledged that did not run, and nobody gets a traceback out of a server."""

from __future__ import annotations

import asyncio
import io
import traceback
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest

from yuno_webhooks import Event, PayloadError, Reply, Verifier, asgi, testing, wsgi
from yuno_webhooks.aws_lambda import handler
from yuno_webhooks.receiver import Receiver

SECRET = "a-test-secret"
DELIVERY = testing.delivery("payment.purchase", secret=SECRET)


def nothing(_: Event) -> None:
    """Handles."""


def receiver() -> Receiver:
    return Receiver(Verifier(hmac_secret=SECRET), fallback=nothing)


class Yielding:
    def __call__(self, _: Event) -> Iterator[None]:
        yield None


def generator(_: Event) -> Iterator[None]:
    yield None


async def async_generator(_: Event) -> AsyncIterator[None]:
    yield None


def through_a_generator(event: Event) -> object:
    return generator(event)


def through_an_async_generator(event: Event) -> object:
    return async_generator(event)


@pytest.mark.parametrize("function", [Yielding(), through_a_generator, through_an_async_generator])
def test_a_function_that_only_made_a_generator_is_not_acknowledged(function: Any) -> None:
    made = Receiver(Verifier(hmac_secret=SECRET), fallback=function)
    assert made.receive(DELIVERY.body, DELIVERY.headers).status == 503


async def cancelled(_: Event) -> None:
    raise asyncio.CancelledError


def test_a_handler_that_is_cancelled_has_the_event_sent_again() -> None:
    made = Receiver(Verifier(hmac_secret=SECRET), fallback=cancelled)
    assert made.receive(DELIVERY.body, DELIVERY.headers).status == 503


def test_an_empty_body_that_no_signature_proves_is_not_acknowledged() -> None:
    stored: list[bytes] = []

    def store(body: bytes, _: PayloadError) -> None:
        stored.append(body)

    unsigned = Verifier(unsigned=True, api_key="k3y-credential")
    made = Receiver(unsigned, fallback=nothing)
    assert made.receive(b"", {"x-api-key": "k3y-credential"}).status == 400
    keeping = Receiver(unsigned, fallback=nothing, on_unreadable=store)
    assert keeping.receive(b"", {"x-api-key": "k3y-credential"}).status == 400
    assert stored == []
    with pytest.raises(PayloadError) as caught:
        unsigned.verify(b"", {"x-api-key": "k3y-credential"})
    assert Reply.to_error(caught.value, stored=True).status == 400
    assert receiver().receive(b"", testing.headers(b"", SECRET)).status == 200


def test_what_stores_the_unreadable_is_not_led_to_body_and_headers() -> None:
    kept: list[PayloadError] = []

    def keep(_: bytes, error: PayloadError) -> None:
        kept.append(error)

    made = Receiver(Verifier(hmac_secret=SECRET), fallback=nothing, on_unreadable=keep)
    made.receive(b"[]", testing.headers(b"[]", SECRET))
    assert [list(traceback.walk_tb(error.__traceback__)) for error in kept] == [[]]


class Broken(io.RawIOBase):
    def read(self, size: int = -1) -> bytes:
        raise OSError(f"no chunk of {size}")


@pytest.mark.parametrize("fields", [{"CONTENT_LENGTH": "0" * 4400 + "5"}, {"wsgi.input_terminated": True}])
def test_a_request_of_a_wrong_form_is_a_400_without_a_traceback(fields: dict[str, Any]) -> None:
    statuses: list[str] = []

    def start_response(status: str, *_: object) -> Any:
        statuses.append(status)

    environ = {"REQUEST_METHOD": "POST", "PATH_INFO": "/", "wsgi.input": Broken(), **fields}
    assert list(wsgi.app(receiver())(environ, start_response)) == [b""]
    assert statuses == ["400 Bad Request"]


async def answered(path: str, root: str) -> int:
    statuses: list[int] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": DELIVERY.body, "more_body": False}

    async def send(message: Any) -> None:
        if message["type"] == "http.response.start":
            statuses.append(message["status"])

    headers = [(name.encode(), value.encode()) for name, value in DELIVERY.headers.items()]
    scope = {"type": "http", "method": "POST", "path": path, "root_path": root, "headers": headers}
    await asgi.app(receiver(), path="/webhooks/yuno")(scope, receive, send)
    return statuses[0]


@pytest.mark.parametrize(
    ("path", "root", "status"),
    [
        ("/webhooks/yuno", "", 200),
        ("/webhooks/yuno", "/web", 200),
        ("/webhooks/yuno", "/", 200),
        ("/api/webhooks/yuno", "/api", 200),
        ("/api/webhooks/yuno", "/api/", 200),
        ("/apiwebhooks/yuno", "/api", 404),
    ],
)
def test_a_mount_point_ends_where_a_segment_ends(path: str, root: str, status: int) -> None:
    assert asyncio.run(answered(path, root)) == status


def test_a_header_that_lambda_gives_as_null_is_absent() -> None:
    event = {"requestContext": {"http": {"method": "POST"}}, "headers": {"x-hmac-signature": None}, "body": "{}"}
    assert handler(receiver())(event, None)["statusCode"] == 401
    event = {"httpMethod": "POST", "multiValueHeaders": {"x-hmac-signature": None, "a": [None]}, "body": "{}"}
    assert handler(receiver())(event, None)["statusCode"] == 401
