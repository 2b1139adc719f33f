"""An async inbox as a sync one, so that what is shown of every store is shown of the async ones too.

Its loop runs in a thread. Each call waits for the async call, whose delivery, connections and cursors are made sync in
the same way. Sync handlers run in threads of the async workers, where they may wait for the loop.
"""

from __future__ import annotations

import asyncio
import inspect
import threading
from collections.abc import Callable, Coroutine, Generator
from concurrent.futures import TimeoutError as Late
from contextlib import AbstractContextManager, contextmanager
from typing import Any

from yuno_webhooks._work import is_async
from yuno_webhooks.inbox import AsyncDelivery, AsyncInbox, Handlers, Inbox
from yuno_webhooks.inbox._shift import catching_signals


class Loop:
    """An event loop in a thread of its own."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self._loop.run_forever, name="loop", daemon=True)
        self.thread.start()

    def wait(self, call: Coroutine[Any, Any, Any]) -> Any:
        """The result of a coroutine. Also in the main thread, where signals are to be handled."""
        assert threading.current_thread() is not self.thread, "the loop would wait for itself"
        future = asyncio.run_coroutine_threadsafe(call, self._loop)
        while True:
            try:
                return future.result(0.2)
            except Late:
                if future.done():
                    raise

    def end(self) -> None:
        """Ends it."""
        if self._loop.is_running():
            self._loop.call_soon_threadsafe(self._loop.stop)
            self.thread.join(5)
            self._loop.close()


class Blocking:
    """Any async thing, whose calls wait."""

    def __init__(self, own: Any, loop: Loop) -> None:
        self.own, self._loop = own, loop

    def __getattr__(self, name: str) -> Any:
        found = getattr(self.own, name)
        if not callable(found):
            return found

        def call(*arguments: Any, **options: Any) -> Any:
            options = {name: _own(value) for name, value in options.items()}
            return self._settle(found, [_own(each) for each in arguments], options)

        return call

    def __iter__(self) -> Any:
        return iter(self.fetchall())

    def __repr__(self) -> str:
        return repr(self.own)

    def _settle(self, found: Callable[..., Any], arguments: list[Any], options: dict[str, Any]) -> Any:
        result = found(*arguments, **options)
        if hasattr(result, "__aenter__") and not inspect.isawaitable(result):
            return self._enter(result)
        if inspect.isawaitable(result):
            result = self._loop.wait(_await(result))
        is_psycopgs = type(result).__module__.startswith("psycopg")
        return Blocking(result, self._loop) if is_psycopgs or isinstance(result, AsyncDelivery) else result

    @contextmanager
    def _enter(self, context: Any) -> Generator[Any]:
        # As `async with` would: the context sees what is raised.
        entered = self._loop.wait(context.__aenter__())
        try:
            yield Blocking(entered, self._loop)
        except BaseException as error:
            if not self._loop.wait(context.__aexit__(type(error), error, error.__traceback__)):
                raise
        else:
            self._loop.wait(context.__aexit__(None, None, None))


class BlockingHandlers(Handlers):
    """Handlers whose deliveries wait."""

    def __init__(self, own: Handlers, loop: Loop) -> None:
        self._own, self._loop = own, loop

    def find(self, kind: str) -> Callable[..., object]:
        handler = self._own.find(kind)

        async def acall(delivery: AsyncDelivery) -> None:
            await handler(Blocking(delivery, self._loop))  # type: ignore[misc]

        def call(delivery: AsyncDelivery) -> object:
            return handler(Blocking(delivery, self._loop))

        return acall if is_async(handler) else call


class BlockingInbox(Inbox):
    """An async inbox, whose calls wait."""

    def __init__(self, own: AsyncInbox) -> None:
        self.own = own
        self.loop = Loop()
        self.calls = Blocking(own, self.loop)
        try:
            self.calls.open()
        except BaseException:
            self.close()
            raise

    def run(self, handlers: Any, **options: Any) -> None:
        if isinstance(handlers, Handlers):
            handlers = BlockingHandlers(handlers, self.loop)
        with catching_signals(self.own.stop):
            self.calls.run(handlers, signals=False, **options)

    def work(self, key: str, handlers: Handlers, **options: Any) -> int:
        count: int = self.calls.work(key, BlockingHandlers(handlers, self.loop), **options)
        return count

    def close(self) -> None:
        if self.loop.thread.is_alive():
            self.calls.close()
            self.loop.end()

    def claim(self, limit: int = 1, **options: Any) -> list[Any]:
        return [Blocking(each, self.loop) for each in self.calls.claim(limit, **options)]

    def begin(self) -> AbstractContextManager[Any]:
        context: AbstractContextManager[Any] = self.calls.begin()
        return context

    def __repr__(self) -> str:
        return repr(self.own)

    @property
    def scope(self) -> str:
        return self.own.scope

    @property
    def place(self) -> str:
        return self.own.place

    def is_open(self, connection: Any) -> bool:
        return self.own.is_open(_own(connection))

    def stop(self) -> None:
        self.own.stop()

    # What is not called, since each call is the async inbox's.

    def listen(self, wake: Callable[[], None]) -> AbstractContextManager[None]:
        raise NotImplementedError

    def _execute(self, query: Any, connection: Any) -> Any:
        raise NotImplementedError

    def _execute_in_time(self, query: Any, connection: Any) -> Any:
        raise NotImplementedError


def _forward(name: str) -> None:
    def call(self: BlockingInbox, *arguments: Any, **options: Any) -> Any:
        return getattr(self.calls, name)(*arguments, **options)

    setattr(BlockingInbox, name, call)


AT_THE_DOOR = ["accept", "accept_unreadable", "sweep", "due", "claim_lane"]
FOR_PEOPLE = ["dead", "discard", "find", "forget_keys", "list", "purge", "replay", "replay_dead", "stats"]
for each in AT_THE_DOOR + FOR_PEOPLE:
    _forward(each)


def _shared(name: str) -> None:
    """What tests look at, and the clock that they set."""
    setattr(
        BlockingInbox,
        name,
        property(lambda self: getattr(self.own, name), lambda self, value: setattr(self.own, name, value)),
    )


for each in ("_running", "_clock"):
    _shared(each)


def _own(given: Any) -> Any:
    return given.own if isinstance(given, Blocking) else given


async def _await(result: Any) -> Any:
    return await result
