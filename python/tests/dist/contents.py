"""What the wheel and the source package hold, and what they must not."""

from __future__ import annotations

import email
import importlib
import platform
import re
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
PACKAGE = ROOT / "python" / "yuno_webhooks"
LICENCES = {name: (ROOT / name).read_bytes() for name in ("LICENSE-APACHE", "LICENSE-MIT")}
COMPILED = "yuno_webhooks/_core.abi3.so"
MEBIBYTE = 1 << 20
Files = dict[str, bytes]


def sources() -> Files:
    """The package as it is in the source tree."""
    files = (file for pattern in ("*.py", "*.pyi", "py.typed") for file in PACKAGE.rglob(pattern))
    return {file.relative_to(PACKAGE.parent).as_posix(): file.read_bytes() for file in files}


def require(holds: object, problem: str) -> None:
    """Ends the run if something does not hold."""
    if not holds:
        sys.exit(f"dist: {problem}")


def check_metadata(text: bytes) -> None:
    """No dependency that is not optional, and no word that the package index would refuse."""
    metadata = email.message_from_bytes(text)
    needed = [line for line in metadata.get_all("Requires-Dist", []) if "extra ==" not in line]
    require(not needed, f"depends on {needed}")
    require(set(metadata.get_all("License-File", [])) == set(LICENCES), "the metadata does not name the licence files")
    # Not imported above: the linters' environment does not have it.
    known: set[str] = importlib.import_module("trove_classifiers").classifiers
    unknown = set(metadata.get_all("Classifier", [])) - known
    require(not unknown, f"unknown classifiers {unknown}")


def check_wheel(wheel: Path) -> None:
    """The package, its compiled module for any Linux since glibc 2.17, and the metadata; no more."""
    with zipfile.ZipFile(wheel) as archive:
        files: Files = {name: archive.read(name) for name in archive.namelist()}
    tags = ("-cp310-abi3-", f"manylinux_2_17_{platform.machine()}")
    require(all(tag in wheel.name for tag in tags), f"the wheel is {wheel.name}")
    info = next(name for name in files if name.endswith("/METADATA")).removesuffix("/METADATA")
    licences = {f"{info}/licenses/{name}": text for name, text in LICENCES.items()}
    others = {f"{info}/{name}" for name in ("METADATA", "RECORD", "WHEEL", "entry_points.txt")}
    wanted = sources() | licences
    differing = (set(files) - others - {COMPILED}) ^ set(wanted)
    require(not differing, f"the wheel and the source tree differ in {sorted(differing)}")
    changed = [name for name, text in wanted.items() if files[name] != text]
    require(not changed, f"the wheel holds another text than the source tree in {changed}")
    check_metadata(files[f"{info}/METADATA"])
    newest = max((int(major), int(minor)) for major, minor in re.findall(rb"GLIBC_(\d+)\.(\d+)", files[COMPILED]))
    require(newest <= (2, 17), f"the compiled module needs glibc {newest}")
    for home in (ROOT, Path.home()):
        named = [name for name, text in files.items() if str(home).encode() in text]
        require(not named, f"{named} name a folder of this machine")
    require(wheel.stat().st_size < MEBIBYTE, f"the wheel has {wheel.stat().st_size} bytes")


def check_sdist(sdist: Path) -> None:
    """The sources of the package and of the two crates, the lock file and the licences; no tests and nothing built."""
    files: Files = {}
    with tarfile.open(sdist) as archive:
        for member in archive:
            file = archive.extractfile(member)
            require(member.isfile() and file, f"{member.name} is no file")
            files[member.name.partition("/")[2]] = file.read() if file else b""
    wanted = sources() | LICENCES | {"Cargo.lock": (ROOT / "Cargo.lock").read_bytes()}
    missing = [name for name, text in wanted.items() if files.get(name) != text]
    require(not missing, f"the source package lacks {missing}")
    expected = re.compile(
        r"PKG-INFO|README\.md|pyproject\.toml|Cargo\.(toml|lock)|LICENSE-\w+|yuno_webhooks/.*"
        r"|core/(CATALOG|INBOX|JSON)\.md|core/operations/[\w.]+|core/src/inbox/redis/\w+\.lua"
        r"|(core|python)/(Cargo\.toml|README\.md|LICENSE-\w+|src/.*\.rs)"
    )
    others = [name for name in files if not expected.fullmatch(name) or name.endswith((".so", ".pyc"))]
    require(not others, f"the source package holds {others}")
    check_metadata(files["PKG-INFO"])
    require(sdist.stat().st_size < MEBIBYTE // 2, f"the source package has {sdist.stat().st_size} bytes")


def lowest_extras(wheel: Path) -> list[str]:
    """The oldest release of each optional dependency that the metadata allows."""
    with zipfile.ZipFile(wheel) as archive:
        text = next(archive.read(name) for name in archive.namelist() if name.endswith("/METADATA"))
    needed = email.message_from_bytes(text).get_all("Requires-Dist", [])
    return [line.partition(";")[0].strip().replace(">=", "==") for line in needed]


def check(wheel: Path, sdist: Path) -> None:
    """Checks both, and prints their sizes."""
    check_wheel(wheel)
    check_sdist(sdist)
    twine = [sys.executable, "-m", "twine", "--no-color", "check", "--strict", str(wheel), str(sdist)]
    ran = subprocess.run(twine, capture_output=True, text=True, check=False)
    require(ran.returncode == 0, ran.stdout)
    for file in (wheel, sdist):
        print(f"{file.name}: {file.stat().st_size / 1024:.0f} KiB")
