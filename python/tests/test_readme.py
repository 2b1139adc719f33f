"""Every Python snippet of the README runs as it stands, and the receivers in it do what the text says."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from yuno_webhooks import testing

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
    subprocess.run([sys.executable, "-c", SNIPPETS[number]], check=True, env=environment, cwd=tmp_path)


def find(text: str) -> str:
    return next(snippet for snippet in SNIPPETS if text in snippet)


def test_the_receiver_ships_once_and_only_what_was_paid(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    receive = load(find("def receive("), monkeypatch)["receive"]
    seen: set[str] = set()
    unreadable: list[bytes] = []

    def send(body: bytes) -> int:
        status: int = receive(body, testing.headers(body, SECRET), seen, unreadable).status
        return status

    three_d_secure = testing.sample("payment.purchase", status="SUCCEEDED", sub_status="THREE_D_SECURE_VERIFIED")
    assert send(three_d_secure) == 200
    assert send(testing.sample("payment.pre_chargeback", status="SUCCEEDED", sub_status="APPROVED")) == 200
    assert send(testing.sample("payment.purchase", status="PENDING")) == 200
    assert capsys.readouterr().out == ""
    for retry in range(3):
        assert send(testing.sample("payment.purchase", status="SUCCEEDED", retry=retry)) == 200
    assert capsys.readouterr().out == "ship order-1001\n"
    assert send(b"[1]") == 200
    assert unreadable == [b"[1]"]
    assert receive(b"{}", {}, seen, unreadable).status == 401
