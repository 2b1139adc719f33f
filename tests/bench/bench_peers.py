"""Measures the package beside the published ones that people verify webhooks with, in one run: `make bench-peers`.

It runs in an environment of the others' Python packages, and its argument is receivers.mjs beside their Node packages.
It writes peers.json, of which peers_page.py makes the table of the README and the chart.
"""

from __future__ import annotations

import json
import platform
import subprocess
import sys
from pathlib import Path
from typing import Any

import bodies
import peers_page

ROOT = Path(__file__).resolve().parent.parent.parent
PEERS = ROOT / "tests" / "bench" / "peers"
BODIES = ROOT / "target" / "bench" / "peers" / "bodies"


def machine() -> str:
    """What it ran on."""
    models = [
        line.partition(":")[2].strip()
        for line in Path("/proc/cpuinfo").read_text().splitlines()
        if "model name" in line
    ]
    node = subprocess.run(["node", "--version"], check=True, stdout=subprocess.PIPE, text=True).stdout.strip()
    system = f"{platform.freedesktop_os_release()['PRETTY_NAME']}, Linux {platform.release().split('-')[0]}"
    return (
        f"{models[0]}, {len(models)} cores, {system}, Python {platform.python_version()}, Node {node.removeprefix('v')}"
    )


def versions() -> dict[str, dict[str, str]]:
    """The releases that are compared, by language, as they are pinned."""
    pinned = (PEERS / "requirements.txt").read_text().split()
    return {
        "Python": dict(line.split("==") for line in pinned),
        "Node": json.loads((PEERS / "package.json").read_text())["dependencies"],
    }


def measured(command: list[str]) -> dict[str, Any]:
    """What one language measured."""
    made = subprocess.run([*command, str(BODIES)], cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True)
    first, *sizes = map(json.loads, made.stdout.splitlines())
    receivers = {
        name: {
            line["size"]: {figure: round(value, 2) for figure, value in line["receivers"][name].items()}
            for line in sizes
        }
        for name in sizes[0]["receivers"]
    }
    return {"language": first["language"], "receivers": receivers}


def main() -> int:
    """Measures both languages, and writes what was found."""
    bodies.write(BODIES)
    languages = [
        measured([sys.executable, str(PEERS / "receivers.py")]),
        measured(["node", sys.argv[1], str(ROOT / "node" / "package.json")]),
    ]
    found = {"machine": machine(), "versions": versions(), "languages": languages}
    peers_page.FIGURES.write_text(json.dumps(found, indent=2) + "\n")
    peers_page.write()
    print(peers_page.table(found))
    return 0


if __name__ == "__main__":
    sys.exit(main())
