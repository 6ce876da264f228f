"""What goes wrong when files are read."""

from rostra.errors import Mistake


class UnreadableError(ValueError):
    """Files cannot be read. Its text says why, and holds nothing of their content.

    Args:
        mistakes: All that is wrong, each with its file, line and column as editors understand them.
    """

    def __init__(self, *mistakes: Mistake) -> None:
        super().__init__(*mistakes)
        self.mistakes = mistakes

    def __str__(self) -> str:
        return "; ".join(each.reason for each in self.mistakes)
