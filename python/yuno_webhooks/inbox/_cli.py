"""``python -m yuno_webhooks inbox``: what is in an inbox, and what people do with it. Node has the same command."""

from __future__ import annotations

import argparse
import os
import re
import sys
from collections.abc import Callable, Sequence
from datetime import timedelta
from itertools import count
from typing import Any, NoReturn, get_args

from .._core import inbox_migrations
from .._kinds import check_kind
from ..errors import InboxError
from ._answer import Document, document_of, document_of_stats, write
from ._delivery import State
from ._open import REDIS, open_inbox
from ._store import Inbox

PROGRAM = "python -m yuno_webhooks"
VARIABLE = "YUNO_INBOX_URL"
EXPECTED_SCHEMA = next(version for version in count(1) if not inbox_migrations("sqlite", version))
UNITS = {"d": "days", "h": "hours", "m": "minutes", "s": "seconds"}
MOST = 1_000_000_000
BATCH = 1000

NOT_FOUND, USAGE, UNAVAILABLE, UNFIT = 1, 2, 3, 4
#: As a shell calls the end by Ctrl-C.
INTERRUPTED = 130
EXITS = {
    "NOT_FOUND": NOT_FOUND,
    "RETENTION_TOO_SHORT": USAGE,
    "STORE_UNAVAILABLE": UNAVAILABLE,
    "SCHEMA_MISMATCH": UNFIT,
    "STORE_UNSAFE": UNFIT,
}
EPILOG = f"""\
the inbox is the one of --url or, better for one with a password, of the variable {VARIABLE}:
sqlite:PATH, postgresql://..., redis://..., rediss://..., redis+cluster://... or rediss+cluster://...

exit status: 0 done; {NOT_FOUND} no such delivery; {USAGE} not called as it should be; {UNAVAILABLE} the store cannot be
reached, or fails; {UNFIT} its schema is not this release's, or it could lose what it acknowledged
"""

Command = Callable[[Inbox, argparse.Namespace], Document]


def main(arguments: Sequence[str]) -> int:
    """Does what is asked for; gives the exit status."""
    try:
        options = _parser().parse_args(arguments)
        if not hasattr(options, "command"):
            options.help_of.print_help(sys.stderr)
            return USAGE
        return _run(options)
    except (_UsageError, ValueError, ImportError) as error:
        code = "DRIVER_MISSING" if isinstance(error, ImportError) else "USAGE"
        return _fail(code, _without_values(str(error), arguments), USAGE)
    except InboxError as error:
        return _fail(error.code, _reason(error), EXITS.get(error.code, UNAVAILABLE))
    except BrokenPipeError:
        # Whoever read it has seen enough; at its end Python would flush, and complain.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except KeyboardInterrupt:
        return INTERRUPTED
    except Exception as error:  # noqa: BLE001, a traceback could show the address
        text = f"This was not foreseen ({type(error).__qualname__}). Report it to whoever keeps this library."
        return _fail("UNEXPECTED", text, UNAVAILABLE)


def _run(options: argparse.Namespace) -> int:
    url = getattr(options, "url", os.environ.get(VARIABLE))
    if url == "" and hasattr(options, "url"):
        # Of a variable that is not set, most likely: not to be taken for another inbox.
        raise _UsageError("--url is empty")
    if not url:
        raise _UsageError(f"which inbox? Give --url, or set {VARIABLE}")
    if options.command is _replay and not options.dead and (options.kind or options.limit):
        raise _UsageError("--kind and --limit go with --dead")
    output = getattr(options, "format", "table")
    try:
        inbox = _open(url, getattr(options, "scope", "default"))
    except InboxError as error:
        if options.command is _verify_schema and error.code == "SCHEMA_MISMATCH":
            write({"schema": None, "expected": EXPECTED_SCHEMA, "ok": False}, output)
        raise
    with inbox:
        write(options.command(inbox, options), output)
    sys.stdout.flush()
    return 0


def _open(url: str, scope: str) -> Inbox:
    # It accepts nothing: how safe that would be is the receivers' matter.
    return open_inbox(url, scope=scope, migrate=False, durability="unchecked" if url.split(":")[0] in REDIS else None)


# The commands.


def _stats(inbox: Inbox, _: argparse.Namespace) -> Document:
    stats = inbox.stats()
    if not (stats.pending or stats.leased or stats.dead or inbox.list(state="done", limit=1)):
        # Zeros look like health; it may be a scope that nobody uses.
        print(f"yuno-webhooks: this store has nothing under the scope {inbox.scope!r}", file=sys.stderr)
    return document_of_stats(inbox.scope, stats)


def _list(inbox: Inbox, options: argparse.Namespace) -> Document:
    records = inbox.list(state=options.state, kind=options.kind, limit=options.limit or 100)
    return [document_of(record) for record in records]


def _show(inbox: Inbox, options: argparse.Namespace) -> Document:
    return document_of(inbox.find(options.key), with_body=options.body)


def _replay(inbox: Inbox, options: argparse.Namespace) -> Document:
    if options.dead:
        return {"replayed": _replay_dead(inbox, options)}
    inbox.replay(options.key)
    return {"replayed": 1}


def _replay_dead(inbox: Inbox, options: argparse.Namespace) -> int:
    """In parts, so that nobody who writes waits for long; and none of them twice, if it is soon dead again."""
    replayed, left = 0, inbox.stats().dead
    if options.limit is not None:
        left = min(left, options.limit)
    while left > 0:
        batch = inbox.replay_dead(kind=options.kind, limit=min(left, BATCH))
        replayed += batch
        left = left - batch if batch else 0
    return replayed


