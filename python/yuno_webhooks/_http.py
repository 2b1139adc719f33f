"""HTTP as every adapter speaks it: which requests are deliveries, and how a reply is written."""

from __future__ import annotations

from typing import NamedTuple

from ._core import FIXED_PATHS, Reply


class Answer(NamedTuple):
    """A response: status, fields and body."""

    status: int
    fields: tuple[tuple[str, str], ...]
    body: bytes


def to_reply(reply: Reply) -> Answer:
    """The response that carries this reply."""
    content_type = (("content-type", "application/json"),) if reply.body else ()
    return Answer(reply.status, (*content_type, ("content-length", str(len(reply.body)))), reply.body)


def _empty(status: int, *fields: tuple[str, str]) -> Answer:
    return Answer(status, (*fields, ("content-length", "0")), b"")


#: The body broke off, or is not of the form that it is said to be.
BAD_REQUEST = _empty(400)
NOT_FOUND = _empty(404)
METHOD_NOT_ALLOWED = _empty(405, ("allow", "POST"))
#: The server hands a chunked body over without saying where it ends.
LENGTH_REQUIRED = _empty(411)


def delivery_paths(path: str, *, fixed_paths: bool) -> tuple[str, ...]:
    """The paths that take deliveries, each once. Raises ValueError for a path without its leading slash."""
    if not path.startswith("/"):
        raise ValueError(f"a path starts with a slash: {'/' + path!r}, not {path!r}")
    return tuple(dict.fromkeys((path, *FIXED_PATHS) if fixed_paths else (path,)))


class Door:
    """Lets deliveries in: POST, at one of the paths. Without a path, at every one."""

    def __init__(self, path: str | None, *, fixed_paths: bool) -> None:
        self._paths = None if path is None else frozenset(delivery_paths(path, fixed_paths=fixed_paths))

    def refuse(self, method: str, path: str) -> Answer | None:
        """The response to a request that is no delivery."""
        if self._paths is not None and path not in self._paths:
            return NOT_FOUND
        return None if method == "POST" else METHOD_NOT_ALLOWED
