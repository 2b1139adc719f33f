"""Receives deliveries under any ASGI 3 server, as an app of its own or as a part of another, such as Starlette's."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, MutableMapping
from typing import Any, TypeAlias

from ._body import collect
from ._checks import check_receiver
from ._http import Answer, Door, to_reply
from .receiver import Receiver

__all__ = ["App", "app"]

Message: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[Message]]
Send: TypeAlias = Callable[[Message], Awaitable[None]]


class App:
    """An ASGI 3 app. An object and not a function, so that Starlette's ``Route`` takes it as it is."""

    def __init__(self, receiver: Receiver, door: Door) -> None:
        self._receiver = receiver
        self._door = door

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Serves one connection."""
        if scope["type"] == "http":
            answer = await self._answer(scope, receive)
            if answer is not None:
                await _send(answer, send)
        elif scope["type"] == "lifespan":
            await _live(receive, send)
        elif scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.close", "code": 1000})
        else:
            raise ValueError(f"an ASGI scope of type {scope['type']!r} is not served here")

    async def _answer(self, scope: Message, receive: Receive) -> Answer | None:
        # The path holds the mount point, which is not the app's own.
        path = _within(str(scope["path"]), str(scope.get("root_path", "")).rstrip("/"))
        refused = self._door.refuse(scope["method"], path)
        if refused is not None:
            return refused
        headers: list[tuple[bytes, bytes]] = list(scope["headers"])
        reply = admit(self._receiver, headers)
        if reply is not None:
            return reply
        try:
            body = await collect(_pieces(receive), self._receiver.max_body_bytes)
        except ConnectionError:
            return None
        return to_reply(await self._receiver.areceive(body, headers))


def _within(path: str, root: str) -> str:
    rest = path.removeprefix(root)
    return rest if rest == "" or rest.startswith("/") else path


def app(receiver: Receiver, *, path: str | None = None, fixed_paths: bool = False) -> App:
    """An ASGI app that receives by POST at the path (None: at every path) and, if asked, at ``FIXED_PATHS``.

    Raises ValueError for a path without its leading slash.
    """
    check_receiver(receiver, "asgi.app", is_async=True)
    return App(receiver, Door(path, fixed_paths=fixed_paths))


def admit(receiver: Receiver, headers: Iterable[tuple[bytes, bytes]]) -> Answer | None:
    """The response to a delivery whose body need not be read."""
    pairs = list(headers)
    reply = receiver.admit(
        content_length=join_values(pairs, b"content-length"), content_encoding=join_values(pairs, b"content-encoding")
    )
    return None if reply is None else to_reply(reply)


def join_values(headers: Iterable[tuple[bytes, bytes]], name: bytes) -> str | None:
    """The value of a header; of a repeated one all values, as HTTP joins them."""
    return b", ".join(value for own, value in headers if own.lower() == name).decode("latin-1") or None


async def _pieces(receive: Receive) -> AsyncIterator[bytes]:
    more = True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ConnectionError
        yield message.get("body", b"")
        more = message.get("more_body", False)


async def _send(answer: Answer, send: Send) -> None:
    fields = [(name.encode(), value.encode()) for name, value in answer.fields]
    await send({"type": "http.response.start", "status": answer.status, "headers": fields})
    await send({"type": "http.response.body", "body": answer.body})


async def _live(receive: Receive, send: Send) -> None:
    while (await receive())["type"] == "lifespan.startup":
        await send({"type": "lifespan.startup.complete"})
    await send({"type": "lifespan.shutdown.complete"})
