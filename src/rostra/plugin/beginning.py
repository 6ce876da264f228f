"""Beginning a coroutine at once, without a task of its own as long as it waits for nothing.

Most plugins of a large application never wait while they are prepared, and a task with its two turns of the loop takes
longer than all else that is done for them.
"""

import asyncio
from collections.abc import Callable, Coroutine
from contextvars import Context
from opcode import opmap
from types import FunctionType
from typing import Any

_WAITS = opmap["SEND"]


def never_waits(function: Callable[..., Any]) -> bool:
    """Whether it surely ends without waiting, since there is no ``await`` in it, nor ``async with`` or ``async for``."""
    return type(function) is FunctionType and _WAITS not in function.__code__.co_code[::2]


def begun(coroutine: Coroutine[Any, Any, None], name: str, context: Context) -> "asyncio.Task[None] | None":
    """Run a coroutine up to where it first waits, and return the task in which it goes on; None if it has ended.

    Until then ``asyncio.current_task()`` is the task of who calls this: nothing that asks may come before.

    Args:
        coroutine: It raises nothing before it waits.
        name: Of the task.
        context: In which it runs.
    """
    try:
        awaited = context.run(coroutine.send, None)
    except StopIteration:
        return None
    return asyncio.get_running_loop().create_task(_Rest(coroutine, awaited), name=name, context=context)


class _Rest(Coroutine[Any, Any, None]):
    """What is left of a coroutine that waits for something already."""

    def __init__(self, coroutine: Coroutine[Any, Any, None], awaited: Any) -> None:
        self._coroutine = coroutine
        self._awaited: tuple[Any, ...] = (awaited,)

    def send(self, value: Any) -> Any:
        if not self._awaited:
            return self._coroutine.send(value)
        (awaited,), self._awaited = self._awaited, ()
        return awaited

    def throw(self, *error: Any) -> Any:
        self._awaited = ()
        return self._coroutine.throw(*error)

    def close(self) -> None:
        self._coroutine.close()

    def __await__(self) -> Any:
        return self._coroutine.__await__()

    def __getattr__(self, name: str) -> Any:  # cr_frame and the like, for who looks where it waits
        return getattr(self._coroutine, name)
