"""The same deliveries to every framework behind a server of its own."""

from __future__ import annotations

import gzip
import json
import threading
import time
from collections.abc import Iterator

import pytest

from yuno_webhooks import FIXED_PATHS, Event, Reply, testing

from .client import Answer, chunked, send
from .conftest import Setup
from .process import Running
from .shop import LIMIT, SECRET

BODY = testing.sample("payment.purchase", merchant_reference="pr1vate")
SIGNATURE = testing.sign(BODY, SECRET)
KEEPING = "/keeping"
RECEIVERS = ("/webhooks/yuno", KEEPING)
RECEIVED = Reply.received()
CHUNKED = ("transfer-encoding", "chunked")
Headers = list[tuple[str, str]]


def headers(body: bytes, *more: tuple[str, str], length: int | None = None) -> Headers:
    own = len(body) if length is None else length
    return [*testing.headers(body, SECRET).items(), ("content-length", str(own)), *more]


def deliver(server: Running, body: bytes, path: str = "/webhooks/yuno") -> Answer:
    answer = send(server.port, [body], headers(body), path=path)
    assert answer is not None
    return answer


def assert_no_event(server: Running) -> None:
    assert server.new_entries() == []


def assert_nothing_told(server: Running) -> None:
    text = server.new_log() + server.new_output()
    assert not [word for word in ("pr1vate", SECRET, SIGNATURE) if word in text]


@pytest.mark.parametrize("path", RECEIVERS)
def test_an_authentic_delivery_reaches_its_handler(server: Running, path: str) -> None:
    answer = deliver(server, BODY, path)
    assert (answer.status, answer.body) == (RECEIVED.status, RECEIVED.body)
    assert answer.headers["content-type"].split(";")[0] == "application/json"
    assert answer.headers["content-length"] == str(len(RECEIVED.body))
    assert server.new_entries() == [("paid", Event.parse_unverified(BODY).dedupe_key)]
    assert_nothing_told(server)


@pytest.mark.parametrize("path", FIXED_PATHS)
def test_fixed_paths_receive(server: Running, path: str) -> None:
    assert deliver(server, BODY, path).status == 200
    assert len(server.new_entries()) == 1


@pytest.mark.parametrize("path", RECEIVERS)
def test_a_forged_delivery_is_refused(server: Running, name: str, path: str) -> None:
    answer = send(server.port, [BODY], headers(BODY + b" ", length=len(BODY)), path=path)
    assert answer is not None
    assert (answer.status, answer.body, answer.headers["content-length"]) == (401, b"", "0")
    assert name == "aiohttp" or "content-type" not in answer.headers
    assert_no_event(server)
    log = server.new_log()
    assert log.startswith("WARNING a delivery was refused: SIGNATURE_MISMATCH: ")
    assert len(log.splitlines()) == 1


@pytest.mark.parametrize(
    "signatures",
    [
        [],
        [""],
        [SIGNATURE, SIGNATURE],
        [SIGNATURE, testing.sign(b"other", SECRET)],
        [testing.sign(b"other", SECRET), SIGNATURE],
    ],
    ids=["none", "empty", "equal", "first right", "second right"],
)
def test_a_signature_is_there_once(server: Running, signatures: list[str]) -> None:
    fields: Headers = [("x-hmac-signature", value) for value in signatures]
    answer = send(server.port, [BODY], [("content-length", str(len(BODY))), *fields])
    assert answer is not None
    assert (answer.status, answer.body) == (401, b"")
    assert_no_event(server)
    assert_nothing_told(server)


@pytest.mark.parametrize("path", RECEIVERS)
def test_a_body_past_the_limit_is_refused_by_its_length(server: Running, setup: Setup, path: str) -> None:
    body = b" " * (LIMIT + 1) + BODY
    # Nothing of the body is sent where the app can answer without it.
    answer = send(server.port, [] if setup.stops_reading else [body], headers(body), path=path)
    assert answer is not None
    assert answer.status == 413
    assert_no_event(server)


@pytest.mark.parametrize("path", RECEIVERS)
def test_a_body_past_the_limit_is_refused_while_it_is_read(server: Running, setup: Setup, path: str) -> None:
    sent = 0

    def pieces() -> Iterator[bytes]:
        nonlocal sent
        for _ in range(2_000 if setup.stops_reading else 3):
            sent += 50_000
            yield b"x" * 50_000

    answer = send(server.port, chunked(pieces()), [*testing.headers(BODY, SECRET).items(), CHUNKED], path=path)
    expected = 413 if setup.reads_chunks else 411
    assert answer is None or answer.status == expected
    # What lies in the buffers of both ends was sent as well.
    assert sent < 50_000_000
    assert_no_event(server)


@pytest.mark.parametrize("path", RECEIVERS)
def test_a_body_at_the_limit_is_read(server: Running, path: str) -> None:
    body = BODY + b" " * (LIMIT - len(BODY))
    assert deliver(server, body, path).status == 200
    assert len(server.new_entries()) == 1


@pytest.mark.parametrize("path", RECEIVERS)
def test_a_body_longer_than_its_length_is_no_event(server: Running, path: str) -> None:
    for length in (0, 10, len(BODY) - 1):
        answer = send(server.port, [BODY], headers(BODY, length=length), path=path)
        assert answer is None or answer.status in {400, 401}
    assert_no_event(server)


