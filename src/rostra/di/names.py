"""Where does a function stand, and which names are seen there?

The names are for the annotations that are written as strings (``texts``).
"""

import inspect
from collections.abc import Mapping
from types import FrameType
from typing import Any

from rostra.errors.base import shortened
from rostra.values import Values

NOTHING_MORE: Mapping[str, Any] = {}


class Captured(Values):
    """The local names where something was registered.

    Args:
        qualname: The function whose locals these are.
        names: A copy of them.
    """

    qualname: str
    names: Mapping[str, Any]


class Names(Values):
    """Where the names in the annotations of one function are looked up.

    Args:
        function: The function, or None for a class without one.
        owner: The class whose body wrote the annotations, if one did.
        captured: The local names where it was registered.
    """

    function: Any
    owner: type | None = None
    captured: Captured | None = None


def capture() -> Captured | None:
    """The local names of whoever called rostra's di; None at the top of a module, whose names stay in reach."""
    frame: FrameType | None = inspect.currentframe()
    while frame is not None and str(frame.f_globals.get("__name__")).startswith("rostra.di"):
        frame = frame.f_back
    if frame is None or frame.f_locals is frame.f_globals:
        return None
    return Captured(frame.f_code.co_qualname, dict(frame.f_locals))


def place_of(target: Any) -> str:
    """File and line of a function or class, as ``app/repo.py:30``, relative to the working directory."""
    code = getattr(target, "__code__", None)
    if code is not None:
        return f"{shortened(code.co_filename)}:{code.co_firstlineno}"
    if not isinstance(target, type):
        return ""
    try:
        _, position = inspect.findsource(target)
        return f"{shortened(inspect.getfile(target))}:{position + 1}"
    except (OSError, TypeError):
        return target.__module__
