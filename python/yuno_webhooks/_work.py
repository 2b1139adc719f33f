"""Calls a merchant's function from sync and from async code, and makes a reply of how it went.

asyncio is imported where it is needed: sync servers with sync handlers never pay for it.
"""

from __future__ import annotations

import contextvars
import inspect
import logging
from collections.abc import Awaitable, Callable
from typing import NamedTuple

from ._core import Reply
from .errors import InboxError

logger = logging.getLogger("yuno_webhooks")
FAILED = "the function for %s raised; the delivery is to be sent again"


class Work(NamedTuple):
    """One call of a function that may be sync or async.

    It holds no body and no headers: reporters of errors show the variables of each frame of a traceback.
    """

    call: Callable[[], object]
    is_async: bool
    subject: str
    reply: Reply
    """To give when the function has done its work."""
    level: int
    done: str
    """To log then, at this level."""

    def run(self) -> Reply:
        """Calls the function and waits for its end."""
        try:
            settle(self.call)
        except InboxError as error:
            return self._refuse(error)
        except Exception:
            logger.exception(FAILED, self.subject)
            return Reply.try_again()
        return self._finish()

    async def arun(self) -> Reply:
        """As `run`, and never in the way of the event loop."""
        import asyncio

        try:
            if self.is_async:
                result = self.call()
            else:
                result, error = await asyncio.to_thread(self._try_call)
                if error is not None:
                    raise error
            result = checked(result)
            if inspect.isawaitable(result):
                await result
        except InboxError as error:
            return self._refuse(error)
        except Exception:
            logger.exception(FAILED, self.subject)
            return Reply.try_again()
        return self._finish()

    def _refuse(self, error: InboxError) -> Reply:
        cause = type(error.__cause__ or error).__qualname__
        logger.error("%s could not be stored and is to be sent again: %s (%s)", self.subject, error, cause)
        return Reply.to_error(error)

    def _finish(self) -> Reply:
        logger.log(self.level, self.done)
        return self.reply

    def _try_call(self) -> tuple[object, Exception | None]:
        # As a value: before Python 3.12 a StopIteration does not come out of the thread, and its caller waits for ever.
        try:
            return self.call(), None
        except Exception as error:  # noqa: BLE001, raised again by the caller
            return None, error


def settle(call: Callable[[], object]) -> None:
    """Calls a function, sync or async, and waits for its end."""
    result = checked(call())
    if inspect.isawaitable(result):
        _complete(result)


def checked(result: object) -> object:
    """What a function returned, unless that means that it has not run."""
    if inspect.isgenerator(result) or inspect.isasyncgen(result):
        raise TypeError("the function returned a generator, which has not run")
    return result


def is_async(function: Callable[..., object]) -> bool:
    """Whether a call of this function or callable object only makes a coroutine."""
    return inspect.iscoroutinefunction(function) or inspect.iscoroutinefunction(getattr(function, "__call__", None))  # noqa: B004


def _complete(result: Awaitable[object]) -> None:
    import asyncio
    from concurrent.futures import ThreadPoolExecutor

    async def wait() -> None:
        try:
            await result
        except asyncio.CancelledError as error:
            # It is no Exception, and would end the server's worker.
            raise RuntimeError("the function was cancelled") from error

    try:
        asyncio.get_running_loop()
    except RuntimeError:
        asyncio.run(wait())
        return
    # A loop runs in this thread already: another thread has room for another.
    with ThreadPoolExecutor(max_workers=1) as thread:
        thread.submit(contextvars.copy_context().run, asyncio.run, wait()).result()
