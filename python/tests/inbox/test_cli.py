"""The command line: what it prints, what it changes, and how it ends."""

from __future__ import annotations

import base64
import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from yuno_webhooks import Event, PayloadError
from yuno_webhooks.inbox import Inbox, RedisInbox, SQLiteInbox

from . import redis_server
from .conftest import Opener
from .postgres import Server
from .shop import PRIVATE, accept, connect, make_body, make_event, seconds, set_clock

#: As it is to the command line, which is not async.
on_each_store = pytest.mark.parametrize("address", ["sqlite", "postgres", "redis"], indirect=True)
PASSWORD = "pa55w0rd"
BODY = make_body("p-1")
UNREADABLE = b"[\xff1]"
INSTANT = re.compile(r"20[0-9]{2}-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-5][0-9]:[0-5][0-9]\.[0-9]{3}Z")
MEMBERS = (
    *("key", "kind", "resource", "state", "attempts", "duplicates", "received_at", "available_at", "finished_at"),
    *("error_class", "error_text", "body_bytes"),
)


class Ran(NamedTuple):
    """How a command ended."""

    status: int
    output: str
    errors: str

    @property
    def document(self) -> Any:
        return json.loads(self.output)


class Filled(NamedTuple):
    """The keys of deliveries in each state."""

    pending: str
    done: str
    dead: str
    unreadable: str


def run(*arguments: str, url: str | None = None) -> Ran:
    environment = {name: value for name, value in os.environ.items() if name != "YUNO_INBOX_URL"}
    if url is not None:
        environment["YUNO_INBOX_URL"] = url
    command = [sys.executable, "-m", "yuno_webhooks", "inbox", *arguments]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=60)
    return Ran(done.returncode, done.stdout, done.stderr)


def refused(ran: Ran, status: int, code: str) -> str:
    """Whether it ended so, with one line that says why; gives it."""
    assert ran.status == status
    (line,) = ran.errors.splitlines()
    assert line.startswith(f"yuno-webhooks: {code}: ")
    return line


def accept_unreadable(inbox: Inbox, body: bytes) -> str:
    """Accepts what is no event, and gives its key."""
    with pytest.raises(PayloadError) as caught:
        Event.parse_unverified(body)
    accepted = inbox.accept_unreadable(body, caught.value)
    assert accepted is not None
    return accepted.key


@pytest.fixture
def url(address: str) -> str:
    return address if "://" in address else f"sqlite:{address}"


@pytest.fixture
def filled(inbox: Inbox) -> Filled:
    done = accept(inbox, "p-1")
    inbox.claim()[0].complete()
    dead = accept(inbox, "p-2", kind="payment.refund")
    inbox.claim()[0].bury(ValueError("no stock"))
    unreadable = accept_unreadable(inbox, UNREADABLE)
    pending = accept(inbox, "p-3")
    inbox.accept(make_event("p-3", retry=1))
    return Filled(pending, done, dead, unreadable)


@on_each_store
def test_stats(url: str, inbox: Inbox) -> None:
    empty = {"scope": "default", "pending": 0, "waiting": 0, "oldest_pending_seconds": None}
    empty |= {"leased": 0, "dead": 0, "duplicates": 0}
    nothing = "yuno-webhooks: this store has nothing under the scope 'default'\n"
    assert run("stats", "--format", "json", url=url) == (0, json.dumps(empty) + "\n", nothing)
    assert "oldest_pending_seconds  -\n" in run("stats", url=url).output
    accept(inbox, "p-0")
    inbox.claim()[0].complete()
    assert run("stats", "--format", "json", url=url) == (0, json.dumps(empty) + "\n", "")
    for payment in ("p-1", "p-2", "p-3"):
        accept(inbox, payment)
    inbox.accept(make_event("p-1", retry=1))
    first, second = inbox.claim(2)
    first.bury()
    second.release(delay=seconds(3600))
    found = run("stats", "--format=json", url=url).document
    assert 0 <= found.pop("oldest_pending_seconds") < 60
    assert found == {"scope": "default", "pending": 2, "waiting": 1, "leased": 0, "dead": 1, "duplicates": 1}


@pytest.mark.usefixtures("filled")
@on_each_store
def test_options_stand_before_or_after_the_command_and_scopes_are_apart(url: str, opened: Opener) -> None:
    accept(opened(scope="other"))
    for arguments in (("--scope", "other", "stats"), ("stats", "--scope", "other")):
        ran = run("--url", url, *arguments, "--format", "json", url="sqlite:elsewhere")
        assert (ran.document["scope"], ran.document["pending"], ran.document["dead"]) == ("other", 1, 0)


