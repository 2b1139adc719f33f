"""Both command lines on one file: what they print as JSON, and how they end, is the same."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any, cast

import pytest

from yuno_webhooks import Event, PayloadError
from yuno_webhooks.inbox import Inbox, SQLiteInbox

from .shop import accept, make_event, seconds

NODE = Path(__file__).parents[3] / "node"
#: As the package's own build makes it.
PROGRAM = NODE / json.loads((NODE / "package.json").read_text(encoding="utf-8")).get("bin", {}).get("yuno-webhooks", "")
PYTHON = [sys.executable, "-m", "yuno_webhooks"]
ERROR = re.compile(r"yuno-webhooks: ([A-Z_]+): .+\n")
UNUSED = "yuno-webhooks: this store has nothing under the scope 'other'\n"


@pytest.fixture(scope="module")
def node() -> list[str]:
    """The command that runs Node's."""
    found = shutil.which("node")
    if found is None or not PROGRAM.is_file() or not (NODE / "dist").is_dir():
        reason = "the Node package is not built (npm install && npm run build, in node/)"
        if os.environ.get("CI") or os.environ.get("YUNO_NO_SKIP"):
            pytest.fail(reason)
        pytest.skip(reason)
    return [found, str(PROGRAM)]


@pytest.fixture
def inbox(tmp_path: Path) -> Inbox:
    """One delivery in each state, an unreadable one, and a redelivery."""
    inbox = SQLiteInbox(tmp_path / "inbox.db")
    accept(inbox, "p-1")
    inbox.claim()[0].complete()
    accept(inbox, "p-2", kind="payment.refund")
    inbox.claim()[0].bury(ValueError("no ☃"))
    accept(inbox, "p-3")
    inbox.claim(lease=seconds(600))
    accept(inbox, "p-4")
    inbox.accept(make_event("p-4", retry=1))
    for body in (b"[\xff1]", '["☃"]'.encode()):
        with pytest.raises(PayloadError) as caught:
            Event.parse_unverified(body)
        inbox.accept_unreadable(body, caught.value)
    return inbox


def run(program: list[str], *arguments: str, url: str) -> tuple[int, Any, str]:
    """The status, the document and the code of the error."""
    environment = {**os.environ, "YUNO_INBOX_URL": url}
    command = [*program, "inbox", *arguments, "--format", "json"]
    ran = subprocess.run(command, env=environment, capture_output=True, encoding="utf-8", check=False, timeout=60)
    code = ERROR.fullmatch(ran.stderr)
    assert ran.stderr in {"", UNUSED} or code, ran.stderr
    document = json.loads(ran.stdout) if ran.stdout else None
    assert ran.stdout.count("\n") == (document is not None)
    return ran.returncode, document, code[1] if code else ""


def ordered(document: Any) -> list[list[tuple[str, Any]]]:
    """With the order of the members, which people see."""
    rows = cast("list[dict[str, Any]]", document if isinstance(document, list) else [document])
    return [list(row.items()) for row in rows]


def test_what_is_looked_at_is_the_same(node: list[str], inbox: Inbox) -> None:
    keys = [record.key for state in ("pending", "processing", "done", "dead") for record in inbox.list(state=state)]
    assert len(keys) == 6
    calls = [["list", "--state", state] for state in ("pending", "processing", "done", "dead")]
    calls += [["list"], ["list", "--limit", "1"], ["list", "--kind", "payment.refund"], ["verify-schema"]]
    calls += [["show", key, *body] for key in keys for body in ([], ["--body"])]
    calls += [["list", "--scope", "other"], ["stats", "--scope", "other"], ["verify-schema", "--scope", "other"]]
    for call in calls:
        ours, theirs = (run(program, *call, url=f"sqlite:{inbox.place}") for program in (PYTHON, node))
        assert (ours[0], ordered(ours[1]), ours[2]) == (theirs[0], ordered(theirs[1]), theirs[2]), call
        assert ours[0] == 0


def test_counts_are_the_same(node: list[str], inbox: Inbox) -> None:
    (_, ours, _), (_, theirs, _) = (run(program, "stats", url=f"sqlite:{inbox.place}") for program in (PYTHON, node))
    assert list(ours) == list(theirs)
    # Time goes on between the two.
    assert 0 <= theirs.pop("oldest_pending_seconds") - ours.pop("oldest_pending_seconds") < 60
    assert ours == theirs


