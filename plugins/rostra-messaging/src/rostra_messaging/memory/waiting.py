"""Who waits for something to change, first come, first served.

Unlike asyncio's own primitives it belongs to no event loop: what is kept in memory may outlive the loop of a stage.
"""

import asyncio
from collections import deque


class Waiting:
    """A line of tasks."""

    __slots__ = ("_line",)

    def __init__(self) -> None:
        self._line: deque[asyncio.Future[None]] = deque()

    def __len__(self) -> int:
        return len(self._line)

    async def wait(self) -> None:
        """Return when it is this task's turn. One that is cancelled just then gives its turn to the next."""
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._line.append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self.wake_next()
            else:
                self._line.remove(turn)
            raise

    def wake_next(self) -> None:
        """It is the turn of whoever has waited longest."""
        while self._line:
            turn = self._line.popleft()
            if not turn.done():
                turn.set_result(None)
                return

    def wake_all(self) -> None:
        """It is everybody's turn."""
        while self._line:
            self.wake_next()
