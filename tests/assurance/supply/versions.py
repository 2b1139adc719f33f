"""The number of the release: that it is the same wherever it stands, and `make bump VERSION=x.y.z`, which sets it.

python versions.py            compares
python versions.py --tag v1   compares also with the tag of a release
python versions.py 1.2.3      sets
"""

from __future__ import annotations

import datetime
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
NUMBER = r"\d+\.\d+\.\d+(?:-rc\.\d+)?"

# What stands before the number in each file, and how often. The Python package takes Cargo's.
PLACES = {
    "Cargo.toml": (r'\[workspace\.package\]\nversion = "', 1),
    "Cargo.lock": (r'\nname = "yuno-webhooks(?:-\w+)?"\nversion = "', 6),
    # What fuzzes has no release of its own.
    "tests/fuzz/Cargo.lock": (r'\nname = "yuno-webhooks(?:-(?!fuzz)\w+)?"\nversion = "', 3),
    "node/package.json": (r'^\{\n  "name": "yuno-webhooks",\n  "version": "', 1),
    "node/package-lock.json": (r'"name": "yuno-webhooks",\n\s+"version": "', 2),
    "c/include/yuno_webhooks.h": (r'#define YUNO_WEBHOOKS_VERSION "', 1),
    "README.md": (r"/yuno-webhooks-(?=\S+\.tgz)", 1),
    "node/README.md": (r"/yuno-webhooks-(?=\S+\.tgz)", 1),
}
HEADER = "c/include/yuno_webhooks.h"
PARTS = ("MAJOR", "MINOR", "PATCH")
# The library's name to its loader has the first part: libyuno_webhooks.so.0, and libyuno_webhooks.0.dylib on macOS.
SONAME = re.compile(r"(libyuno_webhooks(?:\.so)?\.)(\d+)(?!\.?\d)")
CHANGELOG = "CHANGELOG.md"
UNRELEASED = "## [Unreleased]\n\n"


def tracked(root: Path) -> list[str]:
    """Every file of the repository, and those that will be."""
    listed = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    ran = subprocess.run(listed, cwd=root, check=True, capture_output=True, text=True)
    return [name for name in ran.stdout.split("\0") if (root / name).is_file() and not (root / name).is_symlink()]


def texts(root: Path) -> dict[str, str]:
    """The files that are text, this folder left out."""
    own = Path(__file__).parent.relative_to(ROOT).as_posix()
    found = {}
    for name in tracked(root):
        content = (root / name).read_bytes()
        if not name.startswith(own) and b"\0" not in content:
            found[name] = content.decode("utf-8")
    return found


def current(root: Path) -> str:
    """Cargo's, which all others follow."""
    found = re.search(PLACES["Cargo.toml"][0] + f"({NUMBER})", (root / "Cargo.toml").read_text(encoding="utf-8"))
    if not found:
        raise SystemExit("Cargo.toml has no version under [workspace.package].")
    return found[1]


def disagreements(root: Path) -> list[str]:
    """Where another number stands than Cargo's, or none."""
    version, files = current(root), texts(root)
    wrong = []
    for name, (before, count) in PLACES.items():
        found = re.findall(f"(?:{before})({NUMBER})", files[name])
        if found != [version] * count:
            wrong.append(f"{name} has {found}, not {count} times {version}")
    parts = re.split(r"[.-]", version)
    for name, part in zip(PARTS, parts, strict=False):
        if f"#define YUNO_WEBHOOKS_VERSION_{name} {part}\n" not in files[HEADER]:
            wrong.append(f"{HEADER}: YUNO_WEBHOOKS_VERSION_{name} is not {part}")
    for name, text in files.items():
        others = sorted({major for _, major in SONAME.findall(text) if major != parts[0]})
        if others:
            wrong.append(f"{name}: libyuno_webhooks is of {others}, not {parts[0]}")
    newest = re.search(rf"^(?:To become ({NUMBER})\.|## \[({NUMBER})\])", files[CHANGELOG], re.MULTILINE)
    if not newest or version not in newest.groups():
        wrong.append(f"{CHANGELOG} says neither 'To become {version}.' nor, as its newest release, '## [{version}]'")
    return wrong


def bump(root: Path, version: str) -> list[str]:
    """Sets it everywhere, and gives what was changed."""
    if not re.fullmatch(NUMBER, version):
        raise SystemExit(f"'{version}' is no version: x.y.z, or x.y.z-rc.n")
    if order(version) < order(current(root)):
        raise SystemExit(f"{version} is older than {current(root)}.")
    files = texts(root)
    if f"## [{version}]" in files[CHANGELOG]:
        raise SystemExit(f"{CHANGELOG} has a release {version} already.")
    parts = re.split(r"[.-]", version)
    changed = dict(files)
    for name, (before, _) in PLACES.items():
        changed[name] = re.sub(f"({before}){NUMBER}", rf"\g<1>{version}", changed[name])
    for name, part in zip(PARTS, parts, strict=False):
        changed[HEADER] = re.sub(rf"(VERSION_{name} )\d+", rf"\g<1>{part}", changed[HEADER])
    for name, text in changed.items():
        changed[name] = SONAME.sub(rf"\g<1>{parts[0]}", text)
    today = datetime.datetime.now(datetime.timezone.utc).date()
    heading = f"{UNRELEASED}## [{version}] - {today}\n\n"
    changed[CHANGELOG] = re.sub(
        re.escape(UNRELEASED) + rf"(?:To become {NUMBER}\.\n\n)?", heading, changed[CHANGELOG], count=1
    )
    written = [name for name, text in changed.items() if text != files[name]]
    for name in written:
        (root / name).write_text(changed[name], encoding="utf-8", newline="")
    return written


def order(version: str) -> tuple[list[int], bool, int]:
    """Where a version stands among others: a candidate before its release."""
    number, _, candidate = version.partition("-rc.")
    return [int(part) for part in number.split(".")], not candidate, int(candidate or 0)


def main() -> int:
    """Sets the number that is given, and compares."""
    words = sys.argv[1:]
    tag = words[1] if words[:1] == ["--tag"] else None
    if words and tag is None:
        for name in bump(ROOT, words[0]):
            print(name)
    wrong = disagreements(ROOT)
    if tag is not None and tag != f"v{current(ROOT)}":
        wrong.append(f"the tag {tag} is not of the release {current(ROOT)}")
    if tag is not None and f"## [{current(ROOT)}]" not in (ROOT / CHANGELOG).read_text(encoding="utf-8"):
        wrong.append(f"{CHANGELOG} has no heading for {current(ROOT)}: make bump VERSION={current(ROOT)}")
    print("\n".join(wrong) or f"version {current(ROOT)} everywhere")
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main())
