"""What can be wrong: one class a stage, and a stable code in each error."""

from __future__ import annotations


class WebhookError(Exception):
    """Why a delivery, a configuration or a call to the inbox was refused.

    The text says what to do next. It never holds a body, a secret, a credential or an expected signature.
    """

    def __init__(self, message: str, code: str, number: int, stage: str, http_status: int, hint: str) -> None:
        super().__init__(message, code, number, stage, http_status, hint)
        #: The stable name, such as ``SIGNATURE_MISMATCH``; the same in every language.
        self.code = code
        #: The stable number.
        self.number = number
        #: ``configuration``, ``authentication``, ``payload``, ``inbox`` or ``boundary``.
        self.stage = stage
        #: The HTTP status to answer; ``Reply.to_error`` also knows the body.
        self.http_status = http_status
        #: What more is known of this case, or the empty string.
        self.hint = hint

    def __str__(self) -> str:
        return str(self.args[0])


class ConfigurationError(WebhookError):
    """The library was set up wrongly: mend it before the first delivery."""


class AuthenticationError(WebhookError):
    """The delivery is not proven authentic; nothing in it may be believed."""


class PayloadError(WebhookError):
    """The delivery is authentic, but its body cannot be read; its bytes are worth keeping."""


class InboxError(WebhookError):
    """The store refused or lost its hold on a delivery."""
