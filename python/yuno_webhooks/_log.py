"""The one logger, and what it says of a refusal: the error's text, which holds constants only."""

import logging

from .errors import PayloadError, WebhookError

logger = logging.getLogger("yuno_webhooks")


def log_refusal(error: WebhookError) -> None:
    """An unreadable delivery is an error, since it is authentic; anyone can send one that is not."""
    level = logging.ERROR if isinstance(error, PayloadError) else logging.WARNING
    logger.log(level, "a delivery was refused: %s", error)
