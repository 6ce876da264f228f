"""What the names in a class's annotations stand for, also when the class is local to a function.

A string annotation is evaluated in the module of the class that has it. The locals of the functions around it
are gone by the time somebody asks, so they are kept when a ``Config`` subclass is made; only types are kept.
"""

import sys
import typing
from collections.abc import Iterator, Mapping
from inspect import get_annotations
from types import FrameType, ModuleType, SimpleNamespace
from typing import Any

KEPT = "__rostra_locals__"


def keep_locals(cls: type, frame: FrameType) -> None:
    """Remember the types that the functions around ``cls`` know by name, if it needs them.

    Args:
        cls: A class that is being made.
        frame: Where it is made.
    """
    if "<locals>" in cls.__qualname__ and any(map(_is_open, get_annotations(cls).values())):
        setattr(cls, KEPT, dict(_names_around(cls, frame)))


def resolved(annotation: Any, owner: type, around: Mapping[str, Any]) -> Any:
    """The type that an annotation stands for.

    Args:
        annotation: As it was written.
        owner: The class in whose body it stands.
        around: Names that the functions around the section's class knew.

    Raises:
        NameError: A name in it means nothing.
    """
    if not _is_open(annotation):
        return annotation
    module = vars(sys.modules.get(owner.__module__, typing))
    kept = {**around, **vars(owner).get(KEPT, {}), **_types(vars(owner))}
    try:
        return _evaluated(annotation, module, kept)
    except NameError:
        if "<locals>" not in owner.__qualname__:
            raise
    return _evaluated(annotation, module, {**dict(_names_around(owner, sys._getframe())), **kept})  # noqa: SLF001  (there is no public name for it)


def _evaluated(annotation: Any, module: dict[str, Any], names: dict[str, Any]) -> Any:
    return typing.get_type_hints(_bearer(annotation), module, names, include_extras=True)["it"]


def hashable(wanted: Any) -> Any:
    """The type itself; without what ``Annotated`` says in it if that cannot be hashed, so that no table can hold it."""
    try:
        hash(wanted)
    except TypeError:
        return typing.get_type_hints(_bearer(wanted))["it"]
    return wanted


def _bearer(annotation: Any) -> Any:
    return SimpleNamespace(__annotations__={"it": annotation})


def _is_open(annotation: Any) -> bool:
    """Whether some part of the annotation is still a string."""
    if isinstance(annotation, type) and not typing.get_args(annotation):
        return False
    if isinstance(annotation, str | typing.ForwardRef):
        return True
    if typing.get_origin(annotation) is typing.Literal:
        return False
    return any(map(_is_open, typing.get_args(annotation)))


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
