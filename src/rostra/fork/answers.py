"""Questions to the parent that are not answered yet; each has a ticket, which its answer bears."""

import asyncio
import errno
from collections.abc import Callable
from itertools import count
from typing import Generic, TypeVar

Answer = TypeVar("Answer")


class Answers(Generic[Answer]):
    """The answers that somebody waits for."""

    __slots__ = ("_is_lost", "_pending", "_tickets")

    def __init__(self) -> None:
        self._tickets = count(1)
        self._pending: dict[int, asyncio.Future[Answer]] = {}
        self._is_lost = False

    async def to(self, ask: Callable[[int], None]) -> Answer:
        """Ask, and wait for the answer.

        Args:
            ask: Is given the ticket.

        Raises:
            OSError: The parent refuses.
            ConnectionError: The parent has gone.
        """
        if self._is_lost:
            raise _gone()
        ticket = next(self._tickets)
        answer: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._pending[ticket] = answer
        ask(ticket)
        try:
            return await answer
        finally:
            del self._pending[ticket]

    def settle(self, ticket: int, answer: Answer) -> bool:
        """An answer has come; False if nobody waits for it any more."""
        if (waiting := self._waiting(ticket)) is None:
            return False
        waiting.set_result(answer)
        return True

    def refuse(self, ticket: int, error: OSError) -> None:
        """There is no answer but an error."""
        if (waiting := self._waiting(ticket)) is not None:
            waiting.set_exception(error)

    def lose(self) -> None:
        """There will be no more answers."""
        self._is_lost = True
        for ticket in self._pending:
            self.refuse(ticket, _gone())

    def _waiting(self, ticket: int) -> "asyncio.Future[Answer] | None":
        waiting = self._pending.get(ticket)
        return None if waiting is None or waiting.done() else waiting


def _gone() -> ConnectionError:
    return ConnectionResetError(errno.ECONNRESET, "the parent of this worker has gone")
