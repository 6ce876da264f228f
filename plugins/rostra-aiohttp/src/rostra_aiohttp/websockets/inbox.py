"""Messages that have come and were not taken yet. Bounded: who puts waits for room."""

import asyncio

_OVERHEAD = 64
"""What a message counts besides its content, so that a flood of empty ones is one, too."""


class Ended(Exception):  # noqa: N818  (nothing went wrong)
    """There will be no more messages."""


class Inbox:
    """Messages between the one who reads them from the network and those who take them.

    Args:
        limit_bytes: How much may lie here before it counts as full. One message always may.
    """

    __slots__ = ("_limit_bytes", "_messages", "_room", "_size_bytes", "_waiting", "is_ended", "was_asked")

    def __init__(self, limit_bytes: int) -> None:
        self._limit_bytes = limit_bytes
        self._size_bytes = 0
        self._messages: list[str | bytes] = []
        self._waiting: list[asyncio.Future[None]] = []  # neither a deque nor an Event: there are many sockets
        self._room: asyncio.Event | None = None
        self.is_ended = False
        self.was_asked = False

    def put(self, message: str | bytes) -> None:
        """Add one."""
        self._messages.append(message)
        self._size_bytes += len(message) + _OVERHEAD
        self._wake()

    @property
    def is_full(self) -> bool:
        """Whether no more should be added now."""
        return self._size_bytes > self._limit_bytes

    async def room(self, seconds: float) -> None:
        """Wait until it is not full, and at most so long."""
        self._room = asyncio.Event()
        patience = asyncio.timeout(seconds)
        try:
            async with patience:
                await self._room.wait()
        except TimeoutError:
            if not patience.expired():
                raise
        finally:
            self._room = None

    async def get(self) -> str | bytes:
        """The next one; those that have come before the end are still given.

        Raises:
            Ended: There is none any more.
        """
        self.was_asked = True
        while not self._messages:
            if self.is_ended:
                raise Ended
            waiter = asyncio.get_running_loop().create_future()
            self._waiting.append(waiter)
            try:
                await waiter
            finally:
                self._waiting.remove(waiter)
        message = self._messages.pop(0)
        self._size_bytes -= len(message) + _OVERHEAD
        if self._room is not None and not self.is_full:
            self._room.set()
        return message

    def _wake(self) -> None:
        for waiter in self._waiting:
            if not waiter.done():
                waiter.set_result(None)

    def end(self) -> None:
        """Let those who wait know that there will be no more."""
        self.is_ended = True
        self._wake()
