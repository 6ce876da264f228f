"""Where a reader of a stream is. Pure but for its own state: a stream forgets nobody's messages, and nobody's place."""


class Position:
    """From where to read on after a loss: the first message that was not settled, or the one after all.

    Args:
        begin: Where to begin: ``first``, ``last``, ``next`` or the number of a message.
    """

    __slots__ = ("_begin", "_next", "_open")

    def __init__(self, begin: int | str) -> None:
        self._begin = begin
        self._next: int | None = None
        self._open: set[int] = set()

    @property
    def resume(self) -> int | str:
        """As RabbitMQ takes it (x-stream-offset)."""
        if self._open:
            return min(self._open)
        return self._begin if self._next is None else self._next

    def came(self, offset: int) -> None:
        """A message was handed out."""
        self._open.add(offset)
        self._next = max(offset + 1, self._next or 0)

    def settled(self, offset: int) -> None:
        """A message was handled, or is dead."""
        self._open.discard(offset)
