"""Python: the package beside the best hand-written receiver. One line of JSON for each size and job; see run.py."""

from __future__ import annotations

import base64
import gc
import hmac
import json
import statistics
import sys
import time
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

from yuno_webhooks import Verifier

SECRET = "a-bench-secret"
ROUNDS = 31
VERIFIER = Verifier(hmac_secret=SECRET)


def ours(body: bytes, headers: dict[str, str]) -> Any:
    """Verifies, reads what a receiver decides by, and makes the key."""
    event = VERIFIER.verify(body, headers)
    resource = event.resource
    amount, transaction = resource.amount, resource.transaction
    if amount is None or transaction is None:
        raise ValueError("the body has both")
    return (
        event,
        event.kind,
        resource.id,
        resource.status,
        resource.sub_status,
        resource.updated_at_ns,
        amount.value,
        transaction.type,
        event.dedupe_key,
    )


def ours_with_data(body: bytes, headers: dict[str, str]) -> Any:
    """The same, and the whole of `data`."""
    seen = ours(body, headers)
    return seen, seen[0].data


def by_hand(body: bytes, headers: dict[str, str], parse: Callable[[bytes], Any] = json.loads) -> Any:
    """What a careful developer writes with the standard library."""
    digest = hmac.digest(SECRET.encode(), body, "sha256")
    if not hmac.compare_digest(base64.b64encode(digest).decode(), headers["x-hmac-signature"]):
        raise ValueError("forged")
    event = parse(body)
    payment = event["data"]["payment"]
    transaction = payment["transactions"]
    key = f"{event['type_event']}:{payment['id']}:{payment['status']}:{payment['updated_at']}"
    return event, key, payment["sub_status"], payment["amount"]["value"], transaction["type"]


def by_hand_with_decimals(body: bytes, headers: dict[str, str]) -> Any:
    """The same, with exact money."""
    return by_hand(body, headers, lambda text: json.loads(text, parse_float=Decimal))


def measure(job: Callable[[], Any], count: int) -> float:
    """CPU time of one job, in microseconds."""
    start = time.process_time_ns()
    for _ in range(count):
        job()
    return (time.process_time_ns() - start) / count / 1000


def compare(size: str, task: str, body: bytes, first: Callable[..., Any], second: Callable[..., Any]) -> None:
    """Prints how many times faster the first is: the median over rounds in which both take turns."""
    digest = hmac.digest(SECRET.encode(), body, "sha256")
    headers = {
        "host": "shop.example",
        "user-agent": "example/1.0",
        "content-type": "application/json",
        "content-length": str(len(body)),
        "x-hmac-signature": base64.b64encode(digest).decode(),
    }
    count = max(20, 3_000_000 // (len(body) + 1500))
    times = [
        (measure(lambda: first(body, headers), count), measure(lambda: second(body, headers), count))
        for _ in range(ROUNDS)
    ]
    line = {
        "surface": "Python",
        "size": size,
        "task": task,
        "ours_us": statistics.median(own for own, _ in times),
        "other_us": statistics.median(other for _, other in times),
        "ratio": statistics.median(other / own for own, other in times),
    }
    print(json.dumps(line), flush=True)


def main() -> None:
    """Measures every body of the folder that is given."""
    gc.disable()
    for file in sorted(Path(sys.argv[1]).glob("*.json"), key=lambda file: file.stat().st_size):
        body = file.read_bytes()
        compare(file.stem, "view and key", body, ours, by_hand)
        compare(file.stem, "with data", body, ours_with_data, by_hand_with_decimals)
        gc.collect()


if __name__ == "__main__":
    main()
