"""Reads raw bodies, and never more than one piece past the limit: the verifier refuses what is longer."""

from __future__ import annotations

from collections.abc import AsyncIterable, Callable
from typing import TYPE_CHECKING

from ._http import BAD_REQUEST, LENGTH_REQUIRED, Answer
from ._log import logger

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

_PIECE = 64 * 1024


def read_at_most(read: Callable[[int], bytes], length: int) -> bytes | Answer:
    """Reads up to this length; less only at the end."""
    pieces: list[bytes] = []
    try:
        while length > 0 and (piece := read(min(length, _PIECE))):
            pieces.append(piece)
            length -= len(piece)
    except OSError:
        # Chunks of a wrong form, or a lost connection. Anyone can send those, so there is no traceback.
        logger.warning("a delivery broke off, or came in chunks of a wrong form")
        return BAD_REQUEST
    return b"".join(pieces)


def read_body(read: Callable[[int], bytes], declared: str | None, limit: int) -> bytes | Answer:
    """Reads a body of the declared content-length; of none, to its end."""
    if not declared:
        return read_at_most(read, limit + 1)
    if not (declared.isascii() and declared.isdigit()):
        return BAD_REQUEST
    # Leading zeros can make a small number longer than Python reads.
    length = min(int(declared.lstrip("0")[:20] or "0"), limit + 1)
    body = read_at_most(read, length)
    if isinstance(body, bytes) and len(body) < length:
        # Not handed to the verifier: an empty rest could pass for an empty body.
        logger.warning("a delivery broke off after %d of %d bytes, or was read before", len(body), length)
        return BAD_REQUEST
    return body


def read_environ(environ: WSGIEnvironment, limit: int) -> bytes | Answer:
    """Reads the body of a WSGI request; waits for no more than the server gives."""
    if is_endless(environ):
        return LENGTH_REQUIRED
    declared = str(environ.get("CONTENT_LENGTH") or "")
    if not declared and not environ.get("wsgi.input_terminated"):
        return b""
    return read_body(environ["wsgi.input"].read, declared, limit)


def is_endless(environ: WSGIEnvironment) -> bool:
    """Whether there is a body whose end the server does not tell: reading might never end, and not reading loses it."""
    is_told = environ.get("CONTENT_LENGTH") or environ.get("wsgi.input_terminated")
    return not is_told and bool(environ.get("HTTP_TRANSFER_ENCODING"))


async def collect(pieces: AsyncIterable[bytes], limit: int) -> bytes:
    """Collects the pieces of a body until its end, or until it is past the limit."""
    body = bytearray()
    async for piece in pieces:
        body += piece
        if len(body) > limit:
            break
    return bytes(body)