@on_each_store
def test_list_as_json(url: str, filled: Filled) -> None:
    dead = run("list", "--format", "json", url=url)
    assert (dead.status, dead.output.count("\n"), dead.errors) == (0, 1, "")
    refund, unreadable = dead.document
    assert list(refund) == list(unreadable) == list(MEMBERS)
    assert (refund["key"], refund["state"], refund["attempts"]) == (filled.dead, "dead", 1)
    assert (refund["kind"], refund["error_class"], refund["error_text"]) == ("payment.refund", "ValueError", "no stock")
    assert all(INSTANT.fullmatch(refund[name]) for name in ("received_at", "available_at", "finished_at"))
    assert (unreadable["key"], unreadable["kind"], unreadable["resource"]) == (filled.unreadable, None, None)
    assert unreadable["body_bytes"] == len(UNREADABLE)
    (pending,) = run("list", "--state", "pending", "--format", "json", url=url).document
    assert (pending["key"], pending["finished_at"], pending["duplicates"]) == (filled.pending, None, 1)
    (done,) = run("list", "--state=done", "--format", "json", url=url).document
    assert (done["key"], done["body_bytes"]) == (filled.done, len(BODY))
    assert run("list", "--state", "processing", "--format", "json", url=url).output == "[]\n"


@on_each_store
def test_list_is_limited_and_of_a_kind(url: str, filled: Filled) -> None:
    def keys(*arguments: str) -> list[str]:
        return [row["key"] for row in run("list", "--format", "json", *arguments, url=url).document]

    assert keys() == [filled.dead, filled.unreadable]
    assert keys("--limit", "1") == [filled.dead]
    assert keys("--kind", "payment.refund") == [filled.dead]
    assert keys("--kind", "payment.purchase") == []
    assert keys("--kind", "payment.purchase", "--state", "done") == [filled.done]


@on_each_store
def test_list_as_a_table(url: str, filled: Filled) -> None:
    header, refund, unreadable = run("list", url=url).output.splitlines()
    assert header.split() == [name.upper() for name in MEMBERS]
    assert re.split(" {2,}", refund)[:6] == [filled.dead, "payment.refund", "payment/p-2", "dead", "1", "0"]
    assert re.split(" {2,}", unreadable)[:4] == [filled.unreadable, "-", "-", "dead"]
    for name in ("KIND", "STATE", "RECEIVED_AT", "ERROR_CLASS"):
        start = header.index(name)
        assert all(line[start - 2 : start] == "  " and line[start] != " " for line in (header, refund, unreadable))
    assert run("list", "--state", "processing", url=url).output.split() == [name.upper() for name in MEMBERS]


@on_each_store
def test_show_gives_a_body_only_when_asked(url: str, filled: Filled) -> None:
    short = run("show", filled.done, "--format", "json", url=url)
    assert list(short.document) == list(MEMBERS)
    assert short.document["body_bytes"] == len(BODY)
    table = run("show", filled.done, url=url)
    assert re.search(rf"^body_bytes +{len(BODY)}$", table.output, re.MULTILINE)
    assert re.search(r"^error_class +-$", table.output, re.MULTILINE)
    for ran in (short, table, run("list", "--state", "done", url=url), run("stats", url=url)):
        assert PRIVATE not in ran.output + ran.errors
    whole = run("show", filled.done, "--body", "--format", "json", url=url).document
    assert whole == {**short.document, "body": BODY.decode()}
    assert BODY.decode() in run("show", filled.done, "--body", url=url).output


@on_each_store
def test_a_body_that_is_no_text_comes_in_base64(url: str, filled: Filled) -> None:
    shown = run("show", "--body", filled.unreadable, "--format", "json", url=url).document
    assert list(shown) == [*MEMBERS, "body_base64"]
    assert base64.b64decode(shown["body_base64"]) == UNREADABLE


def test_what_moves_a_terminal_is_not_printed_in_a_table(tmp_path: Path) -> None:
    body = b'{"a":\n\t"\x1b[31m\xc2\x9b\xe2\x80\xae"}'
    with SQLiteInbox(tmp_path / "inbox.db") as inbox:
        key = accept_unreadable(inbox, body)
    url = f"sqlite:{tmp_path / 'inbox.db'}"
    assert '{"a":\n\t"\ufffd[31m\ufffd\ufffd"}' in run("show", key, "--body", url=url).output
    assert run("show", key, "--body", "--format=json", url=url).document["body"] == body.decode()


