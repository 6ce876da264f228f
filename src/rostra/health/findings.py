"""What a check finds when it is asked, and what the log is told of that.

A stage does without until somebody asks. Who has to answer also when no file can be opened imports it before.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any, TypeAlias

from rostra import log
from rostra.clock import Clock

_CANCELLED = (
    "it was cancelled, though nobody cancelled it"  # some libraries do that when a connection is lost
)
_log = log.get("rostra.health.checks")  # by this name applications know it

Check: TypeAlias = Callable[[], Awaitable[Any] | Any]


class Findings:
    """What the checks of a stage last found.

    Args:
        entries: By name what to ask, for how many seconds its answer is good, and who added it; they come and go.
        timeout: Seconds after which a check that has not answered counts as failed.
        untold: The name of the one of which the log is told nothing.
    """

    __slots__ = ("_entries", "_known", "_timeout", "_untold")

    def __init__(self, entries: Mapping[str, tuple[Check, float, str]], timeout: float, untold: str) -> None:
        self._entries = entries
        self._timeout = timeout
        self._untold = untold
        self._known: dict[str, tuple[object, Finding]] = {}

    async def latest(self, names: Iterable[str], clock: Clock) -> list[tuple[str, str | None, float | None]]:
        """Of each its name, what is wrong, None if nothing is, and the seconds since it was last well.

        Args:
            names: Of the checks; those whose last answer is good no longer are asked, at the same time.
            clock: By which answers age.
        """
        for name in self._known.keys() - self._entries.keys():
            del self._known[name]
        return await asyncio.gather(*[self._of(name).latest(clock) for name in names])

    def _of(self, name: str) -> "Finding":
        entry, (of, finding) = self._entries[name], self._known.get(name, (None, None))
        if finding is None or of is not entry:  # another one was added under this name
            finding = Finding(name, entry[0], entry[1], self._timeout, is_told=name != self._untold)
            self._known[name] = entry, finding
        return finding


class Finding:
    """What one check last found.

    Args:
        name: Of the check.
        check: Raises, or returns or awaits to False, if something is not well.
        every: Seconds for which an answer is good.
        timeout: Seconds after which a check that has not answered counts as failed.
        is_told: Whether the log is told of changes.
    """

    __slots__ = (
        "_check", "_checked", "_error", "_every", "_is_told", "_name", "_succeeded", "_timeout", "_turn",
    )  # fmt: skip

    def __init__(
        self,
        name: str,
        check: Check,
        every: float,
        timeout: float,
        *,
        is_told: bool,
    ) -> None:
        self._name = name
        self._check = check
        self._every = every
        self._timeout = timeout
        self._is_told = is_told
        self._error: str | None = None
        self._checked: float | None = None
        self._succeeded: float | None = None
        self._turn = asyncio.Lock()

    async def latest(self, clock: Clock) -> tuple[str, str | None, float | None]:
        """Its name, what is wrong, None if nothing is, and the seconds since it was last well.

        Args:
            clock: By which answers age; the check is asked anew if its last one is too old.
        """
        async with self._turn:  # who asks meanwhile gets the same answer
            if self._checked is None or clock.monotonic() - self._checked >= self._every:
                error = await self._ask()
                self._note(error, clock.monotonic())
            succeeded = self._succeeded
            since = None if succeeded is None else max(0.0, clock.monotonic() - succeeded)
            return self._name, self._error, since

    async def _ask(self) -> str | None:
        deadline = asyncio.timeout(self._timeout)
        try:
            async with deadline:
                answer = self._check()
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

    def _note(self, error: str | None, now: float) -> None:
        if self._is_told:
            self._log_change(error)
        self._error, self._checked = error, now
        if error is None:
            self._succeeded = now

    def _log_change(self, error: str | None) -> None:
        if error is None and self._error is not None:
            _log.info("health.recovered", check=self._name)
        elif error is not None and self._error is None:
            _log.warning("health.failed", check=self._name, error=error)


def _in_short(error: Exception) -> str:
    """The type and the first line only: what follows may tell more than a probe should."""
    text = str(error).strip().partition("\n")[0]
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def _is_being_cancelled() -> bool:
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0
