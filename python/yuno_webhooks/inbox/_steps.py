"""How the rules of the inbox are written once for threads and for asyncio.

A call is a generator. It yields a `Step`, is given the rows, and returns what the call gives. Whoever drives it runs
the steps, and waits for them in its own way; what a step raises is raised in the generator, which may catch it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Generator
from typing import Any, NamedTuple, TypeAlias, TypeVar

# A connection of the store's driver.
Connection: TypeAlias = Any
Row: TypeAlias = dict[str, Any]

_T = TypeVar("_T")
_Given = TypeVar("_Given")
_Step = TypeVar("_Step")


class Query(NamedTuple):
    """One of the core's statements, to be run by a store."""

    name: str
    """The statement's, such as ``accept``; ``migration`` for what changes the schema."""
    text: str
    values: dict[str, Any]
    """The parameters, in the order in which the statement numbers them."""

    def __repr__(self) -> str:
        # Values hold bodies, and reporters of errors show the variables of each frame of a traceback.
        return f"Query({self.name!r})"


class Step(NamedTuple):
    """A query, and where it runs."""

    query: Query
    connection: Connection | None = None
    """In the transaction that is open there; None: by itself."""
    in_time: bool = False
    """Whether it gives up while the provider still waits."""


Steps: TypeAlias = Generator[Step, list[Row], _T]


def drive(steps: Generator[_Step, _Given, _T], do: Callable[[_Step], _Given]) -> _T:
    """Runs a call to its end, and gives what it returns."""
    try:
        step = next(steps)
        while True:
            try:
                given = do(step)
            except BaseException as error:  # noqa: BLE001, it is the call's to catch
                step = steps.throw(error)
            else:
                step = steps.send(given)
    except StopIteration as end:
        returned: _T = end.value
        return returned


async def adrive(steps: Generator[_Step, _Given, _T], do: Callable[[_Step], Awaitable[_Given]]) -> _T:
    """As `drive`, on the event loop."""
    try:
        step = next(steps)
        while True:
            try:
                given = await do(step)
            except BaseException as error:  # noqa: BLE001, it is the call's to catch
                step = steps.throw(error)
            else:
                step = steps.send(given)
    except StopIteration as end:
        returned: _T = end.value
        return returned
