"""Error codes, replies and schedules."""

from __future__ import annotations

from typing import Any


class Refused(Exception):
    """A refusal; its argument is the name of the error code."""

    @property
    def code(self) -> str:
        return str(self.args[0])


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
        "BODY_ENCODED",
    ]
    payload = ["BODY_NOT_JSON", "BODY_NOT_OBJECT", "BODY_AMBIGUOUS", "DATA_UNREADABLE"]
    inbox = ["STORE_UNAVAILABLE", "STALE_FENCE", "RETENTION_TOO_SHORT", "SCHEMA_MISMATCH", "NOT_FOUND", "STORE_UNSAFE"]
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
    number, stage, _ = table["BODY_ENCODED"]
    table["BODY_ENCODED"] = (number, stage, 415)
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
