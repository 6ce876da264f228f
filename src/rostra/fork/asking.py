"""How a worker gets sockets from its parent: it asks over the control channel, and waits for the answer in its loop."""

import socket
from collections.abc import Callable

from rostra.fork.answers import Answers
from rostra.fork.messages import Granted, Refused, Wanted
from rostra.fork.sockets import Bound, SocketAddress, UnixAddress


class Asking:
    """What was asked for, and the answers to come. ``ask`` is what ``Sockets`` asks with.

    Args:
        send: Sends a message to the parent.
        descriptor: The next descriptor that the parent has sent.
    """

    __slots__ = ("_answers", "_descriptor", "_send")

    def __init__(self, send: Callable[[Wanted], None], descriptor: Callable[[], int]) -> None:
        self._send = send
        self._descriptor = descriptor
        self._answers: Answers[tuple[Bound, ...]] = Answers()

    async def ask(self, server: str, addresses: tuple[SocketAddress, ...]) -> tuple[Bound, ...]:
        """The sockets for a server; they become the caller's.

        Raises:
            OSError: They cannot be bound; number and text are those of the parent's try. Or the parent has gone.
        """
        bound = await self._answers.to(
            lambda ticket: self._send(Wanted(ticket, server, tuple(map(str, addresses))))
        )
        return tuple(map(_named, bound, addresses))

    def granted(self, message: Granted) -> None:
        """The parent has sent sockets. Those for whom nobody waits any more are closed."""
        bound = tuple(Bound(socket.socket(fileno=self._descriptor())) for _ in range(message.sockets))
        for each in bound:
            each.socket.setblocking(False)
        if not self._answers.settle(message.ticket, bound):
            for each in bound:
                each.close()

    def refused(self, message: Refused) -> None:
        """The parent could not bind them."""
        self._answers.refuse(message.ticket, OSError(message.number, message.reason))

    def lose(self) -> None:
        """The parent has gone."""
        self._answers.lose()


def _named(bound: Bound, address: SocketAddress) -> Bound:
    """A socket in the file system has got its name after it was bound, and does not know it."""
    return Bound(bound.socket, address.name, address.path) if isinstance(address, UnixAddress) else bound
