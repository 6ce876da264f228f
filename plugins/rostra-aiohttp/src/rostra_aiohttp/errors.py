"""What can go wrong when a server starts."""

from rostra.errors import RostraError, Wording


class ListenError(RostraError, OSError):
    """The server cannot listen where it should.

    Args:
        host: As configured; or the path of a socket in the file system.
        port: As configured; None for such a socket.
        reason: What the system says.
        where: Which setting says so, and who said that.
        fix: What to do, with the variable to set.
    """

    host: str
    port: int | None
    reason: str
    where: tuple[str, ...] = ()
    fix: tuple[str, ...] = ()

    def wording(self) -> Wording:
        """Where it should listen, who said so, why it cannot, and what to set."""
        place = self.host if self.port is None else f"{self.host}:{self.port}"
        return Wording(f"cannot listen on {place}", where=self.where, why=(self.reason,), fix=self.fix)


class SocketClosedError(RostraError, ConnectionError):
    """There is nobody any more on the other side of a web socket.

    A handler may let it pass: it is how one that only sends learns that its client has gone.

    Args:
        path: Of the web socket.
        code: With which it was closed (RFC 6455, section 7.4.1); 1006 if the peer went without a word.
        reason: In words.
    """

    path: str
    code: int
    reason: str

    def wording(self) -> Wording:
        """Which socket, why it is closed, and what a handler may do."""
        return Wording(
            "the web socket is closed",
            where=(f"{self.path}",),
            why=(f"{self.code}: {self.reason or 'it was closed in order'}",),
            fix=("let it pass, and the handler ends; or ask socket.is_open before",),
        )
