"""The command line: ``python -m yuno_webhooks``."""

import logging
import sys
from io import TextIOWrapper
from typing import cast

from .inbox._cli import main

# What a driver logs of a failed connection may repeat the address and its password.
logging.basicConfig(handlers=[logging.NullHandler()])
# Whatever the terminal can show, the answer is printed.
if cast("TextIOWrapper | None", sys.stdout) is None:
    print("yuno-webhooks: UNEXPECTED: The output is closed.", file=sys.stderr)
    sys.exit(3)
cast(TextIOWrapper, sys.stdout).reconfigure(errors="backslashreplace")
sys.exit(main(sys.argv[1:]))
