"""How far is the stage? Its phase, and waiting for one."""

import asyncio
import enum


class Phase(enum.IntEnum):
    """What a stage is doing; phases only go forward, and may be left out when a start fails."""

    PREPARING = 1
    """Plugins are loaded and put their components into the context."""
    STARTING = 2
    """Tasks run, and some have not yet said that they started."""
    RUNNING = 3
    """Everything has started: the stage is ready for work."""
    STOPPING = 4
    """No new work is taken, what runs is finished."""
    TEARDOWN = 5
    """Resources are put away."""
    STOPPED = 6
    """Nothing of the stage is left."""

    def __str__(self) -> str:
        return self.name.lower()


class Lifecycle:
    """The stage's phase as a component.

    ::

        async def warm_up(lifecycle: plugin.Lifecycle, cache: Cache):
            await lifecycle.wait_for(plugin.Phase.RUNNING)
    """

    __slots__ = ("_phase", "_waiting")

    def __init__(self) -> None:
        self._phase = Phase.PREPARING
        self._waiting: list[tuple[Phase, asyncio.Future[Phase]]] = []

    @property
    def phase(self) -> Phase:
        """What the stage is doing now."""
        return self._phase

    @property
    def is_running(self) -> bool:
        """Whether everything has started and nothing stops yet."""
        return self._phase is Phase.RUNNING

    async def wait_for(self, phase: Phase) -> Phase:
        """Wait until the stage is in ``phase`` or beyond, and return where it was at that moment.

        A stage that stops before it ran is never ``RUNNING``: compare what is returned.
        """
        if self._phase >= phase:
            return self._phase
        reached: asyncio.Future[Phase] = asyncio.get_running_loop().create_future()
        self._waiting.append((phase, reached))
        return await reached

    def enter(self, phase: Phase) -> None:
        """Move on to ``phase`` and wake who waited for it. Only the stage does this.

        Raises:
            ValueError: The stage is beyond ``phase`` already.
        """
        if phase < self._phase:
            msg = f"a stage does not go back from {self._phase} to {phase}"
            raise ValueError(msg)
        self._phase = phase
        due = [future for wanted, future in self._waiting if wanted <= phase]
        self._waiting = [(wanted, future) for wanted, future in self._waiting if wanted > phase]
        for future in due:
            if not future.done():
                future.set_result(phase)
