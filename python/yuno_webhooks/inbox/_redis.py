"""What the inboxes in Redis do, without waiting for anything: which script runs where, and what the answers mean.

A call is a generator of commands, as in `_steps`: it yields a `Command`, is given a list of replies, and whoever drives
it sends the commands by the client of redis-py that it has.
"""

from __future__ import annotations

import hashlib
import itertools
import re
import time
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from typing import Any, Literal, NamedTuple, NoReturn, TypeAlias, TypeVar, get_args

from .._core import (
    inbox_check_redis,
    inbox_error,
    inbox_migrations,
    inbox_partition,
    inbox_partitions,
    inbox_reaches,
    inbox_statements,
)
from .._extras import missing
from ._steps import Connection, Query, Row

Durability: TypeAlias = Literal["always", "everysec", "unchecked"]

_T = TypeVar("_T")

# An accept is sent again only where that still is within the provider's wait of 7 seconds.
AGAIN_SECONDS = 1
# Where it can be limited as a whole.
ACCEPT_SECONDS = 5
# How long replicas have to confirm a delivery.
REPLICAS_SECONDS = 1
# How long a node that could not be reached is left alone by what can do without it.
REST_SECONDS = 5
# How long a listener blocks: less than any sensible timeout of a socket.
LISTEN_SECONDS = 1

_SEVEN = 7
_RING = "redis.call('RPUSH', KEYS[1], '1') redis.call('LTRIM', KEYS[1], -64, -1)"
# What workers and the sweeper do for one partition does not depend on another one.
_APART = frozenset({"expire", "claim", "due"})


class Command(NamedTuple):
    """A command, and where it is sent."""

    words: tuple[Any, ...]
    key: str | None = None
    """To the node that has this key; None: to every primary."""
    replicas: int = 0
    """Followed by a WAIT for so many on the same connection, whose reply comes second."""

    def encoded(self) -> tuple[Any, ...]:
        """The words as they are sent, whatever encoding a client is set to; the first stands for what is to be made of
        the reply.
        """
        first, *others = self.words
        return (first, *(word if isinstance(word, bytes) else str(word).encode() for word in others))

    def __repr__(self) -> str:
        # Words hold bodies, and reporters of errors show the variables of each frame of a traceback.
        return f"Command({self.words[0]!r}, key={self.key!r})"


Commands: TypeAlias = Generator[Command, list[Any], _T]


