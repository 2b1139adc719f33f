"""Builds what is published into dist/, and tests it as a user gets it: `make dist`.

The wheel goes into an empty environment of every CPython from 3.10 on that this machine has, and the source package is
built in one. The tests run from a folder outside of the source tree, so that nothing but the installed package is seen.
"""

from __future__ import annotations

import importlib.metadata
import itertools
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import contents

ROOT = contents.ROOT
DIST = ROOT / "dist"
TESTS = ROOT / "python" / "tests"
SAMPLE = TESTS / "dist" / "sample"
TOOLS = Path(sys.executable).parent
EXTRAS = "[django,fastapi,flask,opentelemetry,prometheus,test]"

PROBE = """
import json, platform, sys, sysconfig
version = [*sys.version_info[:3], sys.version_info.releaselevel]
usable = platform.python_implementation() == "CPython" and not sysconfig.get_config_var("Py_GIL_DISABLED")
print(json.dumps([version, usable and sys.prefix == sys.base_prefix, sys.executable]))
"""


@dataclass(frozen=True)
class Interpreter:
    """A CPython of this machine."""

    version: tuple[int, int, int]
    path: str

    def __str__(self) -> str:
        return "CPython " + ".".join(map(str, self.version))


def run(*command: str | Path, cwd: Path = ROOT, **variables: str) -> None:
    """Runs a command quietly; what it printed is shown if it failed."""
    ran = subprocess.run(
        command, cwd=cwd, env=environment(variables), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False
    )
    if ran.returncode:
        sys.stdout.flush()
        sys.stdout.buffer.write(ran.stdout)
        raise subprocess.CalledProcessError(ran.returncode, command)


def environment(variables: dict[str, str]) -> dict[str, str]:
    """This process's, without what would let a test see the source tree or a secret of this machine."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "PYTEST", "YUNO_"))}
    path = f"{TOOLS}{os.pathsep}{kept.get('PATH', '')}"
    quiet = {"PIP_DISABLE_PIP_VERSION_CHECK": "1", "PYTHONDONTWRITEBYTECODE": "1", "UV_PYTHON_DOWNLOADS": "never"}
    return {"CARGO_TARGET_DIR": str(ROOT / "target" / "dist" / "cargo")} | kept | quiet | {"PATH": path} | variables


def build() -> tuple[Path, Path]:
    """The wheel for old and new Linux, and the source package."""
    shutil.rmtree(DIST, ignore_errors=True)
    cargo_home = os.environ.get("CARGO_HOME", str(Path.home() / ".cargo"))
    flags = f"--remap-path-prefix={cargo_home}=cargo --remap-path-prefix={ROOT}=."
    options = ["--manifest-path", "python/Cargo.toml", "--out", str(DIST)]
    portable = ["--release", "--locked", "--zig", "--compatibility", "manylinux_2_17"]
    run("maturin", "build", *portable, *options, RUSTFLAGS=flags)
    run("maturin", "sdist", *options)
    return next(DIST.glob("*.whl")), next(DIST.glob("*.tar.gz"))


def interpreters() -> list[Interpreter]:
    """Every CPython from 3.10 on, the oldest first: those of pyenv, and those on the path."""
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    found = list(pyenv.glob("versions/3.*/bin/python"))
    for folder in os.get_exec_path():
        found += [file for file in Path(folder).glob("python3*") if re.fullmatch(r"python3(\.\d+)?", file.name)]
    made: dict[str, Interpreter] = {}
    for file in found:
        ran = subprocess.run([file, "-I", "-c", PROBE], capture_output=True, check=False)
        if ran.returncode:
            continue  # a shim of a version that is not installed
        (major, minor, micro, level), usable, path = json.loads(ran.stdout)
        if usable and (major, minor) >= (3, 10) and level == "final":
            made.setdefault(os.path.realpath(path), Interpreter((major, minor, micro), path))
    return sorted(made.values(), key=lambda interpreter: interpreter.version)


def stage(folder: Path) -> Path:
    """Lays the tests out as they expect, without the package."""
    for part in ("tests/vectors", "python/tests"):
        shutil.copytree(ROOT / part, folder / part, ignore=shutil.ignore_patterns("__pycache__"))
    for file in ("README.md", "python/README.md"):
        shutil.copy(ROOT / file, folder / file)
    return folder


def pip(*what: str) -> list[str]:
    """With the pip of the tools, so that the environment holds nothing but what is tested."""
    return [sys.executable, "-m", "pip", "--python", "PYTHON", "install", "--quiet", *what]


def uv(*what: str) -> list[str]:
    """The same with uv."""
    return ["uv", "pip", "install", "--quiet", "--python", "PYTHON", *what]


def test(python: Path, folder: Path, *more: str) -> str:
    """Runs the tests of the package and of the sample project; says what passed."""
    where = "import yuno_webhooks; print(yuno_webhooks.__file__)"
    home = subprocess.run([python, "-I", "-c", where], check=True, capture_output=True, text=True).stdout
    contents.require(home.startswith(str(python.parents[1])), f"the tests would import {home}")
    counted = folder / "target" / "vectors" / "python.count"
    counted.unlink(missing_ok=True)
    names = ["test_vectors.py", "test_inputs.py", "test_testing.py", "dist/sample/shop_checks.py", *more]
    tests = [folder / "python" / "tests" / name for name in names]
    ran = subprocess.run(
        [python, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--tb=short", *tests],
        cwd=folder,
        env=environment({}),
        capture_output=True,
        text=True,
        check=False,
    )
    if ran.returncode:
        print(ran.stdout, ran.stderr, sep="\n", flush=True)
        raise subprocess.CalledProcessError(ran.returncode, "pytest")
    return f"{ran.stdout.splitlines()[-1].split(' in ')[0]}, {counted.read_text(encoding='utf-8')} vectors"


def test_with_adapters(python: Path, folder: Path) -> str:
    """The same, and the adapters behind their servers."""
    return test(python, folder, "adapters")


def check_types(python: Path, folder: Path) -> str:
    """mypy and pyright, both strict, on a user's project: it has no error, and each mistake of wrong.py is found."""
    project = folder / "types"
    shutil.copytree(SAMPLE, project)
    (project / "pyrightconfig.json").write_text('{"typeCheckingMode": "strict"}', encoding="utf-8")
    mypy = ["mypy", "--strict", "--no-error-summary", "--cache-dir", os.devnull, "--python-executable", str(python)]
    pyright = ["pyright", "--pythonpath", str(python)]
    for checker in (mypy, pyright):
        run(*checker, "shop.py", "shop_checks.py", cwd=project)
    text = (SAMPLE / "wrong.py.txt").read_text(encoding="utf-8")
    (project / "wrong.py").write_text(text, encoding="utf-8")
    wrong = {number for number, line in enumerate(text.splitlines(), 1) if line.endswith("# wrong")}
    for checker in (mypy, pyright):
        ran = subprocess.run(
            [*checker, "wrong.py"], cwd=project, env=environment({}), capture_output=True, text=True, check=False
        )
        found = {int(number) for number in re.findall(r"wrong\.py:(\d+):.* error:", ran.stdout)}
        contents.require(found == wrong, f"{checker[0]} finds other mistakes: lines {sorted(found ^ wrong)}")
    return f"mypy and pyright, strict: no error, and {len(wrong)} of {len(wrong)} mistakes found"


