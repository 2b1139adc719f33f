"""The compiled part of the package. Instants are datetime in UTC, or nanoseconds since the epoch; spans are seconds."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, Literal, final

from .errors import WebhookError

__all__ = [
    "Amount",
    "CatalogRow",
    "ErrorCode",
    "Event",
    "Reply",
    "Resource",
    "Schedule",
    "Transaction",
    "Verifier",
    "__version__",
    "catalog",
    "error_codes",
    "finality",
    "sample",
    "sign",
]

__version__: str

_Body = bytes | bytearray | memoryview
_Text = str | bytes
_Values = str | Sequence[str]
_Family = Literal[
    "payment",
    "payment_method",
    "subscription",
    "payout",
    "onboarding",
    "report",
    "banking",
    "split_transfer",
    "unreferenced_refund",
    "payment_method_domain",
    "transaction",
    "payment_link",
    "unknown",
]
_Finality = Literal["pending", "settled", "final", "unknown"]
_Form = Literal["enveloped", "undotted", "old_key", "v1", "banking_incoming", "split_transfer", "domain"]
_Recency = Literal["same", "unrelated", "newer", "older", "unordered"]
_Shape = Literal["enveloped", "v1", "banking_incoming", "split_transfer", "domain", "unknown"]
_Stage = Literal["configuration", "authentication", "payload", "inbox", "boundary"]

@final
class Verifier:
    """Decides whether deliveries are authentic. Make one at start and share it among threads."""

    def __new__(
        cls,
        *,
        hmac_secret: _Values | None = None,
        api_key: _Values | None = None,
        x_secret: _Values | None = None,
        required_headers: dict[str, _Values] | dict[str, str] | dict[str, list[str]] | None = None,
        max_body_bytes: int | None = None,
        unsigned: bool = False,
    ) -> Verifier: ...
    @staticmethod
    def from_env() -> Verifier: ...
    def verify(
        self, body: _Body, headers: Mapping[str, str] | Mapping[bytes, bytes] | Iterable[tuple[_Text, _Text]]
    ) -> Event: ...
    @property
    def max_body_bytes(self) -> int: ...

@final
class Event:
    """An authentic delivery that was read. Absent fields are None; an unknown kind, status or shape is a value."""

    @staticmethod
    def parse_unverified(body: _Body) -> Event: ...
    @property
    def kind(self) -> str: ...
    @property
    def sent_name(self) -> str | None: ...
    @property
    def shape(self) -> _Shape: ...
    @property
    def account_id(self) -> str | None: ...
    @property
    def retry(self) -> int | None: ...
    @property
    def version(self) -> int | None: ...
    @property
    def signed(self) -> bool: ...
    @property
    def secret_index(self) -> int | None: ...
    @property
    def finality(self) -> _Finality: ...
    @property
    def repeatable(self) -> bool: ...
    @property
    def resource(self) -> Resource: ...
    @property
    def dedupe_key(self) -> str: ...
    @property
    def published_key(self) -> str | None: ...
    def compare_recency(self, other: Event) -> _Recency: ...
    def is_newer_than(self, other: Event) -> bool | None: ...
    @property
    def data(self) -> dict[str, Any]: ...
    @property
    def raw(self) -> bytes: ...

@final
class Resource:
    """What an event tells about; absent fields are None."""

    @property
    def kind(self) -> _Family: ...
    @property
    def id(self) -> str | None: ...
    @property
    def status(self) -> str | None: ...
    @property
    def sub_status(self) -> str | None: ...
    @property
    def created_at(self) -> datetime | None: ...
    @property
    def created_at_ns(self) -> int | None: ...
    @property
    def updated_at(self) -> datetime | None: ...
    @property
    def updated_at_ns(self) -> int | None: ...
    @property
    def merchant_reference(self) -> str | None: ...
    @property
    def idempotency_key(self) -> str | None: ...
    @property
    def amount(self) -> Amount | None: ...
    @property
    def transaction(self) -> Transaction | None: ...

@final
class Amount:
    """A sum of money as it was sent, in major units."""

    @property
    def value(self) -> Decimal: ...
    @property
    def currency(self) -> str | None: ...
    @property
    def minor_units(self) -> int | None: ...

@final
class Transaction:
    """One attempt to move, reserve, return or verify money; absent fields are None."""

    @property
    def id(self) -> str | None: ...
    @property
    def type(self) -> str | None: ...
    @property
    def status(self) -> str | None: ...
    @property
    def updated_at(self) -> datetime | None: ...
    @property
    def updated_at_ns(self) -> int | None: ...

@final
class Reply:
    """What a receiver answers."""

    @staticmethod
    def received() -> Reply: ...
    @staticmethod
    def to_error(error: WebhookError, *, stored: bool = False) -> Reply: ...
    @property
    def status(self) -> int: ...
    @property
    def body(self) -> bytes: ...

@final
class Schedule:
    """When the provider tries to deliver, and how long it waits for an acknowledgement. Times are in seconds."""

    def __new__(
        cls,
        *,
        since: Literal["first_try", "previous_try"] = "previous_try",
        delays: Sequence[int] | None = None,
        waits: Sequence[int] | None = None,
    ) -> Schedule: ...
    @property
    def offsets(self) -> list[int]: ...
    @property
    def total(self) -> int: ...
    @property
    def minimum_retention(self) -> int: ...
    def acknowledgement_wait(self, retry: int) -> int: ...
    def check_retention(self, seconds: int) -> None: ...

@final
class CatalogRow:
    """A row of the catalogue of event kinds."""

    @property
    def kind(self) -> str: ...
    @property
    def spellings(self) -> tuple[str, ...]: ...
    @property
    def family(self) -> _Family: ...
    @property
    def trigger(self) -> tuple[str, str] | None: ...
    @property
    def forms(self) -> tuple[_Form, ...]: ...

@final
class ErrorCode:
    """A row of the error table."""

    @property
    def name(self) -> str: ...
    @property
    def number(self) -> int: ...
    @property
    def stage(self) -> _Stage: ...
    @property
    def http_status(self) -> int: ...
    @property
    def message(self) -> str: ...

def catalog() -> tuple[CatalogRow, ...]: ...
def error_codes() -> tuple[ErrorCode, ...]: ...
def finality(family: _Family, status: str, sub_status: str | None = None) -> _Finality: ...
def sign(body: _Body, secret: str | bytes) -> str: ...
def sample(
    kind: str,
    *,
    form: str | None = None,
    retry: int | None = 0,
    status: str | None = None,
    sub_status: str | None = None,
    id: str | None = None,
    account_id: str | None = None,
    transaction_id: str | None = None,
    transaction_status: str | None = None,
    updated_at: str | None = None,
    amount: str | None = None,
    currency: str | None = None,
    merchant_reference: str | None = None,
) -> bytes: ...
