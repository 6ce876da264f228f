"""What can go wrong with the workers of a stage."""

from rostra.errors.base import RostraError, Wording


class WorkerError(RostraError, RuntimeError):
    """Workers did not start, died again and again, or did not stop in order; none is left.

    Args:
        what: One line that makes sense alone.
        why: The error of the worker in one line, or how its process ended.
        exit_code: With which the command ends.
    """

    what: str
    why: str
    exit_code: int = 1

    def wording(self) -> Wording:
        """What became of the workers; all of the error stands in what the worker itself has written."""
        return Wording(
            self.what,
            why=(self.why,),
            fix=("what the worker wrote above tells more; --workers 1 runs the same without workers",),
        )
