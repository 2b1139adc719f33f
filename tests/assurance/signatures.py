"""HMAC-SHA256 by others: Wycheproof's vectors on every surface, and openssl on every signature of the shared vectors.

Run by `make assure-hmac`. The core's unit tests hold Wycheproof's vectors against the core's verifier; here every
surface signs the same messages. A tag that Wycheproof cut is compared as far as it goes.
"""

from __future__ import annotations

import base64
import ctypes
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from yuno_webhooks import testing

ROOT = Path(__file__).resolve().parents[2]
VECTORS = ROOT / "tests" / "vectors"
RELEASE = ROOT / "target" / "release"
REFUSED = ("SIGNATURE_MISMATCH", "SIGNATURE_MALFORMED")
NODE = """
const { sign } = require('./node/dist/testing.js')
const pairs = JSON.parse(require('node:fs').readFileSync(0, 'utf8'))
const bytes = (text) => Buffer.from(text, 'base64')
console.log(JSON.stringify(pairs.map(([key, message]) => sign(bytes(message), bytes(key)))))
"""


class Text(ctypes.Structure):
    """yuno_str."""

    _fields_ = (("data", ctypes.c_char_p), ("len", ctypes.c_size_t))


def by_c(pairs: list[tuple[bytes, bytes]]) -> list[str]:
    library = ctypes.CDLL(str(RELEASE / "libyuno_webhooks.so"))
    library.yuno_sign.argtypes = (
        ctypes.c_char_p,
        ctypes.c_size_t,
        Text,
        ctypes.c_char_p,
        ctypes.c_size_t,
        ctypes.c_void_p,
    )
    made: list[str] = []
    for key, message in pairs:
        signature = ctypes.create_string_buffer(44)
        status = library.yuno_sign(message, len(message), Text(key, len(key)), signature, 44, None)
        made.append(signature.raw.decode() if status == 0 else f"status {status}")
    return made


def by_node(pairs: list[tuple[bytes, bytes]]) -> list[str]:
    given = json.dumps([[base64.b64encode(part).decode() for part in pair] for pair in pairs])
    done = subprocess.run(["node", "-e", NODE], input=given, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True)
    return list(json.loads(done.stdout))


def wycheproof() -> list[str]:
    """What differs from Wycheproof, on any surface."""
    done = subprocess.run([str(RELEASE / "macs")], check=True, stdout=subprocess.PIPE, text=True)
    tests: list[dict[str, Any]] = [json.loads(line) for line in done.stdout.splitlines()]
    pairs = [(base64.b64decode(test["key"]), base64.b64decode(test["message"])) for test in tests]
    surfaces = {
        "rust": [test["rust"] for test in tests],
        "python": [testing.sign(message, key) for key, message in pairs],
        "node": by_node(pairs),
        "c": by_c(pairs),
    }
    problems: list[str] = []
    for surface, signatures in surfaces.items():
        right = 0
        for test, signature in zip(tests, signatures, strict=True):
            is_right = base64.b64decode(signature).startswith(base64.b64decode(test["tag"]))
            right += is_right
            if is_right != test["is_right"]:
                problems.append(f"wycheproof {test['id']} on {surface}: right is {is_right}, not {test['is_right']}")
        print(f"signatures: wycheproof on {surface}: {right} right and {len(tests) - right} wrong tags told apart")
        if not 0 < right < len(tests):
            problems.append(f"wycheproof on {surface}: nothing to tell apart")
    return problems


def by_openssl(key: bytes, message: bytes) -> bytes:
    command = ["openssl", "dgst", "-sha256", "-mac", "HMAC", "-macopt", f"hexkey:{key.hex()}", "-binary"]
    return subprocess.run(command, input=message, check=True, stdout=subprocess.PIPE).stdout


def to_bytes(spec: str | dict[str, Any]) -> bytes:
    if isinstance(spec, str):
        return spec.encode()
    if "base64" in spec:
        return base64.b64decode(spec["base64"])
    return str(spec["prefix"] + spec["repeat"] * spec["count"] + spec["suffix"]).encode()


def cases(file: str) -> list[dict[str, Any]]:
    return list(json.loads((VECTORS / file).read_text(encoding="utf-8"))["cases"])


def signed() -> tuple[int, list[str]]:
    """How many signatures of sign.json openssl made too, and those that it did not."""
    found = cases("sign.json")
    differ = [
        f"sign.json: {case['name']}"
        for case in found
        if base64.b64encode(by_openssl(to_bytes(case["input"]["secret"]), to_bytes(case["input"]["body"]))).decode()
        != case["expect"]["signature"]
    ]
    return len(found), differ


def verified(file: str) -> tuple[int, list[str]]:
    """The same of the signatures that a verifier of one secret or several takes or refuses."""
    count, differ = 0, []
    for case in cases(file):
        given, expect = case["input"], case["expect"]
        secrets = given.get("verifier", {}).get("hmac_secret")
        code = expect.get("error", "")
        if secrets is None or not (code in REFUSED or code.startswith("BODY_NOT") or "event" in expect):
            continue
        [text] = [value for name, value in given["headers"] if name.lower() == "x-hmac-signature"]
        made = [
            by_openssl(key.encode(), to_bytes(given["body"]))
            for key in ([secrets] if isinstance(secrets, str) else secrets)
        ]
        texts = {form for tag in made for form in (base64.b64encode(tag).decode(), tag.hex())}
        bare = text.strip(" \t\r\n")
        bare = bare[7:].strip(" \t\r\n") if bare[:7].lower() == "sha256=" else bare
        is_right = bare in texts or (len(bare) == 64 and bare.lower() in texts)
        count += 1
        if is_right != (code not in REFUSED):
            differ.append(f"{file}: {case['name']}")
    return count, differ


def main() -> int:
    problems = wycheproof()
    for file in ("sign.json", "hmac.json", "signatures.json", "credentials.json"):
        count, differ = signed() if file == "sign.json" else verified(file)
        print(f"signatures: openssl on {file}: {count} cases")
        problems += [f"openssl differs: {name}" for name in differ] + ([f"{file}: no case"] if count == 0 else [])
    for problem in problems:
        print(problem, file=sys.stderr)
    return int(bool(problems))


if __name__ == "__main__":
    sys.exit(main())
