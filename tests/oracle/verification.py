"""Signatures, credentials and configuration."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import string
from typing import Any

from document import TRIMMED
from events import event_view
from protocol import Refused

DEFAULT_MAX_BODY_BYTES = 2 * 1024 * 1024


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


UNSEEN = "\u200b\u200c\u200d\u200e\u200f\u2060\ufeff"
SIGNS = string.punctuation + string.whitespace + UNSEEN + "\u2022\u25cf"


def check_values(values: list[str], in_header: bool) -> None:
    if not 1 <= len(values) <= 8:
        raise Refused("INVALID_SECRET")
    for value in values:
        if not value.strip(SIGNS) or re.search("[*]{3}|\u2022{3}|\u25cf{3}", value):
            raise Refused("INVALID_SECRET")
        if value in ("None", "null", "undefined", "[object Object]") or re.fullmatch(r"\$\{.*\}", value):
            raise Refused("INVALID_SECRET")
        if value[0] in UNSEEN or value[-1] in UNSEEN or value.strip() != value:
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


def admit(length: str | None, encoding: str | None, limit: int) -> dict[str, Any]:
    if (encoding or "").strip(TRIMMED).lower() not in ("", "identity"):
        raise Refused("BODY_ENCODED")
    digits = (length or "").strip(TRIMMED)
    if re.fullmatch(r"[0-9]+", digits) and int(digits) > limit:
        raise Refused("BODY_TOO_LARGE")
    return {"admitted": True}


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
