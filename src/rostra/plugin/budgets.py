"""How much time is left? For the start, which may pause; for the stop, of which the teardown keeps a part."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import monotonic

_LARGEST_RESERVE = 5.0


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
