"""Many messages are on their way at once: a few tasks take them one after the other, and those with one key in turn."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Iterator

from rostra.errors import together
from rostra_messaging.messages import Message


class Overlapping:
    """Sends messages beside each other.

    Args:
        send: Sends one, and returns when it is safe.
        messages: They are taken when there is room for them.
        at_once: How many may be on their way, at most.
    """

    __slots__ = ("_at_once", "_group", "_ids", "_last", "_problems", "_send", "_source", "_workers")

    def __init__(
        self, send: Callable[[Message], Awaitable[None]], messages: Iterable[Message], at_once: int
    ) -> None:
        self._send = send
        self._source: Iterator[Message] = iter(messages)
        self._at_once = max(at_once, 1)
        self._workers = 0
        self._group = asyncio.TaskGroup()
        self._ids: list[str] = []
        self._problems: list[Exception] = []
        self._last: dict[str, asyncio.Event] = {}

    async def run(self) -> list[str]:
        """Send all of them.

        Returns:
            Their ids, in the order in which they were taken.

        Raises:
            Exception: What was raised for one of them, or by where they come from; several as an ExceptionGroup. All
                others were sent.
        """
        async with self._group:
            self._hire()
        if self._problems:
            count = len(self._problems)
            raise together(f"{count} of {len(self._ids)} messages are not known to be stored", self._problems)
        return self._ids

    def _hire(self) -> None:
        """One more who takes messages, if there may be one."""
        if self._workers < self._at_once:
            self._workers += 1
            self._group.create_task(self._work())

    async def _work(self) -> None:
        while (message := self._next()) is not None:
            self._hire()
            await self._one(message)

    def _next(self) -> Message | None:
        try:
            message = next(self._source)
        except StopIteration:
            self._workers = self._at_once  # nobody else would find anything
            return None
        except Exception as problem:  # noqa: BLE001  (raised when those that were taken have been sent)
            self._problems.append(problem)
            self._source = iter(())
            return None
        self._ids.append(message.id)
        return message

    async def _one(self, message: Message) -> None:
        try:
            await (self._send(message) if message.key is None else self._in_turn(message.key, message))
        except Exception as problem:  # noqa: BLE001  (likewise)
            self._problems.append(problem)

    async def _in_turn(self, key: str, message: Message) -> None:
        """Send it when the one before it with the same key has been sent, or has failed."""
        before, after = self._last.get(key), asyncio.Event()
        self._last[key] = after
        try:
            if before is not None:
                await before.wait()
            await self._send(message)
        finally:
            after.set()
            if self._last[key] is after:
                del self._last[key]
