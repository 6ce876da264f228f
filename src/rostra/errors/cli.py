"""What can go wrong between what the user typed and the stage."""

from rostra.errors.base import RostraError, Wording


class CommandLineError(RostraError, ValueError):
    """What was typed cannot be done; nothing was started, and the exit code is 2.

    Args:
        problem: One line.
        why: What was found instead, and the alternatives.
        fix: What to type.
    """

    problem: str
    why: tuple[str, ...] = ()
    fix: tuple[str, ...] = ()

    def wording(self) -> Wording:
        """As it was given."""
        return Wording(self.problem, why=self.why, fix=self.fix)


class StageNotFoundError(RostraError, LookupError):
    """It is not clear which running stage is meant: there is none, or there are several.

    Args:
        folder: Where running stages keep their sockets.
        found: The process ids of those that run.
    """

    folder: str
    found: tuple[int, ...] = ()

    def wording(self) -> Wording:
        """What runs, and how to choose."""
        if self.found:
            return Wording(
                f"{len(self.found)} stages run here, and a probe asks one",
                why=tuple(f"process {pid} in {self.folder}" for pid in self.found),
                fix=(f"rostra probe ... --pid {self.found[0]}",),
            )
        return Wording(
            "no stage runs here",
            why=(f"there is no socket of one in {self.folder}",),
            fix=(
                "start one by `rostra run`, as the same user",
                "or name its socket: rostra probe ... --socket PATH",
            ),
        )
