"""For tests of a receiver: sign a body, make sample deliveries of any kind in every form, and forgeries of them.

The fixtures of ``yuno_webhooks.pytest_plugin`` need no import: pytest finds them by itself.
"""

# Annotations are not postponed here: typed dictionaries would compile each of them again, in every user's import.
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Protocol, TypedDict, final

from ._core import sample, sign
from ._kinds import check_kind
from .types import Form, Kind

if TYPE_CHECKING:
    from typing_extensions import Unpack

__all__ = ["Delivery", "DeliveryFactory", "Request", "SampleOptions", "delivery", "headers", "sample", "sign"]


class SampleOptions(TypedDict, total=False):
    """What may be chosen of a ``sample``."""

    form: Form | None
    retry: int | None
    status: str | None
    sub_status: str | None
    id: str | None
    account_id: str | None
    transaction_id: str | None
    transaction_status: str | None
    transaction_amount: str | None
    updated_at: str | None
    amount: str | None
    currency: str | None
    merchant_reference: str | None


class HttpxArguments(TypedDict):
    """What ``post`` of httpx takes."""

    content: bytes
    headers: dict[str, str]


class FlaskArguments(TypedDict):
    """What ``post`` of Flask's test client takes."""

    data: bytes
    headers: dict[str, str]


class DjangoArguments(TypedDict):
    """What ``post`` of Django's test client takes."""

    data: bytes
    content_type: str
    headers: dict[str, str]


# Not dataclasses: importing those takes as long as the whole package, and would show bodies.
class Request:
    """What arrives at a receiver: the raw body and its headers, with names in lower case. Its repr shows neither."""

    __slots__ = ("body", "headers")

    def __init__(self, body: bytes, headers: Mapping[str, str]) -> None:
        self.body = body
        self.headers = {name.lower(): value for name, value in headers.items()}

    def __repr__(self) -> str:
        return f"{type(self).__name__}({len(self.body)} bytes)"

    def as_httpx(self) -> HttpxArguments:
        """Arguments of ``client.post(url, **…)`` in httpx and in the TestClient of Starlette and FastAPI."""
        return {"content": self.body, "headers": dict(self.headers)}

    def as_flask(self) -> FlaskArguments:
        """Arguments of ``client.post(url, **…)`` in Flask's test client, Werkzeug, requests and aiohttp."""
        return {"data": self.body, "headers": dict(self.headers)}

    def as_django(self) -> DjangoArguments:
        """Arguments of ``client.post(url, **…)`` in Django's test clients."""
        others = dict(self.headers)
        return {"data": self.body, "content_type": others.pop("content-type"), "headers": others}

    def as_lambda(self) -> dict[str, Any]:
        """The event that an HTTP API or a function URL gives to AWS Lambda, with the body in base64."""
        from base64 import b64encode  # for this one alone

        return {
            "version": "2.0",
            "rawPath": "/",
            "requestContext": {"http": {"method": "POST"}},
            "headers": dict(self.headers),
            "body": b64encode(self.body).decode(),
            "isBase64Encoded": True,
        }


@final
class Delivery(Request):
    """An authentic request of the provider. Each method makes another one; what it makes to be refused is a Request."""

    __slots__ = ("_extra_headers", "_kind", "_options", "_secret")

    def __init__(
        self, kind: Kind, secret: str | bytes, extra_headers: Mapping[str, str], options: SampleOptions
    ) -> None:
        check_kind(kind, or_unknown=False)
        body = sample(kind, **options)
        super().__init__(body, {**headers(body, secret), **extra_headers})
        self._kind: Kind = kind
        self._secret = secret
        self._extra_headers = extra_headers
        self._options = options

    def redelivered(self, retry: int = 1) -> "Delivery":
        """The same event, sent again: its bytes and signature are others, its dedupe key is the same."""
        return Delivery(self._kind, self._secret, self._extra_headers, {**self._options, "retry": retry})

    def forged(self) -> Request:
        """Signed by somebody who does not have the secret: SIGNATURE_MISMATCH."""
        return Request(self.body, {**self.headers, **headers(self.body, "a secret of somebody else")})

    def tampered(self) -> Request:
        """About another resource than what was signed: SIGNATURE_MISMATCH."""
        options: SampleOptions = {**self._options, "id": "tampered"}
        return Request(sample(self._kind, **options), self.headers)

    def unsigned(self) -> Request:
        """Without the signature: SIGNATURE_MISSING."""
        return Request(self.body, {name: value for name, value in self.headers.items() if name != "x-hmac-signature"})

    def unreadable(self) -> Request:
        """Authentic, but no event: BODY_NOT_OBJECT. A receiver keeps its bytes."""
        body = b"[]"
        return Request(body, {**self.headers, **headers(body, self._secret)})


class DeliveryFactory(Protocol):
    """The type of the fixture ``yuno_delivery``: ``delivery`` with the secret filled in."""

    def __call__(
        self,
        kind: Kind = "payment.purchase",
        *,
        extra_headers: Mapping[str, str] | None = None,
        **options: "Unpack[SampleOptions]",
    ) -> Delivery: ...


def headers(body: bytes, secret: str | bytes) -> dict[str, str]:
    """The headers that the provider sends with this body."""
    return {"content-type": "application/json", "x-hmac-signature": sign(body, secret)}


def delivery(
    kind: Kind = "payment.purchase",
    *,
    secret: str | bytes,
    extra_headers: Mapping[str, str] | None = None,
    **options: "Unpack[SampleOptions]",
) -> Delivery:
    """A signed delivery of this kind; the options are those of ``sample``.

    Equal options make the same event; give each its own ``id`` to have different ones. Raises ValueError for a kind
    that is not in the catalogue.

    extra_headers: what it carries besides, such as the static credential ``x-api-key``.
    """
    return Delivery(kind, secret, extra_headers or {}, options)
