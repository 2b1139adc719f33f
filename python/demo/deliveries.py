"""The plan of the demo: every delivery that is sent, and what must become of it.

The plan is made without asking the code that it checks: signatures come from the standard library, and whether two
deliveries are one event is known from how they were made, not from a key.
"""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from receiver import MAX_BODY_BYTES
from yuno_webhooks import catalog, testing
from yuno_webhooks.types import Form, Kind

SECRET = "a-demo-secret"  # noqa: S105, invented

Headers = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Outcome:
    """What must become of one delivery."""

    status: int
    result: str
    """`new`, `superseded` (newer news of its resource came before), `duplicate`, or the code of the error."""
    kind: str | None = None


@dataclass(frozen=True)
class Delivery:
    """One request and what the receiver must make of it."""

    label: str
    body: bytes
    headers: Headers
    expected: Outcome

    @property
    def signed(self) -> bool:
        """Whether the receiver must find it authentic."""
        return self.expected.kind is not None


def sign(body: bytes, secret: str = SECRET) -> str:
    """The signature, as the provider describes it: base64 of HMAC-SHA256 over the raw body."""
    return base64.b64encode(hmac.digest(secret.encode(), body, hashlib.sha256)).decode()


def identity(body: bytes) -> str:
    """What makes two bodies the same event: everything in them but the counter of tries."""
    members: dict[str, object] = json.loads(body, parse_int=str, parse_float=str)
    return json.dumps({name: value for name, value in members.items() if name != "retry"}, sort_keys=True)


def plan() -> list[Delivery]:
    """All deliveries, in the order in which they are sent."""
    deliveries = [
        *every_kind_and_shape(),
        *pending_then_succeeded(),
        *two_equal_refunds(),
        *all_retries(),
        *out_of_order(),
        *unknown_kind(),
        *refused(),
    ]
    events = [identity(delivery.body) for delivery in deliveries if delivery.expected.result in ("new", "superseded")]
    if len(set(events)) != len(events):
        message = "the plan is wrong: it holds one event twice as if it were two"
        raise ValueError(message)
    return deliveries


def every_kind_and_shape() -> Iterator[Delivery]:
    """Each kind in each shape: forged, tampered and unsigned first, then the real one, then a redelivery of it."""
    shapes: list[tuple[Kind, Form]] = [(row.kind, form) for row in catalog() for form in row.forms]
    for number, (kind, form) in enumerate(shapes):
        make = maker(kind, form, resource_id(number))
        first = make(None)
        yield rejected(
            "forged: another secret", first, 401, "SIGNATURE_MISMATCH", signature(sign(first, "another-secret"))
        )
        yield rejected(
            "tampered: one bit of the body", flip(first, number), 401, "SIGNATURE_MISMATCH", signature(sign(first))
        )
        yield rejected("unsigned: no header", first, 401, "SIGNATURE_MISSING", ())
        yield accepted("every kind in every shape", first, "new", kind)
        yield accepted("redelivered once", make(1 + number % 6), "duplicate", kind)


def pending_then_succeeded() -> Iterator[Delivery]:
    """One payment, one type, one id: the second event is the money."""
    states = [("PENDING", "IN_PROCESS", "PENDING", "10.5"), ("SUCCEEDED", "APPROVED", "SUCCEEDED", "42.25")]
    for status, sub_status, transaction_status, seconds in states:
        body = testing.sample(
            "payment.purchase",
            id=resource_id(1001),
            status=status,
            sub_status=sub_status,
            transaction_status=transaction_status,
            updated_at=f"2026-12-01T10:00:{seconds}Z",
        )
        yield accepted("PENDING, then SUCCEEDED", body, "new", "payment.purchase")


def two_equal_refunds() -> Iterator[Delivery]:
    """The same amount is refunded twice: only the transaction and the time differ."""
    for number in (1, 2):
        body = testing.sample(
            "payment.refund",
            id=resource_id(1002),
            status="SUCCEEDED",
            sub_status="PARTIALLY_REFUNDED",
            amount="25.50",
            currency="USD",
            transaction_id=resource_id(2000 + number),
            updated_at=f"2026-12-01T10:00:0{number}Z",
        )
        yield accepted("two equal partial refunds", body, "new", "payment.refund")


