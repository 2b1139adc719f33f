"""A receiver with an inbox, by every adapter that is not a framework's, and what is told when storing fails."""

from __future__ import annotations

import asyncio
import io
import logging
import sqlite3
import traceback
from collections.abc import Callable
from typing import Any

import pytest

from yuno_webhooks import Event, InboxError, PayloadError, WebhookError, asgi, aws_lambda, testing, wsgi
from yuno_webhooks.inbox import Inbox, Outcome
from yuno_webhooks.receiver import Receiver
from yuno_webhooks.testing import Request

from .conftest import Opener
from .shop import PRIVATE, SECRET, VERIFIER, connect, is_async, make_body, make_event, working

Send = Callable[[Request], tuple[int, bytes]]
RECEIVED = b'{"received":true}'


def make_asgi(receiver: Receiver) -> Send:
    app = asgi.app(receiver)

    def send(request: Request) -> tuple[int, bytes]:
        sent: list[Any] = []

        async def receive() -> Any:
            return {"type": "http.request", "body": request.body}

        async def answer(message: Any) -> None:
            sent.append(message)

        headers = [(name.encode(), value.encode()) for name, value in request.headers.items()]
        scope = {"type": "http", "method": "POST", "path": "/", "headers": headers}
        asyncio.run(app(scope, receive, answer))
        return sent[0]["status"], sent[1]["body"]

    return send


def make_wsgi(receiver: Receiver) -> Send:
    app = wsgi.app(receiver)

    def send(request: Request) -> tuple[int, bytes]:
        statuses: list[str] = []

        def start(status: str, _fields: list[tuple[str, str]], _exc_info: object = None, /) -> Any:
            statuses.append(status)

        environ: dict[str, Any] = {
            f"HTTP_{name.upper().replace('-', '_')}": value for name, value in request.headers.items()
        }
        environ |= {"REQUEST_METHOD": "POST", "CONTENT_LENGTH": str(len(request.body))}
        body = b"".join(app({**environ, "wsgi.input": io.BytesIO(request.body)}, start))
        return int(statuses[0][:3]), body

    return send


def make_lambda(receiver: Receiver) -> Send:
    function = aws_lambda.handler(receiver)

    def send(request: Request) -> tuple[int, bytes]:
        answer = function(request.as_lambda(), None)
        return answer["statusCode"], answer["body"].encode()

    return send


@pytest.fixture(params=[make_asgi, make_wsgi, make_lambda], ids=["asgi", "wsgi", "lambda"])
def adapter(request: pytest.FixtureRequest) -> Callable[[Receiver], Send]:
    chosen: Callable[[Receiver], Send] = request.param
    return chosen


def test_a_receiver_stores_and_answers(
    opened: Opener, adapter: Callable[[Receiver], Send], caplog: pytest.LogCaptureFixture
) -> None:
    told: list[str] = []

    def tell(outcome: Outcome) -> None:
        told.append(outcome.result)

    inbox = opened(on_outcome=tell)
    send = adapter(Receiver(VERIFIER, inbox=inbox))
    delivery = testing.delivery("payment.purchase", secret=SECRET, merchant_reference=PRIVATE)
    novel = Request(b'{"type":"telepathy"}', testing.headers(b'{"type":"telepathy"}', SECRET))
    empty = Request(b"", testing.headers(b"", SECRET))
    with caplog.at_level(logging.DEBUG):
        assert send(delivery) == (200, RECEIVED)
        assert send(delivery.redelivered(3)) == (200, RECEIVED)
        assert send(novel) == (200, RECEIVED)
        assert told == ["accepted", "duplicate", "accepted"]
        for wrong in (delivery.forged(), delivery.tampered(), delivery.unsigned(), Request(b"", {})):
            assert send(wrong) == (401, b"")
        assert len(told) == 3
        assert send(delivery.unreadable())[0] == 200
        assert send(delivery.unreadable())[0] == 200
        assert send(empty)[0] == 200
    assert told[3:] == ["unreadable", "duplicate"]
    stats = inbox.stats()
    assert (stats.pending, stats.dead, stats.duplicates) == (2, 1, 2)
    assert inbox.find(Event.parse_unverified(delivery.body).dedupe_key).body == delivery.body
    assert PRIVATE not in caplog.text
    assert SECRET not in caplog.text


def break_store(address: str) -> None:
    with connect(address) as connection:
        connection.execute("ALTER TABLE yuno_inbox RENAME TO elsewhere")


def mend_store(address: str) -> None:
    with connect(address) as connection:
        connection.execute("ALTER TABLE elsewhere RENAME TO yuno_inbox")


