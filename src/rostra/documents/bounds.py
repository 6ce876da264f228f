"""Is a value within the bounds that stand beside its type? ``Annotated[int, Ge(1)]``, ``Annotated[str, Meta(max_length=9)]``.

Known are the words of annotated-types and of msgspec, by their names alone, so neither has to be there: what JSON Schema
is told of is what is asked of values.
"""

import itertools
import math
import operator
import re
import typing
from collections.abc import Callable, Collection, Iterator, Sized
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from numbers import Number
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
_OPPOSED = (("ge", "le"), ("ge", "lt"), ("gt", "le"), ("gt", "lt"), ("min_length", "max_length"))
"""What a value must not be below, and what it must not be above."""
_CLOSED = (_OPPOSED[0], _OPPOSED[-1])
"""Of these both may be the same."""
_NEGLIGIBLE = 1e-9
"""Part of a step by which a floating-point number may miss a multiple of it."""
_COMPARABLE = (Number, str, bytes, datetime, date, time, timedelta)
"""What each is compared with is of the same; a datetime is a date, so that comes later."""
_END = r"(\\.|\[\^?\]?(?:\\.|[^\]\\])*\])|\$"
"""``$`` in a pattern, besides all where it means itself, which is a group."""


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
    kinds = tuple(map(_class_of, union_members(kind) or (kind,)))
    for said, each in itertools.product(metadata, kinds):
        _check_fits(said, each)
    _check_possible(metadata, kind)
    bounds = tuple(_bounds(metadata, kinds))
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


def _class_of(kind: Any) -> Any:
    inside = _apart(kind)[1]
    return typing.get_origin(inside) or inside


def _bounds(metadata: Collection[Any], kinds: tuple[Any, ...]) -> Iterator[Bound]:
    for said in metadata:
        for name, (holds, words) in _COMPARED.items():
            if (limit := getattr(said, name, None)) is not None:
                yield Bound(_compared(holds, limit), words.format(limit))
        if (step := getattr(said, "multiple_of", None)) is not None:
            yield Bound(_multiple(step), f"a multiple of {step}")
        yield from _lengths(said, kinds)
        if isinstance(text := getattr(said, "pattern", None), str):
            pattern = said if isinstance(said, re.Pattern) else _compiled(text)
            yield Bound(_like(pattern), f"a text like {text}")


def _compared(holds: Callable[[Any, Any], bool], limit: Any) -> Callable[[Any], bool]:
    return lambda value: bool(holds(value, limit))


def _multiple(step: Any) -> Callable[[Any], bool]:
    from fractions import Fraction  # which few need

    exact = Fraction(str(step)) if isinstance(step, int | float | Decimal) else step

    def holds(value: Any) -> bool:
        if isinstance(value, int) and isinstance(step, int):
            return value % step == 0
        if isinstance(value, float):
            missed = math.fabs(math.remainder(value, step))
            return missed <= max(math.fabs(step) * _NEGLIGIBLE, 2 * math.ulp(value))
        if isinstance(
            value, int | Decimal
        ):  # of any size: a remainder of decimals has no more than 28 digits
            return Fraction(value) % exact == 0
        return not value % step

    return holds


def _like(pattern: re.Pattern[str]) -> Callable[[Any], bool]:
    return lambda value: pattern.search(value) is not None


def _lengths(said: Any, kinds: tuple[Any, ...]) -> Iterator[Bound]:
    least, most = getattr(said, "min_length", None), getattr(said, "max_length", None)
    if isinstance(least, int) and least > 0:
        yield Bound(lambda value: len(value) >= least, f"at least {_counted(least, *kinds)}", counts=True)
    if isinstance(most, int):
        yield Bound(lambda value: len(value) <= most, f"at most {_counted(most, *kinds)}", counts=True)


def _compiled(text: str) -> re.Pattern[str]:
    """As JSON Schema means it: ``$`` is the end, and not also before a last line break, as it is in Python."""
    try:
        pattern = re.compile(text)
    except re.error as error:
        msg = f"the pattern {text} is none: {error}"
        raise UnreadableTypeError(msg) from None
    if pattern.flags & re.MULTILINE:
        return pattern
    return re.compile(re.sub(_END, lambda found: found[1] or r"\Z", text, flags=re.DOTALL))


def _counted(count: int, *kinds: Any) -> str:
    ending = "" if count == 1 else "s"
    words = ("byte" if _is(each, bytes) else "character" if _is(each, str) else "item" for each in kinds)
    return f"{count} {' or '.join(f'{word}{ending}' for word in dict.fromkeys(words))}"


def _has(value: Any, bound: Bound) -> bool:
    try:
        return bound.holds(value)
    except (
        TypeError,
        ValueError,
        ArithmeticError,
    ):  # a time with a zone and one without cannot be compared, say
        return False


def _shown(value: Any) -> str:
    return shown(value) if isinstance(value, str | int | float | list | dict) else str(value)


def _check_fits(said: Any, kind: Any) -> None:
    """Whether values of this class can have what is asked for; of a union, those of each member have to."""
    for name in _COMPARED:
        if (limit := getattr(said, name, None)) is not None:
            _check_comparable(kind, limit)
    if (step := getattr(said, "multiple_of", None)) is not None:
        _check_is(kind, SupportsAbs, "a step")
        _check_step(kind, step)
    if any(isinstance(getattr(said, name, None), int) for name in ("min_length", "max_length")):
        _check_is(kind, Sized, "a length")
    if isinstance(getattr(said, "pattern", None), str):
        _check_is(kind, str, "a pattern")


def _check_is(kind: Any, wanted: type, what: str) -> None:
    if isinstance(kind, type) and not issubclass(kind, wanted):
        msg = f"beside {name_of(kind)} stands {what}, which no value of it has"
        raise UnreadableTypeError(msg)


def _check_comparable(kind: Any, limit: Any) -> None:
    wanted = _family(kind)
    if wanted is not None and (_family(type(limit)) is not wanted or limit != limit):  # noqa: PLR0124  (only NaN does)
        msg = f"beside {name_of(kind)} stands {limit!r}, with which no value of it can be compared"
        raise UnreadableTypeError(msg)


def _check_possible(metadata: Collection[Any], kind: Any) -> None:
    """What two say together has to leave something between them."""
    for low, high in _OPPOSED:
        for least, most in itertools.product(_said(metadata, low), _said(metadata, high)):
            if _is_above(least, most) or (least == most and (low, high) not in _CLOSED):
                msg = (
                    f"beside {name_of(kind)} stand {low}={least!r} and {high}={most!r}, and no value has both"
                )
                raise UnreadableTypeError(msg)


def _is_above(least: Any, most: Any) -> bool:
    try:
        return bool(least > most)
    except TypeError:  # a moment with a zone and one without, say: values are told what they are not
        return False


def _said(metadata: Collection[Any], name: str) -> list[Any]:
    return [limit for said in metadata if (limit := getattr(said, name, None)) is not None]


def _check_step(kind: Any, step: Any) -> None:
    wanted = _family(kind)
    if not step or (wanted is not None and _family(type(step)) is not wanted):
        msg = f"beside {name_of(kind)} stands a step of {step!r}, of which no value of it is a multiple"
        raise UnreadableTypeError(msg)


def _family(kind: Any) -> type | None:
    return next((each for each in _COMPARABLE if _is(kind, each)), None)


def _is(kind: Any, known: type) -> bool:
    return isinstance(kind, type) and issubclass(kind, known)
