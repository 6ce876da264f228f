"""Who said so? Where the value of a setting comes from."""

from typing import Literal

import attrs

Kind = Literal["default", "mapping", "file", "variable", "secret file", "option"]


@attrs.frozen
class Origin:
    """Where the value of a setting comes from.

    Args:
        kind: What sort of source it is.
        name: The file as it was given, the variable, the option; for a file that a variable names, both.
    """

    kind: Kind
    name: str

    def __str__(self) -> str:
        return self.name


DEFAULT = Origin("default", "the default")
