"""What holds for every input, tried on inputs that hypothesis makes up: the same ones in every run.

YUNO_EXAMPLES sets how many there are of each property.
"""

from __future__ import annotations

import base64
import collections
import email.message
import json
import os
import types
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import multidict
import pytest
from hypothesis import HealthCheck, configuration, given, settings
from hypothesis import strategies as st
from starlette.datastructures import Headers as StarletteHeaders
from werkzeug.datastructures import EnvironHeaders
from werkzeug.datastructures import Headers as WerkzeugHeaders

from yuno_webhooks import (
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
    finality,
    testing,
)
from yuno_webhooks.types import Kind

configuration.set_hypothesis_home_dir(Path(__file__).parents[2] / "target" / "hypothesis")
# No more of an input is made up than a second's worth, whatever the machine does meanwhile.
PROPERTY = settings(
    derandomize=True,
    database=None,
    deadline=None,
    max_examples=int(os.environ.get("YUNO_EXAMPLES", "150")),
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
DOCUMENTED = {row.name: row for row in error_codes()}
KINDS = [row.kind for row in catalog()]
PRIVATE = "pr1vate"
SECRET = "whsec-of-the-test"
VERIFIER = Verifier(hmac_secret=SECRET)
SAMPLE = testing.sample("payment.purchase", merchant_reference=PRIVATE)
Pair = tuple[str, str]


def sample(kind: Kind, retry: int) -> bytes:
    return testing.sample(kind, retry=retry)


# Bodies: of the provider's shapes, any JSON, any bytes, and those with something changed.
scalars: st.SearchStrategy[Any] = (
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=20)
)
names = st.text(max_size=8) | st.sampled_from(
    ["type", "type_event", "data", "payment", "id", "retry", "amount", "transactions", "status"]
)
documents: st.SearchStrategy[Any] = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(names, inner, max_size=4), max_leaves=20
)
samples = st.builds(sample, st.sampled_from(KINDS), st.integers(0, 7))
objects = st.dictionaries(names, documents, max_size=6).map(lambda document: json.dumps(document).encode())
texts = documents.map(lambda document: json.dumps(document).encode())


def changed(body: bytes, place: int, cut: int, inserted: bytes) -> bytes:
    place %= len(body) + 1
    return body[:place] + inserted + body[place + cut :]


damaged = st.builds(changed, samples | texts, st.integers(0, 2000), st.integers(0, 3), st.binary(max_size=3))
bodies = samples | texts | damaged | st.binary(max_size=200)

# Secrets that a verifier takes.
secrets = st.text(
    st.characters(exclude_categories=["Cc", "Cf", "Cs"], exclude_characters="*\u2022\u25cf$"), min_size=1, max_size=80
).filter(
    lambda secret: (
        secret.strip() == secret
        and any(letter.isalnum() for letter in secret)
        and secret not in ("None", "null", "undefined", "[object Object]")
    )
)
# Anything at all, nested.
anything: st.SearchStrategy[Any] = st.recursive(
    scalars
    | st.floats()
    | st.binary(max_size=20)
    | st.sampled_from([object(), int, len, "x-hmac-signature", b"x-hmac-signature", range(3), 1j]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.tuples(inner, inner)
        | st.dictionaries(st.text(max_size=5) | st.just("x-hmac-signature") | st.binary(max_size=3), inner, max_size=3)
        | st.frozensets(st.text(max_size=3), max_size=2)
        | st.builds(bytearray, st.binary(max_size=5))
        | st.builds(iter, st.lists(inner, max_size=3))
    ),
    max_leaves=8,
)


class Multi:
    """Names and values of a framework that is not here: `keys` and `items`, and nothing more."""

    def __init__(self, pairs: list[Pair]) -> None:
        self._pairs = pairs

    def keys(self) -> list[str]:
        return [name for name, _ in self._pairs]

    def items(self) -> list[Pair]:
        return self._pairs


def message(pairs: list[Pair]) -> email.message.Message:
    made = email.message.Message()
    for name, value in pairs:
        made[name] = value
    return made


def environ(pairs: list[Pair]) -> dict[str, Any]:
    return {f"HTTP_{name.upper().replace('-', '_')}": value for name, value in pairs} | {"wsgi.input": object()}


def encoded(pairs: list[Pair]) -> list[tuple[bytes, bytes]]:
    return [(name.encode(), value.encode()) for name, value in pairs]


