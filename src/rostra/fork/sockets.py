"""Where do transports get their listening sockets? From here: those that were bound for them, or one they ask for."""

import socket
from collections.abc import Awaitable, Callable, Sequence

__all__ = ["Sockets"]


class Sockets:
    """The listening sockets of this process. A component.

    A transport serves on all that are ``given``, in place of its own host and port. Where none are, it asks for one by its
    address: the parent of several workers binds it once, and gives each worker, and each later one, a duplicate.

    Args:
        given: Bound and listening, from ``--bind``, systemd or ``fork.stage(sockets=...)``.
        obtain: Gets a listening socket for an address, from the parent.
    """

    __slots__ = ("_obtain", "given")

    def __init__(
        self,
        given: Sequence[socket.socket] = (),
        obtain: Callable[[str], Awaitable[socket.socket]] | None = None,
    ) -> None:
        self.given = tuple(given)
        self._obtain = obtain

    @property
    def is_asked_for(self) -> bool:
        """Whether sockets come from a parent; else each transport binds its own."""
        return self._obtain is not None

    async def ask(self, uri: str) -> socket.socket:
        """A listening socket for an address; it becomes the caller's, who closes it.

        Args:
            uri: ``tcp://127.0.0.1:8080``, ``unix:///run/x.sock?mode=660``.

        Raises:
            OSError: It cannot be bound; number and text are those that binding it here would have had.
            LookupError: There is no parent to ask.
        """
        if self._obtain is None:
            msg = "there is no parent to ask for a socket"
            raise LookupError(msg)
        return await self._obtain(uri)
