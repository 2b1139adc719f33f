"""Every Python snippet of the package's README runs as it stands, behind a real server, and refuses a forgery.

Each begins with the name of its file. Those of the section on testing are the plugin's to run.
"""

from __future__ import annotations

import os
import re
import socket
import sqlite3
import subprocess
import sys
import time
from contextlib import closing, suppress
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import pytest

from yuno_webhooks import Event, testing
from yuno_webhooks.inbox import SQLiteInbox

from .client import send
from .process import Running, serving
from .shop import SECRET

README = Path(__file__).parents[2] / "README.md"
BLOCKS: list[str] = re.findall(r"^```python\n(.*?)^```", README.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
SNIPPETS = {block.partition("\n")[0].removeprefix("# "): block for block in BLOCKS if not block.startswith("# test_")}
ENVIRONMENT = {"YUNO_WEBHOOK_HMAC_SECRET": SECRET}
PARTS = {
    f"shop/{name}.py"
    for name in ("orders", "webhooks", "inbox", "settings", "urls", "models", "orm", "credentials", "log")
}
SERVERS = {
    "fastapi_app.py": "uvicorn",
    "fastapi_dependency.py": "uvicorn",
    "starlette_app.py": "uvicorn",
    "asgi_app.py": "uvicorn",
    "flask_app.py": "werkzeug",
    "flask_decorator.py": "gunicorn",
    "wsgi_app.py": "gunicorn",
    "aiohttp_app.py": "aiohttp",
    "django_project.py": "runserver",
}
#: Other events of the payment that was shipped, and a payment whose transaction was declined.
OTHERS = (
    testing.sample("payment.purchase", status="SUCCEEDED", updated_at="2026-12-01T10:00:00Z"),
    testing.sample("payment.purchase", status="SUCCEEDED", form="undotted"),
    testing.sample(
        "payment.purchase", status="SUCCEEDED", transaction_status="DECLINED", id="p2", merchant_reference="order-2"
    ),
)
KEEPS_NOTHING = {"fastapi_dependency.py", "flask_decorator.py"}
#: What Django makes of its settings by itself.
DJANGO_PROJECT = """
import os
from django.core.wsgi import get_wsgi_application
os.environ["DJANGO_SETTINGS_MODULE"] = "shop.settings"
app = get_wsgi_application()
"""
DJANGO_SETTINGS = "ROOT_URLCONF = 'shop.urls'\nSECRET_KEY = 'for-tests'\nALLOWED_HOSTS = ['*']\n"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    for name, text in SNIPPETS.items():
        file = tmp_path / name
        file.parent.mkdir(exist_ok=True)
        file.write_text(text, encoding="utf-8")
    (tmp_path / "django_project.py").write_text(DJANGO_PROJECT, encoding="utf-8")
    with (tmp_path / "shop/settings.py").open("a", encoding="utf-8") as settings:
        settings.write(DJANGO_SETTINGS)
    return tmp_path


def status(running: Running, body: bytes, signed: bytes) -> int:
    headers = [*testing.headers(signed, SECRET).items(), ("content-length", str(len(body)))]
    answer = send(running.port, [body], headers)
    assert answer is not None
    return answer.status


def rows(project: Path, table: str) -> int:
    with closing(sqlite3.connect(project / "shop/shop.db")) as database:
        (count,) = database.execute(f"SELECT count(*) FROM {table}").fetchone()  # noqa: S608
    return int(count)


def test_every_snippet_is_run() -> None:
    scripts = {"lambda_function.py", "inbox_app.py", "inbox_worker.py", "inbox_metrics.py", "inbox_telemetry.py"}
    # Of those that need a server of a database, tests/inbox.
    scripts |= {"async_app.py", "async_receiver.py", "async_worker.py", "queue_tasks.py", "redis_worker.py"}
    assert set(SNIPPETS) == PARTS | scripts | (set(SERVERS) - {"django_project.py"})


@pytest.mark.parametrize("name", SERVERS)
def test_the_snippet_receives(name: str, project: Path) -> None:
    paid = testing.sample("payment.purchase", status="SUCCEEDED", sub_status="APPROVED")
    checked = testing.sample("payment.purchase", status="SUCCEEDED", sub_status="THREE_D_SECURE_VERIFIED")
    with serving(SERVERS[name], name, project, ENVIRONMENT) as running:
        assert status(running, paid, paid + b" ") == 401
        assert status(running, paid, paid) == 200
        if name in KEEPS_NOTHING:
            return
        again = testing.sample("payment.purchase", status="SUCCEEDED", sub_status="APPROVED", retry=1)
        for body in (again, *OTHERS, checked, testing.sample("payout.payout"), b"[1]"):
            assert status(running, body, body) == 200
    assert [rows(project, table) for table in ("event", "shipment", "unreadable")] == [6, 1, 1]


def test_the_inbox_answers_and_a_worker_ships_once(project: Path) -> None:
    paid = testing.sample("payment.purchase", status="SUCCEEDED", sub_status="APPROVED")
    again = testing.sample("payment.purchase", status="SUCCEEDED", sub_status="APPROVED", retry=1)
    with serving("uvicorn", "inbox_app.py", project, ENVIRONMENT) as running:
        assert status(running, paid, paid + b" ") == 401
        for body in (paid, again, *OTHERS, testing.sample("payout.payout"), b"[1]"):
            assert status(running, body, body) == 200
    worker = subprocess.Popen([sys.executable, "inbox_worker.py"], cwd=project, env=ENVIRONMENT)
    inbox, until = SQLiteInbox(project / "shop/shop.db"), time.monotonic() + 30
    while inbox.stats().pending + inbox.stats().leased > 0 and time.monotonic() < until:
        time.sleep(0.05)
    worker.terminate()
    assert worker.wait(30) == 0
    assert inbox.stats() == (0, 0, None, 0, 1, 1)
    with closing(sqlite3.connect(project / "shop/shop.db")) as database:
        assert database.execute("SELECT count(*) FROM shipment").fetchone() == (1,)


def test_prometheus_gets_the_inboxs_metrics(project: Path) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    SQLiteInbox(project / "shop.db").accept(Event.parse_unverified(testing.sample("payment.purchase")))
    environment = {**os.environ, "METRICS_PORT": str(port)}
    worker = subprocess.Popen([sys.executable, "inbox_metrics.py"], cwd=project, env=environment)
    text, until = "", time.monotonic() + 30
    while "yuno_inbox_worked_total{" not in text and time.monotonic() < until:
        time.sleep(0.1)
        with suppress(URLError), urlopen(f"http://127.0.0.1:{port}/metrics") as response:
            text = response.read().decode()
    worker.terminate()
    assert worker.wait(30) == 0
    assert 'yuno_inbox_worked_total{kind="payment.purchase",result="done"} 1.0\n' in text
    assert "\nyuno_inbox_dead 0.0\n" in text


def test_open_telemetry_gets_the_inboxs_metrics(project: Path) -> None:
    script = """
from opentelemetry import metrics
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
reader = InMemoryMetricReader()
metrics.set_meter_provider(MeterProvider([reader]))
from inbox_telemetry import inbox
from yuno_webhooks import Event, testing
inbox.accept(Event.parse_unverified(testing.sample("payment.purchase")))
(scope,) = reader.get_metrics_data().resource_metrics[0].scope_metrics
print(*(f"{metric.name}={point.value}" for metric in scope.metrics for point in metric.data.data_points
        if hasattr(point, "value")), sep="\\n")
"""
    command = [sys.executable, "-c", script]
    run = subprocess.run(command, check=True, cwd=project, capture_output=True, text=True)
    assert {"yuno.inbox.received=1", "yuno.inbox.pending=1", "yuno.inbox.dead=0"} <= set(run.stdout.split())


def test_the_lambda_function_receives(project: Path) -> None:
    script = """
from lambda_function import lambda_handler
from yuno_webhooks import Event, testing
body = testing.sample("payment.purchase")
for secret in ("a-test-secret", "another"):
    request = {"body": body.decode(), "headers": testing.headers(body, secret)}
    print(lambda_handler({**request, "requestContext": {"http": {"method": "POST"}}}, None)["statusCode"])
"""
    run = subprocess.run(
        [sys.executable, "-c", script], check=True, cwd=project, env=ENVIRONMENT, capture_output=True, text=True
    )
    assert run.stdout.split() == ["200", "401"]
    assert rows(project, "event") == 1


def test_the_receiver_with_djangos_database_ships_once(project: Path) -> None:
    script = """
from django.conf import settings
database = {"ENGINE": "django.db.backends.sqlite3", "NAME": "django.db"}
settings.configure(INSTALLED_APPS=["shop"], DATABASES={"default": database})
import django
django.setup()
from django.core.management import call_command
call_command("migrate", run_syncdb=True, verbosity=0)
from shop.models import Delivery, Shipment
from shop.orm import receiver
from yuno_webhooks import Event, testing
for updated_at in ("2026-12-01T10:00:00Z", "2026-12-01T10:00:01Z", "2026-12-01T10:00:01Z"):
    made = testing.delivery(secret="a-test-secret", status="SUCCEEDED", updated_at=updated_at)
    assert receiver.receive(made.body, made.headers).status == 200
made = testing.delivery("payout.payout", secret="a-test-secret")
assert receiver.receive(made.body, made.headers).status == 200
print(Delivery.objects.count(), Shipment.objects.count())
"""
    run = subprocess.run(
        [sys.executable, "-c", script], check=True, cwd=project, env=ENVIRONMENT, capture_output=True, text=True
    )
    assert run.stdout.split() == ["3", "1"]


@pytest.mark.parametrize("name", ["shop/credentials.py", "shop/log.py"])
def test_what_only_sets_something_up_runs(name: str, project: Path) -> None:
    subprocess.run([sys.executable, name], check=True, cwd=project)
