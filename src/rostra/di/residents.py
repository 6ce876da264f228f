"""What an object of the stage that needs ``await`` lives in: a task of its own.

It keeps the object open and closes it again, so that it does not matter who asked and who closes.
"""

import asyncio
from collections.abc import Awaitable, Callable
from types import TracebackType
from typing import Any

from rostra import context
from rostra.components import Components
from rostra.di.closing import Closing
from rostra.di.keeping import MISSING, Flight, Kept
from rostra.di.waiting import awaited, check_waiting


class Resident:
    """A context manager that lives in a task of its own, from entering to leaving.

    Args:
        label: What errors and the task call it.
        make: Makes the object, and pushes what is to be closed onto the closing that it is passed.
        layer: What is seen by what is made.
        flight: The making, for which others may wait.
        grows: It may open more later on.
    """

    __slots__ = ("_leave", "_task", "flight", "grows", "label", "layer", "make")

    def __init__(
        self,
        label: str,
        make: Callable[[Closing], Awaitable[Any]],
        layer: Components,
        flight: Flight,
        grows: bool,
    ) -> None:
        self.label = label
        self.make = make
        self.layer = layer
        self.flight = flight
        self.grows = grows
        self._task: asyncio.Task[None] | None = None
        self._leave: asyncio.Future[BaseException | None] | None = None

    async def __aenter__(self) -> Any:
        loop = asyncio.get_running_loop()
        ready: asyncio.Future[Any] = loop.create_future()
        self._leave = loop.create_future()
        living = self._live(ready, self._leave)
        self._task = loop.create_task(
            living, name=f"stage object {self.label}", context=context.bound(self.layer)
        )
        try:
            with awaited(self.flight, ready, self._task):
                await asyncio.wait([ready, self._task], return_when=asyncio.FIRST_COMPLETED)
        except asyncio.CancelledError:
            self._task.cancel()
            await asyncio.wait([self._task])
            raise
        if not ready.done():
            await self._task  # raises why
        return ready.result()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._task is None or self._leave is None:
            return
        if not self._leave.done():
            self._leave.set_result(error)
        if not self._task.done():
            await self._task
        elif not self._task.cancelled():
            self._task.result()

    async def _live(
        self, ready: "asyncio.Future[Any]", leave: "asyncio.Future[BaseException | None]"
    ) -> None:
        flight = self.flight  # noqa: F841  (found on the stack of the task that makes it, see Flight)
        own = Closing(self.label)
        reason: BaseException | None = None
        try:
            ready.set_result(await self.make(own))
            if own.labels or self.grows:
                reason = await leave
        except BaseException as error:
            reason = error
            raise
        finally:
            await own.close(reason)


async def shared(kept: Kept, key: Any, make: Callable[[Flight], Awaitable[Any]], label: str) -> Any:
    """What is kept under ``key``, or made now in a task of its own, which goes on as long as anybody waits for it.

    Raises:
        CycleError: As for ``Kept.take``.
    """
    while (found := kept.find(key)) is MISSING:
        ahead = kept.flights.get(key) or Flight()
        check_waiting(ahead, label)
        if ahead.maker is None:
            kept.flights[key] = ahead
            ahead.maker = asyncio.create_task(kept.make(key, ahead, make), name=f"making {label}")
        await _join(ahead, ahead.maker)
    return found


async def _join(ahead: Flight, maker: "asyncio.Task[None]") -> None:
    """Wait for the maker of a flight, whose failure is raised; the last who gives up waiting ends it."""
    ahead.passengers += 1
    try:
        with awaited(ahead, maker):
            await asyncio.wait([maker])
    finally:
        ahead.passengers -= 1
        if not ahead.passengers and not maker.done():
            maker.cancel()
            await asyncio.wait([maker])
    if not maker.cancelled():
        maker.result()
