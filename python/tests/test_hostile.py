"""Hostile inputs: whatever is passed, only documented exceptions come out, and none of them tells what was passed."""

from __future__ import annotations

import array
import contextlib
import threading
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest

from yuno_webhooks import AuthenticationError, Event, Verifier, WebhookError, testing

SECRET = "s3cret-of-the-test"
BODY = testing.sample("payment.purchase", merchant_reference="pr1vate-reference")
SIGNATURE = testing.sign(BODY, SECRET)
VERIFIER = Verifier(hmac_secret=SECRET)
HEADERS = {"x-hmac-signature": SIGNATURE}


class Bytes(bytes):
    """Overrides everything that a reader might ask."""

    def __len__(self) -> int:
        return 0

    def __getitem__(self, _: Any) -> Any:
        return 0

    def __iter__(self) -> Iterator[int]:
        return iter(b"forged")

    def __eq__(self, other: object) -> bool:
        return True

    def __hash__(self) -> int:
        return 0

    def __bytes__(self) -> bytes:
        return b"forged"


class Array(bytearray):
    def __len__(self) -> int:
        return 0

    def __bytes__(self) -> bytes:
        return b"forged"


class Text(str):
    __slots__ = ()

    def encode(self, encoding: str = "utf-8", errors: str = "strict") -> bytes:
        return f"forged {encoding} {errors}".encode()

    def lower(self) -> Text:
        return Text("x-hmac-signature")

    def __eq__(self, other: object) -> bool:
        return True

    def __hash__(self) -> int:
        return hash("x-hmac-signature")


class LyingMapping(Mapping[str, str]):
    def __init__(self, error: BaseException | None = None) -> None:
        self.error = error

    def __getitem__(self, key: str) -> str:
        return SIGNATURE

    def __iter__(self) -> Iterator[str]:
        if self.error is not None:
            raise self.error
        yield "x-hmac-signature"

    def __len__(self) -> int:
        return 10**9


class Attributes:
    """Has every attribute, and calls give itself."""

    def __getattr__(self, name: str) -> Any:
        return self

    def __call__(self, *_: Any) -> Any:
        return self


class Items:
    def __init__(self, items: Any) -> None:
        self._items = items

    def keys(self) -> Any:
        raise RuntimeError(SIGNATURE)

    def items(self) -> Any:
        if isinstance(self._items, BaseException):
            raise self._items
        return self._items


def endless() -> Iterator[Any]:
    """An item that gives items for ever."""
    while True:
        yield "x-hmac-signature"


def raising_pairs() -> Iterator[Any]:
    yield ("host", "a")
    raise TypeError(SIGNATURE)


def recursive() -> list[Any]:
    own: list[Any] = []
    own.append(own)
    return own


def released() -> memoryview:
    view = memoryview(b"{}")
    view.release()
    return view


HOSTILE_HEADERS: dict[str, Any] = {
    "None": None,
    "a number": 7,
    "a text": "x-hmac-signature",
    "bytes": b"x-hmac-signature",
    "a set": {"x-hmac-signature"},
    "a lambda": lambda: None,
    "a class": dict,
    "every attribute": Attributes(),
    "a recursive list": recursive(),
    "an endless pair": [endless()],
    "a pair of one": [("x-hmac-signature",)],
    "a pair of three": [("x-hmac-signature", SIGNATURE, "more")],
    "a text of two characters": ["ab"],
    "bytes of two": [b"ab"],
    "a number as a name": {7: "a"},
    "None as a name": [(None, "a")],
    "a name that is a tuple": {("x-hmac-signature",): SIGNATURE},
    "None as a value": {"x-hmac-signature": None},
    "a number as a value": {"x-hmac-signature": 7},
    "a mapping as a value": {"x-hmac-signature": {"a": "b"}},
    "a nested list as a value": {"x-hmac-signature": [[SIGNATURE]]},
    "an empty list as a value": {"x-hmac-signature": []},
    "an empty value": {"x-hmac-signature": ""},
    "a value of spaces": {"x-hmac-signature": " \t\r\n"},
    "a value of NUL": {"x-hmac-signature": "\0" * 44},
    "a lone surrogate": {"x-hmac-signature": "\ud800" * 44},
    "a name with a lone surrogate": {"x-hmac-signature\ud800": SIGNATURE},
    "a name with NUL": {"x-hmac-signature\0": SIGNATURE},
    "letters that fold to ASCII": {"X-HMAC-\u017fIGNATURE": SIGNATURE},
    "full-width letters": {"\uff58-hmac-signature": SIGNATURE},
    "a huge value": {"x-hmac-signature": "a" * 10_000_000},
    "a huge name": {"x" * 10_000_000: "a"},
    "a hundred thousand headers": [(f"x-{number}", "a") for number in range(100_000)],
    "a hundred thousand repeats": [("x-hmac-signature", SIGNATURE)] * 100_000,
    "a text that overrides everything": {Text("other"): SIGNATURE},
    "a value that overrides encode": {"x-hmac-signature": Text("forged")},
    "a mapping that raises KeyError": LyingMapping(KeyError(SIGNATURE)),
    "a mapping that raises TypeError": LyingMapping(TypeError(SIGNATURE)),
    "a mapping that raises a recursion error": LyingMapping(RecursionError(SIGNATURE)),
    "items that raise": Items(ValueError(SIGNATURE)),
    "items that are None": Items(None),
    "pairs that raise": raising_pairs(),
}

