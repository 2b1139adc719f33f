"""The compiled part of the package. Instants are datetime in UTC, or nanoseconds since the epoch; spans are seconds,
and timedelta in the inbox.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final, Literal, final

from .errors import InboxError, WebhookError
from .types import Family, Finality, Form, Kind, Recency, Shape, Stage

__all__ = [
    "FIXED_PATHS",
    "INBOX_RACE_SQLSTATE",
    "Amount",
    "Backoff",
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
    "inbox_check_redis",
    "inbox_error",
    "inbox_error_text",
    "inbox_migrations",
    "inbox_partition",
    "inbox_partitions",
    "inbox_reaches",
    "inbox_row",
    "inbox_row_of_unreadable",
    "inbox_statements",
    "sample",
    "sign",
]

FIXED_PATHS: tuple[str, str]
__version__: str

_Body = bytes | bytearray | memoryview
_Text = str | bytes
_Values = str | Sequence[str]

@final
class Verifier:
    """Decides whether deliveries are authentic. Make one at start and share it among threads.

    Each secret and credential is one str or a list of up to eight, all of which are accepted.

    hmac_secret: the webhook's client secret; several while you rotate.
    api_key, x_secret: what the headers x-api-key and x-secret must hold.
    required_headers: what other headers must hold, whole: {"authorization": "Bearer abc"}.
    max_body_bytes: the largest body that is looked at; 2 MiB otherwise.
    unsigned: True to receive without a signature; then at least one of the other credentials must be set, and no
    hmac_secret.

    Raises ConfigurationError.
    """

    def __new__(
        cls,
        *,
        hmac_secret: _Values | None = None,
        api_key: _Values | None = None,
        x_secret: _Values | None = None,
        required_headers: Mapping[str, _Values] | None = None,
        max_body_bytes: int | None = None,
        unsigned: bool = False,
    ) -> Verifier: ...
    @staticmethod
    def from_env() -> Verifier:
        """A verifier from the variables YUNO_WEBHOOK_HMAC_SECRET, YUNO_WEBHOOK_API_KEY, YUNO_WEBHOOK_X_SECRET (one
        value a line; one empty line at the end is ignored) and YUNO_WEBHOOK_UNSIGNED ("1" to receive without a
        signature). Raises ConfigurationError.
        """
    def verify(
        self, body: _Body, headers: Mapping[str, str] | Mapping[bytes, bytes] | Iterable[tuple[_Text, _Text]]
    ) -> Event:
        """Verifies a delivery and then parses it.

        body: the raw body as received (bytes, bytearray or memoryview). headers: a mapping or an iterable of pairs,
        str or bytes, in any case.
        Raises AuthenticationError, or PayloadError if the delivery is authentic but its body cannot be read.
        """
    def admit(self, *, content_length: str | None = None, content_encoding: str | None = None) -> None:
        """Looks at what is known of a delivery before its body is read: the values of its headers content-length and
        content-encoding, or None.

        Raises AuthenticationError (BODY_ENCODED, BODY_TOO_LARGE) for what could never be accepted. Count what you
        read all the same.
        """
    @property
    def max_body_bytes(self) -> int:
        """The largest body that is looked at, in bytes."""

@final
class Event:
    """An authentic delivery that was read. Absent fields are None; an unknown kind, status or shape is a value, never
    an error.
    """

    @staticmethod
    def parse_unverified(body: _Body) -> Event:
        """Reads a body that was verified before it was stored. It checks no signature and no limit: whoever calls it
        vouches for the body.
        """
    def __eq__(self, other: object, /) -> bool: ...
    def __ne__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...
    def __copy__(self) -> Event: ...
    def __deepcopy__(self, memo: object, /) -> Event: ...
    def __reduce__(self) -> tuple[Callable[[bytes], Event], tuple[bytes]]: ...
    @property
    def kind(self) -> Kind:
        """What happened, such as "payment.purchase"; "unknown" for a kind that this release does not know."""
    @property
    def sent_name(self) -> str | None:
        """The name under which the kind was sent; None where the body names no event."""
    @property
    def shape(self) -> Shape:
        """The wire shape: "enveloped", "v1", "banking_incoming", "split_transfer", "domain" or "unknown"."""
    @property
    def account_id(self) -> str | None:
        """The merchant's account at the provider."""
    @property
    def retry(self) -> int | None:
        """How often this delivery was tried before; 0 is the first try."""
    @property
    def version(self) -> int | None:
        """The version of the envelope."""
    @property
    def signed(self) -> bool:
        """Whether a signature proved this event."""
    @property
    def secret_index(self) -> int | None:
        """Which of the verifier's secrets signed it, from 0."""
    @property
    def finality(self) -> Finality:
        """Whether news will follow: "pending", "settled", "final" or "unknown". Never whether money moved."""
    @property
    def repeatable(self) -> bool:
        """Whether the provider sends byte-identical bodies for different occurrences of this event."""
    @property
    def resource(self) -> Resource:
        """What the event tells about."""
    @property
    def dedupe_key(self) -> str:
        """The key under which a redelivery of this delivery comes again, and no other: de-duplicate by it, and keep it
        for ever.
        """
    @property
    def published_key(self) -> str | None:
        """ "<kind>/<id>", for comparison and logs. It merges different events: never de-duplicate by it."""
    def compare_recency(self, other: Event) -> Recency:
        """How this event's news relates to another's: "same", "unrelated", "newer", "older" or "unordered"."""
    def is_newer_than(self, other: Event) -> bool | None:
        """True if this event is newer news of its resource, False if older or the same, None if that cannot be told."""
    @property
    def data(self) -> dict[str, Any]:
        """The `data` object where the body has one, else the whole body, as a dict made once. Numbers with a fraction
        or an exponent are Decimal.

        Raises PayloadError (DATA_UNREADABLE) for what Python's json refuses, such as nesting beyond its depth; the
        event stays usable.
        """
    @property
    def raw(self) -> bytes:
        """The body as received."""

