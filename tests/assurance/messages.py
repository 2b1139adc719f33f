"""All that the tests of Rust, C, C++, Python and Node make the package say, searched for the secrets and credentials
that they give it, and for whatever has the form of a signature.

What a process prints is kept. In Python and Node all that is logged, warned and raised is written down besides, in
every process, whether a test prints it or not: messages/ does that, and is shown to do it before the tests run.

Left out is what kills processes, floods or breaks servers, waits for another language, builds packages, tries thousands
of inputs or measures; and what Node says of an address that it cannot read, where the package drops that.
Secrets of less than six characters, plain words and numbers, and repeated letters are not looked for, since any text
may hold them.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from tools import REPOSITORY, TARGET, environment, python

FOLDER = TARGET / "messages"
HERE = Path(__file__).with_suffix("")
# 32 bytes in base64, or in hex.
SIGNATURE = r"(?<![\w+/-])[\w+/-]{43}=(?![\w=])|(?<!\w)[0-9a-f]{64}(?!\w)"
# A text that is given to an option, a header or a variable of such a name.
GIVEN = re.compile(
    r"""(?i:secrets?|api[_-]?keys?|credentials?|passwords?)['"]?(?:\s*:\s*&?\w+)?\s*[=:(,]?\s*[\[(]*b?(['"])((?:(?!\1)[^\\\s]){6,})\1"""
)
# The password of an address.
IN_ADDRESS = re.compile(r"""://[\w.-]*:([^\s/@:{}"'`]+)@""")
NO_SECRET = re.compile(r"[a-zA-Z ]+|[a-zA-Z_]+|\d+|x(-[a-z]+)+|\*+|.*[()]")
# If a change of style made these unseen, others would be, too.
KNOWN = {"whsec-one", "a-test-secret", "k3y-credential", "s3cret-of-the-test", "whsec-of-the-test", "hunter2"}
PYTEST = ("-m", "pytest", "--import-mode=importlib", "-p", "no:cacheprovider", "-p", "heard")
SLOW_PYTHON = (
    *("kills", "load", "faults", "redis_cluster", "redis_faults", "shortage", "plans", "interleavings"),
    *("cli_node", "redis_node", "stopping", "queue", "opening", "scenarios"),
)
SLOW_NODE = r"kill|cluster|faults|redis|package|loader|properties"
# Where built-ins are poisoned, what is shown is not what is there; and an example prints headers on purpose.
ODD_NODE = r"polluted|readme"


def of_vectors() -> Iterator[str]:
    for path in (REPOSITORY / "tests/vectors").glob("*.json"):
        for case in json.loads(path.read_text(encoding="utf-8"))["cases"]:
            yield from texts(case["input"].get("verifier"))
            yield from texts(case["input"].get("environment"))


def texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield from value.split("\n")
    elif isinstance(value, dict | list):
        for one in value.values() if isinstance(value, dict) else value:
            yield from texts(one)


def of_tests() -> Iterator[str]:
    for folder in ("core/src", "tests/tests", "python/tests", "node/test", "c/tests"):
        for path in (REPOSITORY / folder).rglob("*"):
            if path.suffix in {".py", ".rs", ".mjs", ".cjs", ".c", ".cpp"} and "node_modules" not in path.parts:
                text = path.read_text(encoding="utf-8")
                yield from (match[2] for match in GIVEN.finditer(text))
                yield from IN_ADDRESS.findall(text)


def hidden() -> set[str]:
    found = {text for text in (*of_vectors(), *of_tests()) if len(text) >= 6 and not NO_SECRET.fullmatch(text)}
    found = {text for text in found if len(set(text)) > 3}
    if missing := KNOWN - found:
        sys.exit(f"the tests' secrets are not recognised any more: {len(missing)}")
    return found


def search(secrets: set[str], files: list[Path]) -> tuple[int, list[str]]:
    """How many lines there are, and those that hold what they must not, which itself is not shown."""
    pattern = re.compile("|".join([SIGNATURE, *map(re.escape, sorted(secrets, key=len, reverse=True))]))
    count, wrong = 0, []
    for file in files:
        for number, line in enumerate(file.read_text(encoding="utf-8", errors="replace").splitlines(), 1):
            count += 1
            if found := pattern.search(line):
                start, end = found.span()
                shown = f"{line[max(0, start - 100) : start]}<...>{line[end : end + 60]}"
                wrong.append(f"{file.relative_to(REPOSITORY)}:{number}: {shown}")
    return count, wrong


