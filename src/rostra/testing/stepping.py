"""Where can a plugin be cancelled? Counts the awaits at which its code is suspended, and cancels at a given one.

A stage needs some turns of the loop to pass a cancellation on. So that it arrives at the very await, that one is
held until then, as if what it waits for took longer. Awaits of rostra's own machinery are not counted.
"""

import asyncio
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

import rostra
from rostra.plugin import Place, awaits

__all__ = ["Steps"]

_HELD_TURNS = 30
_MACHINERY = tuple(
    f"{Path(rostra.__file__).parent / room}/" for room in ("di", "handlers", "plugin", "testing")
)


class Steps:
    """Counts while ``life`` is set, and cancels that.

    Args:
        loop: Whose tasks are counted.
        cancel_at: The step at which ``life`` is cancelled, from 1; None for never.

    Attributes:
        count: How many steps there were.
        place: Where the plugin's code was suspended when it was cancelled.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, cancel_at: int | None) -> None:
        self.count = 0
        self.place = ""
        self.life: asyncio.Task[None] | None = None
        self._loop = loop
        self._cancel_at = cancel_at
        loop.set_task_factory(self._new_task)

    def _new_task(
        self, loop: asyncio.AbstractEventLoop, coroutine: Any, **options: Any
    ) -> "asyncio.Task[Any]":
        return asyncio.Task(_Stepped(coroutine, self), loop=loop, **options)

    def reach(self) -> bool:
        """Count the suspension of the current task, if it is one of the plugin's code.

        Returns:
            Whether this is the step; then ``life`` has been cancelled, and the task is to be held.
        """
        task = asyncio.current_task()
        if self.life is None or task is None or task is self.life:
            return False
        places = [place for place in awaits(task) if place.depth == 0 and _is_theirs(place)]
        if places:
            self.count += 1
            if self.count == self._cancel_at:
                self.place = str(places[-1])
                self.life.cancel()
                return True
        return False

    def hold(self) -> "asyncio.Future[None]":
        """What to wait for until a cancellation has had its time to come."""
        over = self._loop.create_future()
        turns = iter(range(_HELD_TURNS))

        def turn() -> None:
            if next(turns, None) is not None:
                self._loop.call_soon(turn)
            elif not over.done():
                over.set_result(None)

        turn()
        return over


class _Stepped(Coroutine[Any, Any, Any]):
    """A coroutine whose suspensions are counted, and one of them held.

    What a coroutine yields to its task is the future it waits for, or None to be resumed in the next turn.
    """

    __slots__ = ("_coroutine", "_held", "_steps")

    def __init__(self, coroutine: Coroutine[Any, Any, Any], steps: Steps) -> None:
        self._coroutine = coroutine
        self._steps = steps
        self._held: tuple[asyncio.Future[Any] | None, ...] = ()

    def send(self, value: Any) -> Any:
        if self._held:
            return self._let_go()
        return self._suspended(self._coroutine.send(value))

    def throw(self, *error: Any) -> Any:
        if self._held:
            waited_for = self._let_go()
            if waited_for is not None and waited_for.cancel():
                return waited_for  # it ends first, and that is what wakes the coroutine
        return self._suspended(self._coroutine.throw(*error))

    def close(self) -> None:
        self._coroutine.close()

    def __await__(self) -> Any:
        return self._coroutine.__await__()

    def _suspended(self, waits_for: Any) -> Any:
        if not self._steps.reach():
            return waits_for
        self._held = (waits_for,)
        return next(self._steps.hold().__await__())

    def _let_go(self) -> "asyncio.Future[Any] | None":
        (waited_for,), self._held = self._held, ()
        return waited_for


def _is_theirs(place: Place) -> bool:
    return not place.is_pythons and not place.file.startswith(_MACHINERY)
