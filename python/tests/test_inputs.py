"""What Python's callers may pass, and what comes out if they pass something else."""

from __future__ import annotations

import copy
import email.message
import gc
import inspect
import json
import pickle
import typing
from array import array
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

import pytest

from yuno_webhooks import (
    Amount,
    AuthenticationError,
    ConfigurationError,
    Event,
    PayloadError,
    Reply,
    Schedule,
    Verifier,
    WebhookError,
    catalog,
    error_codes,
    testing,
)
from yuno_webhooks.types import Kind

SECRET = "a-test-secret"
BODY = testing.sample("payment.purchase")
SIGNATURE = testing.sign(BODY, SECRET)
VERIFIER = Verifier(hmac_secret=SECRET)


def message(*pairs: tuple[str, str]) -> email.message.Message:
    made = email.message.Message()
    for name, value in pairs:
        made[name] = value
    return made


@pytest.mark.parametrize(
    "headers",
    [
        {"x-hmac-signature": SIGNATURE},
        {"X-HMAC-SIGNATURE": SIGNATURE.encode(), "Content-Type": "application/json"},
        {b"X-Hmac-Signature": SIGNATURE.encode()},
        [("x-hmac-signature", SIGNATURE), ("cookie", "a"), ("cookie", "b")],
        iter([(b"x-hmac-signature", SIGNATURE.encode())]),
        [[b"x-hmac-signature", SIGNATURE.encode()]],
        {"x-hmac-signature": SIGNATURE, "x-other": ["of", "no", "interest"]},
        message(("x-hmac-signature", SIGNATURE)),
    ],
)
def test_headers_are_a_mapping_or_pairs_in_any_case(headers: Any) -> None:
    assert VERIFIER.verify(BODY, headers).signed


@pytest.mark.parametrize(
    "headers",
    [
        [("x-hmac-signature", SIGNATURE), ("X-Hmac-Signature", SIGNATURE)],
        {"x-hmac-signature": SIGNATURE, "X-HMAC-Signature": SIGNATURE},
        {"x-hmac-signature": SIGNATURE, b"x-hmac-signature": SIGNATURE},
        message(("x-hmac-signature", SIGNATURE), ("x-hmac-signature", "other")),
        {"x-hmac-signature": [SIGNATURE, SIGNATURE]},
    ],
)
def test_a_repeated_header_is_refused_even_when_the_values_are_equal(headers: Any) -> None:
    with pytest.raises(AuthenticationError) as caught:
        VERIFIER.verify(BODY, headers)
    assert caught.value.code == "HEADER_REPEATED"


class Raising(Mapping[str, str]):
    def __getitem__(self, key: str) -> str:
        raise KeyError(key)

    def __iter__(self) -> Iterator[str]:
        raise RuntimeError("a foreign error")

    def __len__(self) -> int:
        return 1


@pytest.mark.parametrize(
    "headers",
    [
        None,
        5,
        "x-hmac-signature",
        [1],
        ["ab"],
        [("a",)],
        [("a", "b", "c")],
        {1: "a"},
        {"x-hmac-signature": [5]},
        {"x-hmac-signature": ("a", "b")},
        Raising(),
    ],
)
def test_other_headers_are_a_type_error(headers: Any) -> None:
    with pytest.raises(TypeError, match="header"):
        VERIFIER.verify(BODY, headers)


@pytest.mark.parametrize("value", ["\udcff" * 44, "é" * 44, b"\xff" * 44, "", b"\x00"])
def test_a_signature_that_is_no_text_is_malformed(value: Any) -> None:
    with pytest.raises(AuthenticationError) as caught:
        VERIFIER.verify(BODY, {"x-hmac-signature": value})
    assert caught.value.code == "SIGNATURE_MALFORMED"


@pytest.mark.parametrize("body", [BODY, bytearray(BODY), memoryview(BODY), memoryview(BODY + b"")[::1]])
def test_a_body_is_bytes(body: Any) -> None:
    event = VERIFIER.verify(body, {"x-hmac-signature": SIGNATURE})
    assert event.raw == BODY
    assert isinstance(event.raw, bytes)


def test_a_memoryview_with_gaps_is_read_as_its_bytes() -> None:
    doubled = bytes(byte for pair in zip(BODY, BODY, strict=True) for byte in pair)
    assert VERIFIER.verify(memoryview(doubled)[::2], {"x-hmac-signature": SIGNATURE}).raw == BODY
    assert VERIFIER.verify(memoryview(array("B", BODY)), {"x-hmac-signature": SIGNATURE}).raw == BODY