@final
class Resource:
    """What an event tells about; absent fields are None."""

    @property
    def kind(self) -> Family:
        """What it is, such as "payment"; "unknown" for what this release does not know."""
    @property
    def id(self) -> str | None:
        """The provider's id."""
    @property
    def status(self) -> str | None:
        """The status as it was sent."""
    @property
    def sub_status(self) -> str | None:
        """The sub-status as it was sent."""
    @property
    def created_at(self) -> datetime | None:
        """When it was created, in UTC to the microsecond."""
    @property
    def created_at_ns(self) -> int | None:
        """When it was created, in nanoseconds since the epoch."""
    @property
    def updated_at(self) -> datetime | None:
        """When it last changed, in UTC to the microsecond."""
    @property
    def updated_at_ns(self) -> int | None:
        """When it last changed, in nanoseconds since the epoch."""
    @property
    def merchant_reference(self) -> str | None:
        """The merchant's own reference."""
    @property
    def idempotency_key(self) -> str | None:
        """The key with which the merchant created the payment: the same in all its events."""
    @property
    def amount(self) -> Amount | None:
        """The sum of money: of a payment the whole payment's. What was refunded or captured is transaction.amount."""
    @property
    def transaction(self) -> Transaction | None:
        """The transaction that triggered the event."""

@final
class Amount:
    """A sum of money as it was sent, in major units."""

    @property
    def value(self) -> Decimal:
        """The exact value, a Decimal."""
    @property
    def currency(self) -> str | None:
        """The currency as it was sent."""
    @property
    def minor_units(self) -> int | None:
        """The value in the smallest unit of its currency by ISO 4217, where that is exact."""

@final
class Transaction:
    """One attempt to move, reserve, return or verify money; absent fields are None."""

    @property
    def id(self) -> str | None:
        """The provider's id."""
    @property
    def type(self) -> str | None:
        """Its type as it was sent, such as "PURCHASE"."""
    @property
    def status(self) -> str | None:
        """Its status as it was sent."""
    @property
    def amount(self) -> Amount | None:
        """What it moved, reserved or returned: of a partial refund the part."""
    @property
    def updated_at(self) -> datetime | None:
        """When it last changed, in UTC to the microsecond."""
    @property
    def updated_at_ns(self) -> int | None:
        """When it last changed, in nanoseconds since the epoch."""

@final
class Reply:
    """What a receiver answers."""

    @staticmethod
    def received() -> Reply:
        """To a delivery that was accepted, is a duplicate, or is of an unknown kind: 200."""
    @staticmethod
    def try_again() -> Reply:
        """To a delivery that could not be stored or handled now: 503, so that the provider tries again."""
    @staticmethod
    def to_error(error: WebhookError, *, stored: bool = False) -> Reply:
        """To a delivery that was refused. `stored` says that its raw bytes are kept: an authentic one is then
        acknowledged.
        """
    @property
    def status(self) -> int:
        """The HTTP status."""
    @property
    def body(self) -> bytes:
        """The body."""

@final
class Schedule:
    """When the provider tries to deliver, and how long it waits for an acknowledgement. Times are in seconds; what
    cannot be one raises ConfigurationError (INVALID_LIMIT).
    """

    def __new__(
        cls,
        *,
        since: Literal["first_try", "previous_try"] = "previous_try",
        delays: Sequence[int] | None = None,
        waits: Sequence[int] | None = None,
    ) -> Schedule: ...
    @property
    def offsets(self) -> list[int]:
        """When each try comes, counted from the first."""
    @property
    def total(self) -> int:
        """From the first try to the last."""
    @property
    def minimum_retention(self) -> int:
        """The shortest time for which bodies may be kept."""
    def acknowledgement_wait(self, retry: int) -> int:
        """How long the provider waits for an acknowledgement of this try; 0 is the first."""
    def check_retention(self, seconds: int) -> None:
        """Raises InboxError (RETENTION_TOO_SHORT) if a body could be removed while the provider may still deliver it
        again.
        """

