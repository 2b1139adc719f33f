"""Says something in every way that must be heard; each word begins with "planted"."""

import logging
import subprocess
import sys
import warnings

import pytest

from yuno_webhooks import WebhookError


def test_what_is_said_is_heard(capsys: pytest.CaptureFixture[str]) -> None:
    print("planted-read")
    assert capsys.readouterr().out
    print("planted-print")
    logging.getLogger("shop").warning("planted-%s", "log", extra={"more": "planted-extra"})
    try:
        raise ValueError("planted-logged-error")
    except ValueError:
        logging.getLogger("shop").exception("it failed")
    warnings.warn("planted-warning", stacklevel=1)
    with pytest.raises(ValueError, match="planted"):
        raise ValueError("planted-expected-error")
    WebhookError("planted-error", "PANIC", 3, "boundary", 500, "planted-hint")
    subprocess.run(["sh", "-c", "echo planted-pipe"], stdout=subprocess.PIPE, check=True)
    subprocess.run(["sh", "-c", "echo planted-child"], check=True)
    code = "import sys; sys.stderr.write('planted-python-child')"
    subprocess.run([sys.executable, "-c", code], stderr=subprocess.DEVNULL, check=True)
