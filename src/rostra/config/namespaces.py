"""What an annotation stands for that is a string, or an alias, also when its class is local to a function.

A string annotation is evaluated in the module of the class that has it. The locals of the functions around it
are gone by the time somebody asks, so they are kept when a ``Config`` subclass is made; only types are kept.
"""

import sys
import typing
from collections.abc import Iterator, Mapping
from types import FrameType, ModuleType, SimpleNamespace
from typing import Any

__all__ = ["aliased", "evaluated", "names_around", "without_metadata"]


def evaluated(annotation: Any, owner: type, kept: Mapping[str, Any]) -> Any:
    """The type that an annotation stands for.

    Args:
        annotation: As it was written.
        owner: The class in whose body it stands.
        kept: Names that the functions around the section's class knew, and those around ``owner``.

    Raises:
        NameError: A name in it means nothing.
    """
    module = vars(sys.modules.get(owner.__module__, typing))
    known = {**kept, **_types(vars(owner))}
    try:
        return _evaluated(annotation, module, known)
    except NameError:
        if "<locals>" not in owner.__qualname__:
            raise
    return _evaluated(annotation, module, {**names_around(owner, sys._getframe()), **known})  # noqa: SLF001  (there is no public name for it)


def _evaluated(annotation: Any, module: dict[str, Any], names: dict[str, Any]) -> Any:
    return typing.get_type_hints(_bearer(annotation), module, names, include_extras=True)["it"]


def without_metadata(wanted: Any) -> Any:
    """A type without what ``Annotated`` says in it."""
    return typing.get_type_hints(_bearer(wanted))["it"]


def _bearer(annotation: Any) -> Any:
    return SimpleNamespace(__annotations__={"it": annotation})


def names_around(cls: type, frame: FrameType | None) -> dict[str, Any]:
    """The types that the functions and classes around ``cls`` know by name that still run at ``frame``."""
    return dict(_names_around(cls, frame))


def _names_around(cls: type, frame: FrameType | None) -> Iterator[tuple[str, Any]]:
    """What the functions and classes around ``cls`` that still run know, outermost first."""
    frames = []
    while frame is not None:
        around = cls.__qualname__.startswith(f"{frame.f_code.co_qualname}.")
        if around and frame.f_globals.get("__name__") == cls.__module__:
            frames.append(frame)
        frame = frame.f_back
    for each in reversed(frames):
        yield from _types(each.f_locals).items()


def _types(namespace: Mapping[str, Any]) -> dict[str, Any]:
    """The part of a namespace that an annotation can mean: a field's default or descriptor is none."""
    return {
        name: value
        for name, value in namespace.items()
        if isinstance(value, type | ModuleType) or type(value).__module__ in {"types", "typing"}
    }


def aliased(alias: Any) -> Any:
    """What an alias stands for, its parameters filled in."""
    generic = typing.get_origin(alias)
    if generic is None:
        return alias.__value__
    filled = dict(zip(generic.__type_params__, typing.get_args(alias), strict=False))
    value = generic.__value__
    parameters = getattr(value, "__parameters__", ())
    return value[tuple(filled[each] for each in parameters)] if parameters else value
