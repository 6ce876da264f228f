"""Who waits for a broker? A stage that stops lets nobody wait for one that is away."""

import asyncio
from collections.abc import Awaitable
from typing import Any, TypeVar

T = TypeVar("T")


class GivenUpError(Exception):
    """Nobody waits for the broker any more. It becomes an error of publishing, and goes no further.

    Args:
        reason: Why it is away.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Waits:
    """Those who wait for brokers, by task."""

    __slots__ = ("_given_up", "_waiting")

    def __init__(self) -> None:
        self._waiting: dict[asyncio.Task[Any], str] = {}
        self._given_up: dict[asyncio.Task[Any], str] = {}

    async def bound(self, broker: str, waiting: Awaitable[T]) -> T:
        """What is awaited, unless that is given up.

        Raises:
            GivenUpError: It is.
        """
        task = asyncio.current_task()
        assert task is not None  # noqa: S101  (for type checkers: somebody awaits this)
        before = self._waiting.get(task)
        self._waiting[task] = broker
        try:
            return await waiting
        except asyncio.CancelledError:
            reason = self._given_up.get(task)
            if reason is None or task.cancelling() > 1:
                raise  # somebody else wants it to end
        finally:
            if before is None:
                del self._waiting[task]
            else:
                self._waiting[task] = before
            if self._given_up.pop(task, None) is not None:
                task.uncancel()
        raise GivenUpError(reason)

    def give_up(self, broker: str, reason: str) -> None:
        """Let nobody wait for this broker any more who does now."""
        for task, name in self._waiting.items():
            if name == broker and task not in self._given_up:
                self._given_up[task] = reason
                task.cancel(msg=reason)
