"""Fixtures for tests of a receiver. pytest loads them by itself wherever the package is installed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ._core import Verifier
from .testing import Delivery, DeliveryFactory, SampleOptions, delivery

if TYPE_CHECKING:
    from collections.abc import Mapping

    from typing_extensions import Unpack

    from .types import Kind


@pytest.fixture
def yuno_secret() -> str:
    """The webhook's client secret, of which nothing is secret. Override it to test with another one."""
    return "a-test-secret"


@pytest.fixture
def yuno_verifier(yuno_secret: str) -> Verifier:
    """A verifier that has ``yuno_secret``."""
    return Verifier(hmac_secret=yuno_secret)


@pytest.fixture
def yuno_delivery(yuno_secret: str) -> DeliveryFactory:
    """Makes deliveries that are signed with ``yuno_secret``; see ``yuno_webhooks.testing.delivery``."""

    def make(
        kind: Kind = "payment.purchase",
        *,
        extra_headers: Mapping[str, str] | None = None,
        **options: Unpack[SampleOptions],
    ) -> Delivery:
        return delivery(kind, secret=yuno_secret, extra_headers=extra_headers, **options)

    return make


@pytest.fixture
def yuno_environment(yuno_secret: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Lets ``Verifier.from_env`` find ``yuno_secret``, and nothing else that this machine happens to have set."""
    for name in ("API_KEY", "X_SECRET", "UNSIGNED"):
        monkeypatch.delenv(f"YUNO_WEBHOOK_{name}", raising=False)
    monkeypatch.setenv("YUNO_WEBHOOK_HMAC_SECRET", yuno_secret)
