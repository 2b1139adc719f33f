"""Every Python snippet of the README runs as it stands, and the receivers in it do what the text says."""

from __future__ import annotations

import os
import re
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from yuno_webhooks import Event, testing
from yuno_webhooks.inbox import SQLiteInbox

README = Path(__file__).parents[2] / "README.md"
SNIPPETS: list[str] = re.findall(r"^```python\n(.*?)^```", README.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
SECRET = "a-test-secret"


def load(snippet: str, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    monkeypatch.setenv("YUNO_WEBHOOK_HMAC_SECRET", SECRET)
    names: dict[str, Any] = {}
    exec(compile(snippet, "README.md", "exec"), names)  # noqa: S102
    return names


@pytest.mark.parametrize("number", range(len(SNIPPETS)))
def test_snippet_runs_alone(number: int, tmp_path: Path) -> None:
    environment = {**os.environ, "YUNO_WEBHOOK_HMAC_SECRET": SECRET}
    (tmp_path / "snippet.py").write_text(SNIPPETS[number], encoding="utf-8")
    subprocess.run([sys.executable, "-c", "import snippet"], check=True, env=environment, cwd=tmp_path)


def find(text: str) -> str:
    return next(snippet for snippet in SNIPPETS if text in snippet)


#: Authentic, and no money was moved for its order.
UNPAID = (
    testing.sample(
        "payment.purchase", merchant_reference="order-2", status="SUCCEEDED", sub_status="THREE_D_SECURE_VERIFIED"
    ),
    testing.sample("payment.purchase", merchant_reference="order-2", status="SUCCEEDED", transaction_status="DECLINED"),
    testing.sample("payment.pre_chargeback", merchant_reference="order-2", status="SUCCEEDED", sub_status="APPROVED"),
    testing.sample("payment.purchase", merchant_reference="order-2", status="PENDING"),
    testing.sample("payment.refund", merchant_reference="order-2", status="SUCCEEDED"),
)
NAMES_NO_ORDER = testing.sample("payment.purchase", status="SUCCEEDED", id="p-2").replace(b'"order-1001"', b"null")


def test_the_inbox_ships_an_order_once_and_only_what_was_paid(tmp_path: Path) -> None:
    (tmp_path / "shop.py").write_text(find("SQLiteInbox("), encoding="utf-8")
    environment = {**os.environ, "YUNO_WEBHOOK_HMAC_SECRET": SECRET}
    # Elsewhere than the receiver that filled it.
    worker = subprocess.Popen([sys.executable, tmp_path / "shop.py"], env=environment, stdout=subprocess.DEVNULL)
    try:
        with SQLiteInbox(tmp_path / "shop.db") as inbox:
            days = ("2026-12-01", "2026-12-02")
            paid = [testing.sample("payment.purchase", status="SUCCEEDED", updated_at=day) for day in days]
            for body in (*UNPAID, *paid):
                inbox.accept(Event.parse_unverified(body))
            unnamed = inbox.accept(Event.parse_unverified(NAMES_NO_ORDER)).key
            until = time.monotonic() + 30
            while (stats := inbox.stats()).leased > 0 or stats.pending != stats.waiting:
                assert time.monotonic() < until
                time.sleep(0.02)
            assert len(inbox.list(state="done")) == len(UNPAID) + 2
            assert "NOT NULL" in str(inbox.find(unnamed).error_text)
    finally:
        worker.terminate()
        assert worker.wait(30) == 0
    with closing(sqlite3.connect(tmp_path / "shop.db")) as database:
        assert database.execute("SELECT reference FROM shipment").fetchall() == [("order-1001",)]


def test_the_receiver_ships_once_and_only_what_was_paid(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    receive = load(find("def receive("), monkeypatch)["receive"]
    seen: set[str] = set()
    unreadable: list[bytes] = []

    def send(body: bytes) -> int:
        status: int = receive(body, testing.headers(body, SECRET), seen, unreadable).status
        return status

    assert [send(body) for body in UNPAID] == [200] * len(UNPAID)
    assert caplog.messages == []
    assert send(NAMES_NO_ORDER) == 200
    assert caplog.messages == ["paid, and names no order: payment p-2"]
    assert capsys.readouterr().out == ""
    for retry in range(3):
        assert send(testing.sample("payment.purchase", status="SUCCEEDED", retry=retry)) == 200
    assert capsys.readouterr().out == "ship order-1001\n"
    assert send(b"[1]") == 200
    assert unreadable == [b"[1]"]
    assert receive(b"{}", {}, seen, unreadable).status == 401
    assert [message.partition(":")[0] for message in caplog.messages[1:]] == ["BODY_NOT_OBJECT", "SIGNATURE_MISSING"]
