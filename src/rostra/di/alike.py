"""Which functions does one plan serve? A function, and those that differ from it only in what they close over.

A function that is defined within another one is made anew each time, and so is a bound method. What is planned for
one of them is right for the next: its code and its annotations are the same.
"""

from types import CellType, FunctionType, MethodType
from typing import Any

from rostra.di.annotations import has_order, has_text
from rostra.di.signatures import Signature, read_signature, signature


def alike(function: Any) -> Any:
    """What is equal for all functions that one plan serves; None for what is like no other.

    It holds nothing of what a function closes over, nor the object that a method is bound to.
    """
    if isinstance(function, MethodType):
        inner, owner = function.__func__, function.__self__
        same = alike(inner) if isinstance(inner, FunctionType) else None
        return None if same is None else (owner if isinstance(owner, type) else type(owner), same)
    if not isinstance(function, FunctionType):
        return None
    if function.__closure__ is None and "<locals>" not in function.__qualname__:
        return function
    return _by_code(function)


def _by_code(function: FunctionType) -> Any:
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


def _defaults(function: FunctionType) -> dict[str, bool]:
    """The parameters that have a default, and whether it is None, which makes them optional."""
    code, defaults = function.__code__, function.__defaults__ or ()
    by_position = code.co_varnames[code.co_argcount - len(defaults) : code.co_argcount]
    named = {**dict(zip(by_position, defaults, strict=True)), **(function.__kwdefaults__ or {})}
    return {name: value is None for name, value in named.items()}


def signature_of_all(function: Any) -> Signature:
    """The signature of all that are ``alike``, which holds nothing of this one that the others do not have."""
    if isinstance(function, MethodType):
        inner = function.__func__
        if isinstance(inner, FunctionType) and alike(inner) is not inner:
            function = MethodType(_twin(inner), function.__self__)
        return read_signature(function)._replace(target=function.__func__)
    return signature(function) if alike(function) is function else read_signature(_twin(function))


def _twin(function: FunctionType) -> FunctionType:
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
