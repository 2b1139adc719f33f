"""Each audit finds a weakness that is planted in a database on this machine, and tells of one that is away.

Run by `make assure-supply`.
"""

from __future__ import annotations

import json
import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import audits
import pytest

RUSTSEC = "https://github.com/RustSec/advisory-db"
NOWHERE = "http://127.0.0.1:9"
ADVISORY = """```toml
[advisory]
id = "RUSTSEC-2024-9999"
package = "serde_json"
date = "2024-01-01"
url = "https://example.com"

[versions]
patched = []
```

# Planted
"""


class Database(BaseHTTPRequestHandler):
    """Knows of one weakness, in npm's words and in OSV's; the class's `weak` switches it."""

    weak = True
    asked: list[str]

    def do_POST(self) -> None:
        length = int(self.headers["content-length"])
        body = self.rfile.read(length)
        Database.asked.append(self.path)
        if self.path.startswith("/-/npm/"):
            answer = {"left-pad": [npm_weakness()]} if Database.weak else {}
        else:
            name = json.loads(body)["package"]["name"]
            answer = {"vulns": [osv_weakness(name)]} if Database.weak and name == "pytest" else {}
        self.send_response(200)
        self.end_headers()
        self.wfile.write(json.dumps(answer).encode())

    def do_GET(self) -> None:
        self.send_error(404)

    def log_message(self, *_: object) -> None:
        """Says nothing."""


def npm_weakness() -> dict[str, object]:
    where = {"id": 1, "url": "https://example.com/planted", "title": "planted", "severity": "low"}
    return where | {"vulnerable_versions": "<2.0.0", "cwe": [], "cvss": {"score": 0, "vectorString": None}}


def osv_weakness(name: str) -> dict[str, object]:
    affected = {"package": {"name": name, "ecosystem": "PyPI"}, "versions": ["9.2.0"]}
    return {"id": "PYSEC-2024-9999", "summary": "planted", "modified": "2024-01-01T00:00:00Z", "affected": [affected]}


@pytest.fixture
def database() -> Iterator[str]:
    Database.asked, Database.weak = [], True
    server = ThreadingHTTPServer(("127.0.0.1", 0), Database)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A lock file of one package."""
    package = {"name": "planted", "version": "1.0.0", "dependencies": {"left-pad": "1.3.0"}}
    locked = {"": package, "node_modules/left-pad": {"version": "1.3.0"}}
    lock = {"name": "planted", "version": "1.0.0", "lockfileVersion": 3, "requires": True, "packages": locked}
    (tmp_path / "package.json").write_text(json.dumps(package), encoding="utf-8")
    (tmp_path / "package-lock.json").write_text(json.dumps(lock), encoding="utf-8")
    return tmp_path


def test_npm_finds_it(project: Path, database: str) -> None:
    audit = audits.node(project, f"--registry={database}")
    assert Database.asked
    assert audit.found == ["left-pad: low, <2.0.0 https://example.com/planted"]
    assert (audit.checked, audit.unchecked) == (1, [])


def test_npm_finds_nothing_where_nothing_is(project: Path, database: str) -> None:
    Database.weak = False
    audit = audits.node(project, f"--registry={database}")
    assert (audit.checked, audit.found, audit.unchecked) == (1, [], [])


def test_npm_tells_of_a_registry_that_is_away(project: Path) -> None:
    audit = audits.node(project, f"--registry={NOWHERE}", "--fetch-retries=0")
    assert (audit.checked, audit.found) == (0, [])
    assert len(audit.unchecked) == 1


def pip_audit(tmp_path: Path, database: str) -> audits.Audit:
    listed = tmp_path / "requirements.txt"
    listed.write_text("pytest==9.2.0\nruff==0.17.5\n", encoding="utf-8")
    asked = ["--vulnerability-service", "osv", "--osv-url", f"{database}/v1/query"]
    return audits.python("planted", *asked, "--no-deps", "--disable-pip", "--requirement", listed)


def test_pip_audit_finds_it(tmp_path: Path, database: str) -> None:
    audit = pip_audit(tmp_path, database)
    assert audit.found == ["pytest 9.2.0: PYSEC-2024-9999"]
    assert (audit.checked, audit.unchecked) == (2, [])


def test_pip_audit_tells_of_a_database_that_is_away(tmp_path: Path) -> None:
    audit = pip_audit(tmp_path, NOWHERE)
    assert (audit.checked, audit.found) == (0, [])
    assert audit.unchecked


def test_pip_audit_tells_of_packages_that_the_database_does_not_know() -> None:
    own = audits.ROOT / "target" / "assure" / "unknown.txt"
    own.parent.mkdir(parents=True, exist_ok=True)
    own.write_text("a-package-that-nobody-published-7f3a==1.0.0\n", encoding="utf-8")
    audit = audits.python("unknown", "--no-deps", "--disable-pip", "--requirement", own)
    assert audit.checked == 0
    assert len(audit.unchecked) == 1


def cargo_deny(tmp_path: Path, database: Path) -> audits.Audit:
    """With the address of RustSec's database leading to a folder of this machine."""
    config = tmp_path / "deny.toml"
    rules = (audits.ROOT / "deny.toml").read_text(encoding="utf-8")
    own = f'db-path = "{tmp_path / "fetched"}"'
    assert rules.count("[advisories]\n") == 1
    config.write_text(rules.replace("[advisories]\n", f"[advisories]\n{own}\n"), encoding="utf-8")
    keys = {"GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": f"url.file://{database}.insteadOf"}
    return audits.rust(config=config, variables=keys | {"GIT_CONFIG_VALUE_0": RUSTSEC})