def suite(name: str, *words: str | Path, folder: str = ".") -> None:
    """Runs tests and keeps what they write, and what their processes say."""
    print(f"running the tests of {name}", flush=True)
    log, said = FOLDER / f"{name}.log", FOLDER / name
    said.mkdir()
    with log.open("wb") as file:
        ended = subprocess.run(
            [str(word) for word in words],
            cwd=REPOSITORY / folder,
            env=environment(listening(said)),
            check=False,
            stdout=file,
            stderr=file,
            timeout=1200,
        )
    if ended.returncode != 0:
        sys.exit(f"{log.read_text(errors='replace')[-4000:]}\n{name}: {ended.returncode}")


def listening(said: Path) -> dict[str, str]:
    """The environment in which processes of Python and Node write down what they say."""
    path = [str(HERE), *filter(None, [os.environ.get("PYTHONPATH")])]
    return {
        "MESSAGES": str(said),
        "PYTHONPATH": os.pathsep.join(path),
        "NODE_OPTIONS": f"--require={HERE / 'heard.cjs'}",
    }


def prove() -> None:
    """Whatever is said is heard, and what must not be said is found."""
    suite("planted-python", python(), *PYTEST, HERE / "planted.py")
    suite("planted-node", "node", HERE / "planted.cjs")
    for name, source in (("python", "planted.py"), ("node", "planted.cjs")):
        heard = "".join(path.read_text(errors="replace") for path in (FOLDER / f"planted-{name}").iterdir())
        said = set(re.findall(r"planted-[a-z-]+", (HERE / source).read_text()))
        if deaf := {word for word in said if word not in heard}:
            sys.exit(f"not heard in {name}: {sorted(deaf)}")
    wrong = ["a whsec-one b", "v1=" + "0" * 43 + "=", "digest " + "0f" * 32]
    file = FOLDER / "planted.log"
    file.write_text("\n".join([*wrong, "v1_" + "0" * 32]))
    if search({"whsec-one"}, [file])[0] != 4 or len(search({"whsec-one"}, [file])[1]) != len(wrong):
        sys.exit("the search finds no more what it must")


def suites() -> None:
    tests = ("cargo", "test", "--locked")
    core = ("-p", "yuno-webhooks", "-p", "yuno-webhooks-tests", "--all-features", "--lib", "--tests")
    suite("rust", *tests, *core, "--", "--nocapture")
    c = [word for name in ("conformance", "behaviour", "cpp", "guard") for word in ("--test", name)]
    suite("c", *tests, "-p", "yuno-webhooks-c", "--lib", *c, "--", "--nocapture", "--skip", "leaks")
    slow = [f"--ignore=python/tests/inbox/test_{name}.py" for name in SLOW_PYTHON]
    suite("python", python(), *PYTEST, "-n", "4", "--dist", "worksteal", *slow, "python/tests")
    names = sorted(f"test/{path.name}" for path in (REPOSITORY / "node/test").glob("*.test.mjs"))
    quick = [name for name in names if not re.search(f"{SLOW_NODE}|{ODD_NODE}", name)]
    suite("node", "node", "--test", "--test-concurrency=4", *quick, folder="node")


def main() -> None:
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir(parents=True)
    secrets = hidden()
    prove()
    suites()
    count = 0
    wrong: list[str] = []
    for name in ("rust", "c", "python", "node"):
        files = [FOLDER / f"{name}.log", *(FOLDER / name).iterdir()]
        lines, told = search(secrets, files)
        print(f"messages: {name}: {lines} lines of {len(files)} files, {len(told)} with what must not be told")
        count, wrong = count + lines, wrong + told
    print(f"messages: {count} lines searched for {len(secrets)} secrets and credentials, and for signatures")
    if wrong:
        sys.exit("\n".join(wrong))


if __name__ == "__main__":
    main()