@final
class CatalogRow:
    """A row of the catalogue of event kinds: kind, spellings (its own name first), family (the resource it tells
    about), trigger (the field and value that select it when a webhook is registered, or None), forms (those that
    testing.sample can make).
    """

    @property
    def kind(self) -> Kind: ...
    @property
    def spellings(self) -> tuple[str, ...]: ...
    @property
    def family(self) -> Family: ...
    @property
    def trigger(self) -> tuple[str, str] | None: ...
    @property
    def forms(self) -> tuple[Form, ...]: ...

@final
class ErrorCode:
    """A row of the error table."""

    @property
    def name(self) -> str: ...
    @property
    def number(self) -> int: ...
    @property
    def stage(self) -> Stage: ...
    @property
    def http_status(self) -> int: ...
    @property
    def message(self) -> str: ...

def catalog() -> tuple[CatalogRow, ...]:
    """Every event kind: its spellings, its resource, and what selects it when a webhook is registered."""

def error_codes() -> tuple[ErrorCode, ...]:
    """Every error code, by number."""

def finality(family: Family, status: str, sub_status: str | None = None) -> Finality:
    """Whether news will follow a status: "pending", "settled", "final" or "unknown". The families are those of
    Resource.kind, "transaction" and "payment_link".

    Raises ValueError for another family, and for text that UTF-8 cannot hold.
    """

def sign(body: _Body, secret: str | bytes) -> str:
    """Signs a body as the provider does."""

def sample(
    kind: Kind,
    *,
    form: Form | None = None,
    retry: int | None = 0,
    status: str | None = None,
    sub_status: str | None = None,
    id: str | None = None,
    account_id: str | None = None,
    transaction_id: str | None = None,
    transaction_status: str | None = None,
    transaction_amount: str | None = None,
    updated_at: str | None = None,
    amount: str | None = None,
    currency: str | None = None,
    merchant_reference: str | None = None,
) -> bytes:
    """Makes the body of a sample delivery of this kind. What is not chosen has a plausible value; equal options give
    equal bytes.

    kind: one of catalog(). form: one of that row's forms. Raises WebhookError (INVALID_ARGUMENT) for another kind
    or form, or an amount that is no JSON number; ValueError for text that UTF-8 cannot hold.
    """

INBOX_RACE_SQLSTATE: Final[str]

@final
class Backoff:
    """How long a failed delivery waits for its next attempt: twice as long each time, up to a limit, and a random part
    of it less.
    """
    def __new__(
        cls, *, first: timedelta | None = None, most: timedelta | None = None, attempts: int | None = None
    ) -> Backoff: ...
    @property
    def attempts(self) -> int:
        """How many attempts there are."""
    def delay(self, attempt: int, *, random: int) -> timedelta | None:
        """The wait after an attempt that failed, of which 1 is the first; None after the last one. random: any number
        of 32 bits.
        """

def inbox_statements(store: Literal["sqlite", "postgres", "redis"]) -> dict[str, tuple[str, list[str]]]:
    """The statements for a store ("sqlite", "postgres" or "redis"): their text and the names of their parameters, by
    name.
    """

def inbox_reaches() -> dict[str, Literal["scope", "row", "id", "key", "each", "sum"]]:
    """Which partitions of a store in several a statement is for, by its name: "scope", "row", "id", "key", "each" or
    "sum".
    """

def inbox_partitions(scope: str, count: int, asked: int | None = None) -> tuple[str, str, list[str]]:
    """Where a scope is in Redis: the key of what is known of all of it, that of the bell, and the base of each
    partition. asked: the number of partitions that whoever opens it names. Raises InboxError (SCHEMA_MISMATCH) if
    the store was made with another, ConfigurationError (INVALID_LIMIT).
    """

def inbox_partition(count: int, resource: str | None, key: str) -> int:
    """The partition, of so many, in which a delivery is stored. That of an id is its remainder by their number."""

def inbox_check_redis(durability: str, info: str, fsync: str | None, no_fsync_on_rewrite: str | None) -> None:
    """Raises InboxError (STORE_UNSAFE) if a Redis server could lose or forget what it acknowledged. durability:
    "always", "everysec" or "unchecked"; info: what it answers to INFO; fsync and no_fsync_on_rewrite: its
    appendfsync and no-appendfsync-on-rewrite, None where it does not say.
    """

def inbox_migrations(store: Literal["sqlite", "postgres", "redis"], version: int) -> list[str]:
    """The statements that bring a store from a version of the schema, 0 if it has none, to this release's. Raises
    InboxError (SCHEMA_MISMATCH) if the version is a later release's.
    """

def inbox_row(event: Event) -> dict[str, Any]:
    """What is stored of an event: the parameters of the statement "accept", but for "scope" and "now"."""

def inbox_row_of_unreadable(body: bytes, error: WebhookError) -> dict[str, Any] | None:
    """What is stored of an authentic body that is no event, with the error that says why; None if there is nothing to
    store.
    """

def inbox_error(code: str) -> InboxError:
    """An error of ours, to be raised by a store: "STALE_FENCE", for example."""

def inbox_error_text(text: str) -> str:
    """The text of a worker's error as a row keeps it: its first 300 characters, on one line."""
