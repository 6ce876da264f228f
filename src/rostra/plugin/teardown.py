"""What is put away when a stage ends, and in which order: last in, first out, all of it.

It is the one stack of a stage: what plugins add, the resources of the stage and those of its scope. Each step
runs in a task of its own: one that ignores its cancellation can be left behind, and the others still run.
"""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import AbstractAsyncContextManager
from typing import Any, TypeVar

from rostra import context, errors, log
from rostra.components import Components
from rostra.di import Closing

Entered = TypeVar("Entered")

_PATIENCE = 0.2
_log = log.get("rostra.plugin")


class Teardown(Closing):
    """What is put away when the stage ends: last in, first out, all of it, errors together.

    ::

        async def prepare(teardown: plugin.Teardown):
            client = await teardown.enter(open_client())
            teardown.add(client.flush)
    """

    def __init__(self, layer: Components) -> None:
        """Made by rostra.

        Args:
            layer: Of the stage; in it everything is put away.
        """
        super().__init__("stage")
        self._layer = layer
        self._at_hand = ""

    @property
    def at_hand(self) -> str:
        """What is being put away now, or was last."""
        return self._at_hand

    def add(self, step: Awaitable[Any] | Callable[[], Any], label: str = "") -> None:
        """Await ``step`` when the stage ends; if it is callable, call it then and await what it returns.

        Args:
            step: A callable without parameters, or an awaitable.
            label: How messages call it; its own name if it is left out.

        Raises:
            ClosedError: The teardown has begun.
        """
        called = label or _called(step)
        if isinstance(step, Awaitable):
            self.check_open()
            self.push(lambda: step, called)
        else:
            self.push(step, called)

    def push(self, step: Callable[[], Awaitable[Any] | Any], label: str = "") -> None:
        """The same for a callable only; ``di`` pushes here what it has made for the stage."""
        called = label or _called(step)

        async def run() -> None:
            await self._seen_through(self._task(_call(step), called), called)

        super().push(run, called)

    async def enter(self, manager: AbstractAsyncContextManager[Entered], label: str = "") -> Entered:
        """Enter ``manager`` now, and leave it when the stage ends; one task of its own does both.

        Args:
            manager: An async context manager.
            label: How messages call it; the name of its class if it is left out.

        Raises:
            ClosedError: The teardown has begun; a manager that was being entered meanwhile is left at once.
        """
        self.check_open()
        called = label or _called(manager)
        entered: asyncio.Future[Entered] = asyncio.get_running_loop().create_future()
        leave = asyncio.Event()
        holder = self._task(_hold(manager, entered, leave), called)

        either: set[asyncio.Future[Any]] = {holder, entered}

        async def end() -> None:
            leave.set()
            await self._seen_through(holder, called)

        try:
            await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
        except asyncio.CancelledError:
            holder.cancel()
            await asyncio.wait({holder})
            raise
        if not entered.done():
            holder.result()
        if self.is_closed:
            await end()
        super().push(end, called)
        return entered.result()

    def _task(self, run: Coroutine[Any, Any, None], label: str) -> "asyncio.Task[None]":
        return asyncio.get_running_loop().create_task(
            run, name=f"teardown of {label}", context=context.bound(self._layer)
        )

    async def _seen_through(self, task: "asyncio.Task[None]", label: str) -> None:
        self._at_hand = label
        try:
            await asyncio.wait({task})
        except asyncio.CancelledError:
            await self._cut(task, label)
            raise
        if task.cancelled():
            why = "the code that puts it away raised CancelledError itself"
            raise errors.PluginError(
                f"the teardown of {label} ended cancelled, though nobody cancelled it", why=(why,)
            )
        task.result()

    async def _cut(self, task: "asyncio.Task[None]", label: str) -> None:
        task.cancel()
        await asyncio.wait({task}, timeout=_PATIENCE)
        if not task.done():
            from rostra.plugin.hanging import at

            _log.error("teardown.abandoned", step=label, awaits=at(task))
        elif not task.cancelled() and (error := task.exception()) is not None:
            _log.error("teardown.failed", step=label, exc_info=error)


async def _call(step: Callable[[], Awaitable[Any] | Any]) -> None:
    result = step()
    if isinstance(result, Awaitable):
        await result


async def _hold(
    manager: AbstractAsyncContextManager[Entered], entered: asyncio.Future[Entered], leave: asyncio.Event
) -> None:
    async with manager as value:
        entered.set_result(value)
        await leave.wait()


def _called(thing: object) -> str:
    name: str = getattr(thing, "__qualname__", None) or type(thing).__qualname__
    return name.rpartition("<locals>.")[2]
