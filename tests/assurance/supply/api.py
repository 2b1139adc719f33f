"""What is public, as a record: a change of it is a line in a review, and in the difference from the last release.

    python api.py            compares the record with what is built, and everything with the last release's tag
    python api.py --write    writes the record anew

C's record is its header. Those of Node and Python are in api/: the types of the built package, and stubs of all
modules. Of Rust cargo-semver-checks tells what breaks; a break that is planted shows that it does.
"""

from __future__ import annotations

import difflib
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import versions

ROOT = versions.ROOT
RECORDS = Path(__file__).with_name("api")
SEMVER = ROOT / "target" / "tools" / "bin" / "cargo-semver-checks"
PLANTED = "a_function_that_is_planted"
COMPARED = (
    "c/include",
    "python/yuno_webhooks/_core.pyi",
    RECORDS.relative_to(ROOT).as_posix(),
)


def run(*words: str | Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """Runs a command to its end, however that is."""
    return subprocess.run(
        words, cwd=ROOT, env=os.environ | variables, capture_output=True, text=True, check=False, encoding="utf-8"
    )


def node() -> str:
    """The types of every module that the package has, without their comments."""
    folder = ROOT / "node" / "dist"
    texts = []
    for file in sorted(folder.rglob("*.d.ts")):
        name = file.relative_to(folder).as_posix()
        if not name.startswith("cli/"):
            text = re.sub(r"^ *(/\*\*.*?\*/|//.*?$)\n?", "", file.read_text("utf-8"), flags=re.DOTALL | re.MULTILINE)
            texts.append(f"// {name}\n{text}")
    return "\n".join(texts)


def python() -> str:
    """A stub of every module in Python, with the names that are not private."""
    with tempfile.TemporaryDirectory() as name:
        out = Path(name)
        made = run(
            Path(sys.executable).with_name("stubgen"), "--quiet", "--output", out, ROOT / "python" / "yuno_webhooks"
        )
        if made.returncode:
            raise SystemExit(f"api: {made.stderr or made.stdout}")
        stubs = sorted(file for file in out.rglob("*.pyi") if file.name != "_core.pyi")
        return "\n".join(f"# {file.relative_to(out).as_posix()}\n{file.read_text('utf-8')}" for file in stubs)


def record(name: str, text: str, *, write: bool) -> bool:
    """Whether the record is what is built; what differs is printed."""
    file = RECORDS / name
    if write:
        file.parent.mkdir(exist_ok=True)
        file.write_text(text, encoding="utf-8")
    old = file.read_text(encoding="utf-8")
    lines = list(difflib.unified_diff(old.splitlines(), text.splitlines(), "recorded", "built", lineterm="", n=1))
    print(f"{file.relative_to(ROOT)}: {len(old.splitlines())} lines, {'as built' if not lines else 'NOT as built'}")
    print(*lines, sep="\n" if lines else "")
    return not lines


def last_release() -> str | None:
    """The newest tag before this commit, if there is one."""
    found = run("git", "describe", "--tags", "--abbrev=0", "--match", "v[0-9]*")
    return found.stdout.strip() or None


def semver(*baseline: str | Path) -> subprocess.CompletedProcess[str]:
    """What cargo-semver-checks says of the crate, against another state of it."""
    words = [SEMVER, "semver-checks", "check-release", "--package", "yuno-webhooks", *baseline]
    return run(*words, CARGO_TARGET_DIR=str(ROOT / "target" / "semver"), CARGO_TERM_COLOR="never")


def proof() -> bool:
    """A function is planted in a copy that is taken for the last release: its absence must be found, no more."""
    with tempfile.TemporaryDirectory() as name:
        for file in versions.tracked(ROOT):
            (Path(name) / file).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / file, Path(name) / file)
        equal = semver("--baseline-root", name)
        library = Path(name) / "core" / "src" / "lib.rs"
        text = library.read_text(encoding="utf-8")
        library.write_text(f"{text}\n/// Planted.\npub const fn {PLANTED}() {{}}\n", encoding="utf-8")
        broken = semver("--baseline-root", name)
    well = equal.returncode == 0 and broken.returncode != 0 and PLANTED in broken.stdout + broken.stderr
    print(f"Rust: a break that was planted was {'found' if well else 'NOT found, or there is one without it'}")
    if not well:
        print(equal.stdout, equal.stderr, broken.stdout, broken.stderr, sep="\n")
    return well


def since(tag: str) -> bool:
    """Prints what has changed since a release; whether Rust's version allows it."""
    print(run("git", "diff", tag, "--", *COMPARED).stdout or f"C, Node and Python: nothing has changed since {tag}")
    checked = semver("--baseline-rev", tag)
    print(checked.stdout, checked.stderr, sep="\n")
    return checked.returncode == 0


def main() -> int:
    """Prints all of it."""
    write = "--write" in sys.argv
    well = [record("node.txt", node(), write=write), record("python.txt", python(), write=write)]
    if write:
        return 0
    well.append(proof())
    tag = last_release()
    if tag is None:
        print("There is no release yet: nothing to compare with. From the first tag on, what changed stands here.")
    else:
        well.append(since(tag))
    return int(not all(well))


if __name__ == "__main__":
    sys.exit(main())