CONTAINERS: dict[str, Callable[[list[Pair]], Any]] = {
    "dict": dict,
    "dict of bytes": lambda pairs: dict(encoded(pairs)),
    "dict of lists": lambda pairs: {name: [value] for name, value in pairs},
    "items of a dict": lambda pairs: dict(pairs).items(),
    "OrderedDict": collections.OrderedDict,
    "UserDict": lambda pairs: collections.UserDict(pairs),
    "ChainMap": lambda pairs: collections.ChainMap({}, dict(pairs)),
    "defaultdict": lambda pairs: collections.defaultdict(str, pairs),
    "mapping proxy": lambda pairs: types.MappingProxyType(dict(pairs)),
    "keys and items": Multi,
    "pairs": list,
    "pairs of bytes": encoded,
    "lists of two": lambda pairs: [list(pair) for pair in pairs],
    "tuple of pairs": tuple,
    "set of pairs": set,
    "iterator of pairs": iter,
    "generator of pairs": lambda pairs: (pair for pair in pairs),
    "zip": lambda pairs: zip(*zip(*pairs, strict=True), strict=True),
    "email message": message,
    "WSGI environ": environ,
    "Starlette": lambda pairs: StarletteHeaders(raw=[(name.lower(), value) for name, value in encoded(pairs)]),
    "Werkzeug": WerkzeugHeaders,
    "Werkzeug environ": lambda pairs: EnvironHeaders(environ(pairs)),
    "multidict": multidict.CIMultiDict,
}

others = st.lists(
    st.tuples(
        st.sampled_from(["Host", "content-type", "X-Request-Id", "cookie", "x-api-key"]),
        st.text("abc =;/", min_size=1, max_size=9),
    ),
    max_size=4,
    unique_by=lambda pair: pair[0].lower(),
)
cases = st.sampled_from([str.lower, str.upper, str.title])
wraps = st.sampled_from(["{}", " {}", "{} ", "\t{}\t", "sha256={}", "SHA256= {}"])


def body_kinds(body: bytes) -> list[Any]:
    return [body, bytearray(body), memoryview(body), memoryview(bytearray(body)), memoryview(b"x" + body + b"x")[1:-1]]


def documented(call: Callable[[], object], *kinds: type[Exception]) -> object:
    """What a call returns, or its exception, which is of these kinds, stands alone and tells nothing."""
    try:
        return call()
    except kinds as error:
        seen = error
    assert (seen.__cause__, seen.__context__) == (None, None)
    text = f"{seen} {seen!r} {seen.args!r}"
    assert SECRET not in text
    assert PRIVATE not in text
    if isinstance(seen, WebhookError):
        row = DOCUMENTED[seen.code]
        assert (seen.number, seen.stage, seen.http_status) == (row.number, row.stage, row.http_status)
        assert Reply.to_error(seen).status == row.http_status or seen.code == "BODY_NOT_JSON"
    return seen


EVENT = [
    "kind",
    "sent_name",
    "shape",
    "account_id",
    "retry",
    "version",
    "finality",
    "repeatable",
    "published_key",
    "raw",
]
RESOURCE = [
    "kind",
    "id",
    "status",
    "sub_status",
    "created_at_ns",
    "updated_at_ns",
    "merchant_reference",
    "idempotency_key",
]


def read_all(event: Event) -> None:
    """Every attribute of an event can be read, and twice alike."""
    for name in EVENT:
        assert getattr(event, name) == getattr(event, name)
    assert event.kind in (*KINDS, "unknown")
    assert len(event.dedupe_key) == 35
    resource = event.resource
    for name in RESOURCE:
        assert getattr(resource, name) == getattr(resource, name)
    for holder in (resource, resource.transaction):
        if holder is not None and holder.amount is not None:
            assert holder.amount.value.is_finite()
            assert isinstance(holder.amount.minor_units, int | None)
    seen = documented(lambda: event.data, PayloadError)
    assert isinstance(seen, dict) or (isinstance(seen, PayloadError) and seen.code == "DATA_UNREADABLE")
    again = Event.parse_unverified(event.raw)
    assert (again.dedupe_key, again.compare_recency(event)) == (event.dedupe_key, "same")


