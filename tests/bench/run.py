"""Measures every surface in one run and prints one table: `make bench`.

Each surface does the whole job (verify, read what a receiver decides by, make the key) on bodies of 1, 6 and 64 KiB,
in turns with something to compare it to: in Python and Node the best receiver that is written by hand with the host's
own library, in C also OpenSSL with cJSON, in Rust and C one plain SHA-256 pass over the body, of which the job needs
two. The numbers are ratios of CPU time, medians of 31 rounds, so that a busy machine does not matter. The languages of
c/examples call the library for C: what they show is the time that their calls take over C's own.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import bodies

ROOT = Path(__file__).resolve().parent.parent.parent
BODIES = ROOT / "target" / "bench"
HASH = "one SHA-256"
EXAMPLES = ("go", "java", "php", "ruby")
MISSING = 77
"""How examples.sh ends where a language is not on this machine."""


@dataclass(frozen=True)
class Target:
    """What a ratio should be: at least this, where we are compared to other code; at most, where to a hash."""

    ratio: float
    at_least: bool

    def is_met_by(self, ratio: float) -> bool:
        """Whether the ratio is as it should be, as it is printed."""
        return round(ratio, 2) >= self.ratio if self.at_least else round(ratio, 2) <= self.ratio

    def __str__(self) -> str:
        """As the table has it."""
        return f"{'>=' if self.at_least else '<='} {self.ratio}"


def target(surface: str, size: str, task: str, other: str) -> Target | None:
    """What is aimed at; nothing where there is no code to compare with."""
    if other == HASH:
        return None if size == "1KiB" else Target(3.6, at_least=False)
    if size == "6KiB" and task == "view and key" and surface != "C":
        return Target(3.0 if surface == "Python" else 2.2, at_least=True)
    return Target(1.0, at_least=True)


def lines(command: list[str]) -> list[dict[str, Any]]:
    """What one surface measured."""
    made = subprocess.run([*command, str(BODIES)], cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True)
    return [json.loads(line) for line in made.stdout.splitlines()]


def compared(line: dict[str, Any]) -> str:
    """The end of a row: what it is compared to, and whether the ratio is as it should be."""
    other = line.get("compared_to", HASH if line["surface"] == "Rust" else "by hand")
    aim = target(line["surface"], line["size"], line["task"], other)
    verdict = "" if aim is None else f"{aim} {'met' if aim.is_met_by(line['ratio']) else 'MISSED'}"
    return f"{line['other_us']:>7.1f} us  {other:12}{line['ratio']:>6.2f}x  {verdict}"


def measured(commands: list[str]) -> Iterator[dict[str, Any]]:
    """What the commands measured, and then the languages of c/examples, with PREFIX and OUT of the environment."""
    for command in commands:
        yield from lines(command.split())
    for language in EXAMPLES:
        script = ["sh", "c/tests/examples.sh", language]
        built = subprocess.run([*script, "build"], cwd=ROOT, stdout=subprocess.PIPE, text=True)
        if built.returncode == MISSING:
            print(f"{language:9}skipped: {built.stdout.strip()}")
            continue
        built.check_returncode()
        yield from lines([*script, "bench"])


def main() -> int:
    """Runs the commands that are given, each one text, then the examples, and prints the table."""
    bodies.write(BODIES)
    print(f"{'surface':9}{'body':>7}  {'task':14}{'ours':>9}{'other':>10}  {'compared to':12}{'ratio':>7}  target")
    of_c = {}
    for line in measured(sys.argv[1:]):
        if line["surface"] == "C":
            of_c[line["size"]] = line["ours_us"]
        end = compared(line) if "other_us" in line else f"{line['ours_us'] - of_c[line['size']]:>+7.1f} us  over C"
        print(f"{line['surface']:9}{line['size']:>7}  {line['task']:14}{line['ours_us']:>6.1f} us{end}", flush=True)
    print("one SHA-256: how many times one pass the job takes. by hand: how many times faster than by hand.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
