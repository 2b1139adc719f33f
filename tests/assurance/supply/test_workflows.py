"""The workflows are read: least permissions, actions by hash, and everything that they call is there."""

from __future__ import annotations

import copy
import json
import re
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[3]
FILES = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
TEXTS = {file.name: file.read_text(encoding="utf-8") for file in FILES}
WORKFLOWS = {name: yaml.safe_load(text) for name, text in TEXTS.items()}
PIN = re.compile(r"uses: ([\w.-]+/[\w./-]+)@([0-9a-f]{40}) # (v\d+\.\d+\.\d+)$")
# What a job needs whose name says what it does; every other job reads the sources and no more.
PERMISSIONS = {
    "pypi": {"id-token": "write"},
    "npm": {"contents": "read", "id-token": "write"},
    "github": {"contents": "write", "id-token": "write", "attestations": "write"},
}
SCRIPT = re.compile(r"(?<![\w./-])(?:/work/)?((?:tests|python|node|c|scripts|\.ci|\.github)/[\w./-]+\.\w+|\.ci/run)")
# Nobody from outside writes what these stand for.
SAFE = re.compile(r"\$\{\{ (matrix\.\w+|github\.workspace|runner\.os == 'Linux' && '[\w-]+' \|\| '') \}\}")


def jobs(workflow: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    yield from workflow["jobs"].items()


def commands(workflow: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Each command, and the folder that it runs in."""
    for _, job in jobs(workflow):
        home = job.get("defaults", {}).get("run", {}).get("working-directory", ".")
        for step in job["steps"]:
            if "run" in step:
                yield step["run"], step.get("working-directory", home)


def problems(workflow: dict[str, Any]) -> list[str]:
    """What a reviewer would not let pass, or none."""
    wrong = []
    if workflow.get("permissions") != {}:
        wrong.append("it has permissions that not every job needs")
    if "pull_request_target" in workflow[True] or "workflow_run" in workflow[True]:  # YAML reads "on" so
        wrong.append("somebody else's change would run with our permissions")
    for name, job in jobs(workflow):
        if job.get("permissions") != PERMISSIONS.get(name, {"contents": "read"}):
            wrong.append(f"{name} has permissions {job.get('permissions')}")
        if "write" in str(job.get("permissions")) and not job.get("environment"):
            wrong.append(f"{name} may publish without a review")
        if not job.get("timeout-minutes"):
            wrong.append(f"{name} has no end")
        for step in job["steps"]:
            uses = step.get("uses", "")
            if uses.startswith("actions/checkout@") and step.get("with", {}).get("persist-credentials") is not False:
                wrong.append(f"{name} leaves its token in the checkout")
            if "secrets." in str(step) and step.get("env") != {"NPM_TOKEN": "${{ secrets.NPM_TOKEN }}"}:
                wrong.append(f"{name} gives a secret to {uses or step['run']}")
    return wrong + [text for command, folder in commands(workflow) for text in wrong_in(command, folder)]


def wrong_in(command: str, folder: str) -> list[str]:
    """What is wrong in a command, and what it calls and is not there."""
    wrong = []
    plain = SAFE.sub("x", command)
    if "${{" in plain:
        wrong.append(f"a value becomes part of the command: {command}")
    checked = subprocess.run(["bash", "-n", "-c", plain], capture_output=True, text=True, check=False)
    if checked.returncode:
        wrong.append(f"no command: {command}: {checked.stderr}")
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for target in re.findall(r"\bmake ([\w-]+)", command):
        if not re.search(rf"^{target}:", makefile, re.MULTILINE):
            wrong.append(f"there is no make {target}")
    scripts = json.loads((ROOT / "node" / "package.json").read_text(encoding="utf-8"))["scripts"]
    wrong += [f"there is no npm run {name}" for name in re.findall(r"npm run ([\w:]+)", command) if name not in scripts]
    for name in SCRIPT.findall(command):
        if not (ROOT / folder / name).exists():
            wrong.append(f"there is no {folder}/{name}")
    return wrong


@pytest.mark.parametrize("name", WORKFLOWS)
def test_a_workflow_may_no_more_than_it_must_and_calls_what_is_there(name: str) -> None:
    assert problems(WORKFLOWS[name]) == []
    assert list(commands(WORKFLOWS[name]))


def test_every_action_is_pinned_by_hash_and_one_action_by_one() -> None:
    pins: dict[str, set[tuple[str, ...]]] = {}
    for name, text in TEXTS.items():
        for line in text.splitlines():
            if re.search(r"^\s*(- )?uses:", line):
                pin = PIN.search(line)
                assert pin, f"{name}: {line}"
                pins.setdefault(pin[1], set()).add(pin.groups()[1:])
    assert len(pins) > 5
    assert {action: pin for action, pin in pins.items() if len(pin) > 1} == {}


def test_what_the_release_installs_is_pinned_by_hash() -> None:
    text = (ROOT / ".github" / "requirements.txt").read_text(encoding="utf-8").replace("\\\n", "")
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    assert len(lines) == 3
    assert all(re.fullmatch(r"[\w-]+==[\d.]+(\s+--hash=sha256:[0-9a-f]{64})+", line) for line in lines)
    tools = (ROOT / "python" / "requirements-dist.txt").read_text(encoding="utf-8").replace("[zig]", "").split()
    assert {line.split()[0] for line in lines} - set(tools) == {"cargo-zigbuild==0.24.0"}


def test_a_release_waits_for_what_it_is_made_of() -> None:
    release = WORKFLOWS["release.yml"]
    assert release[True] == {"push": {"tags": ["v*"]}}
    needed = {name: job.get("needs") for name, job in jobs(release)}
    assert needed == {
        "build": None,
        "source": None,
        "pypi": ["build", "source"],
        "npm": ["build", "source"],
        "github": ["pypi", "npm"],
    }


def test_every_platform_is_built_and_linux_is_tested_on_its_own_c_library() -> None:
    rows = WORKFLOWS["release.yml"]["jobs"]["build"]["strategy"]["matrix"]["include"]
    targets = json.loads((ROOT / "node" / "package.json").read_text(encoding="utf-8"))["napi"]["targets"]
    assert [row["target"] for row in rows] == targets
    linux = {row["target"].rpartition("-")[2]: (row["wheel"], row["image"]) for row in rows if "linux" in row["target"]}
    assert linux == {"gnu": ("manylinux_2_17", "slim"), "musl": ("musllinux_1_2", "alpine")}


def set_in(*path: object) -> Callable[[dict[str, Any]], None]:
    """A change of one value: the keys to it, and the value."""

    def change(workflow: dict[str, Any]) -> None:
        *keys, last, value = path
        for key in keys:
            workflow = workflow[key]
        workflow[last] = value

    return change


@pytest.mark.parametrize(
    "change",
    [
        set_in("permissions", {"contents": "read"}),
        set_in("jobs", "build", "permissions", {"contents": "read", "packages": "read"}),
        set_in("jobs", "pypi", "environment", None),
        set_in("jobs", "build", "timeout-minutes", None),
        set_in("jobs", "build", "steps", 0, "with", {}),
        set_in("jobs", "npm", "steps", 0, "env", {"A": "${{ secrets.A }}"}),
        set_in("jobs", "source", "steps", 1, "run", "make nothing"),
        set_in("jobs", "source", "steps", 1, "run", "npm run nothing"),
        set_in("jobs", "source", "steps", 1, "run", "python tests/assurance/nothing.py"),
        set_in("jobs", "source", "steps", 1, "run", "echo ${{ github.event.head_commit.message }}"),
        set_in("jobs", "source", "steps", 1, "run", "if true"),
        set_in(True, {"pull_request_target": None}),
    ],
)
def test_a_fault_is_found(change: Callable[[dict[str, Any]], None]) -> None:
    workflow = copy.deepcopy(WORKFLOWS["release.yml"])
    change(workflow)
    assert len(problems(workflow)) == 1
