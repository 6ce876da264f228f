"""Who reads types of one's own? A function that somebody registered, or the class itself, by ``from_config``."""

import inspect
from collections.abc import Callable, Mapping
from typing import Any, NewType

from rostra.components import name_of
from rostra.values import Values

FROM_CONFIG = "from_config"
EXPECTED = "expected_in_config"
_NAMED = type, NewType


class Own(Values):
    """How values of a type of one's own are read.

    Args:
        read: Makes one; whatever it raises means that the value is wrong.
        expected: What is expected, as messages and ``rostra config`` say it: ``a colour such as #ff0000``.
        schema: What a JSON schema says about it; None if that follows from what ``read`` takes.
    """

    read: Callable[[Any], Any]
    expected: str
    schema: Mapping[str, Any] | None = None

    def takes(self) -> Any:
        """What a value must be before ``read`` gets it: the annotation of its first parameter, else anything.

        Raises:
            NameError: The annotation names nothing that is known.
        """
        try:
            parameters = inspect.signature(self.read, eval_str=True).parameters
        except (ValueError, TypeError):  # some functions of C have none
            return Any
        first = next(iter(parameters.values()), None)
        return Any if first is None or first.annotation is inspect.Parameter.empty else first.annotation

    def place(self) -> str:
        """Where the function stands: ``parse_color, app/colors.py:12``."""
        function = inspect.unwrap(getattr(self.read, "__func__", self.read))
        code = getattr(function, "__code__", None)
        return f"{name_of(function)}, {code.co_filename}:{code.co_firstlineno}" if code else name_of(function)


_known: dict[Any, Own] = {}


def register(wanted: Any, own: Own) -> Own:
    """Remember who reads a type.

    Returns:
        Who reads it already, if that is somebody else; then nothing is changed.
    """
    other = _known.setdefault(wanted, own)
    if other.read is own.read or other.place() == own.place():  # the module was loaded once more
        _known[wanted] = other = own
    return other


def registered(wanted: Any) -> bool:
    """Whether somebody registered a function for this type."""
    return isinstance(wanted, _NAMED) and wanted in _known


def own(wanted: Any) -> Own | None:
    """Who reads this type, if its users say so: what is registered comes before ``from_config``."""
    if not isinstance(wanted, _NAMED):
        return None
    known = _known.get(wanted)
    if known is None:
        method = getattr(wanted, FROM_CONFIG, None)
        if not inspect.ismethod(method) or method.__self__ is not wanted:
            return None
        known = Own(method, getattr(wanted, EXPECTED, ""))
    return known