def all_retries() -> Iterator[Delivery]:
    """One event, sent until the provider gives up: with the envelope's counter and without an envelope."""
    forms: tuple[Form, ...] = ("enveloped", "v1")
    for number, form in enumerate(forms):
        make = maker("payment.purchase", form, resource_id(1010 + number))
        yield accepted("redelivered, retry 1 to 6", make(None), "new", "payment.purchase")
        for retry in range(1, 7):
            yield accepted("redelivered, retry 1 to 6", make(retry), "duplicate", "payment.purchase")


def out_of_order() -> Iterator[Delivery]:
    """The newer state arrives first. Compared as text, each of these pairs of times would be the wrong way round."""
    kinds: tuple[Kind, ...] = ("payment.purchase", "payment.chargeback", "enrollment.enroll", "payout.payout")
    times = (("2026-12-01T10:00:18.49869Z", "new"), ("2026-12-01T10:00:18.4986Z", "superseded"))
    for number, kind in enumerate(kinds):
        for updated_at, result in times:
            body = testing.sample(kind, id=resource_id(1020 + number), updated_at=updated_at)
            yield accepted("out of order: newer, then older", body, result, kind)


def unknown_kind() -> Iterator[Delivery]:
    """An event that no release of the package knows is kept all the same."""
    body = {"type": "payment", "type_event": "payment.not_invented_yet", "retry": 0, "data": {"payment": {"id": "p-1"}}}
    for retry, result in enumerate(("new", "duplicate")):
        sent = json.dumps({**body, "retry": retry}).encode()
        yield accepted("a kind not known yet", sent, result, "unknown")


def refused() -> Iterator[Delivery]:
    """What is not an event, authentic or not."""
    good = testing.sample("payment.purchase", id=resource_id(1030))
    # The demo's server joins what is repeated with a comma, which no signature holds.
    yield rejected("signature header repeated", good, 401, "SIGNATURE_MALFORMED", signature(sign(good)) * 2)
    large = good + b" " * (MAX_BODY_BYTES + 1 - len(good))
    yield rejected("oversized, well signed", large, 413, "BODY_TOO_LARGE")
    # Authentic, so acknowledged: the receiver has kept the bytes.
    yield rejected("authentic, not JSON", b"payment=1", 200, "BODY_NOT_JSON")
    yield rejected("authentic, not an object", b"[]", 200, "BODY_NOT_OBJECT")
    yield rejected("authentic, empty", b"", 200, "BODY_NOT_JSON")


def maker(kind: Kind, form: Form, identifier: str) -> Callable[[int | None], bytes]:
    """Makes one event's body for a try; None is the first. Shapes without an envelope have no counter then."""
    first = 0 if form in ("enveloped", "undotted", "old_key") else None

    def make(retry: int | None) -> bytes:
        return testing.sample(kind, form=form, id=identifier, retry=first if retry is None else retry)

    return make


def resource_id(number: int) -> str:
    """An id of the usual form, a different one for each number."""
    return f"00000000-0000-4000-8000-{number:012d}"


def flip(body: bytes, number: int) -> bytes:
    """The body with one bit changed, at a different place for each number."""
    place = number * 37 % len(body)
    return body[:place] + bytes([body[place] ^ 1]) + body[place + 1 :]


def signature(value: str) -> Headers:
    """The header that carries a signature."""
    return (("x-hmac-signature", value),)


def accepted(label: str, body: bytes, result: str, kind: str) -> Delivery:
    """A signed delivery that becomes an event."""
    return Delivery(label, body, signature(sign(body)), Outcome(200, result, kind))


def rejected(label: str, body: bytes, status: int, code: str, headers: Headers | None = None) -> Delivery:
    """A delivery that becomes no event; well signed unless headers are given."""
    return Delivery(label, body, signature(sign(body)) if headers is None else headers, Outcome(status, code))
