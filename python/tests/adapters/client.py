"""A provider of webhooks, as polite or as rude as a test wants it: requests byte by byte over a socket of its own."""

from __future__ import annotations

import http.client
import select
import socket
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import NamedTuple

TIMEOUT = 10


class Answer(NamedTuple):
    status: int
    headers: dict[str, str]
    body: bytes


def send(
    port: int,
    pieces: Iterable[bytes] = (),
    headers: Iterable[tuple[str, str]] = (),
    *,
    path: str = "/webhooks/yuno",
    method: str = "POST",
    half_close: bool = False,
) -> Answer | None:
    """Sends until the end or until the answer comes. None if the server closed the connection without one."""
    lines = [f"{method} {path} HTTP/1.1", "host: shop.example", "connection: close"]
    lines += [f"{name}: {value}" for name, value in headers]
    head = "\r\n".join([*lines, "", ""]).encode()
    with socket.create_connection(("127.0.0.1", port), TIMEOUT) as connection:
        try:
            for piece in chain([head], pieces):
                connection.sendall(piece)
                if select.select([connection], [], [], 0)[0]:
                    break
            if half_close:
                connection.shutdown(socket.SHUT_WR)
        except ConnectionError:
            pass  # the server has heard enough; its answer may be there all the same
        return _read(connection, method)


def _read(connection: socket.socket, method: str) -> Answer | None:
    response = http.client.HTTPResponse(connection, method=method)
    try:
        response.begin()
        return Answer(response.status, {name.lower(): value for name, value in response.getheaders()}, response.read())
    except (http.client.HTTPException, ConnectionError):
        return None
    finally:
        response.close()


def chunked(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """The pieces as HTTP's chunks."""
    for piece in pieces:
        yield f"{len(piece):x}\r\n".encode() + piece + b"\r\n"
    yield b"0\r\n\r\n"
