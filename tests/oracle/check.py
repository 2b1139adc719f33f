"""Recompute every expected value of `tests/vectors` with the oracle, and check the form of the files.

Run: python3 tests/oracle/check.py
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import inbox
from catalog import ALIASES, KINDS
from finality import FINALITY
from oracle import answer
from protocol import ERROR_CODES

VECTORS = Path(__file__).resolve().parent.parent / "vectors"

# File, operation, and the number of cases below which the file has lost something.
FILES = {
    "sign.json": ("sign", 10),
    "signatures.json": ("verify", 60),
    "hmac.json": ("verify", 150),
    "credentials.json": ("verify", 60),
    "admission.json": ("admit", 25),
    "payloads.json": ("parse", 150),
    "json.json": ("parse", 380),
    "keys.json": ("keys", 70),
    "recency.json": ("recency", 30),
    "money.json": ("parse", 40),
    "time.json": ("parse", 30),
    "finality.json": ("finality", 120),
    "replies.json": ("reply", 30),
    "schedules.json": ("schedule", 10),
    "errors.json": ("error", 25),
    "catalog.json": ("catalog", 118),
}


def differences(expected: dict[str, Any], computed: dict[str, Any]) -> list[str]:
    found: list[str] = []
    if "event" in expected and "event" in computed:
        for key, value in expected["event"].items():
            if key not in computed["event"]:
                found.append(f"the flat view has no {key}")
            elif not equal(computed["event"][key], value):
                found.append(f"{key}: expected {value!r}, the oracle has {computed['event'][key]!r}")
        if not expected["event"]:
            found.append("expects nothing of the event")
        return found
    if "event" in computed:
        computed = {"event": "..."}
    if not equal(expected, computed):
        found.append(f"expected {expected!r}, the oracle has {computed!r}")
    return found


def equal(one: Any, other: Any) -> bool:
    """Equality that keeps true apart from 1."""
    return json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)


def check_cases(name: str, operation: str, cases: list[dict[str, Any]]) -> list[str]:
    problems: list[str] = []
    seen: set[str] = set()
    for case in cases:
        if set(case) != {"name", "input", "expect"}:
            problems.append(f"{name}: a case has the keys {sorted(case)}")
            continue
        if case["name"] in seen:
            problems.append(f"{name}: two cases are named {case['name']!r}")
        seen.add(case["name"])
        try:
            computed = answer(operation, case["input"])
        except Exception as error:
            problems.append(f"{name}: {case['name']}: the oracle failed: {error!r}")
            continue
        problems += [f"{name}: {case['name']}: {text}" for text in differences(case["expect"], computed)]
    return problems


def coverage(files: dict[str, dict[str, Any]]) -> list[str]:
    """Every kind, alias, error code and finality row has a case."""
    problems: list[str] = []
    if not set(FILES) <= set(files):
        return problems
    parsed = {case["expect"].get("event", {}).get("kind") for case in files["payloads.json"]["cases"]}
    problems += [f"payloads.json: no case of the kind {kind}" for kind in sorted(set(KINDS) - parsed)]
    spelt = {case["input"]["spelling"] for case in files["catalog.json"]["cases"]}
    missing = sorted((set(KINDS) | set(ALIASES)) - spelt)
    problems += [f"catalog.json: no case of {name}" for name in missing]
    codes = {case["input"]["code"] for case in files["errors.json"]["cases"]}
    problems += [f"errors.json: no case of {code}" for code in sorted(set(ERROR_CODES) - codes)]
    rows = {tuple(case["input"].values()) for case in files["finality.json"]["cases"]}
    for family, statuses in FINALITY.items():
        for status, verdicts in statuses.items():
            for sub_status in verdicts:
                if (family, status, sub_status) not in rows:
                    problems.append(f"finality.json: no case of {family} {status} {sub_status}")
    if len(KINDS) != 86:
        problems.append(f"the oracle's catalogue has {len(KINDS)} kinds, not 86")
    return problems


def main() -> int:
    problems: list[str] = []
    files: dict[str, dict[str, Any]] = {}
    count = 0
    problems += [f"{name} is missing" for name in sorted(FILES) if not (VECTORS / name).is_file()]
    for path in sorted(VECTORS.glob("*.json")):
        text = path.read_text(encoding="utf-8")
        content = json.loads(text)
        if not text.endswith("\n") or not text.isascii():
            problems.append(f"{path.name}: not plain ASCII with a final newline")
        if set(content) != {"_comment", "operation", "cases"} or not content["_comment"]:
            problems.append(f"{path.name}: the keys are {sorted(content)}")
            continue
        files[path.name] = content
        operation, minimum = FILES.get(path.name, (content["operation"], 1))
        if content["operation"] != operation:
            problems.append(f"{path.name}: the operation is {content['operation']}, not {operation}")
        if len(content["cases"]) < minimum:
            problems.append(f"{path.name}: {len(content['cases'])} cases, fewer than {minimum}")
        count += len(content["cases"])
        problems += check_cases(path.name, content["operation"], content["cases"])
    problems += coverage(files)
    scenarios = json.loads((VECTORS / "inbox" / "scenarios.json").read_text(encoding="utf-8"))
    problems += inbox.failures(scenarios)
    for problem in problems:
        print(problem, file=sys.stderr)
    steps = sum(len(scenario["steps"]) for scenario in scenarios["scenarios"])
    print(f"oracle: {count} cases and {steps} steps of the inbox checked")
    return 1 if problems or count == 0 or steps == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
