"""Bodies and JSON. Numbers keep their source text; a body of any depth parses without recursion."""

from __future__ import annotations

import base64
import json
import re
from dataclasses import dataclass, field
from typing import Any

from protocol import Refused


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


# JSON's white space, which is also what is trimmed from a header.
TRIMMED = " \t\r\n"
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
    "domains",
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
    "merchant_reference_id",
    "recipient",
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
