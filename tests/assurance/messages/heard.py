"""A plugin of pytest: writes down what a test printed and warned, and every error that it expected."""

from __future__ import annotations

import logging
import warnings

import pytest
from sitecustomize import also, hear_errors, of_error, of_output, record

from yuno_webhooks import WebhookError


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    for _, text in report.sections:
        record(text)


def pytest_warning_recorded(warning_message: warnings.WarningMessage) -> None:
    record(warning_message)


logging.getLogger("yuno_webhooks").setLevel(logging.DEBUG)
# pytest reads the modules of packages that have a plugin itself.
hear_errors(WebhookError)
# What a test reads of its own output is in no report.
pytest.CaptureFixture.readouterr = also(pytest.CaptureFixture.readouterr, of_output)  # type: ignore[method-assign]
pytest.RaisesExc.__exit__ = also(pytest.RaisesExc.__exit__, lambda _, __, ___, error, *____: record(of_error(error)))  # type: ignore[method-assign]
