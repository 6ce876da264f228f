"""What can go wrong when a server starts."""

from rostra.errors import RostraError, Wording


class ListenError(RostraError, OSError):
    """The server cannot listen where it should.

    Args:
        host: As configured.
        port: As configured.
        reason: What the system says.
        where: Which setting says so, and who said that.
        fix: What to do, with the variable to set.
    """

    host: str
    port: int
    reason: str
    where: tuple[str, ...] = ()
    fix: tuple[str, ...] = ()

    def wording(self) -> Wording:
        """Where it should listen, who said so, why it cannot, and what to set."""
        return Wording(
            f"cannot listen on {self.host}:{self.port}", where=self.where, why=(self.reason,), fix=self.fix
        )
