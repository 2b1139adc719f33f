"""Counts the vectors that passed, to be compared with the other languages'; also where several processes test."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path

import pytest

COUNT = Path(__file__).parents[2] / "target" / "vectors" / "python.count"
passed: list[str] = []


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    if report.when == "call" and report.passed and "test_vectors.py::test_vector[" in report.nodeid:
        passed.append(report.nodeid)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """What a test printed or logged, without lone surrogates, which one process cannot tell another."""
    report = yield
    report.sections = [(name, text.encode("utf-8", "backslashreplace").decode()) for name, text in report.sections]
    return report


def pytest_sessionfinish(session: pytest.Session) -> None:
    if hasattr(session.config, "workerinput"):
        return  # the process that started this one hears of all
    COUNT.parent.mkdir(parents=True, exist_ok=True)
    COUNT.write_text(str(len(passed)), encoding="utf-8")
    print(f"\nvectors: {len(passed)} run on the Python package")
