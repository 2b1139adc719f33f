"""The receiver itself: handlers, threads and loops, errors, and what the log says of them."""

from __future__ import annotations

import asyncio
import contextvars
import functools
import logging
import subprocess
import sys
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Any

import pytest

from yuno_webhooks import Event, PayloadError, Reply, Verifier, error_codes, testing
from yuno_webhooks.receiver import Receiver

SECRET = "a-test-secret"
VERIFIER = Verifier(hmac_secret=SECRET)
BODY = testing.sample("payment.purchase", merchant_reference="pr1vate")
HEADERS = testing.headers(BODY, SECRET)
Run = Callable[[Receiver, bytes], Reply]


def run_sync(receiver: Receiver, body: bytes) -> Reply:
    return receiver.receive(body, testing.headers(body, SECRET))


def run_async(receiver: Receiver, body: bytes) -> Reply:
    return asyncio.run(receiver.areceive(body, testing.headers(body, SECRET)))


def run_sync_below_a_loop(receiver: Receiver, body: bytes) -> Reply:
    async def call() -> Reply:
        return run_sync(receiver, body)

    return asyncio.run(call())


@pytest.fixture(params=[run_sync, run_async, run_sync_below_a_loop])
def run(request: pytest.FixtureRequest) -> Run:
    chosen: Run = request.param
    return chosen


def ignore(event: Event) -> None:
    del event


async def aignore(event: Event) -> None:
    await asyncio.sleep(0)
    del event


def make_awaitable(event: Event) -> Awaitable[None]:
    return aignore(event)


class Awaiting:
    async def __call__(self, event: Event) -> None:
        await aignore(event)


@pytest.mark.parametrize("handler", [ignore, aignore, functools.partial(aignore), Awaiting(), make_awaitable, print])
def test_any_function_handles(run: Run, handler: Any) -> None:
    called: list[Event] = []

    def note(event: Event) -> Any:
        called.append(event)
        return handler(event)

    for each in (handler, note):
        reply = run(Receiver(VERIFIER, fallback=each), BODY)
        assert (reply.status, reply.body) == (200, b'{"received":true}')
    assert [event.raw for event in called] == [BODY]


def test_the_handler_of_the_kind_is_called_and_the_fallback_for_others(run: Run) -> None:
    calls: list[tuple[str, str]] = []
    receiver = Receiver(VERIFIER, fallback=lambda event: calls.append(("other", event.kind)))

    @receiver.on("payment.purchase", "payment.capture")
    def paid(event: Event) -> None:
        calls.append(("paid", event.kind))

    @receiver.on("unknown")
    async def novel(event: Event) -> None:
        calls.append(("novel", event.kind))

    for kind in ("payment.purchase", "payment.capture", "payment.refund"):
        run(receiver, testing.sample(kind))
    run(receiver, b"{}")
    assert calls == [
        ("paid", "payment.purchase"),
        ("paid", "payment.capture"),
        ("other", "payment.refund"),
        ("novel", "unknown"),
    ]
    paid(Event.parse_unverified(BODY))  # a decorated function stays what it was
    assert calls[-1] == ("paid", "payment.purchase")


@pytest.mark.parametrize(
    ("kinds", "text"),
    [
        (["payment.purchas"], "'payment.purchas' is no kind of event; did you mean 'payment.purchase'?"),
        (["payment.prechargeback"], "did you mean 'payment.pre_chargeback'?"),
        (["PURCHASE"], "is no kind of event; did you mean"),
        ([""], "is no kind of event"),
        ([], "name the kinds to handle"),
        (["payment.refund", "payment.refund"], "'payment.refund' has a handler already"),
        (["payment.verify", "payment.cancel"], "'payment.cancel' has a handler already"),
    ],
)
def test_a_wrong_kind_says_what_to_do(kinds: Any, text: str) -> None:
    receiver = Receiver(VERIFIER, fallback=ignore)
    receiver.on("payment.cancel")(ignore)
    with pytest.raises(ValueError, match=text.replace("?", r"\?")):
        receiver.on(*kinds)


def test_a_handler_cannot_be_what_does_not_run() -> None:
    def generate(event: Event) -> Iterator[Event]:
        yield event

    async def agenerate(event: Event) -> AsyncIterator[Event]:
        yield event

    wrong: Any
    for wrong in (generate, agenerate, None, "shop.paid"):
        with pytest.raises(TypeError, match="fallback must"):
            Receiver(VERIFIER, fallback=wrong)
        with pytest.raises(TypeError, match="a handler must"):
            Receiver(VERIFIER, fallback=ignore).on("payment.purchase")(wrong)
    for wrong in (generate, 5):
        with pytest.raises(TypeError, match="on_unreadable must"):
            Receiver(VERIFIER, fallback=ignore, on_unreadable=wrong)
    wrong = SECRET
    with pytest.raises(TypeError, match=r"takes a Verifier, as in Verifier.from_env\(\), and not a str") as caught:
        Receiver(wrong, fallback=ignore)
    assert SECRET not in str(caught.value)


