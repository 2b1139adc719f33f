"""Workers and receivers of Python and of Node on one inbox in Redis: what either stores, either works on."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path

import pytest

from yuno_webhooks.inbox import Delivery, RedisInbox

from .shop import make_event, seconds, until, wait_for, working

NODE = Path(__file__).parents[3] / "node"
PROGRAM = NODE / "test" / "inbox" / "worker.mjs"
KILLS = 3


@pytest.fixture(scope="module")
def node() -> str:
    found = shutil.which("node")
    if found is None or not (NODE / "dist" / "inbox" / "redis.js").is_file():
        reason = "the Node package is not built (npm install && npm run build, in node/)"
        if os.environ.get("CI") or os.environ.get("YUNO_NO_SKIP"):
            pytest.fail(reason)
        pytest.skip(reason)
    return found


@contextmanager
def started(node: str, task: str, url: str, log: Path) -> Generator[subprocess.Popen[bytes]]:
    """A process of Node's tests, which says in a file what it does."""
    with (
        log.open("ab") as output,
        subprocess.Popen([node, str(PROGRAM), task, json.dumps({"url": url}), "node"], stdout=output) as process,
    ):
        try:
            yield process
        finally:
            process.kill()


def told(log: Path) -> list[str]:
    return log.read_text(encoding="utf-8").splitlines() if log.exists() else []


def wait_for_lines(log: Path, more: int, unless: Callable[[], bool] = lambda: False) -> None:
    before = len(told(log))
    until(lambda: len(told(log)) > before + more or unless())


@pytest.mark.parametrize("partitions", [1, 4])
def test_both_languages_share_one_redis(node: str, redis_url: str, tmp_path: Path, partitions: int) -> None:
    stored, worked = tmp_path / "stored", tmp_path / "worked"
    ours: list[str] = []
    with RedisInbox(redis_url, partitions=partitions) as inbox:
        with started(node, "store", redis_url, stored):
            keys = {inbox.accept(make_event(f"p-{number}")).key for number in range(60)}
            wait_for_lines(stored, 60)
        # The last line of one that was killed may be cut off; what it stored is there in any case.
        keys |= {record.key for record in inbox.list(state="pending", limit=10_000)}
        assert keys >= set(told(stored)[:-1])

        def work(delivery: Delivery) -> None:
            ours.append(delivery.key)
            time.sleep(0.01)

        for _ in range(KILLS):
            with started(node, "work", redis_url, worked) as process:
                wait_for_lines(worked, 10, unless=lambda: inbox.stats().pending == 0)
                process.kill()
        replayed = sorted(keys)[:40]
        with started(node, "work", redis_url, worked), working(inbox, work, workers=2, lease=seconds(5)):
            for key in replayed:
                wait_for(inbox, key, patience=60)
                inbox.replay(key)
            until(lambda: len(inbox.list(state="done", limit=10_000)) == len(keys), patience=60)
        theirs = [line.removeprefix("done ") for line in told(worked) if line.startswith("done ")]
        assert set(ours) | set(theirs) == keys
        assert ours
        assert theirs
        assert {record.key for record in inbox.list(state="done", limit=10_000)} == keys
