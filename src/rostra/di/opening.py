"""How is a generator entered, and left when its scope closes? By the task that owns the scope, never by the collector."""

import functools
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager, contextmanager
from typing import Any

from rostra.di.closing import Closing


def opened_now(closing: Closing, made: Any, label: str) -> Any:
    """Enter what a generator function gave: a generator, or the context manager that a decorator made of it."""
    manager = made if hasattr(made, "__enter__") else contextmanager(lambda: made)()
    return closing.enter_now(manager, label)


async def opened(closing: Closing, made: Any, label: str) -> Any:
    """The same for an asynchronous one."""
    manager = made if hasattr(made, "__aenter__") else asynccontextmanager(lambda: made)()
    return await closing.enter(manager, label)


def leaving(generator: AsyncGenerator[Any, None]) -> Callable[[BaseException | None], Awaitable[None]]:
    """The step that leaves a generator that has yielded."""
    return functools.partial(_leave, generator)


async def left(closing: Closing, generator: AsyncGenerator[Any, None]) -> None:
    """Leave a generator that yielded while the scope was closing.

    Raises:
        ClosedError: Always.
    """
    await _leave(generator, None)
    closing.check_open()


async def _leave(generator: AsyncGenerator[Any, None], error: BaseException | None) -> None:
    if error is not None:  # contextlib knows all that may happen then
        manager: Any = asynccontextmanager(lambda: generator)()
        await manager.__aexit__(type(error), error, error.__traceback__)
        return
    try:
        await generator.__anext__()
    except StopAsyncIteration:
        return
    await generator.aclose()
    msg = "generator didn't stop"
    raise RuntimeError(msg)