@on_each_store
def test_replay(url: str, filled: Filled, inbox: Inbox) -> None:
    assert run("replay", filled.dead, "--format", "json", url=url) == (0, '{"replayed": 1}\n', "")
    assert inbox.find(filled.dead).state == "pending"
    refused(run("replay", filled.dead, url=url), 1, "NOT_FOUND")
    assert run("replay", filled.done, url=url).output == "replayed  1\n"
    assert inbox.find(filled.done).state == "pending"


@on_each_store
def test_replay_of_all_that_is_dead(url: str, filled: Filled, inbox: Inbox) -> None:
    assert run("replay", "--dead", "--kind", "payment.purchase", "--format=json", url=url).document == {"replayed": 0}
    assert run("replay", "--dead", "--limit", "1", "--format=json", url=url).document == {"replayed": 1}
    assert [inbox.find(key).state for key in filled] == ["pending", "done", "pending", "dead"]
    assert run("replay", "--dead", "--format=json", url=url).document == {"replayed": 1}
    assert run("replay", "--dead", "--format=json", url=url) == (0, '{"replayed": 0}\n', "")


def test_more_than_a_batch_is_replayed(tmp_path: Path) -> None:
    with SQLiteInbox(tmp_path / "inbox.db") as inbox:
        with inbox.begin() as connection:
            for number in range(1001):
                inbox.accept(make_event(f"p-{number}"), connection=connection)
            connection.execute("UPDATE yuno_inbox SET state = 'dead', finished_at = received_at")
        url = f"sqlite:{inbox.place}"
        assert run("replay", "--dead", "--format=json", url=url).document == {"replayed": 1001}
        assert inbox.stats().dead == 0


@on_each_store
def test_discard(url: str, filled: Filled, inbox: Inbox) -> None:
    assert run("discard", filled.dead, "--format", "json", url=url) == (0, '{"discarded": 1}\n', "")
    assert inbox.find(filled.dead).state == "done"
    refused(run("discard", filled.pending, url=url), 1, "NOT_FOUND")


@on_each_store
def test_purge(url: str, inbox: Inbox) -> None:
    past = int(time.time() * 1000) - 31 * 86_400_000
    set_clock(inbox, lambda: past)
    key = accept(inbox)
    inbox.claim()[0].complete()
    set_clock(inbox, lambda: None)
    refused(run("purge", "--older-than", "36h", url=url), 2, "RETENTION_TOO_SHORT")
    assert run("purge", "--older-than", "32d", "--format=json", url=url).document == {"purged": 0}
    assert inbox.find(key).body is not None
    assert run("purge", "--older-than", "43200m", url=url).output == "purged  1\n"
    purged = run("show", key, "--body", "--format=json", url=url).document
    assert (purged["body_bytes"], purged["body"]) == (None, None)


def migrate_further(address: str) -> None:
    """As if a later release had been there."""
    with connect(address) as connection:
        if address.startswith("redis"):
            hashes = [key for key in connection.scan_iter() if connection.type(key) == b"hash"]
            (key,) = [key for key in hashes if connection.hexists(key, "version")]
            connection.hset(key, "version", 2)
        else:
            connection.execute("UPDATE yuno_inbox_schema SET version = 2")


@on_each_store
def test_verify_schema(url: str, address: str, opened: Opener) -> None:
    line = refused(run("verify-schema", url=url), 4, "SCHEMA_MISMATCH")
    assert "--" not in line
    opened()
    assert run("verify-schema", url=url).output == "schema    1\nexpected  1\nok        true\n"
    assert run("verify-schema", "--format=json", url=url) == (0, '{"schema": 1, "expected": 1, "ok": true}\n', "")
    migrate_further(address)
    for command in ("verify-schema", "stats", "list"):
        refused(run(command, url=url), 4, "SCHEMA_MISMATCH")
    later = run("verify-schema", "--format=json", url=url)
    assert later.document == {"schema": None, "expected": 1, "ok": False}


@on_each_store
def test_it_makes_nothing(url: str, address: str, tmp_path: Path) -> None:
    for command in ("stats", "list", "verify-schema"):
        refused(run(command, url=url), 4, "SCHEMA_MISMATCH")
    if "://" in address:
        with connect(address) as connection:
            if address.startswith("redis"):
                assert connection.keys() == []
            else:
                assert connection.execute("SELECT to_regclass('yuno_inbox_schema')").fetchall() == [(None,)]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("command", [["show"], ["replay"], ["discard"]])