@pytest.mark.parametrize("first", ["python", "node"])
def test_what_one_changes_the_other_sees(node: list[str], inbox: Inbox, first: str) -> None:
    one, other = (PYTHON, node) if first == "python" else (node, PYTHON)
    url = f"sqlite:{inbox.place}"
    refund, unreadable, _ = (record.key for record in inbox.list(state="dead"))
    assert run(one, "discard", refund, url=url) == (0, {"discarded": 1}, "")
    assert run(other, "discard", refund, url=url) == (1, None, "NOT_FOUND")
    assert run(other, "replay", refund, url=url) == (0, {"replayed": 1}, "")
    assert run(one, "show", refund, url=url)[1]["state"] == "pending"
    assert run(one, "replay", "--dead", "--limit", "1", url=url) == (0, {"replayed": 1}, "")
    assert run(other, "show", unreadable, url=url)[1]["state"] == "pending"
    assert run(other, "replay", "--dead", url=url) == (0, {"replayed": 1}, "")
    assert run(one, "purge", "--older-than", "30d", url=url) == (0, {"purged": 0}, "")


@pytest.mark.parametrize(
    ("arguments", "status", "code"),
    [
        (["show", "no-such-key"], 1, "NOT_FOUND"),
        (["replay", "no-such-key"], 1, "NOT_FOUND"),
        (["discard", "no-such-key"], 1, "NOT_FOUND"),
        (["purge", "--older-than", "1d"], 2, "RETENTION_TOO_SHORT"),
        (["purge", "--older-than", "3w"], 2, "USAGE"),
        (["purge"], 2, "USAGE"),
        (["replay"], 2, "USAGE"),
        (["replay", "a-key", "--dead"], 2, "USAGE"),
        (["list", "--state", "lost"], 2, "USAGE"),
        (["list", "--kind", "payment.purchas"], 2, "USAGE"),
        (["list", "--limit", "0"], 2, "USAGE"),
        (["stats", "--no-such-option"], 2, "USAGE"),
        (["stats", "--url", "mysql://shop"], 2, "USAGE"),
        (["no-such-command"], 2, "USAGE"),
        (["stats", "--url", "postgresql://shop:pa55w0rd@127.0.0.1:1/shop"], 3, "STORE_UNAVAILABLE"),
        (["stats", "--url", "sqlite:no-such-file.db"], 4, "SCHEMA_MISMATCH"),
    ],
)
def test_both_end_the_same_way(
    node: list[str],
    inbox: Inbox,
    arguments: list[str],
    status: int,
    code: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    for program in (PYTHON, node):
        assert run(program, *arguments, url=f"sqlite:{inbox.place}") == (status, None, code)
    assert [file.name for file in tmp_path.iterdir() if file.name.startswith("no-")] == []


def test_both_say_the_same_of_what_is_not_there(node: list[str], inbox: Inbox, tmp_path: Path) -> None:
    missing = [*("inbox", "stats", "--url"), f"sqlite:{tmp_path / 'missing.db'}"]
    unused = ["inbox", "stats", "--scope", "other", "--url", f"sqlite:{inbox.place}"]
    told = {
        tuple(missing): (4, "There is no file", "Check the address; a receiver or a worker makes the file"),
        tuple(unused): (0, "", UNUSED),
    }
    for arguments, (status, *words) in told.items():
        first, second = (
            subprocess.run([*program, *arguments], capture_output=True, text=True, check=False, timeout=60)
            for program in (PYTHON, node)
        )
        assert first.returncode == second.returncode == status
        assert first.stderr == second.stderr
        assert first.stderr.count("\n") == 1
        assert all(word in first.stderr for word in words)


def test_both_tell_of_a_schema_that_is_not_this_releases(node: list[str], inbox: Inbox) -> None:
    with inbox.begin() as connection:
        connection.execute("UPDATE yuno_inbox_schema SET version = 2")
    ours, theirs = (run(program, "verify-schema", url=f"sqlite:{inbox.place}") for program in (PYTHON, node))
    assert ours == theirs == (4, {"schema": None, "expected": 1, "ok": False}, "SCHEMA_MISMATCH")
