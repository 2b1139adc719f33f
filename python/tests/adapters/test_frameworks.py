"""What only one framework has: dependencies, decorators, settings, transactions."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from yuno_webhooks import Receiver, Reply, asgi, aws_lambda, testing, wsgi

from . import shop
from .client import Answer, chunked, send
from .process import Running, serving
from .shop import LIMIT, SECRET

BODY = testing.sample("payment.purchase")
CHUNKED = ("transfer-encoding", "chunked")


@pytest.fixture(
    scope="module", params=[("uvicorn", "make_fastapi_delivery"), ("gunicorn_threads", "make_flask_verified")]
)
def verifying(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    server, app = request.param
    with serving(server, app, tmp_path_factory.mktemp(app)) as running:
        yield running


def deliver(running: Running, body: bytes, *, path: str = "/webhooks/yuno", signed: bytes | None = None) -> Answer:
    headers = [*testing.headers(body if signed is None else signed, SECRET).items(), ("content-length", str(len(body)))]
    answer = send(running.port, [body], headers, path=path)
    assert answer is not None
    return answer


def test_a_view_gets_a_verified_event(verifying: Running) -> None:
    answer = deliver(verifying, BODY)
    assert (answer.status, json.loads(answer.body)) == (200, {"kind": "payment.purchase"})


def test_a_chunked_delivery_is_verified(verifying: Running) -> None:
    answer = send(verifying.port, chunked([BODY]), [*testing.headers(BODY, SECRET).items(), CHUNKED])
    assert answer is not None
    assert answer.status == 200


def test_refusals_of_a_status_look_alike(verifying: Running) -> None:
    length = ("content-length", str(len(BODY)))
    forged = deliver(verifying, BODY, signed=b"other")
    missing = send(verifying.port, [BODY], [length])
    assert missing is not None
    assert (forged.status, forged.body) == (missing.status, missing.body)
    assert forged.status == 401
    assert {deliver(verifying, body).body for body in (b"x", b"[]")} == {deliver(verifying, b"1").body}


@pytest.mark.parametrize(("body", "status"), [(b"[1]", 400), (b"", 200), (b" " * (LIMIT + 1), 413)])
def test_the_status_is_that_of_the_error(verifying: Running, body: bytes, status: int) -> None:
    assert deliver(verifying, body).status == status


def test_a_compressed_body_and_an_endless_one_are_refused(verifying: Running) -> None:
    signed = list(testing.headers(BODY, SECRET).items())
    packed = send(verifying.port, [BODY], [*signed, ("content-length", str(len(BODY))), ("content-encoding", "gzip")])
    endless = send(verifying.port, chunked([b"x" * 50_000] * 1_000), [*signed, CHUNKED])
    assert packed is not None
    assert packed.status == 415
    assert endless is None or endless.status == 413


def test_a_body_that_the_framework_has_read_before_is_verified(tmp_path: Path) -> None:
    for server, app, path, expected in (
        ("uvicorn", "make_fastapi_delivery", "/parsed", {"same": True}),
        (
            "werkzeug",
            "make_flask_verified",
            "/parsed/acme",
            {"kind": "payment.purchase", "tenant": "acme", "view": "take_parsed"},
        ),
    ):
        with serving(server, app, tmp_path) as running:
            assert json.loads(deliver(running, BODY, path=path).body) == expected


def test_an_async_view_of_flask_gets_a_verified_event(tmp_path: Path) -> None:
    with serving("werkzeug", "make_flask_verified", tmp_path) as running:
        assert json.loads(deliver(running, BODY, path="/async").body) == {"kind": "payment.purchase"}
        assert deliver(running, BODY, path="/async", signed=b"other").status == 401


def test_what_a_failed_handler_wrote_in_django_is_rolled_back(tmp_path: Path) -> None:
    with serving("gunicorn_threads", "make_django_atomic", tmp_path) as running:

        def count() -> bytes:
            answer = send(running.port, path="/count", method="GET")
            assert answer is not None
            return answer.body

        assert deliver(running, testing.sample("payment.capture")).status == Reply.try_again().status
        assert count() == b"0"
        assert deliver(running, BODY).status == 200
        assert count() == b"1"


@pytest.mark.parametrize(
    ("settings", "text"),
    [
        ("", "must name your Receiver, as in 'shop.webhooks.receiver'"),
        ("YUNO_WEBHOOKS=None", "must name your Receiver"),
        ("YUNO_WEBHOOKS={}", "must name your Receiver"),
        ("YUNO_WEBHOOKS={'RECEIVER': 5}", "must name your Receiver"),
        ("YUNO_WEBHOOKS={'RECEIVER': 'nowhere.receiver'}", "'nowhere.receiver', which cannot be imported"),
        ("YUNO_WEBHOOKS={'RECEIVER': 'json.nothing'}", "'json.nothing', which cannot be imported"),
        ("YUNO_WEBHOOKS={'RECEIVER': 'json.loads'}", "'json.loads', a function and no Receiver"),
    ],
)
def test_a_wrong_setting_of_django_says_what_to_do(settings: str, text: str) -> None:
    script = f"""
