"""Takes deliveries by the Python package, and tells what the process holds. See ../memory.py."""

from __future__ import annotations

import contextlib
import ctypes
import gc
import json
import sys
from pathlib import Path

from yuno_webhooks import Event, PayloadError, Verifier, WebhookError, testing

SECRET = "whsec-one"


def kib() -> int:
    gc.collect()
    line = next(
        line for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines() if line.startswith("VmRSS:")
    )
    return int(line.split()[1])


def headers(signed: str, body: bytes) -> dict[str, str] | list[tuple[str, str]]:
    signature = testing.sign(body, "another" if signed == "forged" else SECRET)
    if signed == "repeated":
        return [("x-hmac-signature", signature)] * 2
    if signed == "missing":
        return {"host": "shop.example"}
    return {"host": "shop.example", "X-Hmac-Signature": signature[:20] if signed == "malformed" else signature}


def read(event: Event) -> str:
    resource = event.resource
    fields = [event.kind, event.dedupe_key, event.published_key, event.finality, resource.updated_at, resource.amount]
    assert len(fields) == 6
    with contextlib.suppress(PayloadError):
        assert event.data
    return "OK"


def main(file: str, count: int, leaky: bool) -> None:
    verifier = Verifier(hmac_secret=SECRET)
    lines = [line.split() for line in Path(file).read_text(encoding="ascii").splitlines()]
    cases = [(signed, outcome, bytes.fromhex(text)) for signed, outcome, text in lines]
    warm = 0
    for number in range(count):
        signed, outcome, body = cases[number % len(cases)]
        body = body.replace(b"0" * 12, b"%012d" % number)
        try:
            event = verifier.verify(body, headers(signed, body))
            seen = read(event)
            if leaky and number % 10 == 0:
                ctypes.pythonapi.Py_IncRef(ctypes.py_object(event))
        except WebhookError as error:
            seen = error.code
        if seen != outcome:
            raise SystemExit(f"delivery {number}: expected {outcome}, saw {seen}")
        if number == count // 5:
            warm = kib()
    print(json.dumps({"deliveries": count, "warm_kib": warm, "end_kib": kib()}))


main(sys.argv[1], int(sys.argv[2]), sys.argv[3] == "1")
