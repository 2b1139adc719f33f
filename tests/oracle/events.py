"""Shape, kind, resource, keys and recency of an event."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import Any

from catalog import kind_of
from document import NUMBER, TRIMMED, WHITE, Document, read_body
from finality import finality
from values import as_id, as_money, as_nanoseconds, as_object, as_small_integer, as_string, minor_units


@dataclass
class Transaction:
    id: str | None
    type: str | None
    status: str | None
    updated_at: int | None


def read_transaction(value: Any) -> Transaction | None:
    if isinstance(value, list):
        value = value[-1] if value else None
    found = as_object(value)
    if found is None:
        return None
    transaction = Transaction(
        as_id(found.get("id")) or as_id(found.get("code")),
        as_string(found.get("type")),
        as_string(found.get("status")),
        as_nanoseconds(found.get("updated_at")),
    )
    return None if transaction == Transaction(None, None, None, None) else transaction


def shape_of(top: dict[str, Any]) -> str:
    if as_string(top.get("type_event")) or as_string(top.get("type.event")):
        return "enveloped"
    if as_object(top.get("payment")) is not None:
        return "v1"
    direction = as_string(top.get("direction"))
    if as_string(top.get("destination_account_id")) and direction == "INCOMING":
        return "banking_incoming"
    if direction in ("PLATFORM_TO_RECIPIENT", "RECIPIENT_TO_PLATFORM"):
        return "split_transfer"
    transactions = top.get("transactions")
    if isinstance(transactions, list) and any(
        (as_string((as_object(element) or {}).get("type")) or "").startswith("SPLIT_TRANSFER")
        for element in transactions
    ):
        return "split_transfer"
    if as_string(top.get("event")) is not None and as_string(top.get("event_id")) is not None:
        return "domain"
    return "unknown"


def kind_and_name(shape: str, top: dict[str, Any]) -> tuple[str, str | None]:
    if shape == "enveloped":
        event = as_string(top.get("type_event")) or as_string(top.get("type.event")) or ""
        prefix = as_string(top.get("type"))
        joined = f"{prefix}.{event}" if prefix else event
        for candidate in (joined, event):
            if kind_of(candidate) != "unknown":
                return kind_of(candidate), candidate
        return "unknown", event if "." in event else joined
    if shape == "v1":
        payment = top["payment"]
        if as_object(top.get("split_update")) is not None or as_object(payment.get("split_update")) is not None:
            return "payment.split_update", None
        transaction = read_transaction(payment.get("transactions"))
        if transaction is None:
            screened = as_object(payment.get("fraud_screening")) is not None
            return ("payment.fraud_screening" if screened else "unknown"), None
        step = (transaction.type or "").lower()
        return kind_of("payment." + ("purchase" if step == "three_d_secure" else step)), None
    if shape == "banking_incoming":
        return kind_of("banking.transfer.incoming." + (as_string(top.get("status")) or "").lower()), None
    if shape == "split_transfer":
        transaction = read_transaction(top.get("transactions")) or Transaction(None, None, None, None)
        reverse = (transaction.type or "").startswith("SPLIT_TRANSFER_REVERS")
        stem = "split_transfer_reverse" if reverse else "split_transfer"
        status = transaction.status if transaction.status is not None else as_string(top.get("status"))
        if status == "SUCCEEDED":
            return stem + ".succeeded", None
        return stem + (".failed" if status in ("DECLINED", "REJECTED", "ERROR") else ".pending"), None
    if shape == "domain":
        event = as_string(top.get("event")) or ""
        return (kind_of(event) if event.startswith("payment_method_domain.") else "unknown"), event
    return "unknown", None


WORD_FAMILIES = {
    "payout": "payout",
    "onboarding": "onboarding",
    "report": "report",
    "banking": "banking",
    "baas": "banking",
    "unreferenced_refund": "unreferenced_refund",
}


# Shapes that are a resource or hold it, so that a `data` beside it is a field like any other.
BARE = ("v1", "banking_incoming", "split_transfer")


def find_resource(shape: str, kind: str, name: str | None, top: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    data = as_object(top.get("data"))
    box = top if data is None or shape in BARE else data
    for family in ("payment", "payment_method", "subscription"):
        inner = as_object(box.get(family))
        if inner is not None:
            return family, inner
    if shape == "banking_incoming":
        return "banking", box
    if shape == "split_transfer":
        return "split_transfer", box
    if shape == "domain":
        domains = box.get("domains")
        first = as_object(domains[0]) if isinstance(domains, list) and domains else None
        return "payment_method_domain", first or {}
    word = (kind if kind != "unknown" else name or "").split(".")[0]
    if word in WORD_FAMILIES:
        return WORD_FAMILIES[word], box
    if word.startswith("split_transfer"):
        return "split_transfer", box
    if resource_id(box) is not None:
        return "unknown", box
    return "unknown", {}


def resource_id(box: dict[str, Any]) -> str | None:
    return as_id(box.get("id")) or as_id(box.get("code")) or as_id(box.get("report_id"))


def merchant_reference(family: str, box: dict[str, Any]) -> str | None:
    if family == "payment":
        return as_string(box.get("merchant_order_id"))
    if family == "onboarding":
        return as_string((as_object(box.get("recipient")) or {}).get("merchant_recipient_id"))
    if family == "report":
        return as_string(box.get("merchant_reference_id"))
    if family in ("payment_method", "payment_method_domain"):
        return None
    return as_string(box.get("merchant_reference"))


def component(text: str) -> str:
    if re.fullmatch(r"[A-Za-z0-9._-]{1,42}", text) and not text.startswith("h-"):
        return text
    return "h-" + hashlib.sha256(text.encode()).hexdigest()[:32]


def without_retry(document: Document) -> bytes:
    text = document.text
    for member in document.members:
        if member.key != "retry":
            continue
        value = member.value
        holds_number = isinstance(value, str) and NUMBER.fullmatch(value) is not None
        if value is not None and not holds_number:
            break
        start, end = member.start, member.end
        after = WHITE.match(text, end).end()  # type: ignore[union-attr]
        before = len(text[:start].rstrip(TRIMMED))
        if text[after] == ",":
            end = WHITE.match(text, after + 1).end()  # type: ignore[union-attr]
        elif text[before - 1] == ",":
            start = len(text[: before - 1].rstrip(TRIMMED))
        return (text[:start] + text[end:]).encode()
    return text.encode()


def dedupe_key(document: Document) -> str:
    return "y1-" + hashlib.sha256(without_retry(document)).hexdigest()[:32]


def event_view(body: bytes, signed: bool = False, secret_index: int | None = None) -> dict[str, Any]:
    """Every field of the flat view that the vectors use."""
    document = read_body(body)
    top: dict[str, Any] = document.value
    shape = shape_of(top)
    kind, name = kind_and_name(shape, top)
    family, box = find_resource(shape, kind, name, top)
    data = as_object(top.get("data"))
    identity = resource_id(box)
    status, sub_status = as_string(box.get("status")), as_string(box.get("sub_status"))
    updated_at = as_nanoseconds(box.get("updated_at"))
    # A domain has neither a sum nor transactions.
    money = {} if family == "payment_method_domain" else box
    transaction = read_transaction(money.get("transactions"))
    shown = transaction or Transaction(None, None, None, None)
    amount = as_object(money.get("amount")) or {}
    value = as_money(amount.get("value"))
    currency = as_string(amount.get("currency")) if value is not None else None
    moved, moved_currency = transaction_money(money.get("transactions"), currency)
    holder = top if data is None or shape in BARE else data
    places = [(top, "account_id"), (box, "account_id"), (box, "account_code"), (holder, "account_id")]
    account = next((text for place, key in places if (text := as_string(place.get(key)))), None)
    published = f"{component(kind)}/{component(identity)}" if kind != "unknown" and identity is not None else None
    window = data if data is not None and shape in ("enveloped", "domain") else top

    def nanoseconds(instant: int | None) -> str | None:
        return None if instant is None else str(instant)

    return {
        "kind": kind,
        "sent_name": name,
        "shape": shape,
        "account_id": account,
        "retry": as_small_integer(top.get("retry")),
        "version": as_small_integer(top.get("version")),
        "signed": signed,
        "secret_index": secret_index,
        "finality": finality(family, status, sub_status),
        # A text or a number (which is a text here too) dates the body, also where it is no time that can be read.
        "repeatable": not (isinstance(box.get("updated_at"), str) and box["updated_at"] != "") and transaction is None,
        "dedupe_key": dedupe_key(document),
        "published_key": published,
        "data_keys": sorted(window),
        "resource.kind": family,
        "resource.id": identity,
        "resource.status": status,
        "resource.sub_status": sub_status,
        "resource.created_at_ns": nanoseconds(as_nanoseconds(box.get("created_at"))),
        "resource.updated_at_ns": nanoseconds(updated_at),
        "resource.merchant_reference": merchant_reference(family, box),
        "resource.idempotency_key": as_string(box.get("idempotency_key")),
        "resource.amount.value": value,
        "resource.amount.currency": currency,
        "resource.amount.minor_units": minor_units(value, currency) if value is not None else None,
        "resource.transaction.id": shown.id,
        "resource.transaction.type": shown.type,
        "resource.transaction.status": shown.status,
        "resource.transaction.updated_at_ns": nanoseconds(shown.updated_at),
        "resource.transaction.amount.value": moved,
        "resource.transaction.amount.currency": moved_currency,
        "resource.transaction.amount.minor_units": minor_units(moved, moved_currency) if moved is not None else None,
    }


def transaction_money(transactions: Any, currency: str | None) -> tuple[str | None, str | None]:
    """What the transaction moved: an object with its own currency, or a bare number in the resource's."""
    own = transactions[-1] if isinstance(transactions, list) and transactions else transactions
    if not isinstance(own, dict) or read_transaction(transactions) is None:
        return None, None
    nested = as_object(own.get("amount"))
    value = as_money(own.get("amount") if nested is None else nested.get("value"))
    if value is None:
        return None, None
    return value, currency if nested is None else as_string(nested.get("currency"))


def changed_at(view: dict[str, Any]) -> int | None:
    instants = [view["resource.updated_at_ns"], view["resource.transaction.updated_at_ns"]]
    known = [int(instant) for instant in instants if instant is not None]
    return max(known) if known else None


def recency(first: dict[str, Any], second: dict[str, Any]) -> str:
    if first["dedupe_key"] == second["dedupe_key"]:
        return "same"
    for key in ("resource.kind", "resource.id"):
        if first[key] is None or first[key] != second[key]:
            return "unrelated"
    one, other = changed_at(first), changed_at(second)
    if one is None or other is None or one == other:
        return "unordered"
    return "newer" if one > other else "older"
