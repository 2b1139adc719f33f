"""Receive the webhooks of the payments provider Yuno: verify, parse and de-duplicate each delivery.

An independent library, not the provider's. Start with :class:`Verifier`.
"""

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