def test_a_handler_takes_what_it_is_called_with() -> None:
    def take_none() -> None: ...

    def take_two(event: Event, more: object) -> None:
        del event, more

    def take_by_name(*, event: Event) -> None:
        del event

    def take_two_or_one(event: Event, more: object = None) -> object:
        return event, more

    def take_any(*events: Event) -> object:
        return events

    receiver = Receiver(VERIFIER, fallback=ignore)
    wrong: Any
    for wrong in (take_none, take_two, take_by_name):
        with pytest.raises(TypeError, match=r"called with \(event\), which .* cannot take"):
            Receiver(VERIFIER, fallback=wrong)
        with pytest.raises(TypeError, match=r"a handler is called with \(event\)"):
            receiver.on("payment.refund")(wrong)
    wrong = ignore
    with pytest.raises(TypeError, match=r"on_unreadable is called with \(body, error\), which ignore cannot take"):
        Receiver(VERIFIER, fallback=ignore, on_unreadable=wrong)
    with pytest.raises(TypeError, match=r"as in @receiver.on\('payment.purchase'\)"):
        receiver.on(wrong)
    right: Any
    for right in (print, dict, take_two_or_one, take_any, functools.partial(take_two, more=1)):
        Receiver(VERIFIER, fallback=right, on_unreadable=print)


def test_an_accepted_event_is_logged_by_kind_and_key(run: Run, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "yuno_webhooks"):
        run(Receiver(VERIFIER, fallback=ignore), BODY)
    key = Event.parse_unverified(BODY).dedupe_key
    records = [(record.levelno, record.getMessage()) for record in caplog.records if record.name == "yuno_webhooks"]
    assert records == [(logging.INFO, f"accepted payment.purchase with key {key}")]


def test_the_receiver_is_found_at_the_top_and_asyncio_is_imported_for_who_needs_it() -> None:
    program = """
import sys
import yuno_webhooks
assert "yuno_webhooks.receiver" not in sys.modules and "asyncio" not in sys.modules
assert not hasattr(yuno_webhooks, "Reciever")
import yuno_webhooks.wsgi, yuno_webhooks.aws_lambda
verifier = yuno_webhooks.Verifier(hmac_secret="s")
receiver = yuno_webhooks.Receiver(verifier, fallback=print)
body = yuno_webhooks.testing.sample("payment.purchase")
assert receiver.receive(body, yuno_webhooks.testing.headers(body, "s")).status == 200
assert "asyncio" not in sys.modules
from yuno_webhooks import *
assert Receiver is yuno_webhooks.receiver.Receiver
"""
    subprocess.run([sys.executable, "-c", program], check=True)


