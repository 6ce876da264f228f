"""What can go wrong while a server serves."""

from rostra.config import ConfigSource
from rostra.errors import ListenError, RostraError, Wording
from rostra.fork import SocketAddress, UnixAddress

__all__ = ["ListenError", "SocketClosedError", "refused"]


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


def refused(error: OSError, wanted: SocketAddress, section: str, source: ConfigSource) -> ListenError:
    """Nobody can listen where the settings say: who said so, and the ways to say something else.

    Args:
        error: What the system says.
        wanted: Where.
        section: Whose settings say it: ``http``, ``http.admin``.
        source: Knows who said them.
    """
    from rostra.fork import refusal  # which few who ask for an error of this module need

    found = refusal(error, wanted)
    host, port = (str(wanted.path), None) if isinstance(wanted, UnixAddress) else (wanted.host, wanted.port)
    setting = "socket" if found.part == "path" else found.part
    path = f"{section}.{setting}"
    upper = path.upper().replace(".", "_")
    variable = source.variable(path) or f"with --env-prefix APP, APP_{upper}"
    ways = (
        f"--set {path}={found.value}",
        f"{variable}={found.value}",
        f"[{section}] {setting} = {found.value} in a file of settings",
    )
    return ListenError(
        host,
        port,
        found.reason,
        (f"[{section}] {setting} = {getattr(wanted, found.part)}, from {source.origin(path)}",),
        (*filter(None, [found.step]), *ways),
    )