@PROPERTY
@given(
    samples | objects,
    secrets,
    st.sampled_from(list(CONTAINERS)),
    others,
    cases,
    wraps,
    st.booleans(),
    st.integers(0, 4),
)
def test_a_valid_delivery_is_accepted_whatever_carries_it(
    body: bytes,
    secret: str,
    container: str,
    more: list[Pair],
    case: Callable[[str], str],
    wrap: str,
    is_hex: bool,
    kind: int,
) -> None:
    signature = testing.sign(body, secret)
    text = base64.b64decode(signature).hex() if is_hex else signature
    headers = CONTAINERS[container]([*more, (case("x-hmac-signature"), wrap.format(text))])
    seen = documented(lambda: Verifier(hmac_secret=secret).verify(body_kinds(body)[kind], headers), PayloadError)
    if isinstance(seen, PayloadError):
        # Two keys of one text among those made up.
        assert seen.code == "BODY_AMBIGUOUS"
        return
    assert isinstance(seen, Event)
    assert (seen.signed, seen.raw) == (True, body)
    read_all(seen)


@PROPERTY
@given(
    samples | objects,
    st.sampled_from(list(CONTAINERS)),
    st.integers(0, 5000),
    st.integers(0, 3),
    st.binary(max_size=3),
    st.integers(0, 4),
)
def test_a_changed_body_is_never_accepted(
    body: bytes, container: str, place: int, cut: int, inserted: bytes, kind: int
) -> None:
    other = changed(body, place, cut, inserted)
    headers = CONTAINERS[container]([("X-Hmac-Signature", testing.sign(body, SECRET))])
    seen = documented(lambda: VERIFIER.verify(body_kinds(other)[kind], headers), AuthenticationError, PayloadError)
    if other == body:
        assert not isinstance(seen, AuthenticationError)
    else:
        assert isinstance(seen, AuthenticationError)
        assert seen.code == "SIGNATURE_MISMATCH"


@PROPERTY
@given(st.sampled_from(list(CONTAINERS)), st.integers(0, 10**6), st.integers(0, 2), st.text(max_size=2), st.booleans())
def test_a_changed_signature_is_never_accepted(
    container: str, place: int, cut: int, inserted: str, is_hex: bool
) -> None:
    signature = testing.sign(SAMPLE, SECRET)
    text = base64.b64decode(signature).hex() if is_hex else signature
    place %= len(text) + 1
    other = text[:place] + inserted + text[place + cut :]
    if other.strip(" \t\r\n") == text or (is_hex and other.strip(" \t\r\n").lower() == text):
        return
    try:
        headers = CONTAINERS[container]([("x-hmac-signature", other)])
    except (UnicodeEncodeError, ValueError):
        return  # The framework's own container takes no such value.
    seen = documented(lambda: VERIFIER.verify(SAMPLE, headers), AuthenticationError, TypeError)
    assert isinstance(seen, AuthenticationError | TypeError)
    assert isinstance(seen, TypeError) or seen.code in ("SIGNATURE_MISMATCH", "SIGNATURE_MALFORMED")


@PROPERTY
@given(st.lists(st.sampled_from(["x-hmac-signature", "X-HMAC-SIGNATURE", "x-hmac-Signature"]), min_size=2, max_size=4))
def test_a_repeated_signature_is_never_accepted(spellings: list[str]) -> None:
    pairs = [(name, testing.sign(SAMPLE, SECRET)) for name in spellings]
    for make in (list, encoded, iter, Multi, WerkzeugHeaders, multidict.CIMultiDict, message):
        seen = documented(lambda make=make: VERIFIER.verify(SAMPLE, make(pairs)), AuthenticationError)  # type: ignore[misc]
        assert isinstance(seen, AuthenticationError)
        assert seen.code == "HEADER_REPEATED"


@PROPERTY
@given(bodies)
def test_any_bytes_are_an_event_or_a_documented_error(body: bytes) -> None:
    parsed = documented(lambda: Event.parse_unverified(body), PayloadError)
    verified = documented(lambda: VERIFIER.verify(body, testing.headers(body, SECRET)), PayloadError)
    if isinstance(parsed, Event) and isinstance(verified, Event):
        assert parsed == verified
        read_all(parsed)
    else:
        assert isinstance(parsed, PayloadError)
        assert isinstance(verified, PayloadError)
        assert parsed.code == verified.code in ("BODY_NOT_JSON", "BODY_NOT_OBJECT", "BODY_AMBIGUOUS")
    forged = documented(lambda: VERIFIER.verify(body, testing.headers(body, "another secret")), AuthenticationError)
    assert isinstance(forged, AuthenticationError)


