"""What can go wrong on the way to a listening socket."""

from rostra.errors.base import RostraError, Wording


class AddressError(RostraError, ValueError):
    """An address to listen on cannot be read; nothing was started.

    Args:
        uri: As it was given, but for what may be a password.
        reason: What is wrong with it.
        where: Who said it: ``--bind``, ``fork.stage(sockets=...)``.
        fix: An address as it is meant, if that can be told.
    """

    uri: str
    reason: str
    where: tuple[str, ...] = ()
    fix: tuple[str, ...] = ()

    def wording(self) -> Wording:
        """The address, who said it, what is wrong, and one that is right."""
        return Wording(f'"{self.uri}" is no address to listen on', self.where, (self.reason,), self.fix)


class ListenError(RostraError, OSError):
    """A server cannot listen where it should.

    Args:
        host: As configured; or the path of a socket in the file system, or what names a socket that was handed over.
        port: As configured; None where there is none.
        reason: What the system says.
        where: Who said where to listen: a setting, and who said that; an option; systemd.
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
