"""Both packages on an extension that was built in another way than for users, beside the repository's own ones."""

from __future__ import annotations

import shutil
import zipfile
from pathlib import Path

from tools import REPOSITORY, output, python, run


def python_package(folder: Path, env: dict[str, str], *words: str) -> None:
    """Builds the Python package into this folder, for PYTHONPATH."""
    shutil.rmtree(folder, ignore_errors=True)
    maturin = [python(), "-m", "maturin", "build", "--locked", "--auditwheel", "skip", *words]
    run(*maturin, "--out", folder, "--manifest-path", "python/Cargo.toml", env=env)
    [wheel] = folder.glob("*.whl")
    zipfile.ZipFile(wheel).extractall(folder)


def node_package(folder: Path, env: dict[str, str], profile: Path) -> Path:
    """Builds the addon, and puts it among a copy of all that its tests read: the folder in which they run."""
    shutil.rmtree(folder, ignore_errors=True)
    run("cargo", "build", "--quiet", "--locked", "-p", "yuno-webhooks-node", env=env)
    for name in output("git", "ls-files", "node", "tests", "Cargo.toml", "README.md").splitlines():
        copy = folder / name
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(REPOSITORY / name, copy)
    own = folder / "node"
    (own / "node_modules").symlink_to(REPOSITORY / "node/node_modules")
    shutil.copytree(REPOSITORY / "node/dist", own / "dist")
    [addon] = (REPOSITORY / "node").glob("*.node")
    shutil.copy(profile / "libyuno_webhooks_node.so", own / addon.name)
    return own


def pytest(folder: Path, env: dict[str, str], *words: str | Path) -> None:
    """Runs tests of the Python package on the one in this folder."""
    options = ["-m", "pytest", "-q", "--import-mode=importlib", "-p", "no:cacheprovider", "--no-header"]
    run(python(), *options, *words, cwd=folder, env={"PYTHONPATH": str(folder), **env})
