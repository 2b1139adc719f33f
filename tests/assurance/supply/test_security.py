"""What SECURITY.md names as its proofs is there: files, the tests and cases in them, and commands."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
TEXT = (ROOT / "SECURITY.md").read_text(encoding="utf-8")
COMMANDS = re.compile(r"^([a-z-]+):.*", re.MULTILINE)
# A file or folder, a name in it, or a case of a file of vectors.
PROOF = re.compile(r"`(?P<path>[\w.-]+(?:/[\w.-]+)+|\w+\.\w+)(?:::(?P<name>[^`]+))?`(?: \"(?P<case>[^\"]+)\")?")


def missing(text: str) -> list[str]:
    """What a text names and the repository lacks."""
    wrong = []
    for proof in PROOF.finditer(text):
        file = ROOT / proof["path"]
        if not file.exists():
            wrong.append(proof["path"])
        elif proof["name"] and proof["name"].removesuffix("()") not in file.read_text(encoding="utf-8"):
            wrong.append(f"{proof['path']}::{proof['name']}")
        elif proof["case"] and f'"name": "{proof["case"]}"' not in file.read_text(encoding="utf-8"):
            wrong.append(f'{proof["path"]} "{proof["case"]}"')
    targets = COMMANDS.findall((ROOT / "Makefile").read_text(encoding="utf-8"))
    return wrong + [f"make {name}" for name in re.findall(r"`make ([\w-]+)", text) if name not in targets]


def rows() -> list[tuple[str, str]]:
    """Claims, and what shows them."""
    found = []
    for table in TEXT.split("| what holds | shown by |\n|---|---|\n")[1:]:
        for line in table.partition("\n\n")[0].splitlines():
            _, claim, proofs, _ = (cell.strip() for cell in line.split("|"))
            found.append((claim, proofs))
    return found


def test_everything_that_is_named_is_there() -> None:
    assert missing(TEXT) == []


@pytest.mark.parametrize(("claim", "proofs"), rows())
def test_a_claim_names_its_proof(claim: str, proofs: str) -> None:
    assert PROOF.search(proofs) or "`make " in proofs, claim


def test_there_are_claims_for_each_promise() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    for promise in re.findall(r"^\d\. \*\*(.+?)\.\*\*", readme, re.MULTILINE):
        assert f"\n## {promise}" in TEXT
    assert len(rows()) > 20


@pytest.mark.parametrize(
    "text",
    [
        "`core/src/gone.rs`",
        "`core/src/lib.rs::no_such_test`",
        '`tests/vectors/keys.json` "no such case"',
        "`make nothing`",
    ],
)
def test_a_proof_that_is_gone_is_missed(text: str) -> None:
    assert len(missing(text)) == 1