class Partitions:
    """The partitions of a scope, and how the statements are run on them."""

    def __init__(
        self, scope: str, asked: int | None, durability: Durability, replicas: int, locate: Callable[[str], str]
    ) -> None:
        """asked: the number of partitions that whoever opens the store names. locate: the name of the node that has a
        key.
        """
        if durability not in get_args(Durability):
            raise ValueError(f"durability is one of {', '.join(get_args(Durability))}, and not {durability!r}")
        if replicas < 0:
            raise ValueError("replicas is a number of servers that must have a delivery: 0 or more")
        try:
            from redis import exceptions
        except ImportError as error:
            raise missing("redis", "'redis>=8'", error) from error
        self._driver = exceptions
        #: What the driver raises: texts of a RedisClusterException are not safe to show.
        self.errors = (exceptions.RedisError, exceptions.RedisClusterException, OSError)
        self._scope = scope
        self._asked = asked
        self._durability: Durability = durability
        self._replicas = replicas
        self._locate = locate
        self._reaches = inbox_reaches()
        self._digests: dict[str, str] = {}
        self._turns = itertools.count()
        self._rests: dict[str, float] = {}
        #: Whether the servers may be others: before the next command, the client's map of the cluster is to be drawn
        #: anew, or its connections are.
        self.is_outdated = False
        # As long as nothing is known of the store.
        self._key, self.bell, self._bases = inbox_partitions(scope, 1)

    # Opening.

    def open(self, *, migrate: bool, is_cluster: bool) -> Commands[None]:
        """Checks the servers, brings the schema up or only checks it, and finds out how many partitions there are."""
        wanted = 1 if self._asked is None else self._asked
        self._key, _, _ = inbox_partitions(self._scope, wanted)
        infos = yield from self._ask_all("INFO")
        settings = yield from self._ask_all("CONFIG GET", "*append*")
        for info, setting in itertools.zip_longest(infos or [{}], settings):
            told = _texts(info or {})
            _check_server(told, is_cluster=is_cluster)
            text = "".join(f"{name}:{value}\n" for name, value in told.items())
            known = _texts(setting or {})
            inbox_check_redis(self._durability, text, known.get("appendfsync"), known.get("no-appendfsync-on-rewrite"))
        version, _ = yield from self._version()
        texts = inbox_migrations("redis", version)
        if texts and not migrate:
            raise inbox_error("SCHEMA_MISMATCH")
        for text in texts:
            yield from self._run(text, [self._key], [wanted])
        # Another process may have been faster, with another number.
        _, count = yield from self._version()
        self._key, self.bell, self._bases = inbox_partitions(self._scope, count, self._asked)

    def _version(self) -> Commands[tuple[int, int]]:
        statements = inbox_statements("redis")
        (row,) = yield from self._run(statements["installed"][0], [self._key], [])
        if not row["installed"]:
            return 0, 0
        (row,) = yield from self._run(statements["version"][0], [self._key], [])
        return int(row["version"]), int(row["partitions"])

    def _ask_all(self, *words: str) -> Commands[list[Any]]:
        """What each primary says; nothing where they do not say it."""
        try:
            return (yield Command(words))
        except self._driver.ResponseError as error:
            if "DB index is out of range" in str(error):
                raise ValueError(
                    "the server has no database of the number that the address ends with; it has 16, from 0 to 15, "
                    "unless its configuration says otherwise"
                ) from None
            return []

    # Statements.

    def run(self, query: Query) -> Commands[list[Row]]:
        """Runs a statement wherever it reaches."""
        reach, values = self._reaches[query.name], query.values
        if reach == "row":
            return (yield from self._store(query))
        if reach == "scope":
            return (yield from self._run(query.text, [self._key], values.values()))
        if reach == "id":
            base = self._bases[int(values["id"]) % len(self._bases)]
            return (yield from self._run(query.text, [base], values.values()))
        if reach == "key":
            return (yield from self._search(query))
        if reach == "sum":
            return [_sum((yield from self._each(query)))]
        return (yield from self._each(query))

    def _store(self, query: Query) -> Commands[list[Row]]:
        values, started = query.values, time.monotonic()
        count = len(self._bases)
        base = self._bases[inbox_partition(count, values["resource"], values["key"])]
        keys = [base, self.bell] if count == 1 else [base]
        try:
            rows = yield from self._run(query.text, keys, values.values(), self._replicas)
        except self._driver.ConnectionError:
            # The server may be back, and what was stored nevertheless is then a duplicate. Others are not sent twice.
            if time.monotonic() - started > AGAIN_SECONDS:
                raise
            rows = yield from self._run(query.text, keys, values.values(), self._replicas)
        is_news = rows[0]["outcome"] != "duplicate" and values["error_class"] is None
        if is_news and count > 1 and time.monotonic() - started < AGAIN_SECONDS and not self._is_resting(self.bell):
            try:
                yield Command(("EVAL", _RING, 1, self.bell), self.bell)
            except self.errors:
                # The poll finds it.
                self._rest(self.bell)
        return rows

    def _search(self, query: Query) -> Commands[list[Row]]:
        failure: Exception | None = None
        silent: set[str] = set()
        for base in self._bases:
            # One wait for each node is enough.
            if self._locate(base) in silent:
                continue
            try:
                rows = yield from self._run(query.text, [base], query.values.values())
            except self.errors as error:
                failure = bare(error)
                if not isinstance(error, self._driver.ResponseError):
                    silent.add(self._locate(base))
            else:
                if rows:
                    return rows
        if failure is not None:
            # It may be there.
            raise failure
        return []

    def _each(self, query: Query) -> Commands[list[Row]]:
        rows: list[Row] = []
        failure: Exception | None = None
        is_reached = False
        for base in self._order(query.name):
            values = _rest_of(query.values, len(rows))
            if values.get("limit") == 0:
                break
            try:
                rows += yield from self._run(query.text, [base], values.values())
                is_reached = True
            except self.errors as error:
                if query.name not in _APART:
                    raise
                failure = bare(error)
                # One that refuses does so at once.
                if not isinstance(error, self._driver.ResponseError):
                    self._rest(base)
        if failure is not None and not is_reached:
            raise failure
        return rows

    def _order(self, name: str) -> Iterator[str]:
        """The partitions, but for those that are left alone meanwhile."""
        bases = self._bases
        if name == "claim":
            # Another one is the first each time, so that none has to wait for ever.
            first = next(self._turns) % len(bases)
            bases = [*bases[first:], *bases[:first]]
        if name in _APART and all(self._is_resting(base) for base in bases):
            self._rests.clear()
        for base in bases:
            if name not in _APART or not self._is_resting(base):
                yield base

    def _is_resting(self, key: str) -> bool:
        return self._rests.get(self._locate(key), 0.0) > time.monotonic()

    def _rest(self, key: str) -> None:
        self._rests[self._locate(key)] = time.monotonic() + REST_SECONDS

    def _run(self, text: str, keys: list[str], values: Iterable[Any], replicas: int = 0) -> Commands[list[Row]]:
        """Runs a script, which a server knows by its digest once it has seen it."""
        words = (len(keys), *keys, *(b"" if value is None else value for value in values))
        try:
            replies = yield from self._send(Command(("EVALSHA", self._digest(text), *words), keys[0], replicas))
        except self._driver.NoScriptError:
            replies = yield from self._send(Command(("EVAL", text, *words), keys[0], replicas))
        if replicas and replies[1] < replicas:
            raise self._driver.RedisError(f"{replies[1]} of {replicas} replicas have confirmed it within a second")
        return [_row(flat) for flat in replies[0]]

    def _send(self, command: Command) -> Commands[list[Any]]:
        try:
            return (yield command)
        except (self._driver.MovedError, self._driver.ReadOnlyError):
            # Nothing was done, and the new map or a new connection leads to the primary. Not after AskError: the slot
            # is on its way to another node, where a part of what the script looks at may be already.
            self.is_outdated = True
        except self.errors as error:
            refused = isinstance(error, self._driver.ResponseError)
            self.is_outdated |= not refused or isinstance(error, self._driver.ClusterDownError)
            raise
        return (yield command)

    def _digest(self, text: str) -> str:
        if text not in self._digests:
            self._digests[text] = hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()
        return self._digests[text]


