"""Is a value within the bounds that stand beside its type? ``Annotated[int, Ge(1)]``, ``Annotated[str, Meta(max_length=9)]``.

Known are the words of annotated-types and of msgspec, by their names alone, so neither has to be there: what JSON Schema
is told of is what is asked of values.
"""

import math
import operator
import re
import typing
from collections.abc import Callable, Collection, Iterator, Sized
from typing import Annotated, Any, NewType, SupportsAbs, TypeAlias

from rostra.components import name_of
from rostra.documents.fault import BoundsError, UnreadableTypeError, shown
from rostra.handlers import union_members
from rostra.values import Values

Check: TypeAlias = Callable[[Any], None]
"""Does nothing if a value is within the bounds.

Raises:
    BoundsError: It is not.
"""

_COMPARED = {
    "ge": (operator.ge, "at least {}"),
    "gt": (operator.gt, "more than {}"),
    "le": (operator.le, "at most {}"),
    "lt": (operator.lt, "less than {}"),
}
_NEGLIGIBLE = 1e-9
"""Part of a step by which a floating-point number may miss a multiple of it."""


class Bound(Values):
    """One thing that is asked of values.

    Args:
        holds: Whether a value has it.
        expected: In words: ``at least 3 characters``.
        counts: It is a matter of the length, and what was found is told by that.
    """

    holds: Callable[[Any], bool]
    expected: str
    counts: bool = False


def bounds_check(annotation: Any) -> Check | None:
    """What asks values of this type for all that stands beside it; None if nothing does.

    What stands inside of it, beside the items of a list say, is not asked for.

    Raises:
        UnreadableTypeError: No value of the type could have what is asked for.
    """
    metadata, kind = _apart(annotation)
    bounds = tuple(_bounds(metadata, typing.get_origin(kind) or kind))
    return _checking(bounds) if bounds else None


def _checking(bounds: tuple[Bound, ...]) -> Check:
    def check(value: Any) -> None:
        if value is None:
            return
        missed = [bound for bound in bounds if not _has(value, bound)]
        if missed:
            is_count = all(bound.counts for bound in missed)
            found = _counted(len(value), type(value)) if is_count else _shown(value)
            raise BoundsError(" and ".join(bound.expected for bound in missed), found)

    return check


def metadata_of(annotation: Any) -> list[Any]:
    """What stands beside a type in ``Annotated``, as often as that is written, and in what its names stand for."""
    return _apart(annotation)[0]


def _apart(annotation: Any) -> tuple[list[Any], Any]:
    """The same, and the type; ``None`` beside it is nothing."""
    metadata: list[Any] = []
    while True:
        if typing.get_origin(annotation) is Annotated:
            annotation, *said = typing.get_args(annotation)
            metadata = [*said, *metadata]
        elif isinstance(annotation, NewType):
            annotation = annotation.__supertype__
        elif hasattr(annotation, "__value__"):
            annotation = annotation.__value__
        elif len(members := union_members(annotation)) == 1:
            annotation = members[0]
        else:
            return metadata, annotation


def _bounds(metadata: Collection[Any], kind: Any) -> Iterator[Bound]:
    for said in metadata:
        for name, (holds, words) in _COMPARED.items():
            if (limit := getattr(said, name, None)) is not None:
                yield Bound(_compared(holds, limit), words.format(limit))
        if (step := getattr(said, "multiple_of", None)) is not None:
            _check_fits(kind, SupportsAbs, "a step")
            yield Bound(_multiple(step), f"a multiple of {step}")
        yield from _lengths(said, kind)
        yield from _patterns(said, kind)


def _compared(holds: Callable[[Any, Any], bool], limit: Any) -> Callable[[Any], bool]:
    return lambda value: bool(holds(value, limit))


def _multiple(step: Any) -> Callable[[Any], bool]:
    def holds(value: Any) -> bool:
        if isinstance(value, float) or isinstance(step, float):
            return math.fabs(math.remainder(value, step)) <= math.fabs(step) * _NEGLIGIBLE
        return bool(value % step == 0)

    return holds


def _lengths(said: Any, kind: Any) -> Iterator[Bound]:
    least, most = getattr(said, "min_length", None), getattr(said, "max_length", None)
    if isinstance(least, int) or isinstance(most, int):
        _check_fits(kind, Sized, "a length")
    if isinstance(least, int) and least > 0:
        yield Bound(lambda value: len(value) >= least, f"at least {_counted(least, kind)}", counts=True)
    if isinstance(most, int):
        yield Bound(lambda value: len(value) <= most, f"at most {_counted(most, kind)}", counts=True)


def _patterns(said: Any, kind: Any) -> Iterator[Bound]:
    text = getattr(said, "pattern", None)
    if isinstance(text, str):
        _check_fits(kind, str, "a pattern")
        pattern = said if isinstance(said, re.Pattern) else re.compile(text)
        yield Bound(lambda value: pattern.search(value) is not None, f"a text like {text}")


def _counted(count: int, kind: Any) -> str:
    what = "byte" if _is(kind, bytes) else "character" if _is(kind, str) else "item"
    return f"{count} {what}{'' if count == 1 else 's'}"


def _has(value: Any, bound: Bound) -> bool:
    try:
        return bound.holds(value)
    except TypeError:  # a time with a zone and one without cannot be compared
        return False


def _shown(value: Any) -> str:
    return shown(value) if isinstance(value, str | int | float | list | dict) else str(value)


def _check_fits(kind: Any, wanted: type, what: str) -> None:
    if isinstance(kind, type) and not issubclass(kind, wanted):
        msg = f"beside {name_of(kind)} stands {what}, which no value of it has"
        raise UnreadableTypeError(msg)


def _is(kind: Any, known: type) -> bool:
    return isinstance(kind, type) and issubclass(kind, known)
