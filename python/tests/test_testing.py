"""What users' tests are given: deliveries that are accepted, forgeries that are refused, and the fixtures of pytest."""

from __future__ import annotations

import inspect
import re
import subprocess
import sys
from base64 import b64decode
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from yuno_webhooks import AuthenticationError, PayloadError, Verifier, WebhookError, catalog, testing
from yuno_webhooks.testing import Delivery, DeliveryFactory, Request, SampleOptions, delivery, sample
from yuno_webhooks.types import Form, Kind

pytest_plugins = ["pytester"]

SECRET = "a-test-secret"
VERIFIER = Verifier(hmac_secret=SECRET)
PYTHON = Path(__file__).parents[1]
EVERY_FORM = [(row.kind, form) for row in catalog() for form in row.forms]
every_form = pytest.mark.parametrize(("kind", "form"), EVERY_FORM, ids=":".join)


def refusal(request: Request) -> str:
    with pytest.raises(AuthenticationError) as caught:
        VERIFIER.verify(request.body, request.headers)
    return caught.value.code


@every_form
def test_a_delivery_is_accepted(kind: Kind, form: Form) -> None:
    made = delivery(kind, secret=SECRET, form=form)
    assert VERIFIER.verify(made.body, made.headers).kind == kind
    assert made.body == sample(kind, form=form)
    assert made.headers == testing.headers(made.body, SECRET)


@every_form
def test_a_redelivery_has_other_bytes_and_the_same_key(kind: Kind, form: Form) -> None:
    first = delivery(kind, secret=SECRET, form=form, status="PENDING")
    again = first.redelivered(retry=3)
    assert again.body != first.body
    event = VERIFIER.verify(again.body, again.headers)
    assert event.retry == 3
    assert event.dedupe_key == VERIFIER.verify(first.body, first.headers).dedupe_key
    assert again.redelivered(retry=3).body == again.body


@every_form
def test_a_forgery_of_any_kind_is_refused(kind: Kind, form: Form) -> None:
    made = delivery(kind, secret=SECRET, form=form)
    assert refusal(made.forged()) == "SIGNATURE_MISMATCH"
    assert refusal(made.tampered()) == "SIGNATURE_MISMATCH"
    assert refusal(made.unsigned()) == "SIGNATURE_MISSING"


def test_only_the_signature_tells_a_forgery_from_a_delivery() -> None:
    made = delivery(secret=SECRET, id="p1")
    assert (made.forged().body, made.unsigned().body) == (made.body, made.body)
    assert made.tampered().headers == made.headers
    body = made.tampered().body
    assert VERIFIER.verify(body, testing.headers(body, SECRET)).resource.id == "tampered"


def test_an_unreadable_delivery_is_authentic() -> None:
    request = delivery(secret=SECRET).unreadable()
    with pytest.raises(PayloadError) as caught:
        VERIFIER.verify(request.body, request.headers)
    assert caught.value.code == "BODY_NOT_OBJECT"


def test_options_reach_the_body() -> None:
    made = delivery("payment.refund", secret=SECRET.encode(), id="p1", amount="5.00", merchant_reference="order-7")
    resource = VERIFIER.verify(made.body, made.headers).resource
    assert (resource.id, resource.merchant_reference) == ("p1", "order-7")
    assert resource.amount is not None
    assert str(resource.amount.value) == "5.00"


def test_the_typed_options_are_those_of_sample() -> None:
    parameters = list(inspect.signature(sample).parameters)
    assert parameters == ["kind", *SampleOptions.__annotations__]


def test_a_wrong_kind_or_option_is_an_error() -> None:
    for wrong, right in (("payment.purchas", "payment.purchase"), ("payment.prechargeback", "payment.pre_chargeback")):
        with pytest.raises(ValueError, match=f"'{wrong}' is no kind of event; did you mean '{right}'"):
            delivery(wrong, secret=SECRET)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="'unknown' is no kind of event"):
        delivery("unknown", secret=SECRET)
    with pytest.raises(TypeError, match="state"):
        delivery(secret=SECRET, state="SUCCEEDED")  # type: ignore[call-arg]