def bare(error: Exception) -> Exception:
    """What the driver raised, without what surrounds it: frames hold parameters, and the driver's own texts of what has
    no node name the whole command.
    """
    error.__cause__ = error.__context__ = None
    if type(error).__name__ == "RedisClusterException":
        error.args = ("the cluster cannot be reached, or has no node for it",)
    return error.with_traceback(None)


def refuse_connection(connection: Connection | None) -> None:
    """A script is a transaction of its own."""
    if connection is not None:
        refuse_transaction()


def refuse_transaction() -> NoReturn:
    """What there is in place of it."""
    raise RuntimeError(
        "Redis has no transaction that your writes could share with a delivery: do the work first, at least once, with "
        "delivery.key as the idempotency key of whatever you call, and then return or call delivery.complete(); for "
        "effects that happen exactly once there is PostgresInbox"
    )


def _check_server(told: Mapping[str, str], *, is_cluster: bool) -> None:
    version = re.match(r"\d+", told.get("redis_version", ""))
    if version is not None and int(version[0]) < _SEVEN:
        raise ValueError(f"an inbox needs Redis 7.0 or newer, and this server is {told['redis_version']}")
    if told.get("redis_mode") == "cluster" and not is_cluster:
        raise ValueError(
            "this server is a node of a cluster: open it as redis+cluster:// (or rediss+cluster://), or give the "
            "RedisCluster that you have"
        )


def _text(value: object) -> str:
    return value.decode(errors="replace") if isinstance(value, bytes) else str(value)


def _texts(told: Mapping[Any, Any]) -> dict[str, str]:
    return {_text(name): _text(value) for name, value in told.items()}


def _rest_of(values: Mapping[str, Any], count: int) -> dict[str, Any]:
    """The parameters where so many rows are there already."""
    return {**values, "limit": values["limit"] - count} if "limit" in values else dict(values)


def _row(flat: list[Any]) -> Row:
    pairs = iter(flat)
    row: Row = {}
    for name, value in zip(pairs, pairs, strict=True):
        column = _text(name)
        row[column] = value.decode() if isinstance(value, bytes) and column != "body" else value
    return row


def _sum(rows: list[Row]) -> Row:
    total: Row = {name: sum(row[name] or 0 for row in rows) for name in rows[0]}
    ages = [row["oldest_pending_ms"] for row in rows if row["oldest_pending_ms"] is not None]
    return {**total, "oldest_pending_ms": max(ages, default=None)}
