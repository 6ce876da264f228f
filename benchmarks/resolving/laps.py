"""What is measured: a loop around one statement, compiled, so that no call is counted that a user would not make."""

import functools
import time
from collections.abc import Awaitable, Callable
from types import CodeType
from typing import Any

Laps = Callable[[int], Awaitable[float]]
"""Seconds that so many rounds take."""

_LOOP = """\
async def laps(count):
    rounds = range(count)
    began = perf_counter()
    for _ in rounds:
        {statement}
    return perf_counter() - began
"""


def loop(statement: str, /, **names: Any) -> Laps:
    """A coroutine function that runs ``statement`` so many times, one after the other.

    Args:
        statement: It may have several lines, and ``await``.
        names: What the names in it stand for.
    """
    module = {"perf_counter": time.perf_counter, **names}
    exec(_compiled(statement), module)
    laps: Laps = module["laps"]
    return laps


@functools.cache
def _compiled(statement: str) -> CodeType:
    """Once for each statement, so that a cold start does not count it."""
    return compile(_LOOP.format(statement=statement.replace("\n", "\n        ")), "<laps>", "exec")
