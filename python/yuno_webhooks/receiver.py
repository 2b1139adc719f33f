"""Handlers for kinds of events, and the steps from a request to its answer, on which the adapters stand."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, TypeAlias, TypeVar, overload

from ._checks import NO_LOOP, check_function, check_inbox, check_verifier
from ._core import Event, Reply, Verifier
from ._log import log_refusal, logger
from ._registry import Registry
from ._work import Work, is_async
from .errors import PayloadError, WebhookError
from .types import Kind

if TYPE_CHECKING:
    from .inbox import AsyncInbox, Inbox

__all__ = ["Handler", "HeadersLike", "Receiver", "UnreadableHandler"]

Handler: TypeAlias = Callable[[Event], object]
UnreadableHandler: TypeAlias = Callable[[bytes, PayloadError], object]
HeadersLike: TypeAlias = Mapping[str, str] | Mapping[bytes, bytes] | Iterable[tuple[str | bytes, str | bytes]]

_Handler = TypeVar("_Handler", bound=Handler)
ELSEWHERE = "calls no functions: give them to Handlers, and these to inbox.run"


class Receiver:
    """Verifies deliveries, and stores them in an inbox or calls the handler of each event's kind.

    ``Receiver(Verifier.from_env(), inbox=inbox)`` stores each delivery once, acknowledges it, and leaves the work to
    ``inbox.run(handlers)``: nothing is lost, nothing happens twice, and the answer is given at once. A delivery that
    could not be stored is answered 503 and comes again. Under an async server, an async inbox stores on the event loop,
    and a sync one in a thread.

    Without an inbox the handlers run before the answer::

        receiver = Receiver(Verifier.from_env(), fallback=note)

        @receiver.on("payment.purchase", "payment.capture")
        def paid(event: Event) -> None: ...

    Handlers are sync or async. One that returns, whatever it returns, acknowledges the event; one that raises has it
    delivered again (503). They cannot choose another status.

    **The handler runs inside the provider's wait** (23 seconds for the first try, 7 for later ones, when it last said)
    **and redeliveries are not stopped here**: the same event comes again whenever an answer was late or lost. Write
    ``event.dedupe_key`` and the effect in one transaction of your database, do nothing if the key is there, and do slow
    work afterwards. Different events of one payment have different keys: an effect needs a unique key of its own, such
    as the order's number.

    Under an async server, sync handlers run in threads of asyncio's default executor. Under a sync server, async
    handlers run in an event loop of their own for each event, and cannot use what belongs to another loop, such as a
    pool of connections.

    verifier: decides what is authentic.
    fallback: called for every kind without a handler, and for those that are new (``event.kind == "unknown"``).
    on_unreadable: stores an authentic body that is no event, given with the error that says why; the delivery is then
    acknowledged. Without this function it is answered 400 and comes again.

    Raises TypeError for what is no Verifier, cannot be called with these arguments, or is a generator function.
    """

    @overload
    def __init__(self, verifier: Verifier, *, inbox: Inbox | AsyncInbox) -> None: ...

    @overload
    def __init__(
        self, verifier: Verifier, *, fallback: Handler, on_unreadable: UnreadableHandler | None = None
    ) -> None: ...

    def __init__(
        self,
        verifier: Verifier,
        *,
        fallback: Handler | None = None,
        on_unreadable: UnreadableHandler | None = None,
        inbox: Inbox | AsyncInbox | None = None,
    ) -> None:
        check_verifier(verifier, "Receiver")
        self._verifier = verifier
        self._has_inbox = inbox is not None
        self._has_async_inbox = False
        if inbox is not None:
            self._has_async_inbox = check_inbox(inbox)
            if fallback is not None or on_unreadable is not None:
                raise TypeError(f"a Receiver with an inbox {ELSEWHERE}")
            fallback, on_unreadable = inbox.accept, inbox.accept_unreadable
        if fallback is None:
            raise TypeError(
                "fallback must be a function for the kinds of events that have no handler; or give an inbox"
            )
        if on_unreadable is not None:
            check_function("on_unreadable", on_unreadable, "body, error")
        # With an inbox, all that a handler does is to store.
        self._registry = Registry(fallback, "event", "receiver")
        self._on_unreadable = on_unreadable

    @property
    def max_body_bytes(self) -> int:
        """The largest body that the verifier looks at, in bytes."""
        return self._verifier.max_body_bytes

    @property
    def has_async_inbox(self) -> bool:
        """Whether it stores by asyncio, so that it needs ``areceive`` and an async server."""
        return self._has_async_inbox

    def on(self, *kinds: Kind) -> Callable[[_Handler], _Handler]:
        """A decorator that makes a function the handler of these kinds and leaves it as it is.

        Raises ValueError for no kind, an unknown one and one that has a handler; TypeError for what cannot handle.
        """
        if self._has_inbox:
            raise TypeError(f"a Receiver with an inbox {ELSEWHERE}")
        return self._registry.on(*kinds)

    def admit(self, *, content_length: str | None = None, content_encoding: str | None = None) -> Reply | None:
        """The reply to a delivery whose body need not be read, by the values of these headers; None to read on."""
        try:
            self._verifier.admit(content_length=content_length, content_encoding=content_encoding)
        except WebhookError as error:
            log_refusal(error)
            return Reply.to_error(error)
        return None

    def receive(self, body: bytes, headers: HeadersLike) -> Reply:
        """Verifies a delivery, waits for its handler, and gives the reply.

        body: the raw body as received; of one past ``max_body_bytes``, a byte more is enough. headers: the request's.
        Raises TypeError if they are of other types, and if the inbox is an async one; what goes wrong with a delivery
        is in the reply and in the log.
        """
        if self._has_async_inbox:
            raise TypeError(f"receive {NO_LOOP}")
        work = self._judge(body, headers)
        return work if isinstance(work, Reply) else work.run()

    async def areceive(self, body: bytes, headers: HeadersLike) -> Reply:
        """As ``receive``, for asyncio: an async handler or inbox runs on the event loop; a sync one in a thread, so
        that it does not block the loop.
        """
        work = self._judge(body, headers)
        return work if isinstance(work, Reply) else await work.arun()

    def _judge(self, body: bytes, headers: HeadersLike) -> Work | Reply:
        try:
            event = self._verifier.verify(body, headers)
        except PayloadError as error:
            return self._judge_unreadable(body, error)
        except WebhookError as error:
            log_refusal(error)
            return Reply.to_error(error)
        handler = self._registry.find(event.kind)
        subject = f"{event.kind} with key {event.dedupe_key}"
        accepted = (Reply.received(), logging.INFO, f"accepted {subject}")
        return Work(lambda: handler(event), is_async(handler), subject, *accepted)

    def _judge_unreadable(self, body: bytes, error: PayloadError) -> Work | Reply:
        reply, keep = Reply.to_error(error), self._on_unreadable
        if reply.status == Reply.received().status:
            logger.info("an authentic delivery held nothing and was acknowledged")
            return reply
        stored = Reply.to_error(error, stored=True)
        # What would not be acknowledged is not stored.
        if keep is None or stored == reply:
            log_refusal(error)
            return reply
        told = f"an unreadable delivery was stored: {error.code}"
        # Its traceback leads to frames that hold the body and the headers, for whoever reports errors with variables.
        call = _Keeping(keep, body, error.with_traceback(None))
        return Work(call, is_async(keep), f"unreadable bodies ({error.code})", stored, logging.ERROR, told)


class _Keeping:
    """A call of the merchant's function that shows nothing of the body, whoever prints it."""

    __slots__ = ("_body", "_error", "_keep")

    def __init__(self, keep: UnreadableHandler, body: bytes, error: PayloadError) -> None:
        self._keep, self._body, self._error = keep, body, error

    def __call__(self) -> object:
        return self._keep(self._body, self._error)
