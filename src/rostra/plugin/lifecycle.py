"""How far is the stage, how much time is left, and how did it end?

Its phase, which others may wait for; the time of the start, which may pause, and that of the stop, of which the teardown keeps
a part; and what went wrong, as the one exception that its caller gets.
"""

import asyncio
import enum
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from time import monotonic

from rostra import errors

_LARGEST_RESERVE = 5.0


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


class StartBudget:
    """Counts the time that preparing and starting take, and not what is between them.

    Args:
        seconds: How much there is.
        expired: Called when it is used up.
    """

    def __init__(self, seconds: float, expired: Callable[[], None]) -> None:
        self._left = seconds
        self._expired = expired

    @contextmanager
    def counting(self) -> Iterator[None]:
        """Count during the body."""
        begun = monotonic()
        timer = asyncio.get_running_loop().call_later(max(0.0, self._left), self._expired)
        try:
            yield
        finally:
            timer.cancel()
            self._left -= monotonic() - begun


class StopBudget:
    """The time for draining and teardown together; counts from the moment in which the stop begins.

    Args:
        seconds: How much there is. At most half of it, and at most 5 s, are kept for teardown.
    """

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._reserve = min(_LARGEST_RESERVE, seconds / 2)
        self._begun: float | None = None

    def begin(self) -> None:
        """Count from now."""
        self._begun = monotonic()

    @property
    def left(self) -> float:
        """Seconds until all should be over."""
        passed = 0.0 if self._begun is None else monotonic() - self._begun
        return max(0.0, self.seconds - passed)

    @property
    def left_for_draining(self) -> float:
        """Seconds until what still runs is cancelled."""
        return max(0.0, self.left - self._reserve)


class Verdict:
    """What went wrong.

    Args:
        start: Why the stage did not start.
        tasks: What the tasks raised, in their order.
        cut_short: What was not finished when the stop was cut short.
        teardown: What could not be put away.
    """

    __slots__ = ("cut_short", "start", "tasks", "teardown")

    def __init__(self) -> None:
        self.start: BaseException | None = None
        self.tasks: Sequence[BaseException] = ()
        self.cut_short: errors.StopTimeoutError | None = None
        self.teardown: Sequence[BaseException] = ()

    def error(self, *, with_tasks: bool = True) -> BaseException | None:
        """What to raise: nothing; what kept it from starting or cut it short, as it is; else all as a group.

        Args:
            with_tasks: What the tasks raised is part of it; else it is a result.
        """
        tasks = self.tasks if with_tasks else ()
        single = [each for each in (self.start, self.cut_short) if each is not None]
        if len(single) == 1 and not tasks and not self.teardown:
            return single[0]
        failures = [*single[:1], *tasks, *single[1:], *self.teardown]
        return BaseExceptionGroup(self._headline(len(tasks)), failures) if failures else None

    def _headline(self, tasks: int) -> str:
        said = [
            "the start" if self.start else "",
            f"{tasks} task{'s' if tasks > 1 else ''}" if tasks else "",
            "the teardown" if self.teardown else "",
        ]
        failed = " and ".join(each for each in said if each)
        return f"{failed} of the stage failed"
