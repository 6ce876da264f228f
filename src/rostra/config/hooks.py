"""Who reads a value, and how does it say what is wrong? Hooks, and functions that users gave for types of their own."""

import inspect
from collections.abc import Callable, Hashable, Mapping
from typing import Any, NewType, TypeAlias

from rostra.values import Values

FROM_CONFIG = "from_config"
EXPECTED = "expected_in_config"
_NAMED = type, NewType


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


class Own(Values):
    """How values of a type of one's own are read; ``taught`` tells more of the function.

    Args:
        read: Makes one; whatever it raises means that the value is wrong.
        expected: What is expected, as messages and ``rostra config`` say it: ``a colour such as #ff0000``.
        schema: What a JSON schema says about it; None if that follows from what ``read`` takes.
    """

    read: Callable[[Any], Any]
    expected: str
    schema: Mapping[str, Any] | None = None


REGISTERED: dict[Any, Own] = {}
"""By type: what users registered, for the whole process."""


def registered(wanted: Any) -> bool:
    """Whether somebody registered a function for this type."""
    return isinstance(wanted, _NAMED) and wanted in REGISTERED


def own(wanted: Any) -> Own | None:
    """Who reads this type, if its users say so: what is registered comes before ``from_config``."""
    if not isinstance(wanted, _NAMED):
        return None
    known = REGISTERED.get(wanted)
    if known is None:
        method = getattr(wanted, FROM_CONFIG, None)
        if not inspect.ismethod(method) or method.__self__ is not wanted:
            return None
        known = Own(method, getattr(wanted, EXPECTED, ""))
    return known
