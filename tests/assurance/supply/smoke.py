"""Receives a delivery with what was built for this platform alone: the wheel, and the archive of the C library.

    python smoke.py FOLDER [KIND...]

The release runs it in the slim and the Alpine image of Python, without a network and without a compiler. KIND is
`wheel` or `c`; both, unless one is said.
"""

from __future__ import annotations

import base64
import ctypes
import hashlib
import hmac
import subprocess
import sys
import tarfile
import tempfile
import venv
from pathlib import Path

RECEIVE = """
from yuno_webhooks import AuthenticationError, Verifier, __version__, testing
body = testing.sample("payment.purchase", id="smoke")
again = testing.sample("payment.purchase", id="smoke", retry=1)
verifier = Verifier(hmac_secret="a-secret")
event = verifier.verify(body, testing.headers(body, "a-secret"))
assert event.signed and event.resource.id == "smoke", event
assert verifier.verify(again, testing.headers(again, "a-secret")).dedupe_key == event.dedupe_key
try:
    verifier.verify(body, testing.headers(body, "another-secret"))
except AuthenticationError as error:
    print(__version__, event.kind, error.code)
else:
    raise SystemExit("a forgery became an event")
"""


class Text(ctypes.Structure):
    """A yuno_str."""

    _fields_ = (("data", ctypes.c_char_p), ("len", ctypes.c_size_t))


def only(folder: Path, pattern: str) -> Path:
    """The one file of a kind: with none there is nothing to test, with several it is not known which."""
    found = sorted(folder.glob(pattern))
    if len(found) != 1:
        raise SystemExit(f"smoke: {len(found)} files {pattern} in {folder}")
    return found[0]


def wheel(folder: Path, scratch: Path) -> str:
    """Installs it alone into an empty environment, and receives."""
    file = only(folder, "*abi3*.whl")
    home = scratch / "environment"
    venv.create(home, with_pip=True)
    python = home / ("Scripts" if sys.platform == "win32" else "bin") / "python"
    subprocess.run([python, "-m", "pip", "install", "--quiet", "--no-index", file], check=True)
    told = subprocess.run([python, "-I", "-c", RECEIVE], check=True, cwd=scratch, capture_output=True, text=True).stdout
    if told.split()[1:] != ["payment.purchase", "SIGNATURE_MISMATCH"]:
        raise SystemExit(f"smoke: the wheel says {told}")
    return f"{file.name}: {told.strip()}"


def c(folder: Path, scratch: Path) -> str:
    """Unpacks it, loads the library, and compares a signature with Python's own."""
    file = only(folder, "yuno-webhooks-c-*.tar.gz")
    with tarfile.open(file) as archive:
        archive.extractall(scratch, filter="data")
    names = {"win32": "bin/yuno_webhooks.dll", "darwin": "lib/libyuno_webhooks.dylib"}
    home = only(scratch, "yuno-webhooks-c-*")
    library = ctypes.CDLL(str(home / names.get(sys.platform, "lib/libyuno_webhooks.so")))
    library.yuno_version.restype = Text
    version = library.yuno_version()
    told = ctypes.string_at(version.data, version.len).decode()
    body, secret = b'{"type_event":"payment.purchase"}', b"a-secret"
    signature = ctypes.create_string_buffer(44)
    arguments = [body, ctypes.c_size_t(len(body)), Text(secret, len(secret)), signature, ctypes.c_size_t(44), None]
    status = library.yuno_sign(*arguments)
    expected = base64.b64encode(hmac.digest(secret, body, hashlib.sha256))
    if status or signature.raw != expected or not file.name.startswith(f"yuno-webhooks-c-{told}-"):
        raise SystemExit(f"smoke: the library {told} of {file.name} signs otherwise: status {status}")
    return f"{file.name}: {told}, a signature as it must be"


def main() -> None:
    """Prints a line for each kind."""
    folder = Path(sys.argv[1]).resolve()
    kinds = {"wheel": wheel, "c": c}
    with tempfile.TemporaryDirectory() as scratch:
        for kind in sys.argv[2:] or kinds:
            print(kinds[kind](folder, Path(scratch)))


if __name__ == "__main__":
    main()