@pytest.mark.sql
def test_a_receiver_whose_store_is_down_has_it_sent_again(
    opened: Opener, address: str, adapter: Callable[[Receiver], Send], caplog: pytest.LogCaptureFixture
) -> None:
    told: list[Outcome] = []
    inbox = opened(on_outcome=told.append)
    send = adapter(Receiver(VERIFIER, inbox=inbox))
    delivery = testing.delivery("payment.purchase", secret=SECRET, merchant_reference=PRIVATE)
    break_store(address)
    with caplog.at_level(logging.DEBUG):
        assert send(delivery)[0] == 503
        assert send(delivery.unreadable())[0] == 503
        # What is not authentic does not come so far.
        assert send(delivery.forged())[0] == 401
    assert [(outcome.result, outcome.kind) for outcome in told] == [
        ("unavailable", "payment.purchase"),
        ("unavailable", None),
    ]
    assert "what was not stored is answered 503" in caplog.text
    assert PRIVATE not in caplog.text
    mend_store(address)
    assert send(delivery.redelivered()) == (200, RECEIVED)
    assert inbox.stats()[:1] == (1,)


def test_handlers_and_an_inbox_do_not_go_together(inbox: Inbox) -> None:
    make: Any = Receiver
    for options in ({"fallback": print}, {"on_unreadable": print}, {"fallback": print, "on_unreadable": print}):
        with pytest.raises(TypeError, match=r"calls no functions: give them to Handlers, and these to inbox\.run"):
            make(VERIFIER, inbox=inbox, **options)
    with pytest.raises(TypeError, match=r"give them to Handlers, and these to inbox\.run"):
        Receiver(VERIFIER, inbox=inbox).on("payment.purchase")
    with pytest.raises(TypeError, match=r"fallback must be a function .* or give an inbox"):
        make(VERIFIER)
    for wrong in ("inbox.db", inbox.accept, type(inbox), sqlite3):
        with pytest.raises(TypeError, match=r"inbox must be an Inbox, as in SQLiteInbox\('inbox.db'\), and not"):
            make(VERIFIER, inbox=wrong)


def shown(error: BaseException) -> str:
    """All that a reporter of errors could send: the variables of every frame, of the error and of its causes."""
    return "".join(traceback.TracebackException.from_exception(error, capture_locals=True).format())


@pytest.mark.sql
def test_a_failure_to_store_shows_no_body(inbox: Inbox, address: str, caplog: pytest.LogCaptureFixture) -> None:
    if is_async(address):
        pytest.skip("the frames of what makes it sync hold the body; test_async.py looks at it alone")
    body = f'["{PRIVATE}"]'.encode()
    with pytest.raises(PayloadError) as unreadable:
        Event.parse_unverified(body)
    reason = unreadable.value.with_traceback(None)
    calls: list[Callable[[], object]] = [lambda: inbox.accept(make_event())]
    # Not in a variable of the test's own frames, which are looked at too.
    calls.append(_Unreadable(inbox, body, reason))
    del body, unreadable
    break_store(address)
    errors: list[WebhookError] = []
    with caplog.at_level(logging.DEBUG):
        for call in calls:
            with pytest.raises(InboxError) as caught:
                call()
            errors.append(caught.value)
    if address.startswith("postgresql:"):
        # Where it is slow, the driver's error is another one.
        import psycopg

        mend_store(address)
        with psycopg.connect(address) as connection:
            connection.execute("LOCK TABLE yuno_inbox")
            with pytest.raises(InboxError) as caught:
                calls[1]()
            errors.append(caught.value)
    assert {error.code for error in errors} == {"STORE_UNAVAILABLE"}
    for error in errors:
        assert error.__cause__ is not None
        text = shown(error)
        assert "in _accept" in text
        assert PRIVATE not in text
    assert PRIVATE not in caplog.text


class _Unreadable:
    """A call that shows nothing of what it is made with."""

    __slots__ = ("_body", "_error", "_inbox")

    def __init__(self, inbox: Inbox, body: bytes, error: PayloadError) -> None:
        self._inbox, self._body, self._error = inbox, body, error

    def __call__(self) -> object:
        return self._inbox.accept_unreadable(self._body, self._error)


@pytest.mark.sql
def test_what_workers_log_shows_no_body(inbox: Inbox, address: str, caplog: pytest.LogCaptureFixture) -> None:
    tried: list[str] = []

    class Reporter(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            if record.exc_info is not None and record.exc_info[1] is not None:
                tried.append(shown(record.exc_info[1]))

    reporter = Reporter()
    logger = logging.getLogger("yuno_webhooks")
    logger.addHandler(reporter)
    try:
        inbox.accept(Event.parse_unverified(make_body()))
        with working(inbox, lambda delivery: delivery.no_such_attribute):  # type: ignore[attr-defined]
            while inbox.stats().dead == 0:
                pass
            break_store(address)
            while "nothing can be claimed" not in caplog.text:
                pass
    finally:
        logger.removeHandler(reporter)
    mend_store(address)
    assert len(tried) == 3
    assert PRIVATE not in caplog.text + "".join(tried)
    # Which error it was: the class, and what the database calls it.
    assert "(UndefinedTable 42P01)" in caplog.text or "(OperationalError" in caplog.text
