"""What does an annotation say that is written as a string?

Its names are looked up where Python itself would look: type parameters, enclosing functions, the module, the class. Then
in the local names that were captured where the function was registered, then among the registered classes.
"""

import contextlib
import functools
import inspect
import sys
from collections.abc import Callable, Mapping
from types import FrameType
from typing import Any, ForwardRef

from rostra import errors
from rostra.di.functions import Captured, Names, place_of
from rostra.di.generics import rebuilt

_TIMES = 10
"""So often is parsed again what other threads came in the way of."""


def evaluated(annotation: Any, names: Names, more: Mapping[str, Any], label: str, parameter: str) -> Any:
    """``annotation`` with the strings in it evaluated.

    Args:
        annotation: As written.
        names: Where its names are looked up.
        more: Where they are looked up last.
        label: What errors call the function.
        parameter: What errors call what is annotated.

    Raises:
        AnnotationError: It cannot be read.
    """
    try:
        chain = _Chain((*_places(names), more))
        return _evaluated(annotation, lambda text: eval(text, {}, chain))  # noqa: S307  (as typing does)
    except Exception as error:  # noqa: BLE001  (whatever the text does)
        raise _unreadable(names, label, parameter, annotation, error) from None


def _evaluated(annotation: Any, evaluate: Callable[[str], Any]) -> Any:
    """The same for strings within others, too: ``Repo["User"]``."""

    def leaf(text: Any) -> Any:
        if isinstance(text, ForwardRef):
            text = text.__forward_arg__
        return _evaluated(evaluate(text), evaluate) if isinstance(text, str) else text

    return rebuilt(annotation, leaf)


def _places(names: Names) -> list[Mapping[str, Any]]:
    places = [_type_parameters(names.function), _type_parameters(names.owner), _closure(names.function)]
    if names.captured is not None and _is_local_to(names, names.captured.qualname):
        places.append(names.captured.names)
    module = sys.modules.get(_module(names))
    places.append(vars(module) if module else getattr(names.function, "__globals__", {}))
    if names.owner is not None:
        places += [vars(cls) for cls in names.owner.__mro__[:-1]]
    if names.captured is not None:
        places.append(names.captured.names)
    return places


def _is_local_to(names: Names, qualname: str) -> bool:
    own = getattr(names.owner or names.function, "__qualname__", "")
    return bool(qualname) and own.startswith(f"{qualname}.<locals>.")


def _module(names: Names) -> str:
    """The module that wrote the annotations."""
    return str(getattr(names.owner or names.function, "__module__", "") or "")


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


def _unreadable(
    names: Names, label: str, parameter: str, annotation: Any, error: Exception
) -> "errors.AnnotationError":
    """Why an annotation cannot be read, in words."""
    module = _module(names)
    missing = error.name if isinstance(error, NameError) else None
    place = place_of(names.function or names.owner)
    text = str(annotation)
    if missing is None:
        return errors.AnnotationError(
            label, parameter, text, f"it raises {error!r}", place, "write it as a type"
        )
    if missing in _type_checking_imports(module):
        return errors.AnnotationError(
            label,
            parameter,
            text,
            f"{module} imports {missing} under TYPE_CHECKING only, so it does not exist at run time",
            place,
            f"import {missing} without the condition",
        )
    return errors.AnnotationError(
        label,
        parameter,
        text,
        f"{module} knows no {missing}, nor is a class of that name registered",
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


def capture() -> Captured | None:
    """The local names of whoever called rostra's di; None at the top of a module, whose names stay in reach."""
    frame: FrameType | None = inspect.currentframe()
    while frame is not None and str(frame.f_globals.get("__name__")).startswith("rostra.di"):
        frame = frame.f_back
    if frame is None or frame.f_locals is frame.f_globals:
        return None
    return Captured(frame.f_code.co_qualname, dict(frame.f_locals))
