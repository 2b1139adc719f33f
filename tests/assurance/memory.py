"""Looks for growth in memory on every surface: a million deliveries each, all different, and what the process holds at
the end against what it held after a fifth of them.

Run by `make assure-memory`. YUNO_EVENTS sets how many deliveries there are (100,000 at least).

Of a hundred deliveries fourteen or so are refused, by every sort of error that a delivery can meet; the others are
events of every kind and form, whose fields and data are read. Then each program runs once more and keeps one event in
ten, on purpose: a check that does not see that is none.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from yuno_webhooks import catalog, testing

ROOT = Path(__file__).resolve().parents[2]
HERE = ROOT / "tests" / "assurance" / "memory"
WORK = ROOT / "target" / "assurance" / "memory"
EVENTS = max(100_000, int(os.environ.get("YUNO_EVENTS", "1000000")))
LEAKY_EVENTS = 200_000
# Twelve digits that each program replaces by the number of the delivery, so that no two are equal.
NUMBER = "000000000000"
# What a process may grow by between the fifth part and the end, in KiB. A byte lost in each of a million deliveries
# is 780; Node's engine needs more room.
BOUNDS = {"rust": 512, "c": 512, "python": 1024, "node": 4096}


def deliveries() -> list[str]:
    """Lines of how a delivery is signed, what becomes of it, and its body in hex."""
    lines: list[str] = []

    def add(signed: str, outcome: str, body: bytes) -> None:
        lines.append(f"{signed} {outcome} {body.hex()}")

    broken = [
        ("missing", "SIGNATURE_MISSING", b'{"a":%s}'),
        ("malformed", "SIGNATURE_MALFORMED", b'{"a":%s}'),
        ("forged", "SIGNATURE_MISMATCH", b'{"a":%s}'),
        ("repeated", "HEADER_REPEATED", b'{"a":%s}'),
        ("right", "BODY_NOT_JSON", b'{"a":"%s'),
        ("right", "BODY_NOT_JSON", b'{"a":"%s\xff"}'),
        ("right", "BODY_NOT_OBJECT", b'["%s"]'),
        ("right", "BODY_AMBIGUOUS", b'{"retry":1,"retry":"%s"}'),
    ]
    number = NUMBER.encode()
    count = 0
    for row in catalog():
        for form in row.forms:
            body = testing.sample(row.kind, form=form, id=f"id-{NUMBER}", retry=count % 8)
            # A key and a text that are new each time, so that what a host remembers of texts has to end somewhere.
            new = b'{"key-%s":"\\u00e9 %s",' % (number, number)
            add("right", "OK", new + body[1:])
            count += 1
            if count % 6 == 0:
                signed, outcome, text = broken[count // 6 % len(broken)]
                add(signed, outcome, text.replace(b"%s", number))
    # Data that Python's reader refuses, and Node's takes.
    add("right", "OK", b'{"type_event":"payment.purchase","data":{"id":"%s","n":%s}}' % (number, b"9" * 4301))
    return lines


def programs() -> dict[str, list[str]]:
    """How each surface is run; C is compiled here."""
    release = ROOT / "target" / "release"
    compiled = WORK / "c"
    libraries = [str(release / "libyuno_webhooks.a"), "-lpthread", "-ldl", "-lm"]
    include = f"-I{ROOT / 'c' / 'include'}"
    subprocess.run(
        ["cc", "-O2", "-Wall", "-Wextra", "-Werror", include, str(HERE / "memory.c"), *libraries, "-o", str(compiled)],
        check=True,
    )
    return {
        "rust": [str(release / "memory")],
        "c": [str(compiled)],
        "python": [sys.executable, str(HERE / "memory_python.py")],
        "node": ["node", "--expose-gc", "--max-semi-space-size=1", str(HERE / "memory_node.cjs")],
    }


def growth(command: list[str], file: Path, events: int, *, leaky: bool) -> tuple[int, int]:
    """What a program held after a fifth of the deliveries and at the end, in KiB."""
    done = subprocess.run(
        [*command, str(file), str(events), "1" if leaky else "0"], check=True, stdout=subprocess.PIPE, text=True
    )
    seen = json.loads(done.stdout)
    if seen["deliveries"] != events:
        raise SystemExit(f"memory: {command[0]} took {seen['deliveries']} deliveries of {events}")
    return seen["warm_kib"], seen["end_kib"]


def main() -> int:
    WORK.mkdir(parents=True, exist_ok=True)
    file = WORK / "deliveries.txt"
    lines = deliveries()
    file.write_text("\n".join(lines) + "\n", encoding="ascii")
    refused = sum(" OK " not in line for line in lines)
    print(f"memory: {EVENTS} deliveries a surface, from {len(lines)} bodies of which {refused} are refused")
    failed = False
    for surface, command in programs().items():
        warm, end = growth(command, file, EVENTS, leaky=False)
        leaky_warm, leaky_end = growth(command, file, LEAKY_EVENTS, leaky=True)
        bound = BOUNDS[surface]
        grows, sees = end - warm > bound, leaky_end - leaky_warm > bound
        failed |= grows or not sees
        verdict = "GROWS" if grows else "ok"
        planted = "seen" if sees else "NOT SEEN"
        print(
            f"memory: {surface}: {warm} KiB, then {end} KiB: {end - warm:+} of at most {bound}: {verdict}; "
            f"a planted leak over {LEAKY_EVENTS}: {leaky_end - leaky_warm:+} KiB, {planted}",
            flush=True,
        )
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
