"""What the assurance runs: commands in the repository, and tools that are installed where they are missing."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent.parent
TARGET = REPOSITORY / "target"
TOOLS = TARGET / "tools"
LLVM = "22"


def run(*words: str | Path, cwd: Path = REPOSITORY, env: dict[str, str] | None = None) -> None:
    """Runs a command to its end, whose output is seen; a failure ends this program."""
    command = [str(word) for word in words]
    print("+", *command, flush=True)
    if subprocess.run(command, cwd=cwd, env=environment(env), check=False).returncode != 0:
        sys.exit(f"failed: {' '.join(command)}")


def output(*words: str | Path, cwd: Path = REPOSITORY, env: dict[str, str] | None = None) -> str:
    """What a command writes to its standard output."""
    command = [str(word) for word in words]
    return subprocess.run(
        command, cwd=cwd, env=environment(env), check=True, stdout=subprocess.PIPE, encoding="utf-8"
    ).stdout


def environment(more: dict[str, str] | None) -> dict[str, str]:
    path = os.pathsep.join([str(TOOLS / "bin"), os.environ.get("PATH", "")])
    return {**os.environ, "PATH": path, **(more or {})}


def cargo_tool(name: str, version: str) -> None:
    """A command of cargo, built into target/tools once."""
    if not (TOOLS / "bin" / name).exists():
        run("cargo", "install", "--quiet", "--locked", "--root", TOOLS, f"{name}@{version}")


def debian(command: str, *packages: str) -> None:
    """A command of the system's packages, installed as root on Debian and Ubuntu; elsewhere it says what is missing."""
    if shutil.which(command):
        return
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        sys.exit(f"{command} is missing. On Debian and Ubuntu: sudo apt-get install {' '.join(packages)}")
    run("apt-get", "update", "--quiet")
    run("apt-get", "install", "--quiet", "--yes", "--no-install-recommends", *packages)


def python() -> Path:
    """The interpreter that has what the tests need."""
    own = REPOSITORY / ".venv/bin/python"
    return own if own.exists() else Path(sys.executable)