from django.conf import settings
settings.configure({settings})
import django
django.setup()
from django.core.exceptions import ImproperlyConfigured
from django.test import RequestFactory
from yuno_webhooks.django import webhook
try:
    webhook(RequestFactory().post("/"))
except ImproperlyConfigured as error:
    print(error)
"""
    run = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True)
    assert run.stdout.startswith('YUNO_WEBHOOKS["RECEIVER"] ')
    assert text in run.stdout


def test_the_package_imports_no_framework_and_an_adapter_names_what_is_to_be_installed() -> None:
    script = """
import sys
import yuno_webhooks, yuno_webhooks.receiver, yuno_webhooks.asgi, yuno_webhooks.wsgi, yuno_webhooks.aws_lambda
frameworks = ("fastapi", "starlette", "flask", "werkzeug", "django", "aiohttp")
assert not [name for name in frameworks if name in sys.modules]
for name in frameworks:
    sys.modules[name] = None
for name in ("fastapi", "flask", "django"):
    try:
        __import__(f"yuno_webhooks.{name}")
    except ImportError as error:
        assert str(error).endswith(f": pip install {name}"), error
    else:
        raise AssertionError(name)
"""
    subprocess.run([sys.executable, "-c", script], check=True)


def test_what_is_passed_in_the_wrong_place_is_told_at_construction() -> None:
    from yuno_webhooks import django, fastapi, flask

    taker: Any
    for taker in (asgi.app, wsgi.app, aws_lambda.handler, fastapi.router, flask.blueprint, django.view, django.urls):
        with pytest.raises(TypeError, match=rf"{taker.__name__} takes a Receiver, as in Receiver\(.* a Verifier$"):
            taker(shop.verifier)
    for taker in (fastapi.delivery, flask.verified):
        with pytest.raises(TypeError, match=rf"{taker.__name__} takes a Verifier, as in .*from_env\(\).* a Receiver$"):
            taker(shop.plain)
    wrong: Any = print
    with pytest.raises(TypeError, match=r"as in @verified\(Verifier.from_env\(\)\), and not a "):
        flask.verified(wrong)
    wrong = Receiver
    with pytest.raises(TypeError, match=r"django.async_view takes a Receiver, .* and not the class Receiver"):
        django.async_view(wrong)


@pytest.mark.parametrize(
    ("settings", "text"),
    [
        ("INSTALLED_APPS=['yuno_webhooks.django']", "must name your Receiver"),
        ("YUNO_WEBHOOKS={'RECEIVER': 'json.loads'}", "a function and no Receiver"),
        ("YUNO_WEBHOOKS={'RECEIVER': 'unset.receiver'}", "cannot be imported: NO_SIGNATURE_SECRET"),
        ("YUNO_WEBHOOKS={'RECEIVER': 'set.receiver'}, INSTALLED_APPS=['yuno_webhooks.django']", ""),
        ("", ""),
    ],
)
def test_djangos_check_tells_of_a_wrong_setting(tmp_path: Path, settings: str, text: str) -> None:
    for name, verifier in (("unset", "Verifier()"), ("set", "Verifier(hmac_secret='s')")):
        module = f"from yuno_webhooks import Receiver, Verifier\nreceiver = Receiver({verifier}, fallback=print)\n"
        (tmp_path / f"{name}.py").write_text(module, encoding="utf-8")
    imported = "" if "INSTALLED" in settings else "import yuno_webhooks.django"
    script = f"""
from django.conf import settings
settings.configure({settings})
import django
django.setup()
{imported}
from django.core.management import call_command
call_command("check")
"""
    run = subprocess.run([sys.executable, "-c", script], check=False, capture_output=True, text=True, cwd=tmp_path)
    assert (run.returncode == 0) == (not text), run.stderr
    assert text in run.stderr
    assert not text or 'yuno_webhooks.E001) YUNO_WEBHOOKS["RECEIVER"] ' in run.stderr
