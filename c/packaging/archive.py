"""Packs the C and C++ library for one platform, as an archive that is the same byte for byte when it is packed again.

    python c/packaging/archive.py TRIPLE BUILT OUT

BUILT is the folder in which `cargo build --release -p yuno-webhooks-c` left the libraries. On Linux the archive is what `make install` installs, and may be
unpacked anywhere; pkg-config and CMake are told the place. For macOS and Windows it has headers, libraries and licences.
"""

import gzip
import io
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

C = Path(__file__).resolve().parents[1]
HEADERS = C / "include"
LICENCES = [C.parent / name for name in ("LICENSE-APACHE", "LICENSE-MIT")]


def version() -> str:
    """The release's number, which the header has."""
    found = re.search(r'#define YUNO_WEBHOOKS_VERSION "(.+)"', (HEADERS / "yuno_webhooks.h").read_text("utf-8"))
    if not found:
        raise SystemExit("archive: the header has no version")
    return found[1]


def stage(triple: str, built: Path, prefix: Path) -> None:
    """Lays out what is packed."""
    if "linux" in triple:
        kept = {name: value for name, value in os.environ.items() if name not in ("LIBDIR", "INCLUDEDIR")}
        places = {"DESTDIR": str(prefix.parent), "PREFIX": f"/{prefix.name}"}
        subprocess.run(["sh", C / "packaging" / "install.sh", built], env=kept | places, check=True)
        return
    major = version().partition(".")[0]
    names = {
        "apple": {"libyuno_webhooks.dylib": f"lib/libyuno_webhooks.{major}.dylib", "libyuno_webhooks.a": "lib"},
        "windows": {"yuno_webhooks.dll": "bin", "yuno_webhooks.dll.lib": "lib", "yuno_webhooks.lib": "lib"},
    }
    system = next((system for system in names if system in triple), None)
    if system is None:
        raise SystemExit(f"archive: nothing is known of {triple}")
    for folder in ("bin", "lib", "include", "share/licenses/yuno-webhooks"):
        (prefix / folder).mkdir(parents=True)
    for name, place in names[system].items():
        shutil.copy(built / name, prefix / place)
    if system == "apple":
        (prefix / "lib" / "libyuno_webhooks.dylib").symlink_to(f"libyuno_webhooks.{major}.dylib")
    for file in [*HEADERS.glob("*.h"), *HEADERS.glob("*.hpp")]:
        shutil.copy(file, prefix / "include")
    for file in LICENCES:
        shutil.copy(file, prefix / "share" / "licenses" / "yuno-webhooks")


def pack(prefix: Path, archive: Path) -> None:
    """Without the hour, the user and the machine."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for file in sorted(prefix.rglob("*")):
            if file.is_dir() and not file.is_symlink():
                continue
            entry = tar.gettarinfo(file, f"{prefix.name}/{file.relative_to(prefix).as_posix()}")
            entry.uid = entry.gid = entry.mtime = 0
            entry.uname = entry.gname = ""
            entry.mode = 0o755 if file.suffix in (".dll", ".dylib") or ".so" in file.name else 0o644
            with file.open("rb") as content:
                tar.addfile(entry, content if entry.isfile() else None)
    archive.parent.mkdir(parents=True, exist_ok=True)
    archive.write_bytes(gzip.compress(packed.getvalue(), mtime=0))


def main() -> None:
    """Packs, and says what and how large."""
    triple, built, out = sys.argv[1], Path(sys.argv[2]).resolve(), Path(sys.argv[3])
    with tempfile.TemporaryDirectory() as folder:
        prefix = Path(folder) / f"yuno-webhooks-c-{version()}-{triple}"
        prefix.mkdir()
        stage(triple, built, prefix)
        archive = out / f"{prefix.name}.tar.gz"
        pack(prefix, archive)
    print(f"{archive}: {archive.stat().st_size / 1024:.0f} KiB")


if __name__ == "__main__":
    main()
