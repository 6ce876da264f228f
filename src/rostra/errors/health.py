"""What can go wrong with checks and with those who ask for them."""

from rostra.errors.base import RostraError, Wording


class CheckNameError(RostraError, ValueError):
    """Two checks would have one name in the report.

    Args:
        name: The name.
        first: File and line of where it was added first.
        second: File and line of where it was to be added again.
    """

    name: str
    first: str = ""
    second: str = ""

    def wording(self) -> Wording:
        """The name and both places."""
        return Wording(
            f'there are two checks named "{self.name}"',
            where=(self.first, self.second),
            why=("a report has one line per name",),
            fix=("give the second another name, or remove the first: checks.remove(...)",),
        )


class ProbeError(RostraError, ConnectionError):
    """A stage did not answer a probe.

    Args:
        path: The socket on which it should answer.
        reason: What happened instead.
        fix: What to do.
    """

    path: str
    reason: str
    fix: tuple[str, ...] = ()

    def wording(self) -> Wording:
        """The socket and what happened there."""
        return Wording("the stage did not answer", where=(self.path,), why=(self.reason,), fix=self.fix)
