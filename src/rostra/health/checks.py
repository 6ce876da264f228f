"""Checks, and the report of what all of them found."""

import sys
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, TypeAlias

from rostra import context
from rostra.clock import Clock, SystemClock
from rostra.values import Values

Check: TypeAlias = Callable[[], Awaitable[Any] | Any]
"""Raises, or returns or awaits to False, if something is not well; anything else is well."""

STAGE = "stage"
"""The check by which a stage says that it runs."""

_system_clock = SystemClock()


class Result(Values):
    """What one check last found.

    Args:
        name: Of the check.
        error: What is wrong: the exception's type and the first line of its text; None if all is well.
        since_success: Seconds since the check was last well, or None if it was not since it was first asked.
    """

    name: str
    error: str | None = None
    since_success: float | None = None

    @property
    def is_well(self) -> bool:
        """Whether nothing is wrong."""
        return self.error is None


class Report(Values):
    """What all checks found."""

    results: tuple[Result, ...] = ()

    @property
    def is_well(self) -> bool:
        """Whether nothing is wrong at all."""
        return not self.failing

    @property
    def failing(self) -> tuple[str, ...]:
        """The names of the checks that found something."""
        return tuple(result.name for result in self.results if not result.is_well)


class Checks:
    """The checks of a stage. A component; plugins add to it in ``prepare``.

    ::

        async def prepare(checks: health.Checks, database: Database) -> None:
            checks.add("database", database.answers)

    Args:
        timeout: Seconds after which a check that has not answered counts as failed.
        clock: By which answers age; None stands for that of the context.
    """

    def __init__(self, *, timeout: float = 3.0, clock: Clock | None = None) -> None:
        self._timeout = timeout
        self._clock = clock
        self._entries: dict[str, tuple[Check, float, str]] = {}
        """What to ask, how long its answer is good, and who added it."""
        self._findings: Any = None
        """What those found that were asked: ``findings.Findings``, which is not imported before."""

    def add(self, name: str, check: Check, *, every: float = 5.0) -> None:
        """Let readiness depend on ``check``.

        Args:
            name: What reports call it.
            check: A function or coroutine function without parameters. It runs in the loop, so one that is no
                coroutine function must not block.
            every: Seconds for which an answer is good; 0 asks each time.

        Raises:
            CheckNameError: There is a check of this name already.
        """
        place = _caller()
        if name in self._entries:
            from rostra.errors import CheckNameError

            raise CheckNameError(name, self._entries[name][-1], place)
        self._entries[name] = check, every, place

    def remove(self, name: str) -> None:
        """Let readiness depend on it no more. Nothing happens if there is no such check."""
        self._entries.pop(name, None)

    def expect_questions(self) -> None:
        """Import what asks checks, for those who will be asked later, when there may be no file left to open."""
        if self._findings is None:
            from rostra.health.findings import Findings

            self._findings = Findings(self._entries, self._timeout, STAGE)  # its phases stand in the log

    async def live(self) -> Report:
        """Whether the process should go on: whoever gets an answer knows that the loop turns. Asks no check."""
        return Report()

    async def startup(self) -> Report:
        """Whether the stage has started: its own check only."""
        return await self._ask([STAGE] if STAGE in self._entries else [])

    async def ready(self) -> Report:
        """Whether work should be sent here: the stage runs, and all checks are well."""
        return await self._ask(list(self._entries))

    async def _ask(self, names: Sequence[str]) -> Report:
        self.expect_questions()
        clock = self._clock or context.get(Clock, default=_system_clock)
        return Report(tuple([Result(*each) for each in await self._findings.latest(names, clock)]))


def _caller() -> str:
    """File and line of whoever called the function that calls this one."""
    frame = sys._getframe(2)  # noqa: SLF001  (documented, and much cheaper than inspect)
    return f"{frame.f_code.co_filename}:{frame.f_lineno}"
