"""ASGI and WSGI to the letter, where servers do not go by themselves."""

from __future__ import annotations

import asyncio
import io
from typing import Any

import pytest

from yuno_webhooks import Event, testing
from yuno_webhooks.asgi import app as make_asgi
from yuno_webhooks.receiver import Receiver
from yuno_webhooks.wsgi import app as make_wsgi

from .shop import SECRET, verifier

BODY = testing.sample("payment.purchase")
SIGNATURE = testing.sign(BODY, SECRET)


class Shop:
    def __init__(self) -> None:
        self.events: list[Event] = []
        self.receiver = Receiver(verifier, fallback=self.events.append)

    def run_asgi(self, scope: dict[str, Any], *messages: dict[str, Any], **options: Any) -> list[dict[str, Any]]:
        """What the app sends after these messages; to wait for another is an error."""
        sent: list[dict[str, Any]] = []
        waiting = list(messages)

        async def receive() -> dict[str, Any]:
            return waiting.pop(0)

        async def send(message: Any) -> None:
            sent.append(message)

        asyncio.run(make_asgi(self.receiver, **options)(scope, receive, send))
        assert waiting == []
        return sent

    def run_wsgi(self, body: io.RawIOBase | io.BytesIO, **environ: Any) -> str:
        """The status."""
        started: list[str] = []

        def start(status: str, fields: list[tuple[str, str]], _exc_info: object = None, /) -> Any:
            assert all(name.islower() for name, _ in fields)
            started.append(status)

        values = {"REQUEST_METHOD": "POST", "PATH_INFO": "/", "wsgi.input": body, "HTTP_X_HMAC_SIGNATURE": SIGNATURE}
        list(make_wsgi(self.receiver)({**values, **environ}, start))
        (status,) = started
        return status


@pytest.fixture
def shop() -> Shop:
    return Shop()


def http(**more: Any) -> dict[str, Any]:
    headers = [(b"x-hmac-signature", SIGNATURE.encode())]
    return {"type": "http", "method": "POST", "path": "/", "headers": headers, **more}


def piece(body: bytes, *, more: bool) -> dict[str, Any]:
    return {"type": "http.request", "body": body, "more_body": more}


def test_asgi_pieces_are_put_together(shop: Shop) -> None:
    start, body = shop.run_asgi(
        http(), piece(BODY[:9], more=True), {"type": "http.request", "more_body": True}, piece(BODY[9:], more=False)
    )
    assert start["status"] == 200
    assert body["body"] == b'{"received":true}'
    assert [event.raw for event in shop.events] == [BODY]


def test_an_asgi_client_that_leaves_gets_no_answer_and_makes_no_event(shop: Shop) -> None:
    assert shop.run_asgi(http(), piece(BODY, more=True), {"type": "http.disconnect"}) == []
    assert shop.run_asgi(http(), {"type": "http.disconnect"}) == []
    assert shop.events == []


def test_asgi_lifespans_and_other_scopes(shop: Shop) -> None:
    sent = shop.run_asgi({"type": "lifespan"}, {"type": "lifespan.startup"}, {"type": "lifespan.shutdown"})
    assert [message["type"] for message in sent] == ["lifespan.startup.complete", "lifespan.shutdown.complete"]
    (closed,) = shop.run_asgi({"type": "websocket", "path": "/"}, {"type": "websocket.connect"})
    assert closed["type"] == "websocket.close"
    with pytest.raises(ValueError, match="'telepathy'"):
        shop.run_asgi({"type": "telepathy"})


def test_asgi_paths_do_not_hold_the_mount_point(shop: Shop) -> None:
    for root, path, status in (("", "/yuno", 200), ("/a", "/a/yuno", 200), ("/a", "/yuno", 200), ("", "/a/yuno", 404)):
        messages = [piece(BODY, more=False)] if status == 200 else []
        assert shop.run_asgi(http(root_path=root, path=path), *messages, path="/yuno")[0]["status"] == status


def test_a_path_has_a_leading_slash(shop: Shop) -> None:
    with pytest.raises(ValueError, match="'/yuno', not 'yuno'"):
        make_asgi(shop.receiver, path="yuno")
    with pytest.raises(ValueError, match="'/', not ''"):
        make_wsgi(shop.receiver, path="")


class Endless(io.RawIOBase):
    """To read from it would wait for ever."""

    def read(self, size: int = -1) -> bytes:
        raise AssertionError(f"read {size} bytes that the server did not give")


@pytest.mark.parametrize(
    ("environ", "status"),
    [
        ({}, "401 Unauthorized"),  # no body
        ({"CONTENT_LENGTH": ""}, "401 Unauthorized"),
        ({"CONTENT_LENGTH": "0"}, "401 Unauthorized"),
        ({"HTTP_TRANSFER_ENCODING": "chunked"}, "411 Length Required"),
        ({"CONTENT_LENGTH": "-1"}, "400 Bad Request"),
        ({"CONTENT_LENGTH": "ten"}, "400 Bad Request"),
        ({"CONTENT_LENGTH": "9" * 5000}, "413 "),
        ({"REQUEST_METHOD": "GET"}, "405 Method Not Allowed"),
    ],
)
def test_wsgi_reads_no_more_than_there_is(shop: Shop, environ: dict[str, str], status: str) -> None:
    assert shop.run_wsgi(Endless(), **environ).startswith(status)
    assert shop.events == []


def test_wsgi_reads_its_body_only(shop: Shop) -> None:
    stream = io.BytesIO(BODY + b"GET / HTTP/1.1")
    assert shop.run_wsgi(stream, CONTENT_LENGTH=str(len(BODY))) == "200 OK"
    assert stream.read() == b"GET / HTTP/1.1"
    assert shop.run_wsgi(io.BytesIO(BODY), **{"wsgi.input_terminated": True}) == "200 OK"
    assert shop.run_wsgi(io.BytesIO(BODY[:-1]), CONTENT_LENGTH=str(len(BODY))) == "400 Bad Request"
    assert len(shop.events) == 2
