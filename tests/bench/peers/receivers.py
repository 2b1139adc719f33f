"""Python: the package beside published ones, on the same bodies. A line of JSON for each size; see bench_peers.py.

Each call verifies a signature of its own scheme and reaches what a receiver reads: kind, id, status, amount and a key.
The others make objects of the whole body to reach them. Ours does so in a call of its own, "whole body", by which the
others can be judged too.
"""

from __future__ import annotations

import base64
import gc
import hmac
import json
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import standardwebhooks
import stripe
import svix
from standardwebhooks.webhooks import WebhookVerificationError as StandardError
from svix.webhooks import WebhookVerificationError as SvixError

from yuno_webhooks import AuthenticationError, Verifier

SECRET = b"a-bench-secret-of-some-32-bytes."
TEXT = SECRET.decode()
ENCODED = base64.b64encode(SECRET).decode()
ROUNDS = 21
OWN = Verifier(hmac_secret=TEXT)
STANDARD = standardwebhooks.Webhook(ENCODED)
SVIX = svix.Webhook(ENCODED)

Headers = dict[str, str]


class ForgedError(Exception):
    """The hand-written receiver's."""


def digest(message: bytes) -> bytes:
    """The bytes of a signature."""
    return hmac.digest(SECRET, message, "sha256")


def signed(body: bytes) -> Headers:
    """The headers of a delivery under every scheme at once: each receiver finds its own."""
    now = str(int(time.time()))
    standard = base64.b64encode(digest(b"msg_1." + now.encode() + b"." + body)).decode()
    return {
        "host": "shop.example",
        "user-agent": "example/1.0",
        "content-type": "application/json",
        "content-length": str(len(body)),
        "x-hmac-signature": base64.b64encode(digest(body)).decode(),
        "stripe-signature": f"t={now},v1={digest(now.encode() + b'.' + body).hex()}",
        **{
            f"{scheme}-{name}": value
            for scheme in ("webhook", "svix")
            for name, value in (("id", "msg_1"), ("timestamp", now), ("signature", f"v1,{standard}"))
        },
    }


def fields(event: Any) -> tuple[Any, ...]:
    """What a receiver reads of a parsed body; the last is a key by which it knows the event again."""
    payment = event["data"]["payment"]
    key = f"{event['type_event']}:{payment['id']}:{payment['status']}:{payment['updated_at']}"
    return event["type_event"], payment["id"], payment["status"], payment["amount"]["value"], key


def ours(body: bytes, headers: Headers) -> tuple[Any, ...]:
    """The same of ours."""
    event = OWN.verify(body, headers)
    resource = event.resource
    return event.kind, resource.id, resource.status, resource.amount and resource.amount.value, event.dedupe_key


def ours_whole(body: bytes, headers: Headers) -> tuple[Any, ...]:
    """The same, and the whole body as objects."""
    event = OWN.verify(body, headers)
    resource, data = event.resource, event.data
    seen = event.kind, resource.id, resource.status, resource.amount and resource.amount.value, event.dedupe_key
    return *seen, data


def by_hand(body: bytes, headers: Headers) -> tuple[Any, ...]:
    """What a careful developer writes with the standard library."""
    if not hmac.compare_digest(base64.b64encode(digest(body)).decode(), headers["x-hmac-signature"]):
        raise ForgedError
    return fields(json.loads(body))


def by_stripe(body: bytes, headers: Headers) -> tuple[Any, ...]:
    """Gives an event of its own class."""
    return fields(stripe.Webhook.construct_event(body, headers["stripe-signature"], TEXT))


def by_standard(body: bytes, headers: Headers) -> tuple[Any, ...]:
    """Gives what `json.loads` makes."""
    return fields(STANDARD.verify(body, headers))


def by_svix(body: bytes, headers: Headers) -> tuple[Any, ...]:
    """It only verifies."""
    SVIX.verify(body, headers)
    return fields(json.loads(body))


RECEIVERS: dict[str, Callable[[bytes, Headers], tuple[Any, ...]]] = {
    "yuno-webhooks": ours,
    "yuno-webhooks, whole body": ours_whole,
    "by hand": by_hand,
    "stripe": by_stripe,
    "standardwebhooks": by_standard,
    "svix": by_svix,
}

REFUSALS = (AuthenticationError, ForgedError, stripe.SignatureVerificationError, StandardError, SvixError)


def check(body: bytes) -> None:
    """Stops unless every receiver reads the same from the body and refuses it where one byte differs."""
    headers = signed(body)
    changed = body.replace(b"SUCCEEDED", b"SUCCEEDER", 1)
    expected = fields(json.loads(body))[:4]
    for name, receive in RECEIVERS.items():
        kind, resource, status, amount = receive(body, headers)[:4]
        if (kind, resource, status, float(amount)) != expected:
            sys.exit(f"{name} reads something else")
        try:
            receive(changed, headers)
        except REFUSALS:
            continue
        sys.exit(f"{name} accepts a changed body")


def measure(receive: Callable[[bytes, Headers], Any], body: bytes, headers: Headers, count: int) -> float:
    """CPU time of one call, in microseconds."""
    start = time.process_time_ns()
    for _ in range(count):
        receive(body, headers)
    return (time.process_time_ns() - start) / count / 1000


def compare(size: str, body: bytes) -> None:
    """Prints the medians over rounds in which all take turns."""
    check(body)
    count = max(10, 1_500_000 // (len(body) + 1500))
    rounds = []
    for _ in range(ROUNDS):
        headers = signed(body)
        rounds.append({name: measure(receive, body, headers, count) for name, receive in RECEIVERS.items()})
        gc.collect()
    print(json.dumps({"size": size, "receivers": {name: medians(rounds, name) for name in RECEIVERS}}), flush=True)


def medians(rounds: list[dict[str, float]], name: str) -> dict[str, float]:
    """Its time, and how many times ours it is: of the fields, and of the whole body."""
    times = {"us": statistics.median(times[name] for times in rounds)}
    for ratio, own in (("fields", "yuno-webhooks"), ("whole", "yuno-webhooks, whole body")):
        times[ratio] = statistics.median(times[name] / times[own] for times in rounds)
    return times


def main() -> None:
    """Measures every body of the folder that is given."""
    print(json.dumps({"language": f"Python {sys.version_info.major}.{sys.version_info.minor}"}))
    gc.disable()
    for file in sorted(Path(sys.argv[1]).glob("*.json"), key=lambda file: file.stat().st_size):
        compare(file.stem, file.read_bytes())


if __name__ == "__main__":
    main()
