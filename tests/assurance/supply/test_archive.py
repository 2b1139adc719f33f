"""The archives of the C library for systems that are not here are whole, and the same when they are packed again."""

from __future__ import annotations

import subprocess
import sys
import tarfile
from pathlib import Path

import pytest
import versions

BUILT = {
    "aarch64-apple-darwin": ["libyuno_webhooks.dylib", "libyuno_webhooks.a"],
    "x86_64-pc-windows-msvc": ["yuno_webhooks.dll", "yuno_webhooks.dll.lib", "yuno_webhooks.lib"],
}


def pack(triple: str, folder: Path, out: str) -> subprocess.CompletedProcess[str]:
    script = versions.ROOT / "c" / "packaging" / "archive.py"
    words = [sys.executable, script, triple, folder, folder / out]
    return subprocess.run(words, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("triple", BUILT)
def test_an_archive_has_libraries_headers_and_licences(triple: str, tmp_path: Path) -> None:
    for name in BUILT[triple]:
        (tmp_path / name).write_text(name, encoding="utf-8")
    packed = []
    for out in ("once", "again"):
        assert pack(triple, tmp_path, out).returncode == 0
        name = f"yuno-webhooks-c-{versions.current(versions.ROOT)}-{triple}"
        packed.append((tmp_path / out / f"{name}.tar.gz").read_bytes())
    assert packed[0] == packed[1]
    with tarfile.open(tmp_path / "once" / f"{name}.tar.gz") as archive:
        names = [member.name.removeprefix(f"{name}/") for member in archive]
        texts = {file.read().decode() for member in archive if (file := archive.extractfile(member)) is not None}
    assert set(BUILT[triple]) <= texts
    headers = {f"include/{file.name}" for file in (versions.ROOT / "c" / "include").iterdir()}
    assert headers | {f"share/licenses/yuno-webhooks/LICENSE-{name}" for name in ("MIT", "APACHE")} <= set(names)


def test_what_is_missing_or_unknown_is_an_error(tmp_path: Path) -> None:
    assert "libyuno_webhooks.dylib" in pack("aarch64-apple-darwin", tmp_path, "out").stderr
    assert "nothing is known of sparc-sun-solaris" in pack("sparc-sun-solaris", tmp_path, "out").stderr
    assert not (tmp_path / "out").exists()
