"""What the command line prints: documents, the same in Node, as JSON or as tables."""

from __future__ import annotations

import base64
import json
import sys
import unicodedata
from datetime import datetime
from typing import Any, TypeAlias

from ._delivery import Record, Stats

# An object, or a list of them with the members of a record.
Document: TypeAlias = "dict[str, Any] | list[dict[str, Any]]"

COLUMNS = (
    "key",
    "kind",
    "resource",
    "state",
    "attempts",
    "duplicates",
    "received_at",
    "available_at",
    "finished_at",
    "error_class",
    "error_text",
    "body_bytes",
)


def document_of(record: Record, *, with_body: bool = False) -> dict[str, Any]:
    """A record; its body only where it is asked for."""
    body = record.body
    known = record._asdict() | {"body_bytes": None if body is None else len(body)}
    document = {name: _instant(value) if isinstance(value := known[name], datetime) else value for name in COLUMNS}
    return document | _body(body) if with_body else document


def document_of_stats(scope: str, stats: Stats) -> dict[str, Any]:
    """How full a store is."""
    oldest = stats.oldest_pending
    return {
        "scope": scope,
        "pending": stats.pending,
        "waiting": stats.waiting,
        "oldest_pending_seconds": None if oldest is None else oldest.total_seconds(),
        "leased": stats.leased,
        "dead": stats.dead,
        "duplicates": stats.duplicates,
    }


def write(document: Document, output: str) -> None:
    """Prints a document, as "json" or as a "table"."""
    if output == "json":
        lines = [json.dumps(document)]
    elif isinstance(document, list):
        lines = _aligned(
            [[name.upper() for name in COLUMNS], *([_cell(row[name]) for name in COLUMNS] for row in document)]
        )
    else:
        lines = _aligned([[name, _cell(value)] for name, value in document.items()])
    sys.stdout.write("".join(f"{line}\n" for line in lines))


def _instant(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _body(body: bytes | None) -> dict[str, str | None]:
    if body is None:
        return {"body": None}
    try:
        return {"body": body.decode()}
    except UnicodeDecodeError:
        return {"body_base64": base64.b64encode(body).decode()}


def _aligned(rows: list[list[str]]) -> list[str]:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]


def _cell(value: object) -> str:
    if value is None:
        return "-"
    if isinstance(value, bool):
        return str(value).lower()
    # What could move a terminal's cursor or change its colour has no place in a table; a body may have lines.
    return "".join(each if each in "\n\t" or unicodedata.category(each)[0] != "C" else "\ufffd" for each in str(value))
