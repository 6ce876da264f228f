"""What is measured: a loop around one statement, compiled, so that no call is counted that a user would not make."""

import time
from collections.abc import Awaitable, Callable
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
    exec(_LOOP.format(statement=statement.replace("\n", "\n        ")), module)
    laps: Laps = module["laps"]
    return laps
