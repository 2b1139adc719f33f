"""Counts the vectors that passed, to be compared with the other languages'."""

from __future__ import annotations

from pathlib import Path

import pytest

COUNT = Path(__file__).parents[2] / "target" / "vectors" / "python.count"
passed: list[str] = []


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    if report.when == "call" and report.passed and "test_vectors.py::test_vector[" in report.nodeid:
        passed.append(report.nodeid)


def pytest_sessionfinish() -> None:
    COUNT.parent.mkdir(parents=True, exist_ok=True)
    COUNT.write_text(str(len(passed)), encoding="utf-8")
    print(f"\nvectors: {len(passed)} run on the Python package")
