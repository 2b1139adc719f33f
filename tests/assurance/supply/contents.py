"""What is in a package that is published: what contents.txt lists, so that a file more or less is a line in a review.

python contents.py FILE...            compares: a wheel, a source package, a crate, a tarball of npm
python contents.py --write FILE...    writes contents.txt anew
"""

from __future__ import annotations

import re
import sys
import tarfile
import zipfile
from pathlib import Path

LIST = Path(__file__).with_name("contents.txt")
KINDS = {
    "crate": r"yuno-webhooks-[\d.]+(-rc\.\d+)?\.crate",
    "wheel": r"yuno_webhooks-.*\.whl",
    "source package": r"yuno_webhooks-.*\.tar\.gz",
    "npm": r"yuno-webhooks-\d.*\.tgz",
    "npm, a platform": r"yuno-webhooks-[a-z].*\.tgz",
}
# What is called otherwise on each platform or in each release.
ALIKE = [
    (r"^yuno_webhooks/_core\.[\w.-]*(so|pyd)$", "yuno_webhooks/_core.<compiled>"),
    (r"^yuno_webhooks-[^/]*\.dist-info/", "<dist-info>/"),
    (r"^yuno-webhooks\.[\w-]+\.node$", "yuno-webhooks.<platform>.node"),
]


def kind_of(file: Path) -> str:
    """By its name."""
    for kind, pattern in KINDS.items():
        if re.fullmatch(pattern, file.name):
            return kind
    raise SystemExit(f"contents: {file.name} is no package of ours")


def names_in(file: Path) -> list[str]:
    """The files, without the folder that all of them are in."""
    if file.suffix == ".whl":
        with zipfile.ZipFile(file) as archive:
            names = archive.namelist()
    else:
        with tarfile.open(file) as archive:
            odd = [member.name for member in archive if not member.isfile()]
            if odd:
                raise SystemExit(f"contents: {file.name} holds what is no file: {odd}")
            names = [name.partition("/")[2] for name in archive.getnames()]
    for pattern, alike in ALIKE:
        names = [re.sub(pattern, alike, name) for name in names]
    return sorted(names)


def listed() -> dict[str, list[str]]:
    """What contents.txt says of each kind."""
    sections = re.split(r"^\[(.+)\]\n", LIST.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]
    return {kind: text.split() for kind, text in zip(sections[::2], sections[1::2], strict=True)}


def differences(expected: list[str], found: list[str]) -> list[str]:
    """A line for each file that is there and not listed, or listed and not there, or there twice."""
    more = [f"+ {name}" for name in found if name not in expected]
    less = [f"- {name}" for name in expected if name not in found]
    return more + less + [f"twice {name}" for name in sorted(set(found)) if found.count(name) > 1]


def main() -> int:
    """Prints a line for each package, and what differs."""
    words = sys.argv[1:]
    files = {Path(word): kind_of(Path(word)) for word in words if word != "--write"}
    if not files:
        raise SystemExit("contents: no package is given")
    if "--write" in words:
        found = {kind: names_in(file) for file, kind in files.items()}
        sections = [f"[{kind}]\n" + "".join(f"{name}\n" for name in found[kind]) for kind in KINDS]
        LIST.write_text("\n".join(sections), encoding="utf-8")
        return 0
    failed = False
    for file, kind in files.items():
        names = names_in(file)
        wrong = differences(listed()[kind], names)
        failed = failed or bool(wrong)
        print(f"{file.name}: {len(names)} files, {'as listed' if not wrong else 'NOT as listed'}", *wrong, sep="\n  ")
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