@PROPERTY
@given(anything)
def test_any_object_for_headers_is_refused(headers: Any) -> None:
    seen = documented(lambda: VERIFIER.verify(SAMPLE, headers), AuthenticationError, TypeError)
    assert isinstance(seen, AuthenticationError | TypeError)


@PROPERTY
@given(anything)
def test_any_object_for_a_body_is_refused(body: Any) -> None:
    headers = testing.headers(SAMPLE, SECRET)
    seen = documented(lambda: VERIFIER.verify(body, headers), AuthenticationError, TypeError)
    assert isinstance(seen, AuthenticationError if isinstance(body, bytes | bytearray) else TypeError)
    documented(lambda: Event.parse_unverified(body), PayloadError, TypeError)
    documented(lambda: testing.sign(body, SECRET), TypeError)


values: st.SearchStrategy[Any] = secrets | st.lists(secrets, max_size=9) | anything
plausible: st.SearchStrategy[Any] = st.fixed_dictionaries(
    {},
    optional={
        "hmac_secret": secrets | st.lists(secrets, min_size=1, max_size=8),
        "api_key": st.sampled_from(["a-key", ["a", "b"], None, "***", ""]),
        "required_headers": st.dictionaries(
            st.sampled_from(["authorization", "x-tenant", "a b"]), st.just("Bearer abc")
        ),
        "max_body_bytes": st.none() | st.integers(0, 2**30),
        "unsigned": st.booleans(),
    },
)
options: st.SearchStrategy[Any] = plausible | st.fixed_dictionaries(
    {},
    optional={
        "hmac_secret": values,
        "api_key": values,
        "x_secret": values,
        "required_headers": anything | st.dictionaries(st.text(max_size=9), values, max_size=3),
        "max_body_bytes": st.none() | st.integers(-(2**70), 2**70) | anything,
        "unsigned": st.booleans() | anything,
    },
)


@PROPERTY
@given(options)
def test_any_options_make_a_verifier_that_accepts_nothing_unproven_or_a_documented_error(given: dict[str, Any]) -> None:
    made = documented(lambda: Verifier(**given), ConfigurationError, TypeError)
    if isinstance(made, Verifier):
        seen = documented(lambda: made.verify(b"{}", {}), AuthenticationError)
        assert isinstance(seen, AuthenticationError)
        assert made.max_body_bytes > 0
        assert repr(made) == "Verifier(redacted)"


@PROPERTY
@given(anything, anything, anything)
def test_any_argument_of_the_other_functions_gives_a_value_or_a_documented_error(
    one: Any, two: Any, three: Any
) -> None:
    calls: Iterable[Callable[[], object]] = (
        lambda: VERIFIER.admit(content_length=one, content_encoding=two),
        lambda: testing.sign(SAMPLE, one),
        lambda: testing.sample(one, form=two, retry=three),
        lambda: testing.sample("payment.purchase", amount=one, currency=two, updated_at=three),
        lambda: finality(one, two, three),
        lambda: Schedule(since=one, delays=two, waits=three),
        lambda: Schedule().check_retention(one),
        lambda: Schedule().acknowledgement_wait(one),
        lambda: Reply.to_error(one, stored=two),
        lambda: Event.parse_unverified(SAMPLE).is_newer_than(one),
    )
    for call in calls:
        # Text that UTF-8 cannot hold, and a family that there is not.
        documented(call, WebhookError, TypeError, ValueError)


NUMBERS: list[Any] = [
    -1,
    0,
    1,
    2**31,
    2**32,
    2**53,
    2**63,
    2**64,
    2**128,
    -(2**64),
    1.5,
    float("nan"),
    float("inf"),
    True,
]


def test_numbers_of_every_size_give_a_value_or_a_documented_error() -> None:
    for number in NUMBERS:
        for call in (
            lambda n=number: Verifier(hmac_secret="s", max_body_bytes=n),
            lambda n=number: Schedule(delays=[0, n]),
            lambda n=number: Schedule(waits=[n]),
            lambda n=number: Schedule().check_retention(n),
            lambda n=number: Schedule().acknowledgement_wait(n),
            lambda n=number: testing.sample("payment.purchase", retry=n),
        ):
            documented(call, WebhookError, TypeError)


@pytest.mark.parametrize("name", CONTAINERS)
def test_each_container_is_tried(name: str) -> None:
    headers = CONTAINERS[name]([("Host", "shop.example"), ("X-Hmac-Signature", testing.sign(SAMPLE, SECRET))])
    assert VERIFIER.verify(SAMPLE, headers).signed
