"""A server that takes what it is sent and never answers: what stands between, when it is told to be silent."""

from __future__ import annotations

import socket
import threading
from collections.abc import Generator
from contextlib import contextmanager, suppress
from urllib.parse import urlsplit


class Silence:
    """Passes on what clients and the server say; as a context, nothing that the server says."""

    def __init__(self, address: str) -> None:
        self.lead_to(address)
        self._is_heard = threading.Event()
        self._is_heard.set()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._open: list[socket.socket] = []
        port = self._listener.getsockname()[1]
        #: Where the clients are to connect.
        self.address = address.replace(f":{self._target[1]}/", f":{port}/")
        threading.Thread(target=self._accept, daemon=True).start()

    @classmethod
    @contextmanager
    def before(cls, address: str) -> Generator[Silence]:
        """One that stands before a server as long as the block lasts."""
        own = cls(address)
        try:
            yield own
        finally:
            own.close()

    def __enter__(self) -> None:
        self._is_heard.clear()

    def __exit__(self, *_: object) -> None:
        self._is_heard.set()

    def lead_to(self, address: str) -> None:
        """New connections go to another server, as behind a name that moves; those that are open stay."""
        parts = urlsplit(address)
        self._target = (str(parts.hostname), int(parts.port or 0))

    def close(self) -> None:
        """Ends all connections."""
        self._is_heard.set()
        for own in (self._listener, *self._open):
            own.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                server = socket.create_connection(self._target)
                self._open += [client, server]
                threading.Thread(target=self._pass_on, args=(client, server, False), daemon=True).start()
                threading.Thread(target=self._pass_on, args=(server, client, True), daemon=True).start()

    def _pass_on(self, source: socket.socket, target: socket.socket, is_servers: bool) -> None:
        with suppress(OSError):
            while said := source.recv(65536):
                if is_servers:
                    self._is_heard.wait()
                target.sendall(said)
        with suppress(OSError):
            target.shutdown(socket.SHUT_WR)
