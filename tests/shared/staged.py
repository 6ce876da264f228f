"""What tests of stages share: tasks of a few characters, and running a stage to its end."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from rostra import plugin
from rostra.testing import Journal, checkpoint

SOON = 0.2
"""Seconds, where a test waits for a timeout."""


class Till:
    """Something to be found in a context."""


async def forever() -> None:
    """Ends only by being cancelled."""
    await asyncio.Event().wait()


async def polite(cancel: plugin.Cancel) -> str:
    """Ends when it is asked to."""
    await cancel.wait()
    return "ended politely"


async def stubborn(free: asyncio.Event) -> None:
    """Ignores its cancellation, until the test lets it go."""
    while not free.is_set():
        try:
            await free.wait()
        except asyncio.CancelledError:
            continue


async def ran(*plugins: Any, **options: Any) -> list[Any]:
    """The results of a stage that ran to its end."""
    async with plugin.Stage(*plugins, **options) as stage:
        return await stage.run()


@asynccontextmanager
async def opened(journal: Journal, name: str) -> AsyncIterator[str]:
    """Noted as open during the body; it takes a turn before and after."""
    await checkpoint()
    with journal.held(name):
        yield name
        await checkpoint()
    await checkpoint()
