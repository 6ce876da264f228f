"""What goes wrong when settings are read: a value, told by its path and in a sentence, or a file that cannot be read."""

from collections.abc import Callable, Hashable
from typing import Any, TypeAlias

from rostra.errors import Mistake
from rostra.values import Values


class Fault(Values):
    """One thing wrong with a value.

    Args:
        path: Where within the value.
        reason: What was expected and what was found.
        missing: Nothing was found: there is no origin, but a variable that would set it.
        discreet: What to say in place of ``reason`` where even a value that is no ``Secret`` is not to be shown,
            since it came from where secrets are kept. Empty: the reason tells nothing of the value.
        is_default: The value is the default of its class, which nobody has said.
    """

    path: tuple[Hashable, ...]
    reason: str
    missing: bool = False
    discreet: str = ""
    is_default: bool = False

    def under(self, key: Hashable) -> "Fault":
        """The same fault, seen from the table or list in which the value stands."""
        return self._replace(path=(key, *self.path))


class WrongError(Exception):
    """A value cannot be read as its type. It never leaves this room, and nothing is chained to it."""

    def __init__(self, *faults: Fault) -> None:
        super().__init__()
        self.faults = faults


Hook: TypeAlias = Callable[[Any, Any], Any]
"""What cattrs calls one: takes a value and the type that it is to become. Ours raise WrongError only."""

HookFor: TypeAlias = Callable[[Any], Hook]


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
