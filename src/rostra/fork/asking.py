"""How a worker gets sockets from its parent: it asks over the control channel, and waits for the answer in its loop."""

import asyncio
import socket
from collections.abc import Callable
from itertools import count

from rostra.fork.addresses import SocketAddress, UnixAddress
from rostra.fork.binding import Bound
from rostra.fork.messages import Granted, Refused, Wanted


class Asking:
    """What was asked for, and the answers to come. ``ask`` is what ``Sockets`` asks with.

    Args:
        send: Sends a message to the parent.
        descriptor: The next descriptor that the parent has sent.
    """

    __slots__ = ("_descriptor", "_pending", "_send", "_tickets")

    def __init__(self, send: Callable[[Wanted], None], descriptor: Callable[[], int]) -> None:
        self._send = send
        self._descriptor = descriptor
        self._tickets = count(1)
        self._pending: dict[int, asyncio.Future[tuple[Bound, ...]]] = {}

    async def ask(self, server: str, addresses: tuple[SocketAddress, ...]) -> tuple[Bound, ...]:
        """The sockets for a server; they become the caller's.

        Raises:
            OSError: They cannot be bound; number and text are those of the parent's try.
        """
        ticket = next(self._tickets)
        answer: asyncio.Future[tuple[Bound, ...]] = asyncio.get_running_loop().create_future()
        self._pending[ticket] = answer
        self._send(Wanted(ticket, server, tuple(map(str, addresses))))
        try:
            return tuple(map(_named, await answer, addresses))
        finally:
            del self._pending[ticket]

    def granted(self, message: Granted) -> None:
        """The parent has sent sockets. Those for whom nobody waits any more are closed."""
        bound = tuple(Bound(socket.socket(fileno=self._descriptor())) for _ in range(message.sockets))
        for each in bound:
            each.socket.setblocking(False)
        answer = self._pending.get(message.ticket)
        if answer is not None and not answer.done():
            answer.set_result(bound)
            return
        for each in bound:
            each.close()

    def refused(self, message: Refused) -> None:
        """The parent could not bind them."""
        answer = self._pending.get(message.ticket)
        if answer is not None and not answer.done():
            answer.set_exception(OSError(message.number, message.reason))


def _named(bound: Bound, address: SocketAddress) -> Bound:
    """A socket in the file system has got its name after it was bound, and does not know it."""
    return Bound(bound.socket, address.name, address.path) if isinstance(address, UnixAddress) else bound
