"""Checks that every surface ran every case of tests/vectors: a runner that skips a file, or runs none, must not pass.

Each runner writes how many cases it ran to target/vectors/<surface>.count.
"""

import json
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SURFACES = ("rust", "python", "node", "c")


def cases_in_files() -> int:
    """The number of cases that the files hold."""
    files = sorted((ROOT / "tests" / "vectors").glob("*.json"))
    return sum(len(json.loads(file.read_text(encoding="utf-8"))["cases"]) for file in files)


def cases_run(surface: str) -> int:
    """The number of cases that a surface says it ran; 0 if it says nothing."""
    file = ROOT / "target" / "vectors" / f"{surface}.count"
    return int(file.read_text(encoding="utf-8")) if file.exists() else 0


def main() -> int:
    """Prints the counts; 1 unless all are equal and not zero."""
    counts = {surface: cases_run(surface) for surface in SURFACES} | {"files": cases_in_files()}
    print("vectors: " + ", ".join(f"{name} {count}" for name, count in counts.items()))
    if 0 in counts.values() or len(set(counts.values())) != 1:
        print("vectors: the counts must be equal and not 0", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
