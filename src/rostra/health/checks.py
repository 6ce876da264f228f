"""Checks, what became of them, and the report of all."""

import asyncio
import sys
from collections.abc import Awaitable, Callable
from typing import Any, TypeAlias

from rostra import context, log
from rostra.clock import Clock, SystemClock
from rostra.values import Values

Check: TypeAlias = Callable[[], Awaitable[Any] | Any]
"""Raises, or returns or awaits to False, if something is not well; anything else is well."""

STAGE = "stage"
"""The check by which a stage says that it runs."""

_CANCELLED = (
    "it was cancelled, though nobody cancelled it"  # some libraries do that when a connection is lost
)
_log = log.get(__name__)
_system_clock = SystemClock()


class Result(Values):
    """What one check last found.

    Args:
        name: Of the check.
        error: What is wrong: the exception's type and the first line of its text; None if all is well.
        since_success: Seconds since the check was last well, or None if it never was.
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


class _Entry:
    """A check and what it last found."""

    __slots__ = ("check", "checked", "error", "every", "name", "place", "succeeded", "turn")

    def __init__(self, name: str, check: Check, every: float, place: str) -> None:
        self.name = name
        self.check = check
        self.every = every
        self.place = place
        self.error: str | None = None
        self.checked: float | None = None
        self.succeeded: float | None = None
        self.turn = asyncio.Lock()

    def result(self, now: float) -> Result:
        since = None if self.succeeded is None else max(0.0, now - self.succeeded)
        return Result(self.name, self.error, since)

    def is_fresh(self, now: float) -> bool:
        return self.checked is not None and now - self.checked < self.every

    def note(self, error: str | None, now: float) -> None:
        if self.name != STAGE:  # its phases stand in the log already
            self._log_change(error)
        self.error, self.checked = error, now
        if error is None:
            self.succeeded = now

    def _log_change(self, error: str | None) -> None:
        if error is None and self.error is not None:
            _log.info("health.recovered", check=self.name)
        elif error is not None and self.error is None:
            _log.warning("health.failed", check=self.name, error=error)


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
        self._entries: dict[str, _Entry] = {}

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

            raise CheckNameError(name, self._entries[name].place, place)
        self._entries[name] = _Entry(name, check, every, place)

    def remove(self, name: str) -> None:
        """Let readiness depend on it no more. Nothing happens if there is no such check."""
        self._entries.pop(name, None)

    async def live(self) -> Report:
        """Whether the process should go on: whoever gets an answer knows that the loop turns. Asks no check."""
        return Report()

    async def startup(self) -> Report:
        """Whether the stage has started: its own check only."""
        entry = self._entries.get(STAGE)
        return await self._ask([entry] if entry is not None else [])

    async def ready(self) -> Report:
        """Whether work should be sent here: the stage runs, and all checks are well."""
        return await self._ask(list(self._entries.values()))

    async def _ask(self, entries: list[_Entry]) -> Report:
        return Report(tuple(await asyncio.gather(*map(self._result, entries))))

    async def _result(self, entry: _Entry) -> Result:
        clock = self._clock or context.get(Clock, default=_system_clock)
        async with entry.turn:  # who asks meanwhile gets the same answer
            if not entry.is_fresh(clock.monotonic()):
                error = await self._error(entry.check)
                entry.note(error, clock.monotonic())
            return entry.result(clock.monotonic())

    async def _error(self, check: Check) -> str | None:
        deadline = asyncio.timeout(self._timeout)
        try:
            async with deadline:
                answer = check()
                if hasattr(answer, "__await__"):
                    answer = await answer
        except TimeoutError as error:
            return f"no answer within {self._timeout:g} s" if deadline.expired() else _in_short(error)
        except asyncio.CancelledError:
            if _is_being_cancelled():
                raise
            return _CANCELLED
        except Exception as error:  # noqa: BLE001  (whatever it is, it is the check's finding)
            return _in_short(error)
        return "it says no" if answer is False else None


def _in_short(error: Exception) -> str:
    """The type and the first line only: what follows may tell more than a probe should."""
    text = str(error).strip().partition("\n")[0]
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def _is_being_cancelled() -> bool:
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


def _caller() -> str:
    """File and line of whoever called the function that calls this one."""
    frame = sys._getframe(2)  # noqa: SLF001  (documented, and much cheaper than inspect)
    return f"{frame.f_code.co_filename}:{frame.f_lineno}"