def test_static_credentials_go_with_every_request_that_is_made() -> None:
    verifier = Verifier(hmac_secret=SECRET, api_key="k")
    made = delivery(secret=SECRET, extra_headers={"x-api-key": "k"})
    assert verifier.verify(made.body, made.headers).signed
    again = made.redelivered()
    assert verifier.verify(again.body, again.headers).signed
    assert not Verifier(unsigned=True, api_key="k").verify(made.body, made.unsigned().headers).signed
    for request in (made.forged(), made.tampered(), made.unreadable()):
        assert request.headers["x-api-key"] == "k"


def test_headers_are_found_in_any_case() -> None:
    made = delivery(secret=SECRET, extra_headers={"X-Api-Key": "k"})
    assert made.headers["x-api-key"] == "k"
    signed = delivery(secret=SECRET, extra_headers={"X-HMAC-Signature": made.headers["x-hmac-signature"]})
    assert refusal(signed.unsigned()) == "SIGNATURE_MISSING"
    assert "x-hmac-signature" in Request(made.body, {"X-Hmac-Signature": "s"}).headers


def test_a_repr_shows_no_body_secret_or_signature() -> None:
    made = delivery(secret=SECRET)
    assert repr(made) == f"Delivery({len(made.body)} bytes)"
    assert repr(made.forged()) == f"Request({len(made.body)} bytes)"


def test_arguments_hold_the_raw_body_and_headers_of_their_own() -> None:
    made = delivery(secret=SECRET)
    signature = {"x-hmac-signature": made.headers["x-hmac-signature"]}
    assert made.as_httpx() == {"content": made.body, "headers": made.headers}
    assert made.as_flask() == {"data": made.body, "headers": made.headers}
    event = made.as_lambda()
    assert (b64decode(event["body"]), event["isBase64Encoded"], event["headers"]) == (made.body, True, made.headers)
    assert made.as_django() == {"data": made.body, "content_type": "application/json", "headers": signature}
    for arguments in (made.as_httpx(), made.as_flask(), made.as_django(), event):
        arguments["headers"].clear()
    assert not refusable(made)


def refusable(request: Request) -> bool:
    try:
        VERIFIER.verify(request.body, request.headers)
    except WebhookError:
        return True
    return False


def through_starlette() -> Callable[[Request], int]:
    applications = pytest.importorskip("starlette.applications")
    responses = pytest.importorskip("starlette.responses")
    routing = pytest.importorskip("starlette.routing")
    client = pytest.importorskip("starlette.testclient")

    async def receive(request: Any) -> Any:
        made = Request(await request.body(), dict(request.headers))
        return responses.Response(status_code=401 if refusable(made) else 200)

    app = applications.Starlette(routes=[routing.Route("/yuno", receive, methods=["POST"])])
    browser = client.TestClient(app)
    return lambda request: int(browser.post("/yuno", **request.as_httpx()).status_code)


def through_flask() -> Callable[[Request], int]:
    flask = pytest.importorskip("flask")
    app = flask.Flask("shop")

    def receive() -> Any:
        made = Request(flask.request.get_data(), dict(flask.request.headers))
        return "", 401 if refusable(made) else 200

    app.add_url_rule("/yuno", view_func=receive, methods=["POST"])
    client = app.test_client()
    return lambda request: int(client.post("/yuno", **request.as_flask()).status_code)


def through_django() -> Callable[[Request], int]:
    """In a process of its own: Django is set up once a process."""
    pytest.importorskip("django")
    program = """
import sys
import django
from django.conf import settings
settings.configure(ALLOWED_HOSTS=["*"], ROOT_URLCONF="__main__", SECRET_KEY="unused")
django.setup()
from django.http import HttpResponse
from django.test import Client
from django.urls import path
from yuno_webhooks import Verifier, WebhookError, testing
verifier = Verifier(hmac_secret="a-test-secret")
def receive(request):
    try:
        verifier.verify(request.body, request.headers)
    except WebhookError:
        return HttpResponse(status=401)
    return HttpResponse()
urlpatterns = [path("yuno", receive)]
import ast
body, headers = ast.literal_eval(sys.stdin.read())
print(Client().post("/yuno", **testing.Request(body, headers).as_django()).status_code)
"""

    def post(request: Request) -> int:
        given = repr((request.body, request.headers))
        ran = subprocess.run([sys.executable, "-c", program], input=given, check=True, capture_output=True, text=True)
        return int(ran.stdout)

    return post


