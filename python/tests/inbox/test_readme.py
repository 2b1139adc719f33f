"""The snippets of the package's README on asyncio and on queues run as they stand."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import time
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

import pytest

from yuno_webhooks import Event, testing
from yuno_webhooks.inbox import Delivery, PostgresInbox, RedisInbox

from .shop import PATIENCE, SECRET, connect, seconds, set_clock, until

README = Path(__file__).parents[2] / "README.md"
pytestmark = pytest.mark.stores("postgres")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    blocks = re.findall(r"^```python\n# (\w+\.py)\n(.*?)^```", README.read_text(encoding="utf-8"), re.M | re.S)
    for name, text in blocks:
        (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path


def test_the_async_app_receives_and_works(project: Path, address: str) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    environment = {**os.environ, "DATABASE_URL": address, "YUNO_WEBHOOK_HMAC_SECRET": SECRET}
    command = [sys.executable, "-m", "uvicorn", "async_app:app", "--port", str(port), "--log-level", "error"]

    def send(body: bytes, signed: bytes) -> int:
        request = Request(f"http://127.0.0.1:{port}/webhooks/yuno", body, testing.headers(signed, SECRET))
        try:
            with urlopen(request) as response:  # noqa: S310
                return int(response.status)
        except HTTPError as error:
            return error.code
        except URLError:
            return 0

    paid = [testing.sample("payment.purchase", retry=retry) for retry in range(2)]
    with subprocess.Popen(command, cwd=project, env=environment) as process:
        try:
            assert until(lambda: send(paid[0], paid[0]), 30) == 200
            assert send(paid[1], paid[1]) == 200
            assert send(paid[0], paid[0] + b" ") == 401
            with PostgresInbox(address) as inbox:
                until(lambda: inbox.stats().pending + inbox.stats().leased == 0)
                assert inbox.stats().duplicates == 1
        finally:
            process.terminate()
            code = process.wait(PATIENCE)
    # uvicorn ends by the signal that it was sent, when all else has ended.
    assert code in {0, -15}
    with connect(address) as connection:
        assert connection.execute("SELECT count(*) FROM shipment").fetchone() == (1,)


def test_the_async_receiver_does_not_start_without_its_store(project: Path) -> None:
    away = {"DATABASE_URL": "postgresql://127.0.0.1:1/shop", "YUNO_WEBHOOK_HMAC_SECRET": SECRET}
    command = [sys.executable, "-m", "uvicorn", "async_receiver:app", "--port", "0", "--log-level", "error"]
    ran = subprocess.run(
        command, cwd=project, env=os.environ | away, capture_output=True, text=True, check=False, timeout=60
    )
    assert ran.returncode != 0
    assert "STORE_UNAVAILABLE" in ran.stderr


def test_the_grants_are_what_an_application_needs(address: str) -> None:
    (grants,) = re.findall(r"^```sql\n(GRANT.*?)^```", README.read_text(encoding="utf-8"), re.M | re.S)
    PostgresInbox(address).close()
    with connect(address) as connection:
        connection.execute("DROP ROLE IF EXISTS shop")
        connection.execute("CREATE ROLE shop LOGIN")
        connection.execute(grants)
    try:
        with PostgresInbox(address.replace("//postgres@", "//shop@"), migrate=False) as inbox:
            with inbox.begin() as connection:
                assert connection.execute("SELECT current_user").fetchone() == ("shop",)
            event = Event.parse_unverified(testing.sample("payment.purchase"))
            now = int(time.time() * 1000)
            set_clock(inbox, lambda: now - 100 * 86_400_000)
            key = inbox.accept(event).key
            assert inbox.accept(event).outcome == "duplicate"
            assert inbox.due(older_than=seconds(0)) == [key]
            for end in (Delivery.complete, Delivery.bury):
                delivery = inbox.claim_lane(key)
                assert delivery is not None
                delivery.extend(seconds(60))
                end(delivery)
                inbox.replay(key)
            inbox.claim()[0].bury()
            assert inbox.replay_dead() == 1
            inbox.claim()[0].release(delay=seconds(0))
            with inbox.claim()[0].transaction():
                pass
            set_clock(inbox, lambda: None)
            assert inbox.stats().duplicates == 1
            assert len(inbox.list(state="done")) == 1
            assert inbox.purge(older_than=seconds(90 * 86_400)) == 1
            # The newest of all is kept.
            inbox.accept(Event.parse_unverified(testing.sample("payment.refund")))
            assert inbox.forget_keys(older_than=seconds(90 * 86_400)) == 1
    finally:
        with connect(address) as connection:
            connection.execute("DROP OWNED BY shop")
            connection.execute("DROP ROLE shop")


def test_the_async_worker_works_and_ends(project: Path, address: str) -> None:
    with PostgresInbox(address) as inbox:
        key = inbox.accept(Event.parse_unverified(testing.sample("payment.purchase"))).key
        worker = subprocess.Popen(
            [sys.executable, "async_worker.py"], cwd=project, env=os.environ | {"DATABASE_URL": address}
        )
        try:
            until(lambda: inbox.find(key).state == "done")
        finally:
            worker.terminate()
            assert worker.wait(PATIENCE) == 0
    with connect(address) as connection:
        assert connection.execute("SELECT count(*) FROM shipment").fetchone() == (1,)


@pytest.mark.stores("redis")
def test_the_worker_works_on_redis(project: Path, address: str) -> None:
    with RedisInbox(address) as inbox:
        key = inbox.accept(Event.parse_unverified(testing.sample("payment.purchase"))).key
        worker = subprocess.Popen(
            [sys.executable, "redis_worker.py"], cwd=project, env=os.environ | {"REDIS_URL": address}
        )
        try:
            until(lambda: inbox.find(key).state == "done")
        finally:
            worker.terminate()
            assert worker.wait(PATIENCE) == 0


def test_the_queue_works_on_what_is_published(project: Path) -> None:
    script = """
from queue_tasks import app, inbox, sweep
from yuno_webhooks import Event, testing
app.conf.task_always_eager = True
key = inbox.accept(Event.parse_unverified(testing.sample("payment.purchase"))).key
sweep.delay()
print(inbox.find(key).state)
"""
    run = subprocess.run([sys.executable, "-c", script], check=True, cwd=project, capture_output=True, text=True)
    assert run.stdout == "done\n"
