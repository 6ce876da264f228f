"""How a command waits for resolvers: in a loop of its own, which neither a thread nor a task that hangs holds at its end."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

from rostra.plugin.running import Threads, clear

__all__ = ["completed"]

Result = TypeVar("Result")


def completed(work: Coroutine[Any, Any, Result]) -> Result:
    """What a coroutine returns or raises."""
    loop = asyncio.new_event_loop()
    threads = Threads(loop)
    try:
        return loop.run_until_complete(work)
    finally:
        clear(loop, threads)
