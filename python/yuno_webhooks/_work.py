"""Calls a merchant's function from sync and from async code, and makes a reply of how it went."""

from __future__ import annotations

import asyncio
import contextvars
import inspect
import logging
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

from ._core import Reply

logger = logging.getLogger("yuno_webhooks")
FAILED = "the function for %s raised; the delivery is to be sent again"


class Work(NamedTuple):
    """One call of a function that may be sync or async.

    It holds no body and no headers: reporters of errors show the variables of each frame of a traceback.
    """

    call: Callable[[], Awaitable[None] | None]
    is_async: bool
    subject: str
    reply: Reply
    """To give when the function has done its work."""

    def run(self) -> Reply:
        """Calls the function and waits for its end."""
        try:
            result = self.call()
            if inspect.isawaitable(result):
                _complete(result)
        except Exception:
            logger.exception(FAILED, self.subject)
            return Reply.try_again()
        return self.reply

    async def arun(self) -> Reply:
        """As `run`, and never in the way of the event loop."""
        try:
            if self.is_async:
                result = self.call()
            else:
                result, error = await asyncio.to_thread(self._try_call)
                if error is not None:
                    raise error
            if inspect.isawaitable(result):
                await result
        except Exception:
            logger.exception(FAILED, self.subject)
            return Reply.try_again()
        return self.reply

    def _try_call(self) -> tuple[Awaitable[None] | None, Exception | None]:
        # As a value: before Python 3.12 a StopIteration does not come out of the thread, and its caller waits for ever.
        try:
            return self.call(), None
        except Exception as error:  # noqa: BLE001, raised again by the caller
            return None, error


def is_async(function: Callable[..., object]) -> bool:
    """Whether a call of this function or callable object only makes a coroutine."""
    return inspect.iscoroutinefunction(function) or inspect.iscoroutinefunction(getattr(function, "__call__", None))  # noqa: B004


def _complete(result: Awaitable[None]) -> None:
    async def wait() -> None:
        await result

    try:
        asyncio.get_running_loop()
    except RuntimeError:
        asyncio.run(wait())
        return
    # A loop runs in this thread already: another thread has room for another.
    with ThreadPoolExecutor(max_workers=1) as thread:
        thread.submit(contextvars.copy_context().run, asyncio.run, wait()).result()
