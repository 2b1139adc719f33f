"""A user's tests, with the fixtures that the package gives to pytest."""

from __future__ import annotations

from datetime import datetime, timezone
from decimal import Decimal

import pytest
from shop import Shop, next_step

from yuno_webhooks import Verifier, WebhookError
from yuno_webhooks.testing import DeliveryFactory, Request


def status(shop: Shop, request: Request) -> int:
    return shop.receive(request.body, request.headers).status


def test_a_payment_is_counted_once(yuno_verifier: Verifier, yuno_delivery: DeliveryFactory) -> None:
    shop = Shop(yuno_verifier)
    paid = yuno_delivery("payment.purchase", amount="10.10", currency="USD", updated_at="2026-08-17T07:35:18Z")
    assert [status(shop, request) for request in (paid, paid, paid.redelivered())] == [200, 200, 200]
    assert status(shop, yuno_delivery("payment.refund", amount="0.10", currency="USD")) == 200
    assert (shop.paid, shop.refunded) == (Decimal("10.10"), Decimal("0.10"))
    assert shop.newest >= datetime(2026, 8, 17, 7, 35, 18, tzinfo=timezone.utc)
    assert status(shop, yuno_delivery("payment.chargeback", amount="10.10", currency="USD")) == 200
    assert shop.paid == 0


def test_a_forgery_is_refused(yuno_verifier: Verifier, yuno_delivery: DeliveryFactory) -> None:
    shop, made = Shop(yuno_verifier), yuno_delivery()
    assert [status(shop, request) for request in (made.forged(), made.tampered(), made.unsigned())] == [401] * 3
    assert not shop.seen
    assert status(shop, made.unreadable()) == 200
    assert shop.unreadable == [made.unreadable().body]


@pytest.mark.usefixtures("yuno_environment")
def test_the_environment_makes_a_verifier(yuno_delivery: DeliveryFactory) -> None:
    made = yuno_delivery("payout.payout")
    event = Verifier.from_env().verify(made.body, made.headers)
    assert next_step(event.finality) in {"wait", "ship", "close", "look"}


def test_an_error_has_a_code_and_a_number(yuno_verifier: Verifier) -> None:
    with pytest.raises(WebhookError) as caught:
        yuno_verifier.verify(b"{}", {})
    code: str = caught.value.code
    number: int = caught.value.number
    assert (code, number) == ("SIGNATURE_MISSING", 20)