@on_each_store
def test_a_key_that_is_not_there(url: str, inbox: Inbox, command: list[str]) -> None:
    accept(inbox)
    assert "Check the scope, the key" in refused(run(*command, "no-such-key", url=url), 1, "NOT_FOUND")


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (["stats"], "Give --url, or set YUNO_INBOX_URL"),
        (["stats", "--url", ""], "--url is empty"),
        (["stats", "--url", "mysql://shop"], "the address of an inbox is sqlite:PATH, postgresql://"),
        (["stats", "--url", "redis://127.0.0.1:1/0?durability=everysec"], "options of redis-py only"),
        (["stats", "--url", "redis+cluster://127.0.0.1:1?durability=everysec"], "options of redis-py only"),
        (["stats", "--url", "redis://127.0.0.1:1/abc"], "the database's number"),
        (["stats", "--url", "sqlite:"], "the path of a file is missing"),
        (["stats", "--url", "sqlite://shop.db"], "comes an absolute path"),
        (["stats", "--url", "sqlite::memory:"], "only in memory is lost"),
        (["stats", "--url", f"sqlite:{__file__}", "--scope", ""], "scope must be a name"),
        (["stats", "--format", "yaml"], "'json'"),
        (["stats", "--limit", "1"], "--limit"),
        (["stat"], "verify-schema"),
        (["list", "--state", "lost"], "'processing'"),
        (["list", "--kind", "payment.purchas"], "did you mean 'payment.purchase'?"),
        (["list", "--limit", "0"], "a whole number from 1"),
        (["list", "--limit", "99999999999"], "a whole number from 1"),
        (["list", "--lim", "1"], "--lim"),
        (["show"], "KEY"),
        (["replay"], "KEY --dead"),
        (["replay", "a-key", "--dead"], "--dead"),
        (["replay", "a-key", "--limit", "3", "--url", "sqlite:a.db"], "--kind and --limit go with --dead"),
        (["purge"], "--older-than"),
        (["purge", "--older-than", "30"], "30d, 12h, 45m or 90s"),
        (["purge", "--older-than", "3w"], "30d, 12h, 45m or 90s"),
    ],
)
def test_a_call_that_is_wrong_says_what_is_right(arguments: list[str], text: str) -> None:
    ran = run(*arguments)
    assert text in refused(ran, 2, "USAGE")
    assert ran.output == ""


@pytest.mark.parametrize("arguments", [[], ["inbox"]])
def test_without_a_command_it_says_which_there_are(arguments: list[str]) -> None:
    def start(*more: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "yuno_webhooks", *arguments, *more]
        return subprocess.run(command, capture_output=True, text=True, check=False)

    alone, asked = start(), start("--help")
    assert (alone.returncode, alone.stdout) == (2, "")
    assert (asked.returncode, asked.stderr) == (0, "")
    assert alone.stderr == asked.stdout
    assert ("verify-schema" in asked.stdout) == bool(arguments)


def test_a_store_that_is_away(server: Server, tmp_path: Path) -> None:
    away = f"postgresql://shop:{PASSWORD}@127.0.0.1:1/shop"
    assert "did not answer" in refused(run("stats", url=away), 3, "STORE_UNAVAILABLE")
    assert "did not answer" in refused(run("stats", url="redis://127.0.0.1:1/0"), 3, "STORE_UNAVAILABLE")
    gone = f"{server.conninfo}-gone"
    assert "did not answer" in refused(run("stats", url=gone), 3, "STORE_UNAVAILABLE")
    other = tmp_path / "other"
    other.write_bytes(b"something else, and long enough not to be taken for an empty file " * 100)
    assert "not a database" in refused(run("stats", url=f"sqlite:{other}"), 3, "STORE_UNAVAILABLE")


def test_a_store_that_could_lose_what_it_acknowledged() -> None:
    unsafe = redis_server.Server("--maxmemory-policy", "allkeys-lru")
    try:
        refused(run("stats", url=unsafe.url), 4, "STORE_UNSAFE")
    finally:
        unsafe.remove()


def test_a_store_of_less_durability_is_looked_at_all_the_same() -> None:
    server = redis_server.Server("--appendfsync", "everysec")
    try:
        with RedisInbox(server.url, durability="everysec") as inbox:
            key = accept(inbox)
        assert run("show", key, "--format=json", url=server.url).document["state"] == "pending"
    finally:
        server.remove()


