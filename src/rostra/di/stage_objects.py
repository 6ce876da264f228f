"""What lives as long as the stage: pools, clients, whatever is costly to open.

Each is made once, when it is first asked for, out of the stage's layer and other such objects. One that needs
``await`` is made in a task of its own (``residents``).
"""

from collections.abc import Awaitable, Callable
from typing import Any

from rostra import context
from rostra.components import Components
from rostra.di.annotations import Want
from rostra.di.closing import Closing
from rostra.di.keeping import Flight, Kept
from rostra.di.registry import registry_of

Make = Callable[[Closing], Awaitable[Any]]


class StageObjects:
    """The objects of one stage. A component of its layer.

    Args:
        layer: The stage's layer; what is made sees it and what is below.
        closing: The stage's; each object is closed with it, last made first.
        ask: How an object of the stage is asked for by its type.
    """

    __rostra_shapes_apart__ = True
    __slots__ = ("ask", "closing", "kept", "layer")

    def __init__(
        self,
        layer: Components,
        closing: Closing,
        ask: Callable[[Components, tuple[Want, ...]], Awaitable[Any]],
    ) -> None:
        self.layer = layer
        self.closing = closing
        self.ask = ask
        self.kept: Kept = Kept()

    async def build_eager(self) -> None:
        """Make, one after the other, what was registered with ``eager=True`` and is not there yet.

        Raises:
            ResolveError: One cannot be built; the others before it are kept.
        """
        for adapter in registry_of(self.layer).adapters:
            if adapter.eager and adapter.declares is not None:
                await self.ask(self.layer, (Want((adapter.declares,)),))

    async def take(self, key: Any, label: str, make: Make, *, waits: bool, grows: bool) -> Any:
        """The object kept under ``key``.

        Args:
            key: Adapter and type.
            label: What errors and tasks call it.
            make: Makes it, and pushes what is to be closed onto the closing that it is passed.
            waits: Making it needs ``await``: then it gets a task of its own.
            grows: It may open more later on, since it has a ``Lazy``.

        Raises:
            ClosedError: The stage is being closed.
            CycleError: It is asked for by what is needed to make it.
        """
        if not self.kept.has(key):
            self.closing.check_open()

        if waits:
            from rostra.di.residents import Resident, shared

            async def resident(flight: Flight) -> Any:
                return await self.closing.enter(Resident(label, make, self.layer, flight, grows), label)

            return await shared(self.kept, key, resident, label)

        async def made(_: Flight) -> Any:
            own = Closing(label)
            try:
                with context.use(self.layer):
                    value = await make(own)
            except BaseException as error:
                await own.close(error)
                raise
            await self.closing.enter(own, label)
            return value

        return await self.kept.take(key, made, label)