HOSTILE_BODIES: dict[str, Any] = {
    "None": None,
    "a text": BODY.decode(),
    "a dict": {"type": "payment"},
    "a number": 7,
    "a list of numbers": list(BODY),
    "an array": array.array("b", [1]),
    "a class": bytes,
    "every attribute": Attributes(),
    "a released view": released(),
    "no bytes": b"",
    "an empty view": memoryview(b""),
    "bytes that override everything": Bytes(b"not the body"),
    "an array that overrides everything": Array(b"not the body"),
    "a view of a wide format": memoryview(array.array("Q", [1, 2, 3])),
    "a view of two dimensions": memoryview(BODY[:100]).cast("B", (10, 10)),
    "NUL": b"\0" * 100,
    "invalid UTF-8": b"\xff\xfe",
    "a byte order mark": b"\xef\xbb\xbf{}",
    "deep nesting": b"[" * 1_000_000,
    "deep objects": b'{"a":' * 200_000,
    "two megabytes and one byte": b" " * (2 * 1024 * 1024 + 1),
    "a large array": bytearray(3 * 1024 * 1024),
    "a huge number": b'{"retry":' + b"9" * 1_000_000 + b"}",
    "a huge key": b'{"' + b"k" * 1_000_000 + b'":1}',
    "a thousand payments": b'{"data":{' + b",".join([b'"payment":{"id":"a"}'] * 1000) + b"}}",
}


def refused(call: Callable[[], object]) -> str:
    """The text of the documented exception that a call raises; empty if it raises none."""
    try:
        call()
    except (WebhookError, TypeError) as error:
        seen = error
    else:
        return ""
    # What is behind an exception is printed with it.
    assert (seen.__cause__, seen.__context__) == (None, None)
    return f"{seen} {seen!r} {seen.args!r}"


def assert_tells_nothing(text: str) -> None:
    assert not [word for word in (SECRET, SIGNATURE, "pr1vate", "forged") if word in text], text[:300]


@pytest.mark.parametrize("name", HOSTILE_HEADERS)
def test_hostile_headers_are_refused_by_a_documented_exception(name: str) -> None:
    text = refused(lambda: VERIFIER.verify(BODY, HOSTILE_HEADERS[name]))
    assert text
    assert_tells_nothing(text)


@pytest.mark.parametrize("name", HOSTILE_BODIES)
def test_a_hostile_body_is_never_authentic(name: str) -> None:
    text = refused(lambda: VERIFIER.verify(HOSTILE_BODIES[name], HEADERS))
    assert text
    assert_tells_nothing(text)


@pytest.mark.parametrize("name", HOSTILE_BODIES)
def test_a_hostile_body_that_is_parsed_is_an_event_or_a_documented_exception(name: str) -> None:
    assert_tells_nothing(refused(lambda: Event.parse_unverified(HOSTILE_BODIES[name])))


@pytest.mark.parametrize("kind", [Bytes, Array])
def test_of_a_subclass_the_bytes_count_and_not_what_it_says(kind: Any) -> None:
    event = VERIFIER.verify(kind(BODY), HEADERS)
    assert type(event.raw) is bytes
    assert event.raw == BODY
    assert event.resource.merchant_reference == "pr1vate-reference"


def test_an_interrupt_passes_through() -> None:
    with pytest.raises(KeyboardInterrupt):
        VERIFIER.verify(BODY, LyingMapping(KeyboardInterrupt()))


def test_a_body_that_another_thread_changes_is_verified_as_it_was_copied() -> None:
    buffer = bytearray(BODY + b" " * 1_000_000)
    signature = testing.sign(bytes(buffer), SECRET)
    stop = threading.Event()

    def scribble() -> None:
        while not stop.is_set():
            buffer[-1] ^= 1

    thread = threading.Thread(target=scribble)
    thread.start()
    try:
        for _ in range(50):
            with contextlib.suppress(AuthenticationError):
                event = VERIFIER.verify(buffer, {"x-hmac-signature": signature})
                assert testing.sign(event.raw, SECRET) == signature
    finally:
        stop.set()
        thread.join()
