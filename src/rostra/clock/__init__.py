"""What time is it? A real clock, and one that moves when told.

Code that waits or reads the time asks for a ``Clock`` and gets the stage's: the system's, or in tests a
``ManualClock``. Nothing else in rostra reads a clock, so that back-off, intervals and deadlines can be tested
without waiting.
"""

import asyncio
import time
from datetime import UTC, datetime
from typing import Protocol, runtime_checkable

from rostra.doors import on_demand

__all__ = ["Clock", "ManualClock", "SystemClock"]  # pyright: ignore[reportUnsupportedDunderAll]  (see the stub)

_HOMES = {"manual": ("ManualClock",)}
__getattr__, __dir__ = on_demand(__name__, _HOMES)

_LONGEST_NAP = 60.0


@runtime_checkable
class Clock(Protocol):
    """Reads the time and waits for it."""

    def now(self) -> datetime:
        """The wall clock, in UTC. It may be set, and then jumps."""
        ...

    def monotonic(self) -> float:
        """Seconds since some fixed moment; they never run backwards."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Return after so many seconds of the monotonic clock."""
        ...

    async def sleep_until(self, moment: datetime) -> None:
        """Return when the wall clock has reached ``moment``, also when it is set meanwhile."""
        ...


class SystemClock:
    """The clock of the machine."""

    __slots__ = ()

    def now(self) -> datetime:
        """The wall clock, in UTC."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Seconds of the loop's own clock."""
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        """Sleep for so many seconds; at least one turn of the loop."""
        await asyncio.sleep(seconds)

    async def sleep_until(self, moment: datetime) -> None:
        """Sleep in naps of at most a minute: that is how late a wall clock that was set is noticed."""
        while (remaining := (moment - self.now()).total_seconds()) > 0:  # noqa: ASYNC110  (a wall clock has no event)
            await asyncio.sleep(min(remaining, _LONGEST_NAP))
