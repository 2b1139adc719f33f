"""A list of parts in CycloneDX for each artefact, in target/sbom: valid, and equal to what Cargo builds in.

cargo-cyclonedx and npm make them. Run by the Python of target/tools, which has the schema.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import versions
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

ROOT = versions.ROOT
OUT = ROOT / "target" / "sbom"
TOOL = ROOT / "target" / "tools" / "bin" / "cargo-cyclonedx"
# The crate of each artefact, and the folder that it is in.
CRATES = {
    "crate": ("yuno-webhooks", "core"),
    "python": ("yuno-webhooks-python", "python"),
    "node": ("yuno-webhooks-node", "node"),
    "c": ("yuno-webhooks-c", "c"),
}
# cargo-cyclonedx writes beside each Cargo.toml, so it works on a copy.
NAME = "made-by-cyclonedx"


def told(*words: str | Path, folder: Path) -> str:
    """What a command prints."""
    return subprocess.run(words, cwd=folder, check=True, stdout=subprocess.PIPE, text=True).stdout


def copy(folder: Path) -> Path:
    """The repository's files."""
    for name in versions.tracked(ROOT):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / name, folder / name)
    return folder


def rust(folder: Path) -> dict[str, str]:
    """The lists of the crates, without the place of the copy."""
    how = [
        "--format",
        "json",
        "--spec-version",
        "1.5",
        "--target",
        "all",
        "--no-build-deps",
        "--override-filename",
        NAME,
    ]
    told(TOOL, "cyclonedx", "--quiet", *how, folder=folder)
    made = {artefact: (folder / home / f"{NAME}.json").read_text("utf-8") for artefact, (_, home) in CRATES.items()}
    return {artefact: text.replace(f"file://{folder}/", "file:///") for artefact, text in made.items()}


def npm(folder: Path) -> str:
    """The list of the main package, which has no part but those that are optional. npm names it after its folder."""
    home = folder / "yuno-webhooks"
    home.mkdir()
    for name in ("package.json", "package-lock.json"):
        shutil.copyfile(folder / "node" / name, home / name)
    how = ["--sbom-format", "cyclonedx", "--package-lock-only", "--omit", "dev", "--omit", "peer", "--omit", "optional"]
    return told("npm", "sbom", *how, folder=home)


def built_in(crate: str) -> set[str]:
    """What Cargo says, as `name version`: no dependency of tests or builds, but those of macros."""
    words = ["--locked", "--edges", "normal", "--target", "all", "--package", crate, "--prefix", "none"]
    lines = told("cargo", "tree", *words, "--format", "{p}", folder=ROOT).splitlines()
    return {" ".join(re.match(r"(\S+) v(\S+)", line).groups()) for line in lines if line}  # type: ignore[union-attr]


def problems(artefact: str, text: str) -> list[str]:
    """What is wrong with a list, or none."""
    wrong = []
    invalid = JsonStrictValidator(SchemaVersion.V1_5).validate_str(text)
    if invalid:
        wrong.append(f"it is not valid: {invalid}"[:300])
    document = json.loads(text)
    subject = document["metadata"]["component"]
    listed = {f"{part['name']} {part['version']}" for part in [*document.get("components", []), subject]}
    expected = built_in(CRATES[artefact][0]) if artefact in CRATES else {f"yuno-webhooks {versions.current(ROOT)}"}
    if listed != expected:
        wrong.append(f"it and Cargo differ in {sorted(listed ^ expected)}")
    if subject["version"] != versions.current(ROOT):
        wrong.append(f"it is of {subject['version']}")
    outside = [part["name"] for part in document.get("components", []) if registry(part) and "hashes" not in part]
    if outside:
        wrong.append(f"no hash is known of {outside}")
    places = (str(ROOT), str(Path.home()), tempfile.gettempdir())
    wrong += [f"it names {place}, of this machine" for place in places if place in text]
    return wrong


def registry(part: dict[str, str]) -> bool:
    """Whether it came from one, and not from this repository."""
    return "registry+" in part.get("bom-ref", "")


def main() -> int:
    """Makes them, and prints a line for each."""
    shutil.rmtree(OUT, ignore_errors=True)
    OUT.mkdir(parents=True)
    failed = False
    with tempfile.TemporaryDirectory() as name:
        folder = copy(Path(name).resolve())
        made = rust(folder) | {"npm": npm(folder)}
    for artefact, text in made.items():
        file = OUT / f"yuno-webhooks-{artefact}-{versions.current(ROOT)}.cdx.json"
        file.write_text(text, encoding="utf-8")
        wrong = problems(artefact, text)
        failed = failed or bool(wrong)
        count = len(json.loads(text).get("components", []))
        print(f"{file.relative_to(ROOT)}: {count} parts, {'; '.join(wrong) or 'valid, and as Cargo says'}")
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