@pytest.mark.parametrize("path", RECEIVERS)
def test_a_body_that_breaks_off_is_no_event(server: Running, path: str) -> None:
    for body, fields in ((BODY, headers(BODY, length=len(BODY) + 1)), (b"", headers(b"", length=10))):
        answer = send(server.port, [body], fields, path=path, half_close=True)
        assert answer is None or answer.status == 400
    assert_no_event(server)


@pytest.mark.parametrize("encoding", ["gzip", "identity, gzip"])
def test_a_compressed_body_is_refused(server: Running, encoding: str) -> None:
    packed = gzip.compress(BODY)
    for body in (packed, BODY):
        fields = [*testing.headers(BODY, SECRET).items(), ("content-length", str(len(body)))]
        answer = send(server.port, [body], [*fields, ("content-encoding", encoding)])
        assert answer is not None
        # aiohttp itself answers to what it cannot unpack.
        assert answer.status in ({415, 400} if body is BODY else {415})
    assert_no_event(server)


@pytest.mark.parametrize("path", RECEIVERS)
def test_a_chunked_delivery_reaches_its_handler(server: Running, setup: Setup, path: str) -> None:
    pieces = chunked([BODY[:7], BODY[7:]])
    answer = send(server.port, pieces, [*testing.headers(BODY, SECRET).items(), CHUNKED], path=path)
    assert answer is not None
    assert answer.status == (200 if setup.reads_chunks else 411)
    assert len(server.new_entries()) == (1 if setup.reads_chunks else 0)


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "OPTIONS"])
def test_only_post_delivers(server: Running, method: str) -> None:
    answer = send(server.port, [BODY], headers(BODY), method=method)
    assert answer is not None
    assert answer.status == 405
    assert "POST" in answer.headers["allow"]
    assert_no_event(server)


@pytest.mark.parametrize("path", ["/", "/webhooks/yuno/", "/webhooks", "/webhooks/yuno/more", "/Webhooks/yuno"])
def test_another_path_is_not_found(server: Running, name: str, path: str) -> None:
    answer = send(server.port, [BODY], headers(BODY), path=path)
    assert answer is not None
    # A framework may tell of a path without the slash; a provider that follows it delivers again.
    may_redirect = name in {"starlette", "fastapi"} and path.endswith("yuno/")
    assert answer.status == (307 if may_redirect else 404)
    assert_no_event(server)


@pytest.mark.parametrize("path", RECEIVERS)
def test_an_authentic_body_of_nothing_is_acknowledged(server: Running, path: str) -> None:
    assert deliver(server, b"", path).status == 200
    assert_no_event(server)


@pytest.mark.parametrize("body", [b"pr1vate", b"[1]", b'{"a":'])
def test_an_authentic_body_that_is_no_event_is_kept_or_refused(server: Running, body: bytes) -> None:
    assert deliver(server, body).status == 400
    assert_no_event(server)
    assert deliver(server, body, KEEPING).status == 200
    assert [what for what, _ in server.new_entries()] == ["kept"]
    assert_nothing_told(server)


@pytest.mark.parametrize("path", RECEIVERS)
def test_kinds_without_a_handler_go_to_the_fallback(server: Running, path: str) -> None:
    novel = json.dumps({"type": "payment", "type_event": "payment.novel", "data": {"payment": {"id": "p"}}}).encode()
    assert deliver(server, novel, path).status == 200
    assert deliver(server, testing.sample("payout.payout"), path).status == 200
    assert server.new_entries() == [("other", "unknown"), ("other", "payout.payout")]


@pytest.mark.parametrize("path", RECEIVERS)
def test_a_handler_that_raises_asks_for_another_try(server: Running, path: str) -> None:
    body = testing.sample("payment.cancel", merchant_reference="pr1vate")
    answer = deliver(server, body, path)
    assert (answer.status, answer.body) == (503, b"")
    log = server.new_log()
    assert log.startswith("ERROR ")
    for word in ("payment.cancel", Event.parse_unverified(body).dedupe_key, "RuntimeError: no stock", "Traceback"):
        assert word in log
    assert "pr1vate" not in log + server.new_output()


@pytest.mark.parametrize("path", RECEIVERS)
def test_a_slow_handler_is_in_nobodys_way(server: Running, setup: Setup, path: str) -> None:
    slow = testing.sample("payment.refund")
    statuses: list[int] = []
    thread = threading.Thread(target=lambda: statuses.append(deliver(server, slow, path).status))
    if setup.serves_two:
        server.hold()
    else:
        server.let_go()
    thread.start()
    try:
        deadline = time.monotonic() + 10
        while not server.new_entries():
            assert time.monotonic() < deadline
            time.sleep(0.01)
        assert deliver(server, BODY, path).status == 200
        assert thread.is_alive() or not setup.serves_two
    finally:
        server.let_go()
        thread.join()
    assert statuses == [200]


def test_two_clients_at_once(server: Running) -> None:
    statuses: list[int] = []
    bodies = [testing.sample("payment.capture", id=f"p{number}") for number in range(20)]

    def run(part: list[bytes]) -> None:
        statuses.extend(deliver(server, body).status for body in part)

    threads = [threading.Thread(target=run, args=(bodies[start::2],)) for start in (0, 1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert statuses == [200] * 20
    expected = {Event.parse_unverified(body).dedupe_key for body in bodies}
    assert {detail for _, detail in server.new_entries()} == expected
