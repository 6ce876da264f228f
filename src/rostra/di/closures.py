"""Functions that are defined within another one, and so made anew each time: what have those of one text in common?

Their code and their annotations; not what they close over, nor the values of their defaults.
"""

from types import CellType, FunctionType
from typing import Any

from rostra.di.annotations import has_order, has_text


def by_code(function: FunctionType) -> Any:
    """What is equal for all of them that one plan serves; None if there is no telling."""
    annotations = tuple(function.__annotations__.items())
    if any(type(each) is not type and (has_text(each) or has_order(each)) for _, each in annotations):
        return None
    if vars(function) or (function.__code__.co_posonlyargcount and function.__defaults__):
        return None  # it says something of its own of how it is called, or a default of its own is passed
    key = (function.__code__, annotations, *_defaults(function).items())
    try:
        hash(key)
    except TypeError:
        return None
    return key


def twin(function: FunctionType) -> FunctionType:
    """The same function, closed over nothing."""
    kept = {name: None if is_none else ... for name, is_none in _defaults(function).items()}
    by_name = {name: kept.pop(name) for name in function.__kwdefaults__ or ()}
    cells = tuple(CellType() for _ in function.__closure__ or ())
    twin = FunctionType(
        function.__code__, function.__globals__, function.__name__, tuple(kept.values()), cells
    )
    twin.__kwdefaults__ = by_name or None
    twin.__annotations__ = function.__annotations__
    twin.__qualname__, twin.__module__ = function.__qualname__, function.__module__
    return twin


def _defaults(function: FunctionType) -> dict[str, bool]:
    """The parameters that have a default, and whether it is None, which makes them optional."""
    code, defaults = function.__code__, function.__defaults__ or ()
    by_position = code.co_varnames[code.co_argcount - len(defaults) : code.co_argcount]
    named = {**dict(zip(by_position, defaults, strict=True)), **(function.__kwdefaults__ or {})}
    return {name: value is None for name, value in named.items()}
