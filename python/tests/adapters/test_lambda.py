"""Events as the gateways of Lambda write them, and answers as each of them reads them."""

from __future__ import annotations

import base64
import logging
from typing import Any

import pytest

from yuno_webhooks import Event, PayloadError, Verifier, testing
from yuno_webhooks.aws_lambda import handler
from yuno_webhooks.receiver import Receiver

SECRET = "a-test-secret"
BODY = testing.sample("payment.purchase")
HEADERS = testing.headers(BODY, SECRET)
FORMS = ("rest", "http", "url", "alb", "alb several")
SEVERAL = ("rest", "alb several")


class Shop:
    def __init__(self) -> None:
        self.events: list[Event] = []
        self.kept: list[bytes] = []
        verifier = Verifier(hmac_secret=SECRET, max_body_bytes=100_000)
        self.function = handler(Receiver(verifier, fallback=self.events.append, on_unreadable=self.keep))

    def keep(self, body: bytes, error: PayloadError) -> None:
        assert error.stage == "payload"
        self.kept.append(body)


@pytest.fixture
def shop() -> Shop:
    return Shop()


def request(
    form: str, body: bytes | str | None = BODY, method: str = "POST", *more: tuple[str, str], **fields: Any
) -> dict[str, Any]:
    """The event that a gateway makes of a request: `rest`, `http`, `url` (a function URL), `alb` or `alb several`."""
    pairs = [*HEADERS.items(), *more]
    joined: dict[str, str] = {}
    several: dict[str, list[str]] = {}
    for name, value in pairs:
        several.setdefault(name, []).append(value)
        joined[name] = f"{joined[name]},{value}" if form in {"http", "url"} and name in joined else value
    event: dict[str, Any] = {
        "body": body.decode() if isinstance(body, bytes) else body,
        "isBase64Encoded": False,
    }
    if form in {"http", "url"}:
        event |= {"version": "2.0", "rawPath": "/", "headers": joined, "requestContext": {"http": {"method": method}}}
    elif form == "rest":
        event |= {
            "httpMethod": method,
            "path": "/",
            "headers": joined,
            "multiValueHeaders": several,
            "requestContext": {"apiId": "a"},
        }
    else:
        headers = {"headers": joined} if form == "alb" else {"multiValueHeaders": several}
        event |= {"httpMethod": method, "path": "/", **headers, "requestContext": {"elb": {"targetGroupArn": "t"}}}
    return {**event, **fields}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("encoded", [False, True])
def test_a_delivery_is_received(shop: Shop, form: str, encoded: bool) -> None:
    body = base64.b64encode(BODY) if encoded else BODY
    answer = shop.function(request(form, body, isBase64Encoded=encoded), None)
    assert (answer["statusCode"], answer["body"], answer["isBase64Encoded"]) == (200, '{"received":true}', False)
    assert answer.get("statusDescription") == ("200 OK" if form.startswith("alb") else None)
    if form in SEVERAL:
        assert answer["multiValueHeaders"] == {"content-type": ["application/json"], "content-length": ["17"]}
    else:
        assert answer["headers"] == {"content-type": "application/json", "content-length": "17"}
    assert ("headers" in answer) != ("multiValueHeaders" in answer)
    assert [event.raw for event in shop.events] == [BODY]


@pytest.mark.parametrize("form", FORMS)
def test_what_is_refused_is_no_event(shop: Shop, form: str) -> None:
    for event, status in (
        (request(form, BODY + b" "), 401),
        (request(form, None), 401),
        (request(form, "\ud800"), 401),
        (request(form, "x" * 100_001), 413),
        (request(form, BODY, "POST", ("Content-Length", "100001")), 413),
        (request(form, BODY, "POST", ("Content-Encoding", "gzip")), 415),
        (request(form, BODY, "GET"), 405),
        (request(form, "no base64!", isBase64Encoded=True), 400),
        (request(form, "é", isBase64Encoded=True), 400),
    ):
        answer = shop.function(event, None)
        assert (answer["statusCode"], answer["body"]) == (status, "")
    assert (shop.events, shop.kept) == ([], [])


@pytest.mark.parametrize("form", ["rest", "http", "url", "alb several"])
def test_a_repeated_header_is_refused(shop: Shop, form: str) -> None:
    answer = shop.function(request(form, BODY, "POST", ("x-hmac-signature", HEADERS["x-hmac-signature"])), None)
    assert answer["statusCode"] == 401
    assert shop.events == []


def test_an_unreadable_body_is_kept(shop: Shop) -> None:
    event = request("http", b"[1]")
    event["headers"] = testing.headers(b"[1]", SECRET)
    assert shop.function(event, None)["statusCode"] == 200
    assert shop.kept == [b"[1]"]


@pytest.mark.parametrize("event", [{}, {"Records": []}, {"requestContext": None}, {"httpMethod": 5}])
def test_an_event_that_is_no_request_says_so(shop: Shop, event: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="no HTTP request of API Gateway"):
        shop.function(event, None)


def test_no_headers_are_no_credentials(shop: Shop, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, "yuno_webhooks"):
        assert shop.function(request("rest", headers=None, multiValueHeaders=None), None)["statusCode"] == 401
    assert [record.getMessage().rpartition(":")[0] for record in caplog.records] == [
        "a delivery was refused: SIGNATURE_MISSING"
    ]


@pytest.mark.parametrize("body", [{"type": "payment"}, {}, [], 5, False])
def test_a_body_that_was_parsed_says_so(shop: Shop, body: Any) -> None:
    with pytest.raises(TypeError, match="not parsed"):
        shop.function(request("http", body), None)


def test_a_delivery_of_the_tests_is_received(shop: Shop) -> None:
    delivery = testing.delivery("payment.refund", secret=SECRET)
    assert shop.function(delivery.as_lambda(), None)["statusCode"] == 200
    assert [event.raw for event in shop.events] == [delivery.body]
    assert shop.function(delivery.forged().as_lambda(), None)["statusCode"] == 401
