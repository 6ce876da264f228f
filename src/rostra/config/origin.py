"""Who said so? Where the value of a setting comes from."""

from typing import Literal

from rostra.values import Values

Kind = Literal["default", "mapping", "file", "dotenv", "variable", "secret file", "option"]


class Origin(Values):
    """Where the value of a setting comes from.

    Args:
        kind: What sort of source it is.
        name: The file as it was given, the variable, the option; for a file that a variable names, both.
        line: Where in the file, counted from one; None where that is not known, or means nothing.
    """

    kind: Kind
    name: str
    line: int | None = None

    def __str__(self) -> str:
        """As editors and terminals understand it: ``config.toml:12``."""
        return self.name if self.line is None else f"{self.name}:{self.line}"


DEFAULT = Origin("default", "the default")