def _discard(inbox: Inbox, options: argparse.Namespace) -> Document:
    inbox.discard(options.key)
    return {"discarded": 1}


def _purge(inbox: Inbox, options: argparse.Namespace) -> Document:
    return {"purged": inbox.purge(older_than=options.older_than)}


def _verify_schema(_: Inbox, __: argparse.Namespace) -> Document:
    # Otherwise it would not have been opened.
    return {"schema": EXPECTED_SCHEMA, "expected": EXPECTED_SCHEMA, "ok": True}


# How it is called.


class _UsageError(Exception):
    """It was not called as it should be."""


class _Parser(argparse.ArgumentParser):
    """One that raises, and whose help is plain text everywhere."""

    def __init__(self, **options: Any) -> None:  # noqa: ANN401, as argparse has them
        super().__init__(allow_abbrev=False, formatter_class=argparse.RawDescriptionHelpFormatter, **options)
        self.color = False

    def error(self, message: str) -> NoReturn:
        raise _UsageError(message)


def _parser() -> argparse.ArgumentParser:
    root = _Parser(
        prog=PROGRAM, description="Verify, parse and de-duplicate the webhooks of the payments provider Yuno."
    )
    root.set_defaults(help_of=root)
    # Before the command or after it.
    common = _Parser(add_help=False, argument_default=argparse.SUPPRESS)
    common.add_argument("--url", help=f"where the inbox is; otherwise {VARIABLE} says it")
    common.add_argument("--scope", help="your name for the endpoint, if several share the store (default: default)")
    common.add_argument("--format", choices=("table", "json"), help="of what is printed (default: table)")
    about = "Look at an inbox, and replay, discard or purge what is in it. Nothing here changes its schema."
    inbox = root.add_subparsers(title="commands").add_parser(
        "inbox", help="look at an inbox and tend it", description=about, epilog=EPILOG, parents=[common]
    )
    inbox.set_defaults(help_of=inbox)
    commands = inbox.add_subparsers(title="commands", metavar="COMMAND")

    def add(name: str, command: Command, about: str) -> argparse.ArgumentParser:
        parser = commands.add_parser(name, help=about, description=f"{about}.", epilog=EPILOG, parents=[common])
        parser.set_defaults(command=command)
        return parser

    add("stats", _stats, "count what is pending, leased and dead")
    listing = add("list", _list, "list deliveries of one state: of what is done the newest, otherwise the oldest")
    listing.add_argument("--state", choices=get_args(State), default="dead", help="default: dead")
    _add_filters(listing, "at most so many (default: 100)")
    show = add("show", _show, "show one delivery; of its body the length, unless it is asked for")
    show.add_argument("key", metavar="KEY")
    show.add_argument("--body", action="store_true", help="with the body, which is personal data")
    replay = add("replay", _replay, "have what is done or dead worked on again, from its first attempt")
    which = replay.add_mutually_exclusive_group(required=True)
    which.add_argument("key", metavar="KEY", nargs="?")
    which.add_argument("--dead", action="store_true", help="all that are dead, the oldest first")
    _add_filters(replay, "with --dead: at most so many")
    discard = add("discard", _discard, "end a dead delivery that is not to be worked on")
    discard.add_argument("key", metavar="KEY")
    purge = add("purge", _purge, "remove the bodies of what is done; the keys stay")
    purge.add_argument("--older-than", metavar="AGE", type=_span, required=True, help="30d, 12h, 45m or 90s")
    add("verify-schema", _verify_schema, "tell whether the schema is this release's, for a check before a deployment")
    return root


def _add_filters(parser: argparse.ArgumentParser, limits: str) -> None:
    parser.add_argument("--kind", type=_kind, help="only this kind of event, such as payment.purchase")
    parser.add_argument("--limit", metavar="N", type=_limit, help=limits)


def _kind(text: str) -> str:
    try:
        check_kind(text, or_unknown=True)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error
    return text


def _limit(text: str) -> int:
    if re.fullmatch(r"[0-9]{1,10}", text) and 0 < int(text) <= MOST:
        return int(text)
    raise argparse.ArgumentTypeError(f"it must be a whole number from 1 to {MOST}")


def _span(text: str) -> timedelta:
    found = re.fullmatch(r"([0-9]{1,6})([dhms])", text)
    if found is None:
        raise argparse.ArgumentTypeError("an age is written as 30d, 12h, 45m or 90s")
    return timedelta(**{UNITS[found[2]]: int(found[1])})


# What is said when it does not work.


def _fail(code: str, text: str, status: int) -> int:
    sys.stdout.flush()
    print(f"yuno-webhooks: {code}: {' '.join(text.split())}", file=sys.stderr)
    return status


def _reason(error: InboxError) -> str:
    text = str(error).removeprefix(f"{error.code}: ")
    cause = error.__cause__
    if error.code != "STORE_UNAVAILABLE" or cause is None or type(cause).__module__ == "sqlite3":
        return text
    # A driver's own text may repeat the address.
    return f"The store did not answer ({type(cause).__name__}). Look whether it runs, and at its address."


def _without_values(text: str, arguments: Sequence[str]) -> str:
    """A text about arguments without those that could be an address with a password: a word is repeated, no more."""
    for argument in sorted(arguments, key=len, reverse=True):
        # An option and its address may have come as one word.
        option = re.fullmatch(r"-{1,2}[\w-]+(?:=(.*))?", argument, re.DOTALL)
        value = option[1] if option else argument
        if value and not re.fullmatch(r"[\w.-]+", value):
            for shown in (value, repr(value)[1:-1]):
                text = text.replace(shown, "...")
    return text
