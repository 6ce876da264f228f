"""Where are the names in string annotations looked up, and where does a function stand?

First where Python itself would look: type parameters, enclosing functions, the module, the class. Then in the
local names that were captured where the function was registered, then among the registered classes.
"""

import contextlib
import functools
import inspect
import sys
from collections.abc import Mapping
from types import FrameType
from typing import Any

from rostra import errors
from rostra.di.annotations import evaluated, has_text
from rostra.errors.base import shortened
from rostra.values import Values

NOTHING_MORE: Mapping[str, Any] = {}
_TIMES = 10
"""So often is parsed again what other threads came in the way of."""


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

    def evaluate(self, annotation: Any, more: Mapping[str, Any]) -> Any:
        """``annotation`` without strings in it.

        Raises:
            NameError: As Python raises it; or whatever else the text does.
        """
        if not has_text(annotation):
            return annotation
        chain = _Chain((*self._places(), more))
        return evaluated(annotation, lambda text: eval(text, {}, chain))  # noqa: S307  (as typing does)

    @property
    def module(self) -> str:
        """The module that wrote the annotations."""
        return str(getattr(self.owner or self.function, "__module__", "") or "")

    def _places(self) -> list[Mapping[str, Any]]:
        places = [_type_parameters(self.function), _type_parameters(self.owner), _closure(self.function)]
        if self.captured is not None and self._is_local_to(self.captured.qualname):
            places.append(self.captured.names)
        module = sys.modules.get(self.module)
        places.append(vars(module) if module else getattr(self.function, "__globals__", {}))
        if self.owner is not None:
            places += [vars(cls) for cls in self.owner.__mro__[:-1]]
        if self.captured is not None:
            places.append(self.captured.names)
        return places

    def _is_local_to(self, qualname: str) -> bool:
        own = getattr(self.owner or self.function, "__qualname__", "")
        return bool(qualname) and own.startswith(f"{qualname}.<locals>.")


class _Chain(dict[str, Any]):
    """Looks a name up in several mappings; ``eval`` takes it for the local names."""

    def __init__(self, places: tuple[Mapping[str, Any], ...]) -> None:
        super().__init__()
        self._places = places

    def __missing__(self, name: str) -> Any:
        for place in self._places:
            if name in place:
                return place[name]
        raise KeyError(name)


def _type_parameters(item: Any) -> Mapping[str, Any]:
    return {parameter.__name__: parameter for parameter in getattr(item, "__type_params__", ())}


def _closure(function: Any) -> Mapping[str, Any]:
    names = getattr(getattr(function, "__code__", None), "co_freevars", ())
    cells = getattr(function, "__closure__", None) or ()
    return {name: cell.cell_contents for name, cell in zip(names, cells, strict=True) if not _is_empty(cell)}


def _is_empty(cell: Any) -> bool:
    try:
        _ = cell.cell_contents
    except ValueError:
        return True
    return False


def capture() -> Captured | None:
    """The local names of whoever called rostra's di; None at the top of a module, whose names stay in reach."""
    frame: FrameType | None = inspect.currentframe()
    while frame is not None and str(frame.f_globals.get("__name__")).startswith("rostra.di"):
        frame = frame.f_back
    if frame is None or frame.f_locals is frame.f_globals:
        return None
    return Captured(frame.f_code.co_qualname, dict(frame.f_locals))


def unreadable(
    names: Names, label: str, parameter: str, annotation: Any, error: Exception
) -> "errors.AnnotationError":
    """Why an annotation cannot be read, in words."""
    missing = error.name if isinstance(error, NameError) else None
    place = place_of(names.function or names.owner)
    text = str(annotation)
    if missing is None:
        return errors.AnnotationError(
            label, parameter, text, f"it raises {error!r}", place, "write it as a type"
        )
    if missing in _type_checking_imports(names.module):
        return errors.AnnotationError(
            label,
            parameter,
            text,
            f"{names.module} imports {missing} under TYPE_CHECKING only, so it does not exist at run time",
            place,
            f"import {missing} without the condition",
        )
    return errors.AnnotationError(
        label,
        parameter,
        text,
        f"{names.module} knows no {missing}, nor is a class of that name registered",
        place,
        f"define or import {missing} before this is used, or di.register it",
    )


@functools.lru_cache(maxsize=64)
def _type_checking_imports(module: str) -> frozenset[str]:
    """The names that a module imports for type checkers only, read from its source."""
    import ast

    try:
        tree = _parsed(inspect.getsource(sys.modules[module]))
    except (KeyError, OSError, TypeError, SyntaxError):
        return frozenset()
    return frozenset(
        (alias.asname or alias.name).partition(".")[0]
        for block in ast.walk(tree)
        if isinstance(block, ast.If) and ast.unparse(block.test).endswith("TYPE_CHECKING")
        for node in ast.walk(block)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
    )


def _parsed(source: str) -> Any:
    """The syntax tree. Python counts how deep it is for all threads together, and may stumble where two parse at once.

    Whoever formats a traceback parses, too.
    """
    import ast

    for _ in range(_TIMES):
        with contextlib.suppress(SystemError):
            return ast.parse(source)
    return ast.parse(source)


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
