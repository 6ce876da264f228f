"""A clock that moves when told, for tests."""

import asyncio
import heapq
import itertools
from datetime import UTC, datetime, timedelta

_NS_PER_SECOND = 1_000_000_000
_ETERNITY = 1e12


class ManualClock:
    """A clock that stands still until ``advance`` moves it.

    Args:
        start: The first moment, in UTC. Its monotonic clock starts at 0.0.

    Sleepers are woken in the order of their times; before time moves on, each has had its turns on the loop.
    """

    def __init__(self, start: datetime = datetime(2000, 1, 1, tzinfo=UTC)) -> None:
        self._start = start
        # Whole nanoseconds: eight steps of 0.1 are then 0.8, which sums of floats are not.
        self._elapsed_ns = 0
        self._order = itertools.count()
        self._sleepers: list[tuple[int, int, asyncio.Future[None]]] = []
        self._fell_asleep = asyncio.Event()

    def now(self) -> datetime:
        """The moment to which the clock was moved."""
        return self._start + timedelta(microseconds=self._elapsed_ns / 1000)

    def monotonic(self) -> float:
        """Seconds by which the clock was moved."""
        return self._elapsed_ns / _NS_PER_SECOND

    async def sleep(self, seconds: float) -> None:
        """Wait until the clock was moved by so many seconds; 0 or less is one turn of the loop."""
        if seconds <= 0:
            await asyncio.sleep(0)
            return
        woken: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleepers, (self._elapsed_ns + _ns(seconds), next(self._order), woken))
        self._fell_asleep.set()
        await woken

    async def sleep_until(self, moment: datetime) -> None:
        """Wait until the clock was moved to ``moment``."""
        await self.sleep((moment - self.now()).total_seconds())

    @property
    def sleepers(self) -> int:
        """How many tasks wait for this clock now."""
        return sum(not woken.done() for _, _, woken in self._sleepers)

    async def wait_for_sleepers(self, count: int = 1) -> None:
        """Return when at least ``count`` tasks sleep on this clock: then it can be moved safely."""
        while self.sleepers < count:
            self._fell_asleep.clear()
            await self._fell_asleep.wait()

    async def advance(self, seconds: float) -> None:
        """Move time on by so many seconds and wake who is due on the way, in order.

        Raises:
            ValueError: ``seconds`` is negative; this clock never runs backwards.
        """
        if seconds < 0:
            msg = f"a clock cannot be moved back, and {seconds} is negative"
            raise ValueError(msg)
        goal = self._elapsed_ns + _ns(seconds)
        while self._sleepers and self._sleepers[0][0] <= goal:
            due, _, woken = heapq.heappop(self._sleepers)
            if not woken.done():
                self._elapsed_ns = max(due, self._elapsed_ns)
                woken.set_result(None)
                await _give_turns()
        self._elapsed_ns = max(goal, self._elapsed_ns)  # somebody who was woken may have moved it further
        await _give_turns()


def _ns(seconds: float) -> int:
    return round(min(seconds, _ETERNITY) * _NS_PER_SECOND)  # infinity is no whole number


async def _give_turns(turns: int = 10) -> None:
    """Let whoever was woken run, and whom that wakes in turn."""
    for _ in range(turns):
        await asyncio.sleep(0)
