"""A Redis cluster of the tests' own: three primaries, and replicas where they are asked for."""

from __future__ import annotations

import socket
import time
from typing import Any

import redis

from .redis_server import PATIENCE, Server

# Its types are in part unknown.
DRIVER: Any = redis
SLOTS = 16384


class Cluster:
    """Made of servers that each have a folder of their own. A node that is lost does not stop the others."""

    def __init__(self, *options: str, replicas: int = 0, primaries: int = 3) -> None:
        self._buses: list[int] = []
        self.primaries = [self._serve(options) for _ in range(primaries)]
        #: By the number of their primary.
        self.replicas = [self._serve(options) for _ in range(primaries * replicas)]
        for number, server in enumerate(self.primaries):
            first, last = number * SLOTS // primaries, (number + 1) * SLOTS // primaries - 1
            ask(server, "CLUSTER", "ADDSLOTSRANGE", first, last)
            # Which of two that claim a slot has it.
            ask(server, "CLUSTER", "SET-CONFIG-EPOCH", number + 1)
        self._meet()
        for number, server in enumerate(self.replicas):
            ask(server, "CLUSTER", "REPLICATE", name_of(self.primaries[number % primaries]))
        for server in self.replicas:
            wait_until(lambda server=server: ask(server, "INFO", "replication")["master_link_status"] == "up")

    @property
    def servers(self) -> list[Server]:
        return [*self.primaries, *self.replicas]

    @property
    def url(self) -> str:
        return f"redis+cluster://127.0.0.1:{self.primaries[0].port}"

    def remove(self) -> None:
        for server in self.servers:
            server.remove()

    def _serve(self, options: tuple[str, ...]) -> Server:
        # Not the usual distance from the other port, which may be beyond the last.
        bus = free_port()
        self._buses.append(bus)
        own = {
            "cluster-enabled": "yes",
            "cluster-port": str(bus),
            "cluster-node-timeout": "1000",
            "cluster-require-full-coverage": "no",
            "repl-diskless-sync-delay": "0",
        }
        return Server(*(part for name, value in own.items() for part in (f"--{name}", value)), *options)

    def _meet(self) -> None:
        first, *others = zip(self.servers, self._buses, strict=True)
        for server, bus in others:
            ask(first[0], "CLUSTER", "MEET", "127.0.0.1", server.port, bus)
        for server in self.servers:
            wait_until(lambda server=server: self._is_known(server))

    def _is_known(self, server: Server) -> bool:
        told = ask(server, "CLUSTER INFO")
        return told["cluster_state"] == "ok" and int(told["cluster_known_nodes"]) == len(self.servers)


def ask(server: Server, *words: Any) -> Any:
    """What one server says."""
    with DRIVER.Redis(port=server.port, decode_responses=True) as client:
        return client.execute_command(*words)


def name_of(server: Server) -> str:
    name: str = ask(server, "CLUSTER", "MYID")
    return name


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_until(condition: Any) -> None:
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end, "the cluster does not come together"
        time.sleep(0.02)
