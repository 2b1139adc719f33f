"""A second, slow and obvious implementation of the rules that the vectors state.

It exists so that the expected values in `tests/vectors` do not come from the code under test. It is written from the
design text alone, in standard-library Python, with no regard for speed. The library itself never imports it.
"""

from __future__ import annotations

import base64
from typing import Any

from catalog import KINDS, kind_of
from document import body_bytes
from events import event_view, recency
from finality import finality
from protocol import ERROR_CODES, Refused, reply, schedule
from verification import DEFAULT_MAX_BODY_BYTES, admit, from_environment, sign, verify


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
    if operation == "admit":
        limit = given.get("max_body_bytes", DEFAULT_MAX_BODY_BYTES)
        return admit(given["content_length"], given["content_encoding"], limit)
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
