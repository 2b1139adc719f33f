"""AddressSanitizer in the Rust code itself: the core, the C library and its programs, and both extensions.

`make test` runs the programs in C under the sanitizers too, but on the library as it is shipped, whose own accesses
only valgrind sees there. Here every crate is instrumented; of Rust's standard library, which comes compiled, only
what it allocates, frees, copies and fills is seen.

The runtime is the one that comes with the Rust compiler. C programs and hosts get it as a shared library, so that a
process has one runtime, and no compiler is needed that matches Rust's.

Every surface also takes 100,000 deliveries, after which no memory may be left to which nothing leads any more.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import memory
from hosts import node_package, pytest, python_package
from tools import REPOSITORY, TARGET, environment, output, python, run

FOLDER = TARGET / "asan"
TRIPLE = next(line[6:] for line in output("rustc", "-vV").splitlines() if line.startswith("host: "))
BUILT = FOLDER / TRIPLE
RUNTIME = FOLDER / "runtime/sanitizer.so"
HERE = Path(__file__).with_suffix("")
OVERFLOW = HERE / "overflow.rs"
FLAGS = "-Zsanitizer=address -Cforce-frame-pointers=yes"
BUILD = {
    # A stable compiler has the sanitizers whole, but they have to be asked for as if it had not.
    "RUSTC_BOOTSTRAP": "1",
    "RUSTFLAGS": FLAGS,
    # Only where a target is named do the flags spare what runs inside the compiler.
    "CARGO_BUILD_TARGET": TRIPLE,
    "CARGO_TARGET_DIR": str(FOLDER),
    "CARGO_PROFILE_DEV_DEBUG": "line-tables-only",
    "CARGO_PROFILE_DEV_OPT_LEVEL": "1",
    "CARGO_PROFILE_RELEASE_LTO": "false",
    "CARGO_PROFILE_RELEASE_CODEGEN_UNITS": "16",
    "CARGO_PROFILE_RELEASE_STRIP": "none",
    "PYO3_PYTHON": str(python()),
    # The linker's view of an extension: its host has Python, and the sanitizer.
    "PYO3_BUILD_EXTENSION_MODULE": "1",
    "CC": str(FOLDER / "runtime/cc"),
    "ASAN_OPTIONS": "detect_leaks=1:strict_string_checks=1:detect_stack_use_after_return=1",
}
# A host that is no program of ours: the runtime is loaded first, each object and buffer is a block of its own, and what
# the host never frees does not count.
HOST = {
    "LD_PRELOAD": str(RUNTIME),
    "ASAN_OPTIONS": "detect_leaks=0:strict_string_checks=1:detect_stack_use_after_return=1",
    "PYTHONMALLOC": "malloc",
    "NODE_OPTIONS": "--import=data:text/javascript,Buffer.poolSize=0",
}
# What needs no server, and does not measure memory itself.
PYTHON = ("vectors", "inputs", "hostile", "containers", "secrets", "testing", "properties", "concurrency")
NODE = ("vectors", "inputs", "hostile", "options", "secrets", "data", "properties", "receiver", "module")
DELIVERIES = 100_000
# By then every body was taken three times; by the end three hundred times.
FEW = 1_000
# What a host loses in one run and not in another. A block that is lost with one body alone would make three hundred.
CHANCE = 20
# A command, without its arguments.
Program = tuple[str | Path, ...]


def fails(report: str, *words: str | Path, env: dict[str, str]) -> None:
    """Runs what is wrong, and ends this program unless the sanitizer says so."""
    command = [str(word) for word in words]
    ended = subprocess.run(command, env=environment(env), check=False, capture_output=True, encoding="utf-8")
    if ended.returncode == 0 or report not in ended.stderr:
        sys.exit(f"not seen: {report} of {' '.join(command)}\n{ended.stderr[-2000:]}")
    print(f"seen, as planted: {report} of {command[0]}", flush=True)


def is_instrumented(*files: Path) -> None:
    """Ends this program if the compiler left the accesses to memory of a file as they were."""
    if not files:
        sys.exit("nothing was built")
    for file in files:
        # A host loads a library by its dynamic symbols, and the others may be stripped.
        dynamic = ["--dynamic"] if file.suffix in (".so", ".node") else []
        if " U __asan_report_load" not in output("nm", "--quiet", *dynamic, file):
            sys.exit(f"{file} is not instrumented")
        print(f"instrumented: {file.relative_to(REPOSITORY)}", flush=True)


def runtime() -> None:
    """Makes a shared library of the sanitizer, and a C compiler that links it in place of its own."""
    folder = RUNTIME.parent
    folder.mkdir(parents=True, exist_ok=True)
    [archive] = Path(output("rustc", "--print", "target-libdir").strip()).glob("librustc-*_rt.asan.a")
    members = shutil.copy(archive, folder / "sanitizer.a")
    # What starts a program before its libraries can be no part of a library.
    run("ar", "d", members, "asan_preinit.cpp.o")
    link = ("-shared", f"-Wl,-soname,{RUNTIME}", "-Wl,--whole-archive", members, "-Wl,--no-whole-archive")
    run("cc", *link, "-lpthread", "-ldl", "-lm", "-o", RUNTIME)
    for name in ("libasan.so", "libubsan.so"):
        (folder / name).unlink(missing_ok=True)
        (folder / name).symlink_to(RUNTIME.name)
    compiler = folder / "cc"
    compiler.write_text(f'#!/bin/sh\nexec cc "$@" -L"{folder}"\n')
    compiler.chmod(0o755)


def planted() -> None:
    """An overflow in Rust, in a program and in either host."""
    program, library = FOLDER / "overflow", FOLDER / "overflow.so"
    for kind, path in (("bin", program), ("cdylib", library)):
        run("rustc", *FLAGS.split(), "--edition=2024", f"--crate-type={kind}", "-o", path, OVERFLOW, env=BUILD)
    fails("heap-buffer-overflow", program, env=BUILD)
    fails("heap-buffer-overflow", python(), "-c", f"import ctypes; ctypes.CDLL('{library}')", env=HOST)
    fails("heap-buffer-overflow", "node", "-e", f"process.dlopen({{ exports: {{}} }}, '{library}')", env=HOST)


def cargo(verb: str, *words: str, **more: str) -> None:
    run("cargo", verb, "--locked", *words, env={**BUILD, **more})


def core() -> None:
    """Its tests and examples, every vector, and what is hostile."""
    cargo("test", "-p", "yuno-webhooks", "-p", "yuno-webhooks-tests", "--all-features", "--lib", "--tests")
    cargo("test", "-p", "yuno-webhooks", "--all-features", "--doc", RUSTDOCFLAGS=FLAGS)
    is_instrumented(*(BUILT / "debug/deps").glob("libyuno_webhooks-*.rlib"))


def c() -> None:
    """Every vector, every behaviour, 50,000 hostile cases, and programs that are wrong and must be seen."""
    tests = ("--lib", "--test", "sanitizers")
    cargo("test", "-p", "yuno-webhooks-c", *tests, "--", "--nocapture", "--skip", "valgrind")
    is_instrumented(BUILT / TRIPLE / "release/libyuno_webhooks.a")


def leaks() -> None:
    """Deliveries of every sort, in Rust and in C: nothing of them is left, and what is kept on purpose is seen."""
    cargo("build", "--release", "-p", "yuno-webhooks-tests", "--bin", "memory")
    cargo("build", "--release", "-p", "yuno-webhooks-c")
    program, library = FOLDER / "memory", BUILT / "release/libyuno_webhooks.a"
    source = (f"-I{REPOSITORY}/c/include", memory.HERE / "memory.c", library, "-lpthread", "-ldl", "-lm")
    run(BUILD["CC"], "-fsanitize=address", "-g", "-O1", *source, "-o", program)
    deliveries = FOLDER / "deliveries.txt"
    deliveries.write_text("\n".join(memory.deliveries()) + "\n", encoding="ascii")
    for surface in (BUILT / "release/memory", program):
        run(surface, deliveries, str(DELIVERIES), "0", env=BUILD)
        fails("LeakSanitizer", surface, deliveries, str(DELIVERIES), "1", env=BUILD)


def lost(program: Program, count: int, env: dict[str, str], leaky: str = "0") -> tuple[int, str]:
    """How many blocks nothing leads to any more when a host has taken so many deliveries, and what is said of them."""
    command = [str(word) for word in (*program, FOLDER / "deliveries.txt", count, leaky)]
    env = environment({**HOST, "ASAN_OPTIONS": BUILD["ASAN_OPTIONS"], **env})
    ended = subprocess.run(command, env=env, check=False, capture_output=True, encoding="utf-8")
    found = re.search(r"^SUMMARY: AddressSanitizer: .* leaked in (\d+) allocation", ended.stderr, re.MULTILINE)
    taken = f'"deliveries":{count},' in ended.stdout.replace(" ", "")
    if not taken or (ended.returncode == 0) != (found is None):
        sys.exit(f"not measured: {' '.join(command)}\n{ended.stderr[-2000:]}")
    return int(found[1]) if found else 0, ended.stderr


def host_leaks(program: Program, extension: Path, env: dict[str, str], *, leaky: bool) -> None:
    """As `leaks`, in a host, which itself loses what it loses, but no more after many deliveries than after a few."""
    few, _ = lost(program, FEW, env)
    many, told = lost(program, DELIVERIES, env)
    print(f"{extension.name}: {few} blocks lost after {FEW} deliveries, and {many} after {DELIVERIES}", flush=True)
    if many > few + CHANCE:
        sys.exit(told[-6000:])
    loser = FOLDER / "lost.so"
    run("cc", "-shared", "-fPIC", f'-DEXTENSION="{extension.name}"', HERE / "lost.c", "-o", loser)
    first = {"LD_PRELOAD": f"{loser} {RUNTIME}", "ASAN_OPTIONS": f"{BUILD['ASAN_OPTIONS']}:verify_asan_link_order=0"}
    planted = {"block": lost(program, FEW, {**env, **first})}
    if leaky:
        planted["reference"] = lost(program, FEW, env, "1")
    for what, (count, _) in planted.items():
        if count <= few + CHANCE:
            sys.exit(f"not seen: a {what} of {extension.name} that is lost now and then: {count} blocks")
        print(f"seen, as planted: a {what} of {extension.name} that is lost now and then: {count} blocks", flush=True)


def hosts() -> None:
    """The vectors, what is hostile, and deliveries of every sort, in Python and in Node."""
    folder = FOLDER / "python"
    python_package(folder, BUILD, "--target", TRIPLE)
    extension = folder / "yuno_webhooks/_core.abi3.so"
    is_instrumented(extension)
    loaded = "from yuno_webhooks import _core; print(_core.__file__)"
    if not output(python(), "-c", loaded, env={**HOST, "PYTHONPATH": str(folder)}).startswith(str(folder)):
        sys.exit("another extension was loaded")
    pytest(folder, HOST, "-p", "no:xdist", *(REPOSITORY / f"python/tests/test_{name}.py" for name in PYTHON))
    program = (python(), HERE / "lost.py", memory.HERE / "memory_python.py")
    host_leaks(program, extension, {"PYTHONPATH": str(folder)}, leaky=True)
    folder = node_package(FOLDER / "node", BUILD, BUILT / "debug")
    [extension] = folder.glob("*.node")
    is_instrumented(extension)
    run("node", "--test", *(f"test/{name}.test.mjs" for name in NODE), cwd=folder, env=HOST)
    # Its environment ends before the process, and gives back what it keeps for the addon: memory.py measures that.
    program = ("node", "--expose-gc", FOLDER / "node/tests/assurance/memory/memory_node.cjs")
    host_leaks(program, extension, {}, leaky=False)


def main() -> None:
    if not TRIPLE.endswith("-linux-gnu"):
        sys.exit(f"not for {TRIPLE}: run it on Linux with glibc")
    runtime()
    planted()
    core()
    c()
    leaks()
    hosts()


if __name__ == "__main__":
    main()
