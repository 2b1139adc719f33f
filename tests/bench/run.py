"""Measures every surface in one run and prints one table: `make bench`.

Each surface does the whole job (verify, read what a receiver decides by, make the key) on bodies of 1, 6 and 64 KiB,
in turns with something to compare it to: in Python and Node the best receiver that is written by hand with the host's
own library, in Rust and C one plain SHA-256 pass over the body, of which the job needs two. The numbers are ratios of
CPU time, medians of 31 rounds, so that a busy machine does not matter.
"""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import bodies

ROOT = Path(__file__).resolve().parent.parent.parent
BODIES = ROOT / "target" / "bench"


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


def target(surface: str, size: str, task: str) -> Target | None:
    """What is aimed at; nothing where there is no code to compare with."""
    if surface in ("Rust", "C"):
        return None if size == "1KiB" else Target(3.6, at_least=False)
    if size == "6KiB" and task == "view and key":
        return Target(3.0 if surface == "Python" else 2.2, at_least=True)
    return Target(1.0, at_least=True)


def lines(command: list[str]) -> list[dict[str, Any]]:
    """What one surface measured."""
    made = subprocess.run([*command, str(BODIES)], cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True)
    return [json.loads(line) for line in made.stdout.splitlines()]


def main() -> int:
    """Runs the commands that are given, each one text, and prints the table."""
    bodies.write(BODIES)
    print(f"{'surface':9}{'body':>7}  {'task':14}{'ours':>9}{'other':>9}  {'compared to':12}{'ratio':>7}  target")
    for command in sys.argv[1:]:
        for line in lines(command.split()):
            other = "one SHA-256" if line["surface"] in ("Rust", "C") else "by hand"
            aim = target(line["surface"], line["size"], line["task"])
            verdict = "" if aim is None else f"{aim} {'met' if aim.is_met_by(line['ratio']) else 'MISSED'}"
            job = f"{line['surface']:9}{line['size']:>7}  {line['task']:14}"
            times = f"{line['ours_us']:>6.1f} us{line['other_us']:>6.1f} us  "
            print(f"{job}{times}{other:12}{line['ratio']:>6.2f}x  {verdict}", flush=True)
    print("Rust, C: how many times one SHA-256 pass the job takes. Python, Node: how many times faster than by hand.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
