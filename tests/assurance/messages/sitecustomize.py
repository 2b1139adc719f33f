"""Writes down what a process of Python says: all that it logs and prints, what the processes print that it waits for,
and every error of the package. The interpreter imports this as it starts, wherever PYTHONPATH has this folder.
"""

from __future__ import annotations

import importlib.abc
import importlib.machinery
import importlib.util
import logging
import os
import subprocess
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")
FOLDER = Path(os.environ["MESSAGES"])


def record(*texts: object) -> None:
    """A file a process, since several write at once."""
    with (FOLDER / f"python-{os.getpid()}.log").open("a", encoding="utf-8", errors="backslashreplace") as file:
        file.write(" ".join(map(str, texts)) + "\n")


def also(function: Callable[P, R], heard: Callable[..., None]) -> Callable[P, R]:
    """The function, whose result and arguments are heard."""

    def call(*given: P.args, **named: P.kwargs) -> R:
        result = function(*given, **named)
        heard(result, *given)
        return result

    return call


def shown(error: BaseException) -> str:
    try:
        return f"{error!r} {error} {vars(error)}"
    except Exception:  # noqa: BLE001
        return f"{type(error).__qualname__}, which cannot be shown"


def of_error(error: BaseException | None) -> str:
    """What a crash report would show of an error and of those that led to it; but no line of source, since those of the
    tests have their secrets in them."""
    seen: list[BaseException] = []
    while error is not None and all(error is not other for other in seen):
        seen.append(error)
        error = error.__cause__ or error.__context__
    frames = [frame.name for error in seen for frame in traceback.extract_tb(error.__traceback__)]
    return " ".join([*map(shown, seen), *frames])


def of_record(_: object, __: logging.Logger, line: logging.LogRecord) -> None:
    """A line of a log, with what a formatter could show of it."""
    error = line.exc_info[1] if isinstance(line.exc_info, tuple) else None
    record(line.name, line.levelname, line.getMessage(), {**vars(line), "exc_info": None}, of_error(error))


def of_output(result: object, *_: object) -> None:
    for text in result if isinstance(result, tuple) else (result,):
        if text:
            record(text.decode(errors="replace") if isinstance(text, bytes) else text)


def hear_errors(kind: type[Exception]) -> None:
    kind.__init__ = also(kind.__init__, lambda _, error, *__: record(of_error(error)))  # type: ignore[method-assign]


class Errors(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Finds the module of the package's errors, and hears each of them from then on."""

    NAME = "yuno_webhooks.errors"
    spec: importlib.machinery.ModuleSpec

    def find_spec(self, name: str, path: object, target: object = None) -> importlib.machinery.ModuleSpec | None:  # noqa: ARG002
        found = importlib.machinery.PathFinder.find_spec(name, path) if name == self.NAME else None  # type: ignore[arg-type]
        if found is None:
            return None
        self.spec = found
        return importlib.util.spec_from_file_location(name, found.origin, loader=self)

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> ModuleType | None:
        assert self.spec.loader
        return self.spec.loader.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        assert self.spec.loader
        self.spec.loader.exec_module(module)
        hear_errors(module.WebhookError)


logging.Logger.handle = also(logging.Logger.handle, of_record)  # type: ignore[method-assign]
subprocess.Popen.communicate = also(subprocess.Popen.communicate, of_output)  # type: ignore[method-assign]
for stream in filter(None, (sys.stdout, sys.stderr)):
    stream.write = also(stream.write, lambda _, text: of_output(text))
sys.meta_path.insert(0, Errors())
