"""All tasks of a stage: in which order they start, and in which they are asked to end."""

import asyncio
from collections.abc import Callable
from typing import Any

from rostra import errors
from rostra.plugin.noting import Record
from rostra.plugin.supervising import Cancelled, Failed, Returned, Supervision
from rostra.plugin.tasks import Task


class Crew:
    """The tasks of a stage, in the order in which they were yielded.

    Args:
        failed: Called with each task that fails.
    """

    def __init__(self, failed: Callable[[Supervision], None]) -> None:
        self._failed = failed
        self._members: list[Supervision] = []
        self._somebody_ended = asyncio.Event()

    @property
    def members(self) -> tuple[Supervision, ...]:
        """All of them, whatever became of them."""
        return tuple(self._members)

    @property
    def alive(self) -> list[Supervision]:
        """Those that run."""
        return [each for each in self._members if each.running is not None]

    @property
    def starting(self) -> list[Supervision]:
        """Those of which the stage waits to hear that they started."""
        return [each for each in self.alive if each.is_starting]

    @property
    def failures(self) -> list[Failed]:
        """What went wrong, in the order of the tasks."""
        return [each.outcome for each in self._members if isinstance(each.outcome, Failed)]

    def at_work(self) -> Supervision | None:
        """The one whose task this code runs in; None if it runs in another."""
        current = asyncio.current_task()
        return next((each for each in self.alive if each.running is current), None)

    def count_like(self, record: Record, task: Task) -> int:
        """How many there are of this plugin with this name."""
        return sum(each.record is record and each.task.name == task.name for each in self._members)

    def add(self, member: Supervision) -> None:
        """One more, which does not run yet."""
        self._members.append(member)

    def ended(self, member: Supervision) -> None:
        """One has ended."""
        if isinstance(member.outcome, Failed):
            self._failed(member)
        self._somebody_ended.set()

    async def start(self) -> None:
        """Start those that take no work from outside, and when they have started those that do."""
        for takes_intake in (False, True):
            self.start_new(takes_intake)
            for member in self._members:
                if member.task.intake is takes_intake:
                    await member.has_started()

    def start_new(self, *takes_intake: bool) -> None:
        """Start those that do not run yet, without waiting for them."""
        for member in self._members:
            if not member.has_begun and member.task.intake in (takes_intake or (False, True)):
                member.start()

    async def keep(self) -> None:
        """Return when all have ended that keep a stage alive."""
        while any(not each.task.background for each in self.alive):
            await self._one_more_end()

    async def drain(self) -> None:
        """Ask all to end, first those that take work from outside; return when all have ended."""
        for takes_intake in (True, False):
            for member in self.alive:
                if member.task.intake is takes_intake:
                    member.ask_to_end()
            while any(each.task.intake is takes_intake for each in self.alive):
                await self._one_more_end()

    async def cut(self, patience: float) -> list[Supervision]:
        """Cancel those that still run, wait so many seconds, and return those that even then do not end."""
        running = {each.running for each in self.alive}
        for member in self.alive:
            member.cancel.set()
            member.cut()
        if running:
            await asyncio.wait({task for task in running if task is not None}, timeout=patience)
        return self.alive

    def discard(self) -> None:
        """Let go of what never ran, so that no coroutine is left unawaited."""
        for member in self._members:
            if member.running is None:
                member.task.discard()

    def results(self, *, with_exceptions: bool) -> list[Any]:
        """A result per task; None for one that was cancelled in order, or never ran.

        Args:
            with_exceptions: Exceptions and CancelledErrors stand in the place of a result.
        """
        return [_result(member, with_exceptions) for member in self._members]

    async def _one_more_end(self) -> None:
        self._somebody_ended.clear()
        await self._somebody_ended.wait()


def _result(member: Supervision, with_exceptions: bool) -> Any:
    match member.outcome:
        case Returned(value):
            return value
        case Failed(error) if with_exceptions:
            lost = isinstance(error, errors.TaskEndedError) and isinstance(
                error.__cause__, asyncio.CancelledError
            )
            return error.__cause__ if lost else error
        case Cancelled(error) if with_exceptions:
            return error
        case _:
            return None