@pytest.mark.parametrize("through", [through_starlette, through_flask, through_django])
def test_a_frameworks_own_client_sends_a_delivery_as_it_is(through: Callable[[], Callable[[Request], int]]) -> None:
    post = through()
    made = delivery(secret=SECRET, merchant_reference="pedido-ñ-1")
    requests = [made, made.redelivered(), made.forged(), made.tampered(), made.unsigned()]
    assert [post(request) for request in requests] == [200, 200, 401, 401, 401]


def test_pytest_finds_the_fixtures_by_itself(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        import os
        import pytest
        from yuno_webhooks import AuthenticationError, Verifier

        def test_secret(yuno_secret, yuno_verifier, yuno_delivery):
            made = yuno_delivery("payment.refund", id="p1", extra_headers={"x-api-key": "k"})
            assert yuno_verifier.verify(made.body, made.headers).resource.id == "p1"
            assert made.headers["x-api-key"] == "k"

        def test_environment(yuno_environment, yuno_delivery):
            made = yuno_delivery()
            assert Verifier.from_env().verify(made.body, made.headers).signed

        def test_environment_is_not_set_unasked():
            assert "YUNO_WEBHOOK_HMAC_SECRET" not in os.environ

        class TestOverridden:
            @pytest.fixture
            def yuno_secret(self):
                return "another-secret"

            def test_secret(self, yuno_environment, yuno_verifier, yuno_delivery):
                made = yuno_delivery()
                assert yuno_verifier.verify(made.body, made.headers).signed
                assert Verifier.from_env().verify(made.body, made.headers).signed
                with pytest.raises(AuthenticationError):
                    Verifier(hmac_secret="a-test-secret").verify(made.body, made.headers)
        """
    )
    pytester.runpytest_subprocess("-p", "no:cacheprovider").assert_outcomes(passed=4)


def test_the_environment_hides_what_else_is_set(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("YUNO_WEBHOOK_API_KEY", "k")
    monkeypatch.setenv("YUNO_WEBHOOK_UNSIGNED", "1")
    pytester.makepyfile(
        """
        from yuno_webhooks import Verifier

        def test_environment(yuno_environment, yuno_delivery):
            made = yuno_delivery()
            assert Verifier.from_env().verify(made.body, made.headers).signed
        """
    )
    pytester.runpytest_subprocess("-p", "no:cacheprovider").assert_outcomes(passed=1)


def test_the_fixtures_have_the_documented_types(
    yuno_secret: str, yuno_verifier: Verifier, yuno_delivery: DeliveryFactory
) -> None:
    made: Delivery = yuno_delivery()
    assert yuno_verifier.verify(made.body, made.headers).signed
    assert made.headers == testing.headers(made.body, yuno_secret)


def test_the_plugin_imports_nothing_but_the_package_and_pytest() -> None:
    program = """
import sys
import pytest
before = set(sys.modules)
import yuno_webhooks.pytest_plugin
print(*set(sys.modules) - before)
"""
    ran = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)
    assert [name for name in ran.stdout.split() if name.partition(".")[0] != "yuno_webhooks"] == []


README = (PYTHON / "README.md").read_text(encoding="utf-8")
BLOCKS: list[str] = re.findall(r"^```python\n(.*?)^```", README, re.MULTILINE | re.DOTALL)
SNIPPETS = [block for block in BLOCKS if block.startswith("# test_")]
PARTS = {block.partition("\n")[0].removeprefix("# "): block for block in BLOCKS if block.startswith("# shop/orders.py")}


@pytest.mark.parametrize("snippet", SNIPPETS)
def test_a_snippet_of_the_readme_passes(snippet: str, pytester: pytest.Pytester) -> None:
    if "starlette" in snippet:
        pytest.importorskip("fastapi")
        pytest.importorskip("starlette.testclient")
    for name, text in PARTS.items():
        file = pytester.path / name
        file.parent.mkdir(exist_ok=True)
        file.write_text(text, encoding="utf-8")
    pytester.makepyfile(test_snippet=snippet)
    result = pytester.runpytest_subprocess("-p", "no:cacheprovider", "-p", "no:warnings")
    assert result.parseoutcomes().keys() == {"passed"}
