"""Opening a store: its schema, and processes that fork."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from yuno_webhooks import InboxError
from yuno_webhooks.inbox import Inbox, PostgresInbox, SQLiteInbox

from .conftest import Opener
from .process import child_environment
from .shop import PATIENCE, accept, connect, is_async, open_inbox

OPEN = """
import sys
from inbox.shop import accept, open_inbox
sys.stdin.read()
accept(open_inbox(sys.argv[1]), sys.argv[2])
"""


def test_without_migrations_an_empty_store_is_refused(opened: Opener) -> None:
    with pytest.raises(InboxError) as caught:
        opened(migrate=False)
    assert (caught.value.code, caught.value.stage) == ("SCHEMA_MISMATCH", "inbox")
    inbox = opened()
    key = accept(inbox)
    assert opened(migrate=False).find(key).state == "pending"


@pytest.mark.sql
@pytest.mark.parametrize("migrate", [False, True])
def test_a_later_schema_is_refused_and_not_touched(opened: Opener, address: str, migrate: bool) -> None:
    key = accept(opened())
    with connect(address) as connection:
        connection.execute("UPDATE yuno_inbox_schema SET version = 2")
    with pytest.raises(InboxError) as caught:
        opened(migrate=migrate)
    assert caught.value.code == "SCHEMA_MISMATCH"
    with connect(address) as connection:
        assert connection.execute("SELECT version FROM yuno_inbox_schema").fetchall() == [(2,)]
        connection.execute("UPDATE yuno_inbox_schema SET version = 1")
    assert opened(migrate=migrate).find(key).key == key


@pytest.mark.sql
def test_an_opening_that_fails_leaves_nothing_behind(opened: Opener, address: str) -> None:
    opened().close()
    with connect(address) as connection:
        connection.execute("UPDATE yuno_inbox_schema SET version = 2")
    before = threading.active_count()
    for _ in range(3):
        with pytest.raises(InboxError):
            open_inbox(address)
    assert threading.active_count() <= before


def test_processes_that_open_an_empty_store_at_once_agree(address: str) -> None:
    command = [sys.executable, "-c", OPEN, address]
    processes = [
        subprocess.Popen([*command, f"p-{number}"], env=child_environment(), stdin=subprocess.PIPE)
        for number in range(4)
    ]
    # They are as far as they come without it.
    time.sleep(1)
    for process in processes:
        assert process.stdin is not None
        process.stdin.close()
    assert [process.wait(30) for process in processes] == [0] * 4
    inbox = open_inbox(address)
    assert inbox.stats().pending == 4
    inbox.close()


def in_child(work: Callable[[], object]) -> int:
    """Does something in a child of this process; gives how it ended."""
    return wait(fork(work))


def wait(child: int) -> int:
    _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status)


def fork(work: Callable[[], object]) -> int:
    child = os.fork()
    if child == 0:
        # Whatever happens here, it must not become a second run of the tests.
        signal.alarm(20)
        code = 1
        try:
            work()
            code = 0
        except InboxError as error:
            code = 2 if error.code == "STORE_UNAVAILABLE" else 3
        finally:
            os._exit(code)
    return child


@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_new_file_is_opened_by_many_at_once(tmp_path: Path) -> None:
    """To set its mode, SQLite waits for nobody."""
    for attempt in range(20):
        path, moment = str(tmp_path / f"{attempt}.db"), time.time() + 0.03

        def work(path: str = path, moment: float = moment) -> None:
            time.sleep(max(0.0, moment - time.time()))
            open_inbox(path)

        children = [fork(work) for _ in range(6)]
        assert [wait(child) for child in children] == [0] * 6


@pytest.mark.sql
@pytest.mark.parametrize("used_before", [False, True])
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_forked_process_has_connections_of_its_own(inbox: Inbox, address: str, used_before: bool) -> None:
    if is_async(address):
        pytest.skip("no loop that runs outlives a fork; test_async.py forks between two loops")
    if used_before:
        accept(inbox, "before")

    def work() -> None:
        for number in range(20):
            accept(inbox, f"child-{number}")
        (delivery,) = inbox.claim()
        with delivery.transaction():
            pass
        assert delivery.result == "done"

    begun = time.monotonic()
    assert in_child(work) == 0
    assert time.monotonic() - begun < 15
    accept(inbox, "after")
    assert in_child(lambda: accept(inbox, "second")) == 0
    (delivery,) = inbox.claim()
    delivery.complete()
    assert inbox.stats().pending == 22 + used_before - 2


def test_what_a_forked_process_stores_outlives_its_parent(tmp_path: Path) -> None:
    """SQLite takes inherited locks for its own: then the parent's end removes what the child still writes to."""
    script = """
import os, sys, time
from inbox.shop import accept, open_inbox
inbox = open_inbox(sys.argv[1])
accept(inbox, "before")
if os.fork() == 0:
    for number in range(5):
        accept(inbox, f"early-{number}")
    print("ready", flush=True)
    sys.stdin.readline()
    for number in range(5):
        accept(inbox, f"late-{number}")
    print("stored", flush=True)
    sys.stdin.readline()
    os._exit(0)
time.sleep(0.5)
inbox.close()
os._exit(0)
"""
    path = str(tmp_path / "inbox.db")
    process = subprocess.Popen(
        [sys.executable, "-c", script, path], env=child_environment(), stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert process.stdin is not None
    assert process.stdout is not None
    assert process.stdout.readline() == b"ready\n"
    process.wait(PATIENCE)
    with SQLiteInbox(path) as third:
        for number in range(5):
            accept(third, f"third-{number}")
        process.stdin.write(b"\n")
        process.stdin.flush()
        assert process.stdout.readline() == b"stored\n"
        assert third.stats().pending == 16
    process.stdin.close()
    with connect(path) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    process.stdout.close()


@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_process_that_was_forked_in_the_middle_stores_nothing(tmp_path: Path) -> None:
    """What another thread has open cannot be closed for it; better 503 than lost."""
    inbox = SQLiteInbox(tmp_path / "inbox.db")
    opened, ends = threading.Event(), threading.Event()

    def use() -> None:
        accept(inbox, "other thread")
        opened.set()
        ends.wait(PATIENCE)

    thread = threading.Thread(target=use)
    thread.start()
    assert opened.wait(PATIENCE)
    assert in_child(lambda: accept(inbox, "child")) == 2
    with inbox.begin():
        assert in_child(lambda: accept(inbox, "child")) == 2
    ends.set()
    thread.join()
    accept(inbox, "parent")
    assert in_child(lambda: accept(inbox, "child")) == 0
    assert inbox.stats().pending == 3
    inbox.close()


def test_what_is_not_durable_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (":memory:", ""):
        with pytest.raises(ValueError, match="only in memory is lost"):
            SQLiteInbox(name)
    monkeypatch.setattr(sqlite3, "sqlite_version_info", (3, 34, 1))
    with pytest.raises(ValueError, match=r"needs SQLite 3\.35 or newer"):
        SQLiteInbox(tmp_path / "inbox.db")


def test_a_file_that_cannot_be_opened_says_so(tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.write_bytes(b"something else, and long enough not to be taken for an empty file " * 100)
    advice = {
        tmp_path / "no" / "folder" / "inbox.db": "its folder must be there",
        tmp_path: "this is a folder; name a file in it",
        other: "this file is no SQLite database; check the path",
    }
    for path, text in advice.items():
        with pytest.raises(InboxError, match=text) as caught:
            SQLiteInbox(path)
        assert caught.value.code == "STORE_UNAVAILABLE"
        assert isinstance(caught.value.__cause__, sqlite3.Error)


def test_a_server_that_is_not_there_says_so_in_time() -> None:
    begun = time.monotonic()
    before = threading.active_count()
    with pytest.raises(InboxError) as caught:
        PostgresInbox("postgresql://postgres@127.0.0.1:1/postgres")
    assert caught.value.code == "STORE_UNAVAILABLE"
    assert time.monotonic() - begun < 7
    assert threading.active_count() <= before


def test_the_file_is_where_it_was_when_the_directory_changes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    inbox = SQLiteInbox("inbox.db")
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    accept(inbox)
    inbox.close()
    assert list(elsewhere.iterdir()) == []


def test_psycopg_is_asked_for_where_it_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    nothing: Any = None
    monkeypatch.setitem(sys.modules, "psycopg_pool", nothing)
    with pytest.raises(ImportError, match=r"psycopg\[binary,pool\]"):
        PostgresInbox("postgresql://postgres@127.0.0.1:1/postgres")
