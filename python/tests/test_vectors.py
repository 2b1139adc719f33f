"""Runs every shared vector on the Python package."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

import pytest

from yuno_webhooks import (
    Event,
    PayloadError,
    Reply,
    Schedule,
    Verifier,
    WebhookError,
    catalog,
    error_codes,
    finality,
    testing,
)

REPOSITORY = Path(__file__).parents[2]
VECTORS = REPOSITORY / "tests" / "vectors"

Json = dict[str, Any]


def cases() -> Iterator[Any]:
    for path in sorted(VECTORS.glob("*.json")):
        file = json.loads(path.read_text(encoding="utf-8"))
        for case in file["cases"]:
            yield pytest.param(file["operation"], case["input"], case["expect"], id=f"{path.stem}: {case['name']}")


def to_bytes(spec: Any) -> bytes:
    if isinstance(spec, str):
        return spec.encode()
    if "base64" in spec:
        return base64.b64decode(spec["base64"])
    return str(spec["prefix"] + spec["repeat"] * spec["count"] + spec["suffix"]).encode()


def view(event: Event) -> Json:
    """The event as the vectors see it: flat; what is absent is None; big numbers are strings."""
    resource = event.resource
    amount = resource.amount
    transaction = resource.transaction
    moved = transaction and transaction.amount
    try:
        data_keys = sorted(event.data)
    except PayloadError:
        # What Python's json refuses, it refuses by its own limits; the rest of the event is the vector's.
        data_keys = None

    def text(number: int | None) -> str | None:
        return None if number is None else str(number)

    return {
        "kind": event.kind,
        "sent_name": event.sent_name,
        "shape": event.shape,
        "account_id": event.account_id,
        "retry": event.retry,
        "version": event.version,
        "signed": event.signed,
        "secret_index": event.secret_index,
        "finality": event.finality,
        "repeatable": event.repeatable,
        "dedupe_key": event.dedupe_key,
        "published_key": event.published_key,
        "data_keys": data_keys,
        "resource.kind": resource.kind,
        "resource.id": resource.id,
        "resource.status": resource.status,
        "resource.sub_status": resource.sub_status,
        "resource.created_at_ns": text(resource.created_at_ns),
        "resource.updated_at_ns": text(resource.updated_at_ns),
        "resource.merchant_reference": resource.merchant_reference,
        "resource.idempotency_key": resource.idempotency_key,
        "resource.amount.value": amount and amount.value.as_tuple(),
        "resource.amount.currency": amount and amount.currency,
        "resource.amount.minor_units": amount and text(amount.minor_units),
        "resource.transaction.id": transaction and transaction.id,
        "resource.transaction.type": transaction and transaction.type,
        "resource.transaction.status": transaction and transaction.status,
        "resource.transaction.updated_at_ns": transaction and text(transaction.updated_at_ns),
        "resource.transaction.amount.value": moved and moved.value.as_tuple(),
        "resource.transaction.amount.currency": moved and moved.currency,
        "resource.transaction.amount.minor_units": moved and text(moved.minor_units),
    }


def sign(source: Json) -> Json:
    secret = source["secret"]
    return {
        "signature": testing.sign(to_bytes(source["body"]), secret if isinstance(secret, str) else to_bytes(secret))
    }


def verify(source: Json) -> Json:
    if "environment" in source:
        with pytest.MonkeyPatch.context() as patch:
            for name in ("HMAC_SECRET", "API_KEY", "X_SECRET", "UNSIGNED"):
                patch.delenv(f"YUNO_WEBHOOK_{name}", raising=False)
            for name, value in source["environment"].items():
                patch.setenv(name, value)
            verifier = Verifier.from_env()
    else:
        verifier = Verifier(**source["verifier"])
    headers = [(name, value) for name, value in source["headers"]]
    return {"event": view(verifier.verify(to_bytes(source["body"]), headers))}


def admit(source: Json) -> Json:
    verifier = Verifier(hmac_secret="whsec-one", max_body_bytes=source.get("max_body_bytes"))
    verifier.admit(content_length=source["content_length"], content_encoding=source["content_encoding"])
    return {"admitted": True}


def parse(source: Json) -> Json:
    return {"event": view(Event.parse_unverified(to_bytes(source["body"])))}


def pair(source: Json) -> tuple[Event, Event]:
    return Event.parse_unverified(to_bytes(source["first"])), Event.parse_unverified(to_bytes(source["second"]))


def keys(source: Json) -> Json:
    first, second = pair(source)
    return {
        "first": first.dedupe_key,
        "second": second.dedupe_key,
        "first_published": first.published_key,
        "second_published": second.published_key,
        "same": first.dedupe_key == second.dedupe_key,
    }


def recency(source: Json) -> Json:
    first, second = pair(source)
    return {"first_to_second": first.compare_recency(second), "second_to_first": second.compare_recency(first)}


def reply(source: Json) -> Json:
    answer = Reply.received()
    if source["error"]:
        answer = Reply.to_error(error_of(source["error"], empty_body=source["empty_body"]), stored=source["stored"])
    return {"status": answer.status, "body": answer.body.decode()}


def error_of(name: str, *, empty_body: bool) -> WebhookError:
    if empty_body and name == "BODY_NOT_JSON":
        with pytest.raises(PayloadError) as caught:
            Event.parse_unverified(b"")
        return caught.value
    row = next(row for row in error_codes() if row.name == name)
    return WebhookError(row.message, row.name, row.number, row.stage, row.http_status, "")


def schedule(source: Json) -> Json:
    made = Schedule(since=source["since"], delays=source["delays_seconds"], waits=source["waits_seconds"])
    if "retention_seconds" in source:
        made.check_retention(source["retention_seconds"])
    return {
        "offsets_seconds": made.offsets,
        "waits_seconds": [made.acknowledgement_wait(retry) for retry in range(len(made.offsets))],
        "total_seconds": made.total,
        "minimum_retention_seconds": made.minimum_retention,
    }


def error(source: Json) -> Json:
    row = next(row for row in error_codes() if row.name == source["code"])
    return {"number": row.number, "stage": row.stage, "http_status": row.http_status}


def catalog_row(source: Json) -> Json:
    row = next((row for row in catalog() if source["spelling"] in row.spellings), None)
    if row is None:
        return {"kind": "unknown", "family": None, "trigger": None}
    return {"kind": row.kind, "family": row.family, "trigger": list(row.trigger) if row.trigger else None}


OPERATIONS: dict[str, Callable[[Json], Json]] = {
    "sign": sign,
    "verify": verify,
    "admit": admit,
    "parse": parse,
    "keys": keys,
    "recency": recency,
    "finality": lambda source: {"finality": finality(source["family"], source["status"], source["sub_status"])},
    "reply": reply,
    "schedule": schedule,
    "error": error,
    "catalog": catalog_row,
}


@pytest.mark.parametrize(("operation", "source", "expect"), list(cases()))
def test_vector(operation: str, source: Json, expect: Json) -> None:
    if "error" in expect:
        with pytest.raises(WebhookError) as caught:
            OPERATIONS[operation](source)
        assert caught.value.code == expect["error"]
        return
    seen = OPERATIONS[operation](source)
    if "event" in expect:
        # Members of an event that the case does not name may be anything.
        wanted = dict(expect["event"])
        for name in ("resource.amount.value", "resource.transaction.amount.value"):
            if wanted.get(name) is not None:
                wanted[name] = Decimal(wanted[name]).as_tuple()
        assert {name: seen["event"][name] for name in wanted} == wanted
    else:
        assert {name: seen[name] for name in expect} == expect


DATA = json.loads((VECTORS / "hosts" / "data.json").read_text(encoding="utf-8"))["cases"]


@pytest.mark.parametrize("case", DATA, ids=[case["name"] for case in DATA])
def test_data_is_as_documented(case: Json) -> None:
    event = Event.parse_unverified(to_bytes(case["input"]["body"]))
    try:
        seen = repr(event.data)
    except PayloadError as refused:
        seen = refused.code
    assert seen == case["expect"]["python"]
    assert event.kind == "payment.purchase"


@pytest.mark.parametrize("case", DATA, ids=[case["name"] for case in DATA])
def test_data_is_what_the_standard_library_reads(case: Json) -> None:
    try:
        seen = repr(json.loads(to_bytes(case["input"]["body"]), parse_float=Decimal)["data"])
    except (InvalidOperation, RecursionError, ValueError):
        seen = "DATA_UNREADABLE"
    assert seen == case["expect"]["python"]