@pytest.mark.parametrize("body", [BODY.decode(), {"type": "payment"}, None, 5, [1, 2]])
def test_another_body_is_a_type_error_that_names_the_fix(body: Any) -> None:
    with pytest.raises(TypeError, match=r"raw bytes .*`request\.get_data\(\)` in Flask"):
        VERIFIER.verify(body, {})
    with pytest.raises(TypeError, match="raw bytes"):
        Event.parse_unverified(body)


def test_a_verified_event_does_not_change_with_the_callers_buffer() -> None:
    buffer = bytearray(BODY)
    event = VERIFIER.verify(buffer, {"x-hmac-signature": SIGNATURE})
    key = event.dedupe_key
    buffer[:] = b"x" * len(buffer)
    assert (event.raw, event.dedupe_key, event.kind) == (BODY, key, "payment.purchase")


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ({}, "NO_SIGNATURE_SECRET"),
        ({"hmac_secret": None, "api_key": "k"}, "NO_SIGNATURE_SECRET"),
        ({"hmac_secret": "\udcff"}, "INVALID_SECRET"),
        ({"hmac_secret": "s", "max_body_bytes": -1}, "INVALID_LIMIT"),
        ({"hmac_secret": "s", "max_body_bytes": 10**30}, "INVALID_LIMIT"),
        ({"hmac_secret": "s", "required_headers": {"\udcff": "a"}}, "INVALID_HEADER_NAME"),
    ],
)
def test_a_wrong_option_is_a_coded_error(options: Any, code: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        Verifier(**options)
    assert caught.value.code == code


@pytest.mark.parametrize("limit", [0, -1, 10**30])
def test_a_limit_out_of_range_says_the_range(limit: int) -> None:
    with pytest.raises(ConfigurationError, match="from 1 byte"):
        Verifier(hmac_secret="s", max_body_bytes=limit)


def test_a_nameless_secret_is_told_its_name_and_not_shown() -> None:
    verifier: Any = Verifier
    with pytest.raises(TypeError, match=r"as in Verifier\(hmac_secret=\.\.\.\)$") as caught:
        verifier("the-client-secret")
    assert "the-client-secret" not in str(caught.value)


def test_a_misspelt_option_is_told_which_there_are() -> None:
    make: Any = Verifier
    options = ", ".join(inspect.signature(Verifier).parameters).replace(", unsigned", " and unsigned")
    with pytest.raises(TypeError, match=f"^Verifier has no option hmac_secrets. It has {options}$") as caught:
        make(hmac_secrets="the-client-secret")
    assert "the-client-secret" not in str(caught.value)


def test_of_several_secrets_the_error_names_the_one_that_is_refused() -> None:
    with pytest.raises(
        ConfigurationError, match=r"^INVALID_SECRET: hmac_secret\[1\] is refused\. It is empty\. "
    ) as caught:
        Verifier(hmac_secret=["the-client-secret", ""])
    assert caught.value.hint == "hmac_secret[1] is refused. It is empty."
    assert "the-client-secret" not in str(caught.value)


@pytest.mark.parametrize(
    "options",
    [
        {"hmac_secret": b"s"},
        {"hmac_secret": 5},
        {"hmac_secret": [None]},
        {"hmac_secret": {"a": 1}},
        {"hmac_secret": {"a", "b"}},
        {"hmac_secret": "s", "required_headers": [("a", "b")]},
        {"hmac_secret": "s", "required_headers": {"a": None}},
        {"hmac_secret": "s", "max_body_bytes": True},
        {"hmac_secret": "s", "unsigned": None},
    ],
)
def test_an_option_of_another_type_is_a_type_error(options: Any) -> None:
    with pytest.raises(TypeError):
        Verifier(**options)


def test_nothing_printed_holds_a_secret_or_the_body() -> None:
    body = testing.sample("payment.purchase", merchant_reference="pr1vate")
    verifier = Verifier(hmac_secret="s3cret", api_key="k3y")
    event = Event.parse_unverified(body)
    errors: list[WebhookError] = []
    for headers in ({}, {"x-hmac-signature": "s3cret", "x-api-key": "wr0ng"}):
        with pytest.raises(WebhookError) as caught:
            verifier.verify(body, headers)
        errors.append(caught.value)
    text = " ".join([repr(verifier), repr(event), repr(event.resource), *map(str, errors), *map(repr, errors)])
    assert not [word for word in ("s3cret", "k3y", "wr0ng", "pr1vate") if word in text]
    assert repr(event) == (
        'Event(kind="payment.purchase", id="5f0c2c1e-8a4b-4c7d-9f51-2f6f3f1f7a10", status="SUCCEEDED")'
    )


def test_data_is_made_once_and_keeps_the_digits_of_numbers() -> None:
    event = Event.parse_unverified(b'{"payment":{"id":"p","amount":{"value":10.10,"currency":"USD"}}}')
    assert event.data is event.data
    assert str(event.data["payment"]["amount"]["value"]) == "10.10"
    assert event.resource.amount is not None
    assert (str(event.resource.amount.value), event.resource.amount.minor_units) == ("10.10", 1010)


@pytest.mark.parametrize(
    "value",
    [
        "1.10",
        "-0.0",
        "-0",
        "1e400",
        "1E5",
        "2.5e-7",
        "123456789012345678901234567890",
        '"\\u00e9\\ud83d\\ude00\\/"',
        '"\\ud800"',
        '{"a":1,"a":2}',
        '{"":null,"\\u0061":[true,false]}',
        "[" * 500 + "]" * 500,
    ],
)
def test_data_is_what_json_loads_reads_with_decimals(value: str) -> None:
    text = f'{{"payment":{{"id":"p","x":{value}}}}}'
    data = Event.parse_unverified(text.encode()).data
    assert repr(data) == repr(json.loads(text, parse_float=Decimal))


@pytest.mark.parametrize("value", ["[" * 100_000 + "]" * 100_000, "9" * 5000])
def test_what_pythons_json_refuses_is_unreadable_data_and_the_event_stays_usable(value: str) -> None:
    event = Event.parse_unverified(f'{{"payment":{{"id":"p","x":{value}}}}}'.encode())
    with pytest.raises(PayloadError) as caught:
        _ = event.data
    assert caught.value.code == "DATA_UNREADABLE"
    assert caught.value.__cause__ is None
    assert event.resource.id == "p"


def test_events_are_equal_by_their_key_and_survive_a_pickle_unsigned() -> None:
    event = VERIFIER.verify(BODY, {"x-hmac-signature": SIGNATURE})
    redelivered = Event.parse_unverified(testing.sample("payment.purchase", retry=3))
    other = Event.parse_unverified(testing.sample("payment.purchase", status="PENDING"))
    assert event == redelivered
    assert event != other
    assert event != event.dedupe_key
    assert len({event, redelivered, other}) == 2
    restored = pickle.loads(pickle.dumps(event))  # noqa: S301
    assert restored == event
    assert restored.raw == event.raw
    assert (event.signed, restored.signed) == (True, False)
    assert copy.copy(event) is event
    assert copy.deepcopy({"event": event})["event"] is event


def test_every_kind_is_a_literal_of_the_types() -> None:
    assert set(typing.get_args(Kind)) == {row.kind for row in catalog()} | {"unknown"}


def test_times_are_utc_to_the_microsecond_and_whole_in_nanoseconds() -> None:
    event = Event.parse_unverified(b'{"payment":{"id":"p","updated_at":"2026-08-17T07:35:18.928000342Z"}}')
    assert event.resource.updated_at is not None
    assert event.resource.updated_at.isoformat() == "2026-08-17T07:35:18.928000+00:00"
    assert event.resource.updated_at_ns == 1_786_952_118_928_000_342


def test_each_view_has_its_own_instants() -> None:
    event = Event.parse_unverified(
        b'{"payment":{"id":"p","created_at":"2026-08-17T07:35:18.5Z","transactions":[{"updated_at":"2026-08-17T07:36:18Z"}]}}'
    )
    assert event.resource.created_at is not None
    assert event.resource.created_at.isoformat() == "2026-08-17T07:35:18.500000+00:00"
    assert event.resource.updated_at is None
    assert event.resource.transaction is not None
    assert event.resource.transaction.updated_at is not None
    assert event.resource.transaction.updated_at.isoformat() == "2026-08-17T07:36:18+00:00"


def test_views_keep_their_event_alive() -> None:
    transaction = Event.parse_unverified(BODY).resource.transaction
    gc.collect()
    assert transaction is not None
    assert transaction.type == "PURCHASE"


def test_a_reply_is_made_from_an_error_of_ours_only() -> None:
    with pytest.raises(TypeError):
        Reply.to_error(ValueError("other"))  # type: ignore[arg-type]


def test_recency_is_none_where_it_cannot_be_told() -> None:
    early = Event.parse_unverified(testing.sample("payment.purchase", updated_at="2026-08-17T07:35:18.4Z"))
    late = Event.parse_unverified(testing.sample("payment.purchase", updated_at="2026-08-17T07:35:18.49Z"))
    other = Event.parse_unverified(testing.sample("payment.purchase", id="other"))
    assert (late.is_newer_than(early), early.is_newer_than(late), late.is_newer_than(late)) == (True, False, False)
    assert late.is_newer_than(other) is None


def test_an_instant_before_1970_is_a_datetime() -> None:
    event = Event.parse_unverified(b'{"payment":{"id":"p","updated_at":"1970-01-01T00:00:00.5+01:00"}}')
    assert event.resource.updated_at is not None
    assert event.resource.updated_at.isoformat() == "1969-12-31T23:00:00.500000+00:00"
    assert event.resource.updated_at_ns == -3_599_500_000_000


def test_a_repr_is_one_short_line() -> None:
    body = b'{"payment":{"id":"a\\nb","status":"' + b"x" * 10_000 + b'","amount":{"value":1,"currency":"USD\\nFAKE"}}}'
    resource = Event.parse_unverified(body).resource
    for text in (repr(resource), repr(resource.amount)):
        assert "\n" not in text
        assert len(text) < 200


def test_sums_are_equal_by_value_and_currency() -> None:
    def amount(value: str, currency: str) -> Amount | None:
        body = testing.sample("payment.purchase", amount=value, currency=currency)
        return Event.parse_unverified(body).resource.amount

    sums = {amount("24.9", "USD"), amount("24.90", "USD"), amount("24.9", "EUR"), amount("25", "USD")}
    assert len(sums) == 3
    assert amount("24.9", "USD") == amount("24.90", "USD") != amount("24.9", "EUR")
    assert amount("24.9", "USD") != Decimal("24.9")


def test_what_is_shown_begins_with_its_type() -> None:
    assert repr(catalog()[0]) == 'CatalogRow("payment.purchase")'
    assert repr(error_codes()[0]) == 'ErrorCode("NULL_POINTER", 1)'
    assert repr(Reply.received()) == "Reply(200)"
    transaction = Event.parse_unverified(testing.sample("payment.purchase", transaction_id="t-1")).resource.transaction
    assert repr(transaction) == 'Transaction(type="PURCHASE", id="t-1", status="SUCCEEDED")'
    assert len({Reply.received(), Reply.received(), Reply.try_again()}) == 2


def test_delays_count_from_the_first_try_or_the_one_before() -> None:
    with pytest.raises(ConfigurationError) as caught:
        Schedule(since="last_try")  # type: ignore[arg-type]
    assert caught.value.code == "INVALID_LIMIT"


def test_a_variable_that_is_no_text_is_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("YUNO_WEBHOOK_HMAC_SECRET", SECRET)
    assert Verifier.from_env().verify(BODY, {"x-hmac-signature": SIGNATURE}).signed
    monkeypatch.setenv("YUNO_WEBHOOK_API_KEY", "\udcff")
    with pytest.raises(ConfigurationError) as caught:
        Verifier.from_env()
    assert caught.value.code == "INVALID_SECRET"


class Lazy(dict[str, str]):
    def items(self) -> Any:
        return [("x-tenant", "acme")]


def test_required_headers_are_what_their_items_say() -> None:
    verifier = Verifier(hmac_secret=SECRET, required_headers=Lazy())
    with pytest.raises(AuthenticationError) as caught:
        verifier.verify(BODY, {"x-hmac-signature": SIGNATURE})
    assert caught.value.code == "CREDENTIAL_MISSING"


class Undecodable(Mapping[str, str]):
    def __getitem__(self, key: str) -> str:
        raise KeyError(key)

    def __iter__(self) -> Iterator[str]:
        raise UnicodeDecodeError("utf-8", b"Bearer s3cret\xff", 0, 1, "invalid")

    def __len__(self) -> int:
        return 1


def test_what_a_container_raises_is_not_passed_on() -> None:
    with pytest.raises(TypeError) as caught:
        VERIFIER.verify(BODY, Undecodable())
    assert "UnicodeDecodeError" in str(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None


def test_a_released_memoryview_is_a_type_error() -> None:
    view = memoryview(BODY)
    view.release()
    with pytest.raises(TypeError, match="raw bytes"):
        VERIFIER.verify(view, {})
