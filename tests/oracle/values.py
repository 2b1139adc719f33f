"""Readers of values: one of the wrong type is absent."""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone
from typing import Any

from document import NUMBER, Number


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
