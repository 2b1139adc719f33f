"""The clients of redis-py: how the inboxes make their own, and which they take."""

from __future__ import annotations

import re
from contextlib import suppress
from typing import Any, NamedTuple
from urllib.parse import urlsplit

# Together within the provider's wait of 7 seconds.
CONNECT_SECONDS = 2
ANSWER_SECONDS = 3
# More than threads of a server and tasks of a loop usually are.
MOST_CONNECTIONS = 1000

_CLUSTER = "+cluster"
_SCHEMES = ("redis", "rediss", "unix", f"redis{_CLUSTER}", f"rediss{_CLUSTER}")


class Address(NamedTuple):
    """Where a store is, as redis-py takes it."""

    url: str
    is_cluster: bool
    place: str
    """For people; without a password."""

    def __repr__(self) -> str:
        return f"Address({self.place!r})"


def parse_address(url: str) -> Address:
    """Raises ValueError, without what was given, which may hold a password."""
    try:
        parts = urlsplit(url)
        # Of a path that is no number, redis-py makes the first database; a cluster has one.
        databases = r"/0|/?" if parts.scheme.endswith(_CLUSTER) else r"/[0-9]+|/?"
        is_path = parts.scheme == "unix" or re.fullmatch(databases, parts.path) is not None
        if parts.scheme in _SCHEMES and is_path:
            is_cluster = parts.scheme.endswith(_CLUSTER)
            port = "" if parts.port is None else f":{parts.port}"
            return Address(url.replace(_CLUSTER, "", 1), is_cluster, f"{parts.hostname or ''}{port}{parts.path}")
    except ValueError:
        pass
    raise bad_address()


def bad_address() -> ValueError:
    """How an address looks."""
    return ValueError(
        "an inbox in Redis needs an address such as redis://host:6379/0, rediss://, unix://, redis+cluster://host:6379 "
        "or rediss+cluster://, in which a user's name and a password are percent-encoded, what follows the host is the "
        "database's number, and behind ? are options of redis-py only; or a client of redis-py"
    )


def connect(driver: Any, url: str) -> tuple[Any, str]:  # noqa: ANN401, its types are in part unknown
    """A client of the inbox's own, by redis or redis.asyncio, and its place for people. It sends nothing twice."""
    from redis.backoff import NoBackoff

    address = parse_address(url)
    options: dict[str, Any] = {
        "socket_connect_timeout": CONNECT_SECONDS,
        "socket_timeout": ANSWER_SECONDS,
        "retry": driver.retry.Retry(NoBackoff(), 0),
        "max_connections": MOST_CONNECTIONS,
    }
    # What it raises names what it was given, and does not stay as the context of ours either.
    with suppress(ValueError, TypeError):
        # It looks at options when it connects, and a cluster's client leaves out what it does not know.
        pool = driver.ConnectionPool.from_url(address.url, **options)
        pool.connection_class(**pool.connection_kwargs)
        if address.is_cluster:
            # What other nodes have can be reached all the same.
            return driver.RedisCluster.from_url(address.url, require_full_coverage=False, **options), address.place
        return driver.Redis.from_url(address.url, **options), address.place
    raise bad_address()


def is_cluster(driver: Any, client: object, inbox: str) -> bool:  # noqa: ANN401, as above
    """Whether a client is one of a cluster. Raises TypeError for anything that is no client of this driver."""
    if isinstance(client, (driver.Redis, driver.RedisCluster)):
        return isinstance(client, driver.RedisCluster)
    kind = f"{type(client).__module__}.{type(client).__qualname__}"
    raise TypeError(
        f"{inbox} needs an address, or a Redis or RedisCluster of {driver.__name__}, and was given a {kind}"
    )


def locate(cluster: Any, key: str) -> str:  # noqa: ANN401, of either kind
    """The name of the node of a cluster that has a key, as far as the client knows."""
    node = None if cluster is None else cluster.nodes_manager.slots_cache.get(cluster.keyslot(key))
    return node[0].name if node else ""
