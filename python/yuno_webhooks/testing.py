"""For tests of a receiver: sign a body, and make sample deliveries of any kind in every form that it can take."""

from ._core import sample, sign

__all__ = ["headers", "sample", "sign"]


def headers(body: bytes, secret: str | bytes) -> dict[str, str]:
    """The headers that the provider sends with this body."""
    return {"content-type": "application/json", "x-hmac-signature": sign(body, secret)}
