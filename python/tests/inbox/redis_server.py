"""A Redis server of the tests' own, on a free port of this machine."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path

import pytest

PATIENCE = 15.0


class Server:
    """Made in a folder of its own, by a user who is not root; what it has confirmed is on the disk.

    options: more of its configuration, as in ``Server("--maxmemory", "50mb")``.
    """

    def __init__(self, *options: str) -> None:
        program = shutil.which("redis-server")
        if program is None:
            reason = "redis-server is not installed (apt-get install redis-server, on Debian and Ubuntu)"
            if os.environ.get("CI") or os.environ.get("YUNO_NO_SKIP"):
                pytest.fail(reason)
            pytest.skip(reason)
        self._program = program
        self._options = options
        self._folder = Path(tempfile.mkdtemp(prefix="yuno-redis-"))
        self._process: subprocess.Popen[bytes] | None = None
        if os.geteuid() == 0:
            shutil.chown(self._folder, "nobody", "nogroup")
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = int(probe.getsockname()[1])
        self.start()

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def start(self) -> None:
        own: dict[str, str] = {
            "bind": "127.0.0.1",
            "port": str(self.port),
            "dir": str(self._folder),
            "logfile": "log",
            "save": "",
            "appendonly": "yes",
            "appendfsync": "always",
        }
        arguments = [part for name, value in own.items() for part in (f"--{name}", value)]
        # Not runuser, which would stay between: the process is killed by its id.
        is_root = os.geteuid() == 0
        self._process = subprocess.Popen(
            [self._program, *arguments, *self._options],
            cwd="/",
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            user="nobody" if is_root else None,
            group="nogroup" if is_root else None,
            extra_groups=[] if is_root else None,
        )
        end = time.monotonic() + PATIENCE
        while not self._answers():
            assert self._process.poll() is None, f"redis-server ended: {self._log()}"
            assert time.monotonic() < end, f"redis-server does not begin: {self._log()}"
            time.sleep(0.02)

    def stop(self, how: signal.Signals = signal.SIGKILL) -> None:
        """SIGKILL is what a crash is: nothing is finished, nothing is said to clients."""
        assert self._process is not None
        self._process.send_signal(how)
        self._process.wait(PATIENCE)

    def pause(self) -> None:
        """It takes what it is sent and answers nothing, until `resume`."""
        os.kill(self.pid, signal.SIGSTOP)

    def resume(self) -> None:
        os.kill(self.pid, signal.SIGCONT)

    def remove(self) -> None:
        self.stop()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _answers(self) -> bool:
        """While it loads what it has stored, it answers with an error."""
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=1) as connection:
                connection.sendall(b"PING\r\n")
                return connection.recv(64).startswith(b"+PONG")
        except OSError:
            return False

    def _log(self) -> str:
        file = self._folder / "log"
        return file.read_text(encoding="utf-8", errors="replace")[-2000:] if file.exists() else "it has no log"