@dataclass(frozen=True)
class Environment:
    """An empty environment, the commands that fill it, and what is checked in it."""

    name: str
    interpreter: Interpreter
    installs: list[list[str]]
    check: Callable[[Path, Path], str] = test

    def create(self, folder: Path) -> Path:
        """Makes it; returns its Python."""
        run(self.interpreter.path, "-m", "venv", "--without-pip", folder)
        python = folder / "bin" / "python"
        for command in self.installs:
            run(*(str(python) if word == "PYTHON" else word for word in command))
        return python


def environments(wheel: Path, sdist: Path) -> Iterator[Environment]:
    """Where it is installed, and how."""
    pythons = interpreters()
    contents.require(pythons, "no CPython from 3.10 on was found")
    pytest, httpx = (f"{name}=={importlib.metadata.version(name)}" for name in ("pytest", "httpx"))
    for interpreter in pythons:
        yield Environment("wheel", interpreter, [pip("--no-index", str(wheel)), pip(pytest)])
    oldest, newest = pythons[0], pythons[-1]
    yield Environment("source package", newest, [pip(str(sdist)), pip(pytest)])
    servers = ["aiohttp", "gunicorn", "opentelemetry-sdk", "uvicorn"]
    newest_extras = pip(f"{wheel}{EXTRAS}", pytest, httpx, *servers)
    yield Environment("wheel, newest extras", newest, [newest_extras], test_with_adapters)
    # Releases this old do not say themselves which others they are too old for.
    lowest_extras = uv(str(wheel), *contents.lowest_extras(wheel), "httpx<0.28", "werkzeug<3", *servers)
    yield Environment("wheel, lowest extras, uv", oldest, [lowest_extras], test_with_adapters)
    yield Environment("wheel, types", newest, [pip("--no-index", str(wheel)), pip(pytest)], check_types)


def fill_and_check(made: Environment, folder: Path) -> tuple[bool, str]:
    """Whether all is well in an environment, and the line that says so."""
    start, passed = time.monotonic(), True
    try:
        result = made.check(made.create(folder / "environment"), stage(folder))
    except subprocess.CalledProcessError as error:
        passed, result = False, f"FAILED: {error}"
    return passed, f"{made.interpreter!s:16} {made.name:26} {result} ({time.monotonic() - start:.0f} s)"


def main() -> int:
    """Builds, checks and prints a line for each environment."""
    start = time.monotonic()
    wheel, sdist = build()
    contents.check(wheel, sdist)
    print(f"built and read in {time.monotonic() - start:.0f} s", flush=True)
    all_passed = True
    # Several at once, since the servers under test wait most of the time.
    with tempfile.TemporaryDirectory(prefix="yuno-dist-") as name, ThreadPoolExecutor(3) as pool:
        folders = (Path(name) / str(number) for number in itertools.count())
        for passed, line in pool.map(fill_and_check, environments(wheel, sdist), folders):
            all_passed = all_passed and passed
            print(line, flush=True)
    return int(not all_passed)


if __name__ == "__main__":
    sys.exit(main())
