"""How is a generator entered, and left when its scope closes? By the task that owns the scope, never by the collector."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

from rostra.di.closing import Stack, leave


def opened_now(stack: Stack, made: Any, label: str) -> Any:
    """Enter what a generator function gave: a generator, or the context manager that a decorator made of it."""
    manager = made if hasattr(made, "__enter__") else contextmanager(lambda: made)()
    return stack.enter_now(manager, label)


async def opened(stack: Stack, made: Any, label: str) -> Any:
    """The same for an asynchronous one."""
    manager = made if hasattr(made, "__aenter__") else asynccontextmanager(lambda: made)()
    return await stack.enter(manager, label)


async def left(stack: Stack, generator: AsyncGenerator[Any, None]) -> None:
    """Leave a generator that yielded while the scope was closing.

    Raises:
        ClosedError: Always.
    """
    await leave(generator, None)
    stack.check_open()
