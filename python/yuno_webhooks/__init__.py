"""Receive the webhooks of the payments provider Yuno: verify and parse each delivery, with a key for redeliveries.

An independent library, not the provider's. Start with :class:`Verifier` and
:class:`Receiver`.
"""

from typing import TYPE_CHECKING

from . import testing, types
from ._core import (
    FIXED_PATHS,
    Amount,
    CatalogRow,
    ErrorCode,
    Event,
    Reply,
    Resource,
    Schedule,
    Transaction,
    Verifier,
    __version__,
    catalog,
    error_codes,
    finality,
)
from .errors import AuthenticationError, ConfigurationError, InboxError, PayloadError, WebhookError

if TYPE_CHECKING:
    from .receiver import Receiver
else:

    def __getattr__(name: str) -> object:
        # Later, since who only verifies needs nothing of it.
        if name != "Receiver":
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        from .receiver import Receiver

        return Receiver


__all__ = [
    "FIXED_PATHS",
    "Amount",
    "AuthenticationError",
    "CatalogRow",
    "ConfigurationError",
    "ErrorCode",
    "Event",
    "InboxError",
    "PayloadError",
    "Receiver",
    "Reply",
    "Resource",
    "Schedule",
    "Transaction",
    "Verifier",
    "WebhookError",
    "__version__",
    "catalog",
    "error_codes",
    "finality",
    "testing",
    "types",
]
