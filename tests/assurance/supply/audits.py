"""Asks the databases of known weaknesses about every dependency and tool: RustSec, npm's and PyPI's.

A weakness that is found fails. A database that could not be asked, or does not know a package, is told as "not
checked", and again in the last line; with YUNO_NO_SKIP it fails too. prove_audits.py shows all of it with weaknesses
that are planted.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
TOOLS = ROOT / "target" / "tools"
LOCKS = ("node", "node/test/frameworks", "node/test/runtimes")
REQUIREMENTS = (
    *(f"python/requirements-{name}.txt" for name in ("build", "dev", "dist")),
    "tests/assurance/supply/requirements.txt",
)


@dataclass
class Audit:
    """What one database says of one list of packages."""

    name: str
    checked: int = 0
    found: list[str] = field(default_factory=list)
    unchecked: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        lines = [*(f"FOUND {text}" for text in self.found), *(f"not checked: {text}" for text in self.unchecked)]
        return "\n  ".join([f"{self.name}: {self.checked} checked, {len(self.found)} found", *lines])


def run(
    words: list[str | Path], folder: Path, variables: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Runs a tool to its end, however that is."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("npm_config_")}
    return subprocess.run(
        words, cwd=folder, env=kept | dict(variables or {}), capture_output=True, text=True, check=False
    )


def last_line(text: str, otherwise: str) -> str:
    """What a tool said at its end."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else otherwise


def rust(root: Path = ROOT, config: Path | None = None, variables: Mapping[str, str] | None = None) -> Audit:
    """cargo-deny with RustSec's database, which is fetched first: one that is away is not a clean one."""
    audit = Audit("RustSec, Cargo.lock")
    deny = [TOOLS / "bin" / "cargo-deny", "--locked", "--config", config or root / "deny.toml"]
    fetched = run([*deny, "fetch", "db"], root, variables)
    if fetched.returncode:
        audit.unchecked.append(last_line(fetched.stderr, "the database was not fetched"))
        return audit
    ran = run([*deny, "--offline", "--format", "json", "check", "advisories"], root, variables)
    reports = [json.loads(line) for line in ran.stderr.splitlines() if line.startswith("{")]
    wrong = [report["fields"] for report in reports if report["fields"].get("severity") == "error"]
    audit.found = [f"{field['code']}: {field['message']} ({culprit(field)})" for field in wrong]
    if ran.returncode and not wrong:
        audit.unchecked.append(last_line(ran.stderr, f"cargo-deny ended with {ran.returncode}"))
    else:
        audit.checked = (root / "Cargo.lock").read_text(encoding="utf-8").count("[[package]]")
    return audit


def culprit(report: dict[str, object]) -> str:
    """The crate that cargo-deny names."""
    found = re.search(r"'span': '(\S+ \S+)", str(report.get("labels")))
    return found[1] if found else "no crate is named"


def node(folder: Path, *words: str) -> Audit:
    """`npm audit` of a lock file. Its status is the same for a weakness and for a registry that does not answer."""
    audit = Audit(f"npm, {folder.relative_to(ROOT) if folder.is_relative_to(ROOT) else folder.name}")
    ran = run(["npm", "audit", "--json", "--package-lock-only", *words], folder)
    try:
        report = json.loads(ran.stdout)
    except ValueError:
        report = {}
    if "vulnerabilities" not in report or "metadata" not in report:
        audit.unchecked.append(report.get("message") or last_line(ran.stderr, f"npm ended with {ran.returncode}"))
        return audit
    audit.checked = report["metadata"]["dependencies"]["total"]
    for name, weak in report["vulnerabilities"].items():
        direct = [f"{cause['range']} {cause['url']}" for cause in weak["via"] if isinstance(cause, dict)]
        causes = direct + [f"by {cause}" for cause in weak["via"] if isinstance(cause, str)]
        audit.found.append(f"{name}: {weak['severity']}, {', '.join(causes)}")
    return audit


def python(name: str, *words: str | Path) -> Audit:
    """pip-audit, which ends with 0 also where the database knew no package at all."""
    audit = Audit(f"PyPI, {name}")
    tool = TOOLS / "python" / "bin" / "pip-audit"
    ran = run([tool, "--format", "json", "--progress-spinner", "off", *words], ROOT)
    try:
        packages = json.loads(ran.stdout)["dependencies"]
    except ValueError:
        audit.unchecked.append(last_line(ran.stderr, f"pip-audit ended with {ran.returncode}"))
        return audit
    skipped = [package for package in packages if "skip_reason" in package and package["name"] != "yuno-webhooks"]
    if skipped:
        names = ", ".join(package["name"] for package in skipped[:5]) + (", ..." if len(skipped) > 5 else "")
        audit.unchecked.append(f"{len(skipped)} packages that the database did not answer for: {names}")
    for package in packages:
        for weak in package.get("vulns", []):
            audit.found.append(f"{package['name']} {package['version']}: {weak['id']}")
    audit.checked = sum("vulns" in package for package in packages)
    if not audit.checked and not skipped:
        audit.unchecked.append("no package was given")
    return audit


def everything() -> list[Audit]:
    """Every lock file and list of requirements, and what the environment of the tests has because of them."""
    audits = [rust(), *(node(ROOT / name) for name in LOCKS)]
    audits += [python(name, "--no-deps", "--disable-pip", "--requirement", ROOT / name) for name in REQUIREMENTS]
    installed = sorted(ROOT.glob(".venv/lib/python3*/site-packages"))
    if installed:
        audits.append(python("what is installed in .venv", "--path", installed[0]))
    return audits


def verdict(audits: list[Audit], *, strict: bool) -> tuple[str, bool]:
    """The last line, and whether all is well."""
    found = sum(len(audit.found) for audit in audits)
    unchecked = [audit.name for audit in audits if audit.unchecked]
    line = f"audits: {sum(audit.checked for audit in audits)} packages checked, {found} weaknesses found"
    if unchecked:
        line += f"; NOT CHECKED, or not all of it: {'; '.join(unchecked)}"
    return line, not found and not (strict and unchecked)


def main() -> int:
    """Prints each, and the sum."""
    audits = everything()
    print(*audits, sep="\n")
    line, well = verdict(audits, strict=bool(os.environ.get("YUNO_NO_SKIP")))
    print(line)
    return int(not well)


if __name__ == "__main__":
    sys.exit(main())
