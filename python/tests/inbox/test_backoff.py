"""How long a failed delivery waits, as the core computes it for every language."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from yuno_webhooks import ConfigurationError, WebhookError
from yuno_webhooks.inbox import Backoff


def test_a_backoff_waits_longer_each_time_and_ends() -> None:
    usual = Backoff()
    assert usual.attempts == 24
    assert repr(usual) == "Backoff(first=5 s, most=3600 s, attempts=24)"
    shortest = [usual.delay(attempt, random=0) for attempt in (1, 2, 23, 24)]
    assert shortest == [timedelta(seconds=2.5), timedelta(seconds=5), timedelta(minutes=30), None]
    assert usual.delay(1, random=2**32 - 1) == timedelta(seconds=4.999)
    second = timedelta(seconds=1)
    assert Backoff(first=second, most=second, attempts=2).delay(1, random=0) == timedelta(seconds=0.5)


@pytest.mark.parametrize(
    "options",
    [{"attempts": 0}, {"attempts": -1}, {"first": timedelta(0)}, {"first": timedelta(-1)}, {"first": timedelta(1)}],
)
def test_a_backoff_that_cannot_be_is_refused(options: Any) -> None:
    with pytest.raises(ConfigurationError) as caught:
        Backoff(**options)
    assert caught.value.code == "INVALID_LIMIT"


def test_an_attempt_that_is_no_number_of_attempts_is_refused() -> None:
    with pytest.raises(WebhookError) as caught:
        Backoff().delay(-1, random=0)
    assert caught.value.code == "INVALID_ARGUMENT"
