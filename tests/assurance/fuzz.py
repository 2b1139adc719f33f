"""Run every fuzz target for FUZZ_SECONDS, one after another or FUZZ_JOBS at a time, and print what each did.

Run: make fuzz   (FUZZ_SECONDS=300 is the long form; FUZZ_TARGETS="parse keys" takes some only)

What libFuzzer found new stays in target/fuzz/corpus, so that a later run goes on from there. An input that breaks a
rule stays in target/fuzz/artifacts, and its path is printed.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PROJECT = ROOT / "tests" / "fuzz"
FOLDER = ROOT / "target" / "fuzz"
CARGO_FUZZ = ROOT / "target" / "tools" / "bin" / "cargo-fuzz"
TRIPLE = subprocess.check_output(["rustc", "-vV"], text=True).split("host: ")[1].split("\n")[0]

# Longer inputs show nothing that shorter ones do not; what grows with the length is the task of `make assure-cost`.
LONGEST_INPUT = 8192


@dataclass
class Run:
    target: str
    executions: int
    speed: int
    edges: int
    features: int
    inputs: int
    passed: bool
    output: str

    def line(self) -> str:
        verdict = "" if self.passed else "  FOUND SOMETHING"
        return (
            f"{self.target:<10}{self.executions:>12,}{self.speed:>10,}/s{self.edges:>8,}{self.features:>10,}"
            f"{self.inputs:>8,}{verdict}"
        )


def build() -> None:
    subprocess.run(
        ["cargo", "run", "--quiet", "--locked", "-p", "yuno-webhooks-tests", "--bin", "seeds", str(FOLDER / "seeds")],
        cwd=ROOT,
        check=True,
    )
    # cargo-fuzz hands no --locked on to cargo.
    subprocess.run(["cargo", "fetch", "--quiet", "--locked"], cwd=PROJECT, check=True)
    # The sanitizers need a flag that only RUSTC_BOOTSTRAP allows outside a nightly compiler.
    command = [
        str(CARGO_FUZZ),
        "build",
        "--fuzz-dir",
        str(PROJECT),
        "--target-dir",
        str(FOLDER / "build"),
        "--release",
        "--debug-assertions",
    ]
    subprocess.run(command, cwd=PROJECT, env={**os.environ, "RUSTC_BOOTSTRAP": "1"}, check=True)


def targets() -> list[str]:
    known = sorted(path.stem for path in (PROJECT / "fuzz_targets").glob("*.rs"))
    wanted = os.environ.get("FUZZ_TARGETS", "").split() or known
    if unknown := set(wanted) - set(known):
        sys.exit(f"no such target: {' '.join(sorted(unknown))}")
    return wanted


def last(pattern: str, text: str) -> int:
    found = re.findall(pattern, text)
    return int(found[-1]) if found else 0


def fuzz(target: str, seconds: int) -> Run:
    corpus, artifacts = FOLDER / "corpus" / target, FOLDER / "artifacts" / target
    for folder in (corpus, artifacts):
        folder.mkdir(parents=True, exist_ok=True)
    result = subprocess.run(
        [
            str(FOLDER / "build" / TRIPLE / "release" / target),
            f"-max_total_time={seconds}",
            f"-max_len={LONGEST_INPUT}",
            f"-artifact_prefix={artifacts}/",
            f"-dict={PROJECT / 'words.dict'}",
            "-print_final_stats=1",
            "-timeout=10",
            "-rss_limit_mb=2048",
            str(corpus),
            str(FOLDER / "seeds" / target),
        ],
        env={key: value for key, value in os.environ.items() if not key.startswith("YUNO_WEBHOOK_")},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",
    )
    output = result.stderr
    executions = last(r"stat::number_of_executed_units: (\d+)", output)
    return Run(
        target,
        executions,
        last(r"stat::average_exec_per_sec: +(\d+)", output),
        last(r"cov: (\d+)", output),
        last(r"ft: (\d+)", output),
        last(r"corp: (\d+)/", output),
        # A run that did nothing, or saw no coverage, has shown nothing.
        result.returncode == 0 and executions > 1000 and last(r"cov: (\d+)", output) > 100,
        output,
    )


def main() -> int:
    seconds = int(os.environ.get("FUZZ_SECONDS", "20"))
    build()
    print(
        f"{'target':<10}{'executions':>12}{'speed':>12}{'edges':>8}{'features':>10}{'inputs':>8}   ({seconds} s each)"
    )
    failed = []
    with ThreadPoolExecutor(int(os.environ.get("FUZZ_JOBS", "1"))) as jobs:
        for run in jobs.map(lambda target: fuzz(target, seconds), targets()):
            print(run.line(), flush=True)
            if not run.passed:
                failed.append(run)
    for run in failed:
        print(f"\n{run.target}:", *run.output.splitlines()[-60:], sep="\n", file=sys.stderr)
        for path in sorted((FOLDER / "artifacts" / run.target).iterdir()):
            print(f"kept: {path.relative_to(ROOT)}", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
