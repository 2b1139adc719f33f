"""A PostgreSQL server of the tests' own, on a free port of this machine."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

import pytest

DEBIAN = Path("/usr/lib/postgresql")


class Server:
    """Made in a folder of its own, by a user who is not root.

    options: more of its configuration, as in ``Server("fsync=off")``.
    """

    def __init__(self, *options: str) -> None:
        self._options = options
        tools = sorted(DEBIAN.glob("*/bin"), key=lambda folder: float(folder.parent.name))
        found = str(tools[-1]) if tools else os.path.dirname(shutil.which("initdb") or "")
        if not found:
            reason = "PostgreSQL is not installed (sh c/tests/tools.sh installs it on Debian and Ubuntu)"
            if os.environ.get("CI") or os.environ.get("YUNO_NO_SKIP"):
                pytest.fail(reason)
            pytest.skip(reason)
        self._tools = Path(found)
        self._folder = Path(tempfile.mkdtemp(prefix="yuno-pg-"))
        self._data = self._folder / "data"
        if os.geteuid() == 0:
            shutil.chown(self._folder, "postgres", "postgres")
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = int(probe.getsockname()[1])
        self._run(["initdb", "-D", str(self._data), "-U", "postgres", "-A", "trust", "--no-sync"])
        self.start()

    @property
    def conninfo(self) -> str:
        return f"postgresql://postgres@127.0.0.1:{self.port}/postgres"

    def start(self) -> None:
        own = (f"unix_socket_directories={self._folder}", "listen_addresses=127.0.0.1", *self._options)
        options = " ".join([f"-p {self.port}", *(f"-c {option}" for option in own)])
        log = str(self._folder / "log")
        # After a crash it makes all its files safe first, which takes a busy disk a while.
        self._run(["pg_ctl", "-D", str(self._data), "-w", "-t", "300", "-l", log, "-o", options, "start"])

    def stop(self, mode: str = "immediate") -> None:
        """ "immediate" is what a crash of the server does: no transaction is finished, nothing is said to clients."""
        self._run(["pg_ctl", "-D", str(self._data), "-w", "-m", mode, "stop"])

    def remove(self) -> None:
        self.stop()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _run(self, command: Sequence[str]) -> None:
        program, *arguments = command
        # The server refuses to be run by root.
        is_root = os.geteuid() == 0
        subprocess.run(
            [str(self._tools / program), *arguments],
            check=True,
            cwd="/",
            user="postgres" if is_root else None,
            group="postgres" if is_root else None,
            extra_groups=[] if is_root else None,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE if program == "initdb" else subprocess.DEVNULL,
        )