@pytest.mark.parametrize("raised", [ValueError("no stock"), StopIteration(1), TimeoutError(), asyncio.TimeoutError()])
@pytest.mark.parametrize("is_async", [False, True])
def test_what_a_handler_raises_asks_for_another_try(
    run: Run,
    raised: Exception,
    is_async: bool,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def fail(event: Event) -> None:
        del event
        raise raised

    async def afail(event: Event) -> None:
        await aignore(event)
        raise raised

    with caplog.at_level(logging.INFO, "yuno_webhooks"):
        reply = run(Receiver(VERIFIER, fallback=afail if is_async else fail), BODY)
    assert (reply.status, reply.body) == (503, b"")
    (record,) = caplog.records
    key = Event.parse_unverified(BODY).dedupe_key
    assert (record.name, record.levelno) == ("yuno_webhooks", logging.ERROR)
    assert (
        record.getMessage()
        == f"the function for payment.purchase with key {key} raised; the delivery is to be sent again"
    )
    assert record.exc_info
    assert "pr1vate" not in caplog.text


def test_no_frame_of_a_logged_traceback_of_ours_holds_the_body_or_the_headers(
    run: Run, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(event: Event) -> None:
        del event
        raise ValueError("no stock")

    run(Receiver(VERIFIER, fallback=fail), BODY)
    assert caplog.records[0].exc_info
    trace = caplog.records[0].exc_info[2]
    while trace is not None:
        shown = repr(trace.tb_frame.f_locals)
        assert "pr1vate" not in shown
        assert HEADERS["x-hmac-signature"] not in shown
        trace = trace.tb_next


@pytest.mark.parametrize("raised", [asyncio.CancelledError, KeyboardInterrupt, SystemExit])
@pytest.mark.parametrize("run", [run_sync, run_async])
def test_what_ends_a_program_passes_through(run: Run, raised: type[BaseException]) -> None:
    def stop(event: Event) -> None:
        del event
        raise raised

    with pytest.raises(raised):
        run(Receiver(VERIFIER, fallback=stop), BODY)


def test_a_cancelled_delivery_has_no_reply() -> None:
    async def cancel() -> None:
        async def wait(event: Event) -> None:
            del event
            await asyncio.sleep(10)

        task = asyncio.ensure_future(Receiver(VERIFIER, fallback=wait).areceive(BODY, HEADERS))
        await asyncio.sleep(0.01)
        task.cancel()
        await task

    with pytest.raises(asyncio.CancelledError):
        asyncio.run(cancel())


def test_threads_and_contexts() -> None:
    tenant = contextvars.ContextVar("tenant", default="")
    seen: list[tuple[bool, str]] = []

    def note(event: Event) -> None:
        del event
        seen.append((threading.current_thread() is threading.main_thread(), tenant.get()))

    async def anote(event: Event) -> None:
        await aignore(event)
        note(event)

    tenant.set("acme")
    for handler in (note, anote):
        for run in (run_sync, run_async, run_sync_below_a_loop):
            run(Receiver(VERIFIER, fallback=handler), BODY)
    # Apart from the loop, or with a loop of its own; always in the caller's context.
    assert seen == [(True, "acme"), (False, "acme"), (True, "acme"), (True, "acme"), (True, "acme"), (False, "acme")]


@pytest.mark.parametrize("body", [b"pr1vate", b"[]", b'{"type":"payment","type":"payment"}'])
def test_an_unreadable_body_is_kept_if_somebody_keeps_it(
    run: Run, body: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    kept: list[tuple[bytes, str]] = []

    async def keep(body: bytes, error: PayloadError) -> None:
        await asyncio.sleep(0)
        kept.append((body, error.code))

    assert run(Receiver(VERIFIER, fallback=ignore), body).status == 400
    (refused,) = [(record.levelno, record.getMessage()) for record in caplog.records]
    caplog.clear()
    assert run(Receiver(VERIFIER, fallback=ignore, on_unreadable=keep), body).status == 200
    ((stored, code),) = kept
    assert stored == body
    assert (refused[0], refused[1].startswith(f"a delivery was refused: {code}: ")) == (logging.ERROR, True)
    messages = [(record.levelno, record.getMessage()) for record in caplog.records]
    assert messages == [(logging.ERROR, f"an unreadable delivery was stored: {code}")]
    assert "pr1vate" not in caplog.text + refused[1]


def test_an_unreadable_body_that_cannot_be_kept_comes_again(run: Run, caplog: pytest.LogCaptureFixture) -> None:
    def fail(body: bytes, error: PayloadError) -> None:
        raise OSError(f"no space for {len(body)} bytes after {error.code}")

    assert run(Receiver(VERIFIER, fallback=ignore, on_unreadable=fail), b"pr1vate").status == 503
    assert "no space" in caplog.text
    assert "pr1vate" not in caplog.text


def test_an_empty_body_is_acknowledged_and_not_kept(run: Run) -> None:
    kept: list[bytes] = []
    receiver = Receiver(VERIFIER, fallback=ignore, on_unreadable=lambda body, _: kept.append(body))
    assert run(receiver, b"").status == 200
    assert kept == []


def test_a_refusal_is_logged_by_what_to_do(caplog: pytest.LogCaptureFixture) -> None:
    receiver = Receiver(Verifier(hmac_secret=SECRET, api_key="k3y"), fallback=ignore)
    assert receiver.receive(BODY, {**HEADERS, "x-api-key": "wr0ng"}).status == 401
    assert receiver.admit(content_length="99999999").status == 413  # type: ignore[union-attr]
    assert receiver.admit(content_encoding="gz1p").status == 415  # type: ignore[union-attr]
    assert receiver.admit(content_length="5", content_encoding="identity") is None
    errors = {row.name: row for row in error_codes()}
    for record, code in zip(caplog.records, ("CREDENTIAL_MISMATCH", "BODY_TOO_LARGE", "BODY_ENCODED"), strict=True):
        assert record.levelno == logging.WARNING
        assert record.getMessage().startswith(f"a delivery was refused: {code}: ")
        assert errors[code].message in record.getMessage()
    assert not [word for word in ("k3y", "wr0ng", "gz1p", "pr1vate", "99999999") if word in caplog.text]


def test_wrong_types_are_the_callers_error() -> None:
    receiver = Receiver(VERIFIER, fallback=ignore)
    with pytest.raises(TypeError, match="raw bytes"):
        receiver.receive(BODY.decode(), HEADERS)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="header"):
        receiver.receive(BODY, None)  # type: ignore[arg-type]
