"""What can go wrong when handlers are bound to what triggers them."""

from rostra.errors.base import RostraError, Wording


class HandlerError(RostraError, TypeError):
    """A handler cannot be called as it is written, or two handlers answer one trigger.

    Args:
        what: One line that makes sense alone.
        where: The handler, its trigger, file and line.
        why: What was found.
        fix: What to write.
    """

    what: str
    where: tuple[str, ...] = ()
    why: tuple[str, ...] = ()
    fix: tuple[str, ...] = ()

    def wording(self) -> Wording:
        """The four parts as they were given."""
        return Wording(self.what, self.where, self.why, self.fix)
