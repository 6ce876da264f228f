"""What can go wrong while a server serves."""

from rostra.errors import ListenError, RostraError, Wording

__all__ = ["ListenError", "SocketClosedError"]


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
