"""Changes what decides on authenticity and on keys in every way that cargo-mutants knows, and runs the tests on each.

Run by `make assure-mutants`. A unit test of the core or a shared vector must notice every change. mutants.toml lists
those that neither can notice, each with its reason, and nothing else. Tests that do not end in time notice nothing.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import tomllib

ROOT = Path(__file__).resolve().parents[2]
LISTED = Path(__file__).with_suffix(".toml")
CARGO_MUTANTS = ROOT / "target" / "tools" / "bin" / "cargo-mutants"
FOLDER = ROOT / "target" / "mutants"
CHANGED = ("core/src/verify/*.rs", "core/src/dedupe.rs")
# What the core is built on is built once for every copy of it. Without what a debugger needs, and optimised a little, a
# change takes seconds.
QUICK = {
    "CARGO_TARGET_DIR": str(FOLDER / "build"),
    "CARGO_INCREMENTAL": "1",
    "CARGO_PROFILE_DEV_DEBUG": "none",
    "CARGO_PROFILE_DEV_OPT_LEVEL": "1",
}
# How cargo-mutants ends where it ran whole: every change was noticed, some were not, some took too long.
RAN = (0, 2, 3)


@dataclass
class Outcome:
    file: str
    change: str
    """What is changed, without the line, which moves with what stands above it."""
    summary: str


def run(*tests: str, left: bool = False) -> list[Outcome]:
    """What became of each change under the tests that cargo is asked for; or of those alone that the last run left."""
    command = [str(CARGO_MUTANTS), "mutants", "--no-config", "--colors=never", f"--output={FOLDER}"]
    command += [f"--file={path}" for path in CHANGED] + ["--iterate"] * left
    command += [f"--cargo-arg={word}" for word in ("--locked", "--all-features", *tests)]
    ended = subprocess.run(command, cwd=ROOT, env={**os.environ, **QUICK}, check=False).returncode
    if ended not in RAN:
        sys.exit(f"cargo-mutants ended with {ended}")
    results = FOLDER / "mutants.out"
    outcomes = []
    for outcome in json.loads((results / "outcomes.json").read_text(encoding="utf-8"))["outcomes"]:
        if outcome["scenario"] == "Baseline":
            continue
        mutant, summary = outcome["scenario"]["Mutant"], outcome["summary"]
        # A compiler that had no room on the disk ends like one that refuses a change.
        if summary == "Unviable" and "error[E" not in (results / outcome["log_path"]).read_text(encoding="utf-8"):
            sys.exit(f"not built, and not because the change is no Rust: {mutant['name']}")
        outcomes.append(Outcome(mutant["file"], mutant["name"].split(": ", 1)[1], summary))
    return outcomes


def main() -> None:
    # The vectors take longer to build, so they are asked about what the unit tests leave.
    unit = run("--lib")
    vectors = run("--package=yuno-webhooks-tests", "--test=vectors", left=True)
    missed = Counter((outcome.file, outcome.change) for outcome in vectors if outcome.summary != "CaughtMutant")
    rows = tomllib.loads(LISTED.read_text(encoding="utf-8"))["missed"]
    listed = Counter((row["file"], row["change"]) for row in rows)
    by_unit = Counter(outcome.summary for outcome in unit)
    print(
        f"{len(unit)} changes: {by_unit['Unviable']} no Rust, {by_unit['CaughtMutant']} noticed by unit tests, "
        f"{len(vectors) - missed.total()} by vectors, {missed.total()} by neither"
    )
    wrong = [f"noticed by no test: {file}: {change}" for file, change in (missed - listed).elements()]
    wrong += [f"listed, but noticed or gone: {file}: {change}" for file, change in (listed - missed).elements()]
    changed = {Path(outcome.file) for outcome in unit}
    wrong += [f"nothing was changed: {path}" for path in CHANGED if not any(file.match(path) for file in changed)]
    if wrong:
        sys.exit("\n".join(wrong))


if __name__ == "__main__":
    main()
