"""How the processes of `inbox.child` are started."""

from __future__ import annotations

import os
import sys
from pathlib import Path

TESTS = Path(__file__).parents[1]


def child_command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "inbox.child", *arguments]


def child_environment() -> dict[str, str]:
    # Also what was given: the package that the parent has is the child's, too.
    paths = [str(TESTS), *filter(None, [os.environ.get("PYTHONPATH")])]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(paths), "PYTHONDONTWRITEBYTECODE": "1"}
