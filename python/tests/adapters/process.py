"""Starts a server as a process of its own and ends it for sure."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from pathlib import Path

from .shop import LET_GO

TESTS = Path(__file__).parents[1]


class Running:
    """A server that listens, and what its handlers and its log have written."""

    def __init__(self, port: int, journal: Path, log: Path, errors: Path) -> None:
        self.port = port
        self._files = (journal, log, errors)
        self._seen = [0, 0, 0]
        self._let_go = journal.with_name(LET_GO)

    def new_entries(self) -> list[tuple[str, str]]:
        """What handlers have written since the last call."""
        return [(what, detail) for what, detail in map(json.loads, self._new(0).splitlines())]

    def new_log(self) -> str:
        """What the package has logged since the last call."""
        return self._new(1)

    def new_output(self) -> str:
        """What the server has written to its standard error since the last call."""
        return self._new(2)

    def let_go(self) -> None:
        """Lets slow handlers end."""
        self._let_go.touch()

    def hold(self) -> None:
        """From now on slow handlers wait to be let go."""
        self._let_go.unlink(missing_ok=True)

    def _new(self, place: int) -> str:
        text = self._files[place].read_text(encoding="utf-8")
        start, self._seen[place] = self._seen[place], len(text)
        return text[start:]


@contextmanager
def serving(
    server: str, app: str, folder: Path, extra: Mapping[str, str] | None = None
) -> Generator[Running, None, None]:
    """Runs `adapters.serve` with this server and app."""
    journal, log, errors = (folder / name for name in ("journal", "log", "errors"))
    for file in (journal, log):
        file.touch()
    environment = {**os.environ, "PYTHONPATH": str(TESTS), "PYTHONDONTWRITEBYTECODE": "1", **(extra or {})}
    environment |= {"YUNO_TEST_JOURNAL": str(journal), "YUNO_TEST_LOG": str(log)}
    command = [sys.executable, "-m", "adapters.serve", server, app]
    with (
        errors.open("w") as output,
        subprocess.Popen(
            command, env=environment, cwd=folder, stdout=subprocess.PIPE, stderr=output, text=True
        ) as process,
    ):
        try:
            assert process.stdout is not None
            port = process.stdout.readline().strip()
            assert port, f"{server} does not serve {app}: {errors.read_text()}"
            yield Running(int(port), journal, log, errors)
        finally:
            process.terminate()
            try:
                process.wait(5)
            except subprocess.TimeoutExpired:
                process.kill()
