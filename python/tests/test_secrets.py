"""No text that the package makes holds a secret, a credential, an expected signature or a part of a body."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import logging
import re
import traceback
from collections.abc import Callable, Iterable, Iterator
from importlib import import_module
from typing import Any, TypeAlias

import pytest

from yuno_webhooks import Event, Receiver, Verifier, WebhookError

#: pytest makes a package of this folder; for type checkers it is none.
vectors: Any = import_module(".test_vectors", __package__)
to_bytes: Callable[[Any], bytes] = vectors.to_bytes
Json: TypeAlias = dict[str, Any]


def private(source: Json) -> set[str]:
    """What must not be told: the options' values, what each secret signs, and the body's texts; but no plain words."""
    options = dict(source["verifier"])
    secrets = values(options.pop("hmac_secret", None))
    credentials = [text for value in options.values() for text in values(value)]
    body = to_bytes(source["body"])
    digests = [hmac.digest(text.encode("utf-8", "surrogatepass"), body, hashlib.sha256) for text in secrets]
    signatures = [text for digest in digests for text in (base64.b64encode(digest).decode(), digest.hex())]
    texts = re.findall(r'"([^"\\]*[0-9][^"\\]*)"', body[:10_000].decode(errors="replace"))
    return {
        text
        for text in secrets + credentials + signatures + texts
        if len(text) >= 6 and not re.fullmatch(r"\*+|[a-zA-Z]+", text)
    }


def values(option: Any) -> list[str]:
    """The texts in an option: one, several, or several for each header."""
    if isinstance(option, str):
        return [option]
    several: Any = option.values() if hasattr(option, "values") else option
    parts: Iterable[Any] = several if hasattr(several, "__iter__") else ()
    return [text for part in parts for text in values(part)]


def texts(source: Json, caplog: pytest.LogCaptureFixture) -> Iterator[str]:
    """What a log, a crash report or a prompt would show."""
    try:
        verifier = Verifier(**source["verifier"])
    except WebhookError as error:
        yield from of_error(error)
        return
    yield from (
        repr(verifier),
        str(verifier),
        repr([getattr(verifier, name) for name in dir(verifier) if name != "__doc__"]),
    )
    body, headers = to_bytes(source["body"]), [(name, value) for name, value in source["headers"]]
    try:
        verifier.verify(body, headers)
    except WebhookError as error:
        yield from of_error(error)
    receiver = Receiver(verifier, fallback=lambda _: None)
    yield repr(receiver.receive(body, headers))
    yield from (record.getMessage() + repr(record.__dict__) for record in caplog.records)


def of_error(error: WebhookError) -> Iterator[str]:
    yield from (
        str(error),
        repr(error),
        repr(error.args),
        repr(vars(error)),
        repr(error.__cause__),
        repr(error.__context__),
    )
    # The lines of the tests themselves name no value.
    yield "".join(traceback.format_exception(error))


VERIFIED = [case for case in vectors.cases() if case.values[0] == "verify" and "verifier" in case.values[1]]


def test_no_vector_is_told_from_what_is_printed(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    checked = 0
    for case in VERIFIED:
        source = case.values[1]
        caplog.clear()
        hidden = private(source)
        shown = list(texts(source, caplog))
        checked += len(hidden) * len(shown)
        # An event's key stands in the log on purpose; its kind, id and status in its repr.
        assert not [text for text in hidden if any(text in line for line in shown)], case.id
    assert checked > 10_000


def test_an_event_shows_its_kind_its_id_and_its_status_only() -> None:
    body = {
        "type_event": "payment.purchase",
        "data": {"payment": {"id": "p-1", "status": "DECLINED", "holder": "Ada-1815"}},
    }
    event = Event.parse_unverified(json.dumps(body).encode())
    assert repr(event) == 'Event(kind="payment.purchase", id="p-1", status="DECLINED")'
    shown = [repr(event.resource), repr(event.resource.transaction), repr(event.resource.amount), str(event)]
    assert not any("Ada-1815" in text for text in shown)


def test_what_is_told_would_be_seen() -> None:
    source = {
        "verifier": {"hmac_secret": "whsec-one", "required_headers": {"x-tenant": ["t3nant"]}},
        "body": '{"id":"pay-1001"}',
    }
    expected = base64.b64encode(hmac.digest(b"whsec-one", b'{"id":"pay-1001"}', hashlib.sha256)).decode()
    assert private(source) >= {"whsec-one", "t3nant", "pay-1001", expected}
