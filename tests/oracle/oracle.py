"""A second, slow and obvious implementation of the rules that the vectors state.

It exists so that the expected values in `tests/vectors` do not come from the code under test. It is written from the
design text alone, in standard-library Python, with no regard for speed. The library itself never imports it.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import Any

DEFAULT_MAX_BODY_BYTES = 2 * 1024 * 1024
TRIMMED = " \t\r\n"


class Refused(Exception):
    """A refusal; its argument is the name of the error code."""

    @property
    def code(self) -> str:
        return str(self.args[0])


# ---------------------------------------------------------------------------------------------------------------------
# Error codes, replies, schedules


def _codes() -> dict[str, tuple[int, str, int]]:
    table: dict[str, tuple[int, str, int]] = {}
    boundary = ["NULL_POINTER", "BUFFER_TOO_SMALL", "PANIC", "INVALID_ARGUMENT"]
    configuration = ["INVALID_SECRET", "NO_CREDENTIALS", "INVALID_HEADER_NAME", "NO_SIGNATURE_SECRET", "INVALID_LIMIT"]
    authentication = [
        "SIGNATURE_MISSING",
        "SIGNATURE_MALFORMED",
        "SIGNATURE_MISMATCH",
        "CREDENTIAL_MISSING",
        "CREDENTIAL_MISMATCH",
        "HEADER_REPEATED",
        "BODY_TOO_LARGE",
    ]
    payload = ["BODY_NOT_JSON", "BODY_NOT_OBJECT", "BODY_AMBIGUOUS", "DATA_UNREADABLE"]
    inbox = ["STORE_UNAVAILABLE", "STALE_FENCE", "RETENTION_TOO_SHORT", "SCHEMA_MISMATCH", "NOT_FOUND"]
    stages = [
        ("boundary", 1, boundary, 500),
        ("configuration", 10, configuration, 500),
        ("authentication", 20, authentication, 401),
        ("payload", 31, payload, 400),
        ("inbox", 40, inbox, 500),
    ]
    for stage, first, names, status in stages:
        for offset, name in enumerate(names):
            table[name] = (first + offset, stage, status)
    number, stage, _ = table["BODY_TOO_LARGE"]
    table["BODY_TOO_LARGE"] = (number, stage, 413)
    number, stage, _ = table["STORE_UNAVAILABLE"]
    table["STORE_UNAVAILABLE"] = (number, stage, 503)
    return table


ERROR_CODES = _codes()


def reply(error: str | None, stored: bool, empty_body: bool) -> tuple[int, str]:
    accepted = (200, '{"received":true}')
    if error is None:
        return accepted
    _, stage, status = ERROR_CODES[error]
    if error == "BODY_NOT_JSON" and empty_body:
        return accepted
    if stage == "payload" and stored:
        return accepted
    return status, ""


def schedule(since: str, delays: list[int], waits: list[int], retention: int | None) -> dict[str, Any]:
    if not delays or not waits or delays[0] != 0:
        raise Refused("INVALID_LIMIT")
    offsets: list[int] = []
    for delay in delays:
        offsets.append(delay if since == "first_try" or not offsets else offsets[-1] + delay)
    if any(later <= earlier for earlier, later in zip(offsets, offsets[1:], strict=False)):
        raise Refused("INVALID_LIMIT")
    day = 24 * 60 * 60
    minimum = (offsets[-1] // day + 1) * day
    if retention is not None and retention < minimum:
        raise Refused("RETENTION_TOO_SHORT")
    return {
        "offsets_seconds": offsets,
        "waits_seconds": [waits[min(index, len(waits) - 1)] for index in range(len(offsets))],
        "total_seconds": offsets[-1],
        "minimum_retention_seconds": minimum,
    }


# ---------------------------------------------------------------------------------------------------------------------
# Bodies and JSON. Numbers keep their source text; a body of any depth parses without recursion.


def body_bytes(spec: Any) -> bytes:
    if isinstance(spec, str):
        return spec.encode()
    if "base64" in spec:
        return base64.b64decode(spec["base64"], validate=True)
    return (spec["prefix"] + spec["repeat"] * spec["count"] + spec["suffix"]).encode()


class Number(str):
    """The source text of a JSON number."""


@dataclass
class Member:
    """One top-level member: where its key begins and where its value ends, in characters."""

    key: str
    start: int
    end: int = 0
    value: Any = None


@dataclass
class Document:
    text: str
    value: Any = None
    members: list[Member] = field(default_factory=list)


WHITE = re.compile(r"[ \t\n\r]*")
STRING = re.compile(r'"[^"\\\x00-\x1f]*(?:\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})[^"\\\x00-\x1f]*)*"')
NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
LITERALS = {"true": True, "false": False, "null": None}


def parse_json(text: str) -> Document:
    """RFC 8259, with the last of equal keys counting in every object."""
    document = Document(text)
    stack: list[Any] = []
    keys: list[str] = []
    position = WHITE.match(text, 0).end()  # type: ignore[union-attr]
    root: list[Any] = []

    def skip(at: int) -> int:
        return WHITE.match(text, at).end()  # type: ignore[union-attr]

    def read_key(at: int) -> int:
        match = STRING.match(text, at)
        if match is None:
            raise Refused("BODY_NOT_JSON")
        key = json.loads(match.group())
        keys.append(key)
        if len(stack) == 1:
            document.members.append(Member(key, at))
        at = skip(match.end())
        if text[at : at + 1] != ":":
            raise Refused("BODY_NOT_JSON")
        return skip(at + 1)

    while True:
        value: Any
        opened = False
        head = text[position : position + 1]
        if head in ("{", "["):
            value = {} if head == "{" else []
            position = skip(position + 1)
            closing = "}" if head == "{" else "]"
            if text[position : position + 1] == closing:
                position += 1
            else:
                opened = True
        elif head == '"':
            match = STRING.match(text, position)
            if match is None:
                raise Refused("BODY_NOT_JSON")
            value, position = json.loads(match.group()), match.end()
        elif head and head in "-0123456789":
            match = NUMBER.match(text, position)
            if match is None:
                raise Refused("BODY_NOT_JSON")
            value, position = Number(match.group()), match.end()
        else:
            for word, meaning in LITERALS.items():
                if text.startswith(word, position):
                    value, position = meaning, position + len(word)
                    break
            else:
                raise Refused("BODY_NOT_JSON")
        if not stack:
            root.append(value)
        elif isinstance(stack[-1], dict):
            stack[-1][keys.pop()] = value
            if len(stack) == 1:
                document.members[-1].value = value
        else:
            stack[-1].append(value)
        if opened:
            stack.append(value)
            if isinstance(value, dict):
                position = read_key(position)
            continue
        # A value is complete: close what it completes, or go on after a comma.
        while True:
            if len(stack) == 1 and isinstance(stack[0], dict):
                document.members[-1].end = position
            position = skip(position)
            if not stack:
                if position != len(text):
                    raise Refused("BODY_NOT_JSON")
                document.value = root[0]
                return document
            follower = text[position : position + 1]
            if follower == ",":
                position = skip(position + 1)
                if isinstance(stack[-1], dict):
                    position = read_key(position)
                break
            if follower != ("}" if isinstance(stack[-1], dict) else "]"):
                raise Refused("BODY_NOT_JSON")
            stack.pop()
            position += 1


READ_AT_TOP = {
    "type",
    "type_event",
    "type.event",
    "account_id",
    "retry",
    "version",
    "data",
    "payment",
    "payment_method",
    "subscription",
    "split_update",
    "destination_account_id",
    "direction",
    "transactions",
    "event",
    "event_id",
    "id",
    "code",
    "report_id",
    "status",
    "sub_status",
    "created_at",
    "updated_at",
    "merchant_reference",
    "amount",
    "idempotency_key",
    "account_code",
}


def read_body(body: bytes) -> Document:
    try:
        text = body.decode()
    except UnicodeDecodeError:
        raise Refused("BODY_NOT_JSON") from None
    document = parse_json(text)
    if not isinstance(document.value, dict):
        raise Refused("BODY_NOT_OBJECT")
    seen: set[str] = set()
    for member in document.members:
        if member.key in seen and member.key in READ_AT_TOP:
            raise Refused("BODY_AMBIGUOUS")
        seen.add(member.key)
    return document


# ---------------------------------------------------------------------------------------------------------------------
# Readers: a value of the wrong type is absent


def as_string(value: Any) -> str | None:
    if not isinstance(value, str) or isinstance(value, Number):
        return None
    if any(0xD800 <= ord(character) <= 0xDFFF for character in value):
        return None
    return value


def as_object(value: Any) -> dict[str, Any] | None:
    return value if isinstance(value, dict) else None


def as_id(value: Any) -> str | None:
    if isinstance(value, Number):
        return str(value) if re.fullmatch(r"-?[0-9]+", value) else None
    return as_string(value) or None


def as_small_integer(value: Any) -> int | None:
    """`retry` and `version`: 0 to 4294967295, from an integer literal or a string of 1 to 10 digits."""
    if isinstance(value, Number):
        if not re.fullmatch(r"[0-9]+", value):
            return None
    elif not re.fullmatch(r"[0-9]{1,10}", as_string(value) or ""):
        return None
    if len(value) > 10:
        return None
    number = int(value)
    return number if number <= 4294967295 else None


def as_money(value: Any) -> str | None:
    """The digits of the source, at most 40 of them, with an exponent within 100."""
    text = str(value) if isinstance(value, Number) else as_string(value)
    if text is None or not NUMBER.fullmatch(text):
        return None
    mantissa, _, exponent = text.lower().partition("e")
    if sum(character.isdigit() for character in mantissa) > 40:
        return None
    digits = exponent.lstrip("+-").lstrip("0")
    if len(digits) > 3 or int(digits or "0") > 100:
        return None
    return text


# Minor-unit exponents, ISO 4217. Only currencies in general use; a vector never depends on another one.
_TWO = """AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CNY COP CRC
CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES KGS
KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD PAB
PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD
TZS UAH USD UYU UZS VES WST XCD YER ZAR ZMW"""
MINOR_EXPONENTS = dict.fromkeys(_TWO.split(), 2)
MINOR_EXPONENTS |= dict.fromkeys(
    "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF".split(),
    0,
)
MINOR_EXPONENTS |= dict.fromkeys("BHD IQD JOD KWD LYD OMR TND".split(), 3)
MINOR_EXPONENTS |= dict.fromkeys("CLF UYW".split(), 4)


def minor_units(text: str, currency: str | None) -> str | None:
    places = MINOR_EXPONENTS.get(currency or "")
    if places is None:
        return None
    mantissa, _, exponent = text.lower().partition("e")
    whole, _, fraction = mantissa.partition(".")
    shift = int(exponent or "0") - len(fraction) + places
    coefficient = int(whole + fraction)  # "-0" + "5" reads as -5
    if shift >= 0:
        result = coefficient * 10**shift
    else:
        result, rest = divmod(coefficient, 10**-shift)
        if rest:
            return None
    if len(str(abs(result))) > 38:
        return None
    return str(result)


TIMESTAMP = re.compile(
    r"([0-9]{4})-([0-9]{2})-([0-9]{2})T([0-9]{2}):([0-9]{2}):([0-9]{2})(?:\.([0-9]{1,9}))?"
    r"(?:Z|([+-])([0-9]{2}):([0-9]{2}))",
)


def as_nanoseconds(value: Any) -> int | None:
    match = TIMESTAMP.fullmatch(as_string(value) or "")
    if match is None:
        return None
    year, month, day, hour, minute, second = (int(match[index]) for index in range(1, 7))
    if not 1970 <= year <= 2261:
        return None
    try:
        moment = datetime(year, month, day, hour, minute, second, tzinfo=timezone.utc)  # noqa: UP017
    except ValueError:
        return None
    seconds = (moment - datetime(1970, 1, 1, tzinfo=timezone.utc)) // timedelta(seconds=1)  # noqa: UP017
    if match[8]:
        hours, minutes = int(match[9]), int(match[10])
        if hours > 23 or minutes > 59:
            return None
        offset = hours * 3600 + minutes * 60
        seconds += -offset if match[8] == "+" else offset
    return seconds * 1_000_000_000 + int((match[7] or "").ljust(9, "0"))


# ---------------------------------------------------------------------------------------------------------------------
# The catalogue

PAYMENT = ["purchase", "authorize", "capture", "cancel", "refund", "verify", "chargeback"]
SUBSCRIPTION = [
    "create",
    "active",
    "pause",
    "resume",
    "cancel",
    "complete",
    "close_to_renewal",
    "plan_change_scheduled",
    "plan_change_canceled",
    "plan_changed",
]
SUBSCRIPTION_UNGATED = [
    "trialing",
    "past_due",
    "cycle_executed",
    "phase_started",
    "phase_completed",
    "cancel_scheduled",
    "cancel_schedule_canceled",
]
ONBOARDING = [
    "pending",
    "succeeded",
    "declined",
    "error",
    "expired",
    "blocked",
    "unblocked",
    "cancelled",
    "inactive",
    "transferred",
    "terminated",
]
ONBOARDING_UNGATED = ["pending_additional_documentation", "pending_recipient_action", "rejected", "failed"]
BANKING = {
    "entity": ["created", "updated", "deleted"],
    "onboarding": [
        "created",
        "pending",
        "pending_additional_documentation",
        "succeeded",
        "failed",
        "declined",
        "cancelled",
        "expired",
    ],
    "account": ["created", "updated", "activated", "closed"],
    "transfer": ["pending", "processing", "completed", "failed", "cancelled", "reversed"],
    "transfer.incoming": ["pending", "completed"],
}


def _kinds() -> dict[str, tuple[str, list[str] | None]]:
    kinds: dict[str, tuple[str, list[str] | None]] = {}

    def add(family: str, stem: str, names: list[str], triggers: str | None) -> None:
        for name in names:
            kinds[f"{stem}.{name}"] = (family, [triggers, name.upper()] if triggers else None)

    add("payment", "payment", PAYMENT, "payment_triggers")
    add("payment", "payment", ["pre_chargeback", "fraud_screening", "split_update"], None)
    kinds["payment.pre_chargeback"] = ("payment", ["payment_triggers", "PRECHARGEBACK"])
    add("payment_method", "enrollment", ["enroll", "unenroll"], "enrollment_triggers")
    add("payment_method", "enrollment", ["expiration", "update"], None)
    add("subscription", "subscription", SUBSCRIPTION, "subscription_triggers")
    add("subscription", "subscription", SUBSCRIPTION_UNGATED, None)
    kinds["onboarding.create"] = ("onboarding", ["onboarding_triggers", "CREATED"])
    add("onboarding", "onboarding", ONBOARDING, "onboarding_triggers")
    add("onboarding", "onboarding", ONBOARDING_UNGATED, None)
    add("report", "report", ["create", "update"], "report_triggers")
    add("payout", "payout", ["payout"], None)
    for stem in ("split_transfer", "split_transfer_reverse"):
        add("split_transfer", stem, ["succeeded", "failed", "pending"], None)
    for part, names in BANKING.items():
        add("banking", f"banking.{part}", names, None)
    add("unreferenced_refund", "unreferenced_refund", ["created", "succeeded", "failed"], None)
    domain = ["registered", "verified", "verification_failed", "deleted"]
    add("payment_method_domain", "payment_method_domain", domain, None)
    return kinds


KINDS = _kinds()
ALIASES = {name.replace("banking.", "baas.", 1): name for name in KINDS if name.startswith("banking.")} | {
    "subscription.created": "subscription.create",
    "subscription.paused": "subscription.pause",
    "subscription.canceled": "subscription.cancel",
    "subscription.cancelled": "subscription.cancel",
    "subscription.completed": "subscription.complete",
    "onboarding.created": "onboarding.create",
    "onboarding.canceled": "onboarding.cancelled",
    "payment.prechargeback": "payment.pre_chargeback",
    "payment.fraud_screening_stand_alone": "payment.fraud_screening",
}


def kind_of(spelling: str) -> str:
    if spelling in KINDS:
        return spelling
    return ALIASES.get(spelling, "unknown")


# ---------------------------------------------------------------------------------------------------------------------
# Finality


def _finality() -> dict[str, dict[str, dict[str | None, str]]]:
    table: dict[str, dict[str, dict[str | None, str]]] = {}

    def rows(family: str, verdict: str, *names: str) -> None:
        for name in names:
            status, _, sub_status = name.partition("/")
            table.setdefault(family, {}).setdefault(status, {})[sub_status or None] = verdict

    rows("payment", "pending", "CREATED/CREATED", "READY_TO_PAY/CREATED", "PENDING/AUTHORIZED", "PENDING/IN_PROCESS")
    rows("payment", "pending", "PENDING/WAITING_ADDITIONAL_STEP", "PENDING/PENDING_PROVIDER_CONFIRMATION")
    rows("payment", "pending", "PENDING/PENDING_FRAUD_REVIEW", "PENDING/PENDING_OTP_COMPLETION")
    rows("payment", "pending", "SUCCEEDED/PARTIALLY_APPROVED", "SUCCEEDED/REFUND_RETRY_IN_PROCESS")
    rows("payment", "pending", "SUCCEEDED/CAPTURE_RETRY_IN_PROCESS", "REFUNDED/PENDING_PROVIDER_CONFIRMATION")
    rows("payment", "pending", "CANCELED/PENDING_PROVIDER_CONFIRMATION", "IN_DISPUTE/RECEIVED")
    rows("payment", "pending", "IN_DISPUTE/PENDING_REVIEW", "ERROR/TIMEOUT", "ERROR/PENDING_REVERSE")
    rows("payment", "settled", "SUCCEEDED/APPROVED", "SUCCEEDED/CAPTURED", "SUCCEEDED/PARTIALLY_CAPTURED")
    rows("payment", "settled", "SUCCEEDED/PARTIALLY_REFUNDED", "SUCCEEDED/PARTIALLY_CHARGEBACKED")
    rows("payment", "settled", "SUCCEEDED/FRAUD_DECLINED", "SUCCEEDED/CAPTURE_RETRY_PROCESS_FAILED")
    rows("payment", "final", "VERIFIED/VERIFIED", "EXPIRED/EXPIRED", "REJECTED/REJECTED", "DECLINED/DECLINED")
    rows("payment", "final", "DECLINED/FRAUD_DECLINED", "SUCCEEDED/THREE_D_SECURE_VERIFIED", "REFUNDED/REFUNDED")
    rows("payment", "final", "CANCELED/CANCELED", "CHARGEBACK/LOST", "ERROR/ERROR", "ERROR/REVERSED_BY_TIMEOUT")
    rows("payment", "final", "FRAUD/FRAUD_VERIFIED")
    rows("transaction", "pending", "CREATED", "PENDING", "IN_PROCESS", "PENDING_REVIEW")
    rows("transaction", "final", "SUCCEEDED", "DECLINED", "REJECTED", "ERROR", "EXPIRED", "WON", "LOST", "PREVENTED")
    rows("subscription", "pending", "CREATED", "ACTIVE", "TRIALING", "PAST_DUE", "PAUSED")
    rows("subscription", "final", "COMPLETED", "CANCELED")
    rows("payment_method", "pending", "CREATED", "READY_TO_ENROLL", "ENROLL_IN_PROCESS", "UNENROLL_IN_PROCESS")
    rows("payment_method", "settled", "ENROLLED")
    rows("payment_method", "final", "UNENROLLED", "EXPIRED", "REJECTED", "DECLINED", "CANCELED", "ERROR")
    rows("payout", "pending", "CREATED", "PENDING")
    rows("payout", "final", "SUCCEEDED", "REJECTED", "DECLINED", "ERROR")
    rows("onboarding", "pending", "CREATED", "PENDING", "PENDING_ADDITIONAL_DOCUMENTATION", "PENDING_RECIPIENT_ACTION")
    rows("onboarding", "pending", "BLOCKED", "ERROR")
    rows("onboarding", "settled", "SUCCEEDED", "INACTIVE", "TRANSFERRED")
    rows("onboarding", "final", "FAILED", "DECLINED", "REJECTED", "CANCELLED", "CANCELED", "EXPIRED", "TERMINATED")
    rows("banking", "pending", "CREATED", "PENDING", "PENDING_ADDITIONAL_DOCUMENTATION", "UNDER_REVIEW", "PROCESSING")
    rows("banking", "settled", "COMPLETED")
    rows("banking", "final", "SUCCEEDED", "FAILED", "DECLINED", "CANCELLED", "EXPIRED", "REVERSED")
    rows("split_transfer", "pending", "CREATED", "PENDING", "REVERSED_PARTIAL")
    rows("split_transfer", "settled", "SUCCEEDED")
    rows("split_transfer", "final", "REVERSED", "DECLINED", "ERROR")
    rows("report", "pending", "IN_PROCESS")
    rows("report", "settled", "SUCCEEDED")
    rows("report", "final", "DOWNLOADED", "EXPIRED", "FAILED", "ERROR")
    rows("payment_link", "pending", "CREATED")
    rows("payment_link", "final", "USED", "CANCELED", "EXPIRED", "ERROR")
    rows("unreferenced_refund", "pending", "CREATED/CREATED", "PENDING/APPROVED")
    rows("unreferenced_refund", "final", "SUCCEEDED/SUCCEEDED", "FAILED/DECLINED_BY_PROVIDER")
    return table


FINALITY = _finality()


def finality(family: str, status: str | None, sub_status: str | None) -> str:
    verdicts = FINALITY.get(family, {}).get(status or "", {})
    if sub_status in verdicts:
        return verdicts[sub_status]
    common = set(verdicts.values())
    return common.pop() if len(common) == 1 else "unknown"


# ---------------------------------------------------------------------------------------------------------------------
# Events


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
    if as_string(top.get("destination_account_id")) is not None and direction == "INCOMING":
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


def find_resource(shape: str, kind: str, name: str | None, top: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    data = as_object(top.get("data"))
    box = top if data is None or shape in ("v1", "banking_incoming", "split_transfer") else data
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
    transaction = read_transaction(box.get("transactions"))
    shown = transaction or Transaction(None, None, None, None)
    amount = as_object(box.get("amount")) or {}
    value = as_money(amount.get("value"))
    currency = as_string(amount.get("currency")) if value is not None else None
    owner = (data or {}) if shape == "domain" else box
    account = as_id(top.get("account_id")) or as_id(owner.get("account_id")) or as_id(owner.get("account_code"))
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
        "repeatable": updated_at is None and transaction is None,
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
    }


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


# ---------------------------------------------------------------------------------------------------------------------
# Verification


def sign(body: bytes, secret: bytes) -> str:
    return base64.b64encode(hmac.new(secret, body, hashlib.sha256).digest()).decode()


def signature_bytes(header: str) -> bytes | None:
    text = header.strip(TRIMMED)
    if text[:7].lower() == "sha256=":
        text = text[7:].strip(TRIMMED)
    if re.fullmatch(r"[0-9a-fA-F]{64}", text):
        return bytes.fromhex(text)
    if not re.fullmatch(r"[A-Za-z0-9+/]{43}=", text):
        return None
    raw = base64.b64decode(text)
    return raw if base64.b64encode(raw).decode() == text else None


def values_of(setting: str | list[str]) -> list[str]:
    return [setting] if isinstance(setting, str) else setting


def check_values(values: list[str], in_header: bool) -> None:
    if not 1 <= len(values) <= 8:
        raise Refused("INVALID_SECRET")
    for value in values:
        if not value.strip("*") or value in ("None", "null", "undefined") or value.strip() != value:
            raise Refused("INVALID_SECRET")
        if any(ord(character) < 0x20 or ord(character) == 0x7F for character in value):
            raise Refused("INVALID_SECRET")
        if in_header and any(ord(character) > 0x7E for character in value):
            raise Refused("INVALID_SECRET")


def from_environment(variables: dict[str, str]) -> dict[str, Any]:
    def lines(text: str) -> list[str]:
        found = text.split("\n")
        return found[:-1] if len(found) > 1 and found[-1] == "" else found

    settings: dict[str, Any] = {}
    switch = variables.get("YUNO_WEBHOOK_UNSIGNED", "")
    if switch not in ("", "0", "1"):
        raise Refused("NO_SIGNATURE_SECRET")
    settings["unsigned"] = switch == "1"
    if variables.get("YUNO_WEBHOOK_HMAC_SECRET", "") != "":
        settings["hmac_secret"] = lines(variables["YUNO_WEBHOOK_HMAC_SECRET"])
    for name in ("api_key", "x_secret"):
        variable = "YUNO_WEBHOOK_" + name.upper()
        if variable in variables:
            settings[name] = lines(variables[variable])
    return settings


TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")


def verify(settings: dict[str, Any], headers: list[list[str]], body: bytes) -> dict[str, Any]:
    secret = settings.get("hmac_secret")
    secrets = [] if secret is None else values_of(secret)
    unsigned = settings.get("unsigned", False)
    if bool(secrets) == bool(unsigned):
        raise Refused("NO_SIGNATURE_SECRET")
    if secrets:
        check_values(secrets, in_header=False)
    configured: list[tuple[str, list[str]]] = []
    for option, header in (("api_key", "x-api-key"), ("x_secret", "x-secret")):
        if settings.get(option) is not None:
            configured.append((header, values_of(settings[option])))
    others: dict[str, list[str]] = {}
    for name, accepted in settings.get("required_headers", {}).items():
        lowered = name.lower()
        if not TOKEN.fullmatch(name) or lowered in ("x-hmac-signature", "x-api-key", "x-secret") or lowered in others:
            raise Refused("INVALID_HEADER_NAME")
        others[lowered] = values_of(accepted)
    configured += sorted(others.items())
    for _, accepted in configured:
        check_values(accepted, in_header=True)
    if unsigned and not configured:
        raise Refused("NO_CREDENTIALS")
    limit = settings.get("max_body_bytes", DEFAULT_MAX_BODY_BYTES)
    if limit == 0:
        raise Refused("INVALID_LIMIT")

    if len(body) > limit:
        raise Refused("BODY_TOO_LARGE")

    def only(name: str, missing: str) -> str:
        found = [value for spelling, value in headers if spelling.lower() == name]
        if not found:
            raise Refused(missing)
        if len(found) > 1:
            raise Refused("HEADER_REPEATED")
        return found[0].strip(TRIMMED)

    signature = only("x-hmac-signature", "SIGNATURE_MISSING") if secrets else None
    given = [(only(name, "CREDENTIAL_MISSING"), accepted) for name, accepted in configured]
    if any(value not in accepted for value, accepted in given):
        raise Refused("CREDENTIAL_MISMATCH")
    index = None
    if signature is not None:
        raw = signature_bytes(signature)
        if raw is None:
            raise Refused("SIGNATURE_MALFORMED")
        matching = [
            position
            for position, candidate in enumerate(secrets)
            if hmac.compare_digest(hmac.new(candidate.encode(), body, hashlib.sha256).digest(), raw)
        ]
        if not matching:
            raise Refused("SIGNATURE_MISMATCH")
        index = matching[0]
    return event_view(body, signed=index is not None, secret_index=index)


# ---------------------------------------------------------------------------------------------------------------------
# One answer per operation, in the form of a vector's `expect`


def answer(operation: str, given: dict[str, Any]) -> dict[str, Any]:
    try:
        return _answer(operation, given)
    except Refused as refused:
        return {"error": refused.code}


def _answer(operation: str, given: dict[str, Any]) -> dict[str, Any]:
    if operation == "sign":
        secret = given["secret"]
        key = secret.encode() if isinstance(secret, str) else base64.b64decode(secret["base64"], validate=True)
        return {"signature": sign(body_bytes(given["body"]), key)}
    if operation == "verify":
        if "environment" in given:
            settings = from_environment(given["environment"])
        else:
            settings = given["verifier"]
        return {"event": verify(settings, given["headers"], body_bytes(given["body"]))}
    if operation == "parse":
        return {"event": event_view(body_bytes(given["body"]))}
    if operation in ("keys", "recency"):
        first, second = (event_view(body_bytes(given[side])) for side in ("first", "second"))
        if operation == "recency":
            return {"first_to_second": recency(first, second), "second_to_first": recency(second, first)}
        return {
            "first": first["dedupe_key"],
            "second": second["dedupe_key"],
            "first_published": first["published_key"],
            "second_published": second["published_key"],
            "same": first["dedupe_key"] == second["dedupe_key"],
        }
    if operation == "finality":
        return {"finality": finality(given["family"], given["status"], given["sub_status"])}
    if operation == "reply":
        status, body = reply(given["error"], given["stored"], given["empty_body"])
        return {"status": status, "body": body}
    if operation == "schedule":
        retention = given.get("retention_seconds")
        return schedule(given["since"], given["delays_seconds"], given["waits_seconds"], retention)
    if operation == "error":
        number, stage, status = ERROR_CODES[given["code"]]
        return {"number": number, "stage": stage, "http_status": status}
    if operation == "catalog":
        kind = kind_of(given["spelling"])
        family, trigger = KINDS.get(kind, (None, None))
        return {"kind": kind, "family": family, "trigger": trigger}
    raise ValueError(f"unknown operation {operation}")