def stats_that_raise(tmp_path: Path, what: str) -> Ran:
    """What `stats` ends with where the inbox raises something."""
    (tmp_path / "sitecustomize.py").write_text(
        "from yuno_webhooks.inbox import SQLiteInbox\n"
        f"def stats(_: object) -> None:\n    raise {what}({PASSWORD!r})\n"
        "SQLiteInbox.stats = stats\n"
    )
    SQLiteInbox(tmp_path / "inbox.db").close()
    path = f"{tmp_path}{os.pathsep}{os.environ.get('PYTHONPATH', '')}"
    command = [sys.executable, "-m", "yuno_webhooks", "inbox", "stats", f"--url=sqlite:{tmp_path / 'inbox.db'}"]
    done = subprocess.run(
        command, env={**os.environ, "PYTHONPATH": path}, capture_output=True, text=True, check=False, timeout=60
    )
    return Ran(done.returncode, done.stdout, done.stderr)


def test_an_interrupt_is_no_traceback(tmp_path: Path) -> None:
    assert stats_that_raise(tmp_path, "KeyboardInterrupt") == Ran(130, "", "")


def test_what_nobody_foresaw_is_one_line(tmp_path: Path) -> None:
    line = refused(stats_that_raise(tmp_path, "LookupError"), 3, "UNEXPECTED")
    assert "LookupError" in line
    assert PASSWORD not in line


@pytest.mark.parametrize(
    "arguments",
    [
        ["stats", "--url", f"postgresql://shop:{PASSWORD}@127.0.0.1:1/shop"],
        ["stats", f"--url=postgres://shop:{PASSWORD}@127.0.0.1:1/shop?no_such_option=1"],
        ["stats", "--url", f"postgres://shop:%zz{PASSWORD}@127.0.0.1:1/shop"],
        ["stats", "--url", f"postgres://shop:a{PASSWORD}@[::1/shop"],
        ["stats", "--url", f"redis://shop:{PASSWORD}@127.0.0.1:1/0"],
        ["stats", "--url", f"redis://shop:{PASSWORD}#@127.0.0.1:1/0"],
        ["stats", "--url", f"redis://shop:{PASSWORD}@127.0.0.1:1/0?{PASSWORD}={PASSWORD}"],
        ["stats", "--url", f"redis+cluster://shop:{PASSWORD}@127.0.0.1:1"],
        ["stats", "--url", f"mysql://shop:{PASSWORD}@127.0.0.1/shop"],
        ["stats", "--url", f"host=127.0.0.1 password={PASSWORD}"],
        ["stats", f"postgres://shop:{PASSWORD}@127.0.0.1/shop"],
        ["stats", f"--postgres=postgres://shop:{PASSWORD}@127.0.0.1/shop"],
        ["stats", f"--url redis://shop:{PASSWORD}@127.0.0.1:1/0"],
        ["stats", f"-u redis://shop:{PASSWORD}@127.0.0.1:1/0"],
        ["list", "--state", f"postgres://shop:{PASSWORD}@127.0.0.1/shop"],
        ["list", "--kind", f"postgres://shop:{PASSWORD}'\\@127.0.0.1/shop"],
        ["list", f"--limit=postgres://shop:{PASSWORD}@127.0.0.1/shop"],
        [f"postgres://shop:{PASSWORD}@127.0.0.1/shop"],
        ["show", f"postgres://shop:{PASSWORD}@127.0.0.1/shop", "stats"],
    ],
)
def test_a_password_is_never_printed(arguments: list[str]) -> None:
    ran = run(*arguments)
    assert ran.status in (2, 3)
    assert len(ran.errors.splitlines()) == 1
    assert PASSWORD not in ran.output + ran.errors


def test_a_reader_that_has_seen_enough_is_no_failure(tmp_path: Path) -> None:
    with SQLiteInbox(tmp_path / "inbox.db") as inbox:
        for number in range(300):
            inbox.accept(make_event(f"p-{number}"))
        command = [sys.executable, "-m", "yuno_webhooks", "inbox", "list", "--limit=300", "--state", "pending"]
        with subprocess.Popen(
            [*command, "--url", f"sqlite:{inbox.place}"], stdout=subprocess.PIPE, stderr=subprocess.PIPE
        ) as process:
            assert process.stdout is not None
            assert process.stderr is not None
            process.stdout.close()
            assert process.stderr.read() == b""
    assert process.returncode == 0


@on_each_store
def test_what_is_being_worked_on_is_shown_and_not_replayed(url: str, inbox: Inbox) -> None:
    key = accept(inbox)
    inbox.claim(lease=seconds(60))
    shown = run("show", key, "--format=json", url=url).document
    assert (shown["state"], shown["attempts"]) == ("processing", 1)
    refused(run("replay", key, url=url), 1, "NOT_FOUND")
