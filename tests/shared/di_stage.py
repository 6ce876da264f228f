"""A stage as far as di is concerned, and things that note when they are opened and closed."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from rostra import context, di
from rostra.components import Components


@asynccontextmanager
async def a_stage(*adapters: object) -> AsyncIterator[Components]:
    """The layer of a stage with these adapters, current in the body; closed after it."""
    layer = Components(None, "stage")
    async with di.Closing("stage") as closing:
        registry = di.open_stage(layer, closing)
        registry.register(*adapters)
        with context.use(layer):
            yield layer


class Journal:
    """What was opened and what was closed, in order."""

    def __init__(self) -> None:
        self.opened: list[str] = []
        self.closed: list[str] = []

    @asynccontextmanager
    async def noting(self, name: str) -> AsyncIterator[None]:
        """Note that ``name`` is opened, and that it is closed when the body ends, however it does."""
        self.opened.append(name)
        try:
            yield
        finally:
            self.closed.append(name)
