"""Which lines no test runs: none of the core, and of the bindings those that coverage.toml lists with their reasons.

The core is measured by its own tests and the vectors alone. Each binding is measured in its host: the C library under
programs in C, the extensions under those tests of their packages that call into them.

Run: make assure-coverage
"""

from __future__ import annotations

import shlex
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path

import tomllib
from hosts import node_package, pytest, python_package
from tools import LLVM, REPOSITORY, TARGET, cargo_tool, debian, output, run

FOLDER = TARGET / "coverage"
LISTED = Path(__file__).with_suffix(".toml")
TOOLS = {"LLVM_COV": f"llvm-cov-{LLVM}", "LLVM_PROFDATA": f"llvm-profdata-{LLVM}"}
BINDINGS = ("c", "python", "node")
# Built once and run for seconds: what the release profile and debug information cost would show nothing here.
QUICKLY_BUILT = {
    "CARGO_PROFILE_DEV_DEBUG": "0",
    "CARGO_PROFILE_RELEASE_LTO": "off",
    "CARGO_PROFILE_RELEASE_CODEGEN_UNITS": "16",
    "CARGO_PROFILE_RELEASE_OPT_LEVEL": "1",
    "CARGO_PROFILE_RELEASE_STRIP": "none",
}

# The others reach no further line of the extension.
PYTHON_TESTS = ("test_*.py", "inbox/test_backoff.py", "inbox/test_scenarios.py", "inbox/test_redis.py")
NODE_TESTS = ("vectors", "inputs", "hostile", "options", "module", "native", "receiver", "inbox", "inbox.scenarios")

# How often each line of each file ran.
Lines = dict[str, Counter[int]]


def instrumented() -> dict[str, str]:
    """The environment in which cargo builds what counts its lines."""
    env = {**TOOLS, **QUICKLY_BUILT, "CARGO_TARGET_DIR": str(FOLDER)}
    for line in output("cargo", "llvm-cov", "show-env", "--sh", env=env).splitlines():
        [assignment] = shlex.split(line.removeprefix("export "))
        name, _, value = assignment.partition("=")
        env[name] = value
    return env


def lines(env: dict[str, str], *profile: str) -> Lines:
    """How often each line of the product ran, up to the tests at the end of its file."""
    path = FOLDER / "lines.lcov"
    # A process that a test has killed may leave half a profile.
    report = ["cargo", "llvm-cov", "report", "--failure-mode", "all", "--lcov", "--output-path", path]
    run(*report, *profile, env=env)
    counts: Lines = defaultdict(Counter)
    for record in path.read_text().split("end_of_record\n"):
        head, *rest = record.splitlines() or [""]
        file = Path(head.removeprefix("SF:"))
        if not file.is_relative_to(REPOSITORY):
            continue
        end = file.read_text().split("#[cfg(test)]\nmod tests")[0].count("\n") + 1
        own = counts[str(file.relative_to(REPOSITORY))]
        for line in rest:
            kind, _, fields = line.partition(":")
            if kind == "DA":
                number, count = map(int, fields.split(",")[:2])
                if number <= end:
                    own[number] = count
    return counts


def merged(*measured: Lines) -> Lines:
    counts: Lines = defaultdict(Counter)
    for one in measured:
        for name, own in one.items():
            counts[name].update(own)
    return counts


def core(env: dict[str, str]) -> Lines:
    cargo_test = ["cargo", "test", "--quiet", "--locked", "--package"]
    run(*cargo_test, "yuno-webhooks", "--all-features", "--lib", env=env)
    run(*cargo_test, "yuno-webhooks-tests", "--test", "vectors", env=env)
    return lines(env)


def bindings(env: dict[str, str]) -> Lines:
    of_c(env)
    of_python(env)
    of_node(env)
    # The programs in C link a library that is built for release.
    return merged(lines(env), lines(env, "--release"))


def of_c(env: dict[str, str]) -> None:
    cargo_test = ["cargo", "test", "--quiet", "--locked", "--package", "yuno-webhooks-c"]
    # Valgrind would see what counts the lines.
    programs = ["--test", "behaviour", "--test", "conformance", "--", "--skip", "no_vector_leaks"]
    run(*cargo_test, "--lib", *programs, env=env)
    run(*cargo_test, "--test", "header", "no_function_crashes", env=env)


def of_python(env: dict[str, str]) -> None:
    folder = FOLDER / "python"
    python_package(folder, env)
    tests = REPOSITORY / "python/tests"
    pytest(folder, env, *(path for pattern in PYTHON_TESTS for path in sorted(tests.glob(pattern))))


def of_node(env: dict[str, str]) -> None:
    folder = node_package(FOLDER / "node", env, FOLDER / "debug")
    tests = [f"test/{name}.test.mjs" for name in NODE_TESTS]
    run("node", "--test", "--test-reporter=dot", *tests, cwd=folder, env=env)
    # Tables that only the package's own build reads.
    run("node", "scripts/names.mjs", "--check", cwd=folder, env=env)


def missed(measured: Lines, folder: str) -> Iterator[tuple[str, int, str]]:
    """The lines that did not run, as they are written."""
    for name, own in sorted(measured.items()):
        if name.startswith(f"{folder}/src/"):
            source = (REPOSITORY / name).read_text().splitlines()
            yield from ((name, number, source[number - 1].strip()) for number, count in own.items() if count == 0)


def tell(measured: Lines, folder: str) -> None:
    counts = [count for name, own in measured.items() if name.startswith(f"{folder}/src/") for count in own.values()]
    if not counts:
        sys.exit(f"coverage: nothing of {folder}/src was measured")
    ran = sum(count > 0 for count in counts)
    print(f"coverage: {folder}/src: {ran} of {len(counts)} lines ran, {100 * ran / len(counts):.2f} %", flush=True)


def of_core(measured: Lines) -> Iterator[str]:
    tell(measured, "core")
    for name, number, text in missed(measured, "core"):
        yield f"{name}:{number}: no test runs it: {text}"


def of_bindings(measured: Lines) -> Iterator[str]:
    """What of the bindings does not run as coverage.toml says: lines as they are written, and how many there are."""
    rows = tomllib.loads(LISTED.read_text()).get("missed", [])
    listed = Counter(
        {(file, text): count for row in rows for file, own in row["lines"].items() for text, count in own.items()}
    )
    seen: Counter[tuple[str, str]] = Counter()
    for folder in BINDINGS:
        tell(measured, folder)
        for name, number, text in missed(measured, folder):
            seen[name, text] += 1
            if seen[name, text] > listed[name, text]:
                yield f"{name}:{number}: neither run nor listed: {text}"
    for name, text in (listed - seen).elements():
        yield f"{name}: listed, but run or gone: {text}"


def main() -> None:
    debian(TOOLS["LLVM_COV"], f"llvm-{LLVM}")
    cargo_tool("cargo-llvm-cov", "0.9.1")
    env = instrumented()
    run("cargo", "llvm-cov", "clean", "--workspace", env=env)
    wrong = [*of_core(core(env)), *of_bindings(bindings(env))]
    if wrong:
        sys.exit("\n".join(wrong))


if __name__ == "__main__":
    main()
