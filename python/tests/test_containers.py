"""The header containers of real frameworks."""

from __future__ import annotations

from typing import Any

import django
import multidict
import pytest
from django.conf import settings
from django.test import RequestFactory
from starlette.datastructures import Headers
from werkzeug.datastructures import EnvironHeaders
from werkzeug.datastructures import Headers as WerkzeugHeaders

from yuno_webhooks import AuthenticationError, Verifier, testing

SECRET = "a-test-secret"
BODY = testing.sample("payment.purchase")
SIGNATURE = testing.sign(BODY, SECRET)
VERIFIER = Verifier(hmac_secret=SECRET, required_headers={"x-tenant": "shop"})

if not settings.configured:
    settings.configure()
    django.setup()
DJANGO = RequestFactory().post("/", headers={"x-hmac-signature": SIGNATURE, "x-tenant": "shop"})

ENVIRON: dict[str, Any] = {
    "REQUEST_METHOD": "POST",
    "CONTENT_LENGTH": str(len(BODY)),
    "HTTP_HOST": "shop.example",
    "HTTP_X_HMAC_SIGNATURE": SIGNATURE,
    "HTTP_X_TENANT": "shop",
    "wsgi.version": (1, 0),
    "wsgi.input": object(),
}
PAIRS = [("Host", "shop.example"), ("X-Hmac-Signature", SIGNATURE), ("X-Tenant", "shop")]
SCOPE = [(name.lower().encode(), value.encode()) for name, value in PAIRS]


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param(Headers(raw=SCOPE), id="Starlette"),
        pytest.param(SCOPE, id="ASGI scope"),
        pytest.param([list(pair) for pair in SCOPE], id="ASGI scope of lists"),
        pytest.param(WerkzeugHeaders(PAIRS), id="Werkzeug"),
        pytest.param(EnvironHeaders(ENVIRON), id="Werkzeug environ"),
        pytest.param(ENVIRON, id="WSGI environ"),
        pytest.param(DJANGO.headers, id="Django headers"),
        pytest.param(DJANGO.META, id="Django META"),
        pytest.param(multidict.CIMultiDict(PAIRS), id="aiohttp"),
        pytest.param(multidict.CIMultiDictProxy(multidict.CIMultiDict(PAIRS)), id="aiohttp proxy"),
        pytest.param({name.lower(): value for name, value in PAIRS}, id="AWS Lambda headers"),
        pytest.param({name: [value] for name, value in PAIRS}, id="AWS Lambda multiValueHeaders"),
    ],
)
def test_a_frameworks_headers_are_read_as_they_are(headers: Any) -> None:
    assert VERIFIER.verify(BODY, headers).signed


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param(Headers(raw=[*SCOPE, SCOPE[1]]), id="Starlette"),
        pytest.param([*SCOPE, SCOPE[1]], id="ASGI scope"),
        pytest.param(WerkzeugHeaders([*PAIRS, PAIRS[1]]), id="Werkzeug"),
        pytest.param(multidict.CIMultiDict([*PAIRS, PAIRS[1]]), id="aiohttp"),
        pytest.param({name: [value, value] for name, value in PAIRS}, id="AWS Lambda multiValueHeaders"),
    ],
)
def test_a_header_that_came_twice_is_refused(headers: Any) -> None:
    with pytest.raises(AuthenticationError) as caught:
        VERIFIER.verify(BODY, headers)
    assert caught.value.code == "HEADER_REPEATED"


def test_a_name_of_cgi_is_another_header_where_no_server_made_it() -> None:
    wire = {name: value for name, value in ENVIRON.items() if isinstance(value, str)}
    with pytest.raises(AuthenticationError) as caught:
        VERIFIER.verify(BODY, wire)
    assert caught.value.code == "SIGNATURE_MISSING"


@pytest.mark.parametrize("spoofed", ["stream", b"stream", ["stream"]])
def test_a_request_cannot_pass_for_an_environ(spoofed: Any) -> None:
    wire = {name: value for name, value in ENVIRON.items() if isinstance(value, str)} | {"wsgi.input": spoofed}
    with pytest.raises(AuthenticationError) as caught:
        VERIFIER.verify(BODY, wire)
    assert caught.value.code == "SIGNATURE_MISSING"


def test_a_header_that_the_server_joined_matches_nothing() -> None:
    joined = ENVIRON | {"HTTP_X_HMAC_SIGNATURE": f"{SIGNATURE},{SIGNATURE}"}
    with pytest.raises(AuthenticationError) as caught:
        VERIFIER.verify(BODY, joined)
    assert caught.value.code == "SIGNATURE_MALFORMED"