def advisory_database(folder: Path, *, weak: bool) -> Path:
    crate = folder / "crates" / ("serde_json" if weak else "a-crate-that-is-not-here")
    crate.mkdir(parents=True)
    text = ADVISORY if weak else ADVISORY.replace("serde_json", crate.name)
    (crate / "RUSTSEC-2024-9999.md").write_text(text, encoding="utf-8")
    git = ["git", "-c", "user.name=a", "-c", "user.email=a@example.com"]
    for words in (["init", "--quiet", "--initial-branch=main"], ["add", "."], ["commit", "--quiet", "--message=a"]):
        subprocess.run([*git, *words], cwd=folder, check=True)
    return folder


def test_cargo_deny_finds_it(tmp_path: Path) -> None:
    audit = cargo_deny(tmp_path, advisory_database(tmp_path / "database", weak=True))
    assert len(audit.found) == 1
    assert "Planted" in audit.found[0]
    assert "serde_json" in audit.found[0]


def test_cargo_deny_finds_nothing_where_nothing_is(tmp_path: Path) -> None:
    audit = cargo_deny(tmp_path, advisory_database(tmp_path / "database", weak=False))
    assert (audit.found, audit.unchecked) == ([], [])
    assert audit.checked > 50


def test_cargo_deny_tells_of_a_database_that_is_away(tmp_path: Path) -> None:
    audit = cargo_deny(tmp_path, tmp_path / "nowhere")
    assert (audit.checked, audit.found) == (0, [])
    assert len(audit.unchecked) == 1


def test_what_was_found_fails_and_what_was_not_checked_is_in_the_last_line() -> None:
    clean = audits.Audit("clean", checked=3)
    away = audits.Audit("gone", unchecked=["no answer"])
    weak = audits.Audit("weak", checked=1, found=["it"])
    assert audits.verdict([clean], strict=True) == ("audits: 3 packages checked, 0 weaknesses found", True)
    for strict in (False, True):
        line, well = audits.verdict([clean, away], strict=strict)
        assert well is not strict
        assert line.endswith("NOT CHECKED, or not all of it: gone")
        assert not audits.verdict([clean, weak], strict=strict)[1]
