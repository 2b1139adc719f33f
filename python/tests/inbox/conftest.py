"""Each store, empty, for each test that asks for one."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from yuno_webhooks.inbox import AsyncRedisInbox, Inbox, RedisInbox

from . import redis_server
from .blocking import BlockingInbox
from .postgres import Server
from .redis_cluster import ask
from .shop import open_inbox

Opener = Callable[..., Inbox]


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    # What is killed here are processes, of which nothing is lost that they gave to the system.
    own = Server("fsync=off")
    yield own
    own.remove()


@pytest.fixture(scope="session")
def redis_host() -> Iterator[redis_server.Server]:
    own = redis_server.Server()
    yield own
    own.remove()


@pytest.fixture
def redis_url(redis_host: redis_server.Server) -> str:
    """An empty server."""
    ask(redis_host, "FLUSHALL")
    return redis_host.url


@pytest.fixture(params=[RedisInbox, AsyncRedisInbox], ids=["sync", "async"])
def open_redis(request: pytest.FixtureRequest) -> Iterator[Opener]:
    """Opens stores in Redis of either kind, which are closed at the end."""
    inboxes: list[Inbox] = []

    def open_one(database: Any, **options: Any) -> Inbox:
        made: RedisInbox | AsyncRedisInbox = request.param(database, **options)
        inboxes.append(BlockingInbox(made) if isinstance(made, AsyncRedisInbox) else made)
        return inboxes[-1]

    yield open_one
    for inbox in inboxes:
        inbox.close()


STORES = ["sqlite", "postgres", "async-postgres"]


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "sql: needs a database with which a delivery can share a transaction")
    config.addinivalue_line("markers", "stores(*names): runs on these only")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A test that needs a database which a delivery can share a transaction with says so; others name their stores."""
    is_named = any(mark.args[0] == "address" for mark in metafunc.definition.iter_markers("parametrize"))
    if "address" in metafunc.fixturenames and not is_named:
        needs_sql = metafunc.definition.get_closest_marker("sql") is not None
        stores = STORES if needs_sql else [*STORES, "redis", "async-redis"]
        named = metafunc.definition.get_closest_marker("stores")
        metafunc.parametrize("address", stores if named is None else named.args, indirect=True)


@pytest.fixture
def address(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Where an empty store is: a file, or a database of a server."""
    if request.param == "sqlite":
        return str(tmp_path / "inbox.db")
    if "redis" in request.param:
        url: str = request.getfixturevalue("redis_url")
        return f"{url}?client_name=async" if request.param == "async-redis" else url
    import psycopg

    server: Server = request.getfixturevalue("server")
    name = f"test_{uuid.uuid4().hex}"
    with psycopg.connect(server.conninfo, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}".encode())
    asks = "?application_name=async" if request.param == "async-postgres" else ""
    return f"{server.conninfo.removesuffix('postgres')}{name}{asks}"


@pytest.fixture
def opened(address: str) -> Iterator[Opener]:
    """Opens stores at one address, which are closed at the end."""
    inboxes: list[Inbox] = []

    def open_one(**options: Any) -> Inbox:
        inboxes.append(open_inbox(address, **options))
        return inboxes[-1]

    yield open_one
    for inbox in inboxes:
        inbox.close()


@pytest.fixture
def inbox(opened: Opener) -> Inbox:
    return opened()
