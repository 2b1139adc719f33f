"""Checks that every surface ran every case of tests/vectors: a runner that skips a file, or runs none, must not pass.

Each runner writes how many cases it ran to target/vectors/<surface>.count. A language of c/examples that is not on this
machine writes none, which is a failure only where nothing may be skipped: with YUNO_NO_SKIP, or CI=true.
"""

import json
import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SURFACES = ("rust", "python", "node", "c")
EXAMPLES = ("go", "java", "php", "ruby")


def cases_in_files() -> int:
    """The number of cases that the files hold."""
    files = sorted((ROOT / "tests" / "vectors").glob("*.json"))
    return sum(len(json.loads(file.read_text(encoding="utf-8"))["cases"]) for file in files)


def cases_run(surface: str) -> int | None:
    """The number of cases that a surface says it ran; none where it may be skipped and was."""
    file = ROOT / "target" / "vectors" / f"{surface}.count"
    may_skip = surface in EXAMPLES and "YUNO_NO_SKIP" not in os.environ and os.environ.get("CI") != "true"
    if file.exists():
        return int(file.read_text(encoding="utf-8"))
    return None if may_skip else 0


def main() -> int:
    """Prints the counts; 1 unless all are equal and not zero."""
    counts = {surface: cases_run(surface) for surface in SURFACES + EXAMPLES} | {"files": cases_in_files()}
    print("vectors: " + ", ".join(f"{name} {'skipped' if count is None else count}" for name, count in counts.items()))
    if 0 in counts.values() or len(set(counts.values()) - {None}) != 1:
        print("vectors: the counts must be equal and not 0", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
