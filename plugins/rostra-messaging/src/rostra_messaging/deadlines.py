"""Tries that take too long are cancelled: one timer watches all of them, since all may take equally long.

While something blocks the loop nobody gets on, so that time counts for nobody: who has done nothing wrong should not fail for
one handler that does not await, or because the machine was asleep.
"""

import asyncio
import contextvars
from collections.abc import Awaitable, Callable
from typing import Any

_LOOK_EVERY = 1.0
"""Seconds between two looks, by which a loop that was blocked is known: the second one is late."""
_LATE = 0.1
"""Seconds by which a look is late on any busy machine."""


class Deadlines:
    """Bounds whatever is awaited by it, each in a task of its own.

    What ``asyncio.timeout`` does for one, at a tenth of the cost.

    Args:
        seconds: For each, the time not counted in which the loop is blocked.
        blocked: Told for how many seconds it was, at least.
    """

    __slots__ = ("_blocked", "_context", "_late", "_loop", "_seconds", "_timer", "_until", "_was_blocked")

    def __init__(self, seconds: float, blocked: Callable[[float], object] = lambda _: None) -> None:
        self._seconds, self._blocked = seconds, blocked
        self._loop = asyncio.get_running_loop()
        self._context = contextvars.copy_context()  # that of no message
        self._until: dict[asyncio.Task[Any], float] = {}
        self._late: set[asyncio.Task[Any]] = set()
        self._timer: asyncio.TimerHandle | None = None
        self._was_blocked = False

    async def bound(self, trying: Awaitable[Any]) -> Any:
        """What is awaited, if it does not take too long.

        Raises:
            TimeoutError: It did, and was cancelled; its traceback shows where it was.
        """
        task = asyncio.current_task()
        assert task is not None  # noqa: S101  (for type checkers: somebody awaits this)
        self._until[task] = until = self._loop.time() + self._seconds
        if self._timer is None:
            self._look_at(until)
        try:
            return await trying
        except asyncio.CancelledError as error:
            if task not in self._late or task.cancelling() > 1:
                raise  # somebody else wants it to end
            msg = f"it took longer than {self._seconds:g} s"
            raise TimeoutError(msg).with_traceback(error.__traceback__) from None
        finally:
            self._until.pop(task, None)
            if task in self._late:
                self._late.discard(task)
                task.uncancel()

    def close(self) -> None:
        """Watch no more."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _look_at(self, until: float) -> None:
        """Look when the next one would be late, and before that, to notice a loop that is blocked."""
        soon = min(until, self._loop.time() + _LOOK_EVERY)
        self._timer = self._loop.call_at(soon, self._look, context=self._context)

    def _look(self) -> None:
        """Cancel those that are late, and look again. They stand in the order of their ends.

        A look that is late itself puts all ends off by as much, and lets the tries get on before anybody is cancelled; but not
        twice in a row, so that they end also where the loop is blocked again and again.
        """
        assert self._timer is not None  # noqa: S101  (it is what calls this)
        now = self._loop.time()
        lateness = now - self._timer.when()
        is_late, was_late = lateness > _LATE, self._was_blocked
        self._was_blocked = is_late
        if is_late:
            self._until = {task: until + lateness for task, until in self._until.items()}
            self._blocked(lateness)
        if is_late and not was_late:
            self._look_at(now + self._seconds)
            return
        for task, until in list(self._until.items()):
            if until > now:
                self._look_at(until)
                return
            del self._until[task]
            self._late.add(task)
            task.cancel(msg="its deadline is over")
        self._timer = None
