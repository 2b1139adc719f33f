"""A file more, less or twice in a package is found, whatever the package is."""

from __future__ import annotations

import io
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import contents
import pytest

NAMES = {
    "wheel": "yuno_webhooks-1.2.3-cp310-abi3-musllinux_1_2_aarch64.whl",
    "source package": "yuno_webhooks-1.2.3.tar.gz",
    "crate": "yuno-webhooks-1.2.3-rc.1.crate",
    "npm": "yuno-webhooks-1.2.3.tgz",
    "npm, a platform": "yuno-webhooks-win32-arm64-msvc-1.2.3.tgz",
}


def spelled(name: str) -> str:
    """As a release and a platform spell it."""
    compiled = name.replace("_core.<compiled>", "_core.abi3.so").replace("<dist-info>", "yuno_webhooks-1.2.3.dist-info")
    return compiled.replace("<platform>", "win32-arm64-msvc")


def package(folder: Path, kind: str, names: list[str]) -> Path:
    """One that holds these."""
    file = folder / NAMES[kind]
    if kind == "wheel":
        with zipfile.ZipFile(file, "w") as archive:
            for name in names:
                archive.writestr(spelled(name), "")
    else:
        with tarfile.open(file, "w:gz") as archive:
            for name in names:
                archive.addfile(tarfile.TarInfo(f"package/{spelled(name)}"), io.BytesIO())
    return file


def check(file: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, contents.__file__, file], capture_output=True, text=True, check=False)


@pytest.mark.parametrize("kind", contents.KINDS)
def test_what_is_listed_passes_and_nothing_else(kind: str, tmp_path: Path) -> None:
    listed = contents.listed()[kind]
    assert len(listed) > 3
    assert check(package(tmp_path, kind, listed)).returncode == 0
    for names, line in ((["a.key", *listed], "+ a.key"), (listed[1:], f"- {listed[0]}")):
        found = check(package(tmp_path, kind, names))
        assert found.returncode == 1
        assert line in found.stdout


def test_a_file_that_is_there_twice_is_found(tmp_path: Path) -> None:
    listed = contents.listed()["npm"]
    assert "twice README.md" in check(package(tmp_path, "npm", [*listed, "README.md"])).stdout


def test_a_package_that_is_not_ours_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "yuno-1.0.0.tgz"
    file.touch()
    assert "no package of ours" in check(file).stderr
