"""Which member of a union was meant by a value that fits none? Its faults are the ones to tell.

Objects are told apart by the members that say which of them they are: ``kind: Literal["cat"]``, or the tag of a struct. Where
none do, that one was meant to which the least is wrong. Imported when an object may be of several classes, or a value fits no
member.
"""

import enum
import typing
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal

from cattrs.errors import IterableValidationError, IterableValidationNote

from rostra.components import name_of
from rostra.documents.fault import BoundsError, MismatchError, either, shown
from rostra.documents.fields import fields, tag
from rostra.documents.opaqueness import opaque_of
from rostra.handlers import bare


class Refusal(typing.NamedTuple):
    """A member of a union, and what kept a value from being one."""

    member: Any
    error: Exception


class Apart:
    """Tells the members of a union apart by what objects say of themselves, before anything else of them is read.

    Else what is nested would be read by each member of each level: twice as often with every level.

    Args:
        members: Of the union.
    """

    __slots__ = ("_tags",)

    def __init__(self, members: Sequence[Any]) -> None:
        said = [{} if opaque_of(bare(member)) is not None else _said(member) for member in members]
        self._tags = {place: own for place, own in enumerate(said) if own}

    def others(self, value: Mapping[Any, Any]) -> dict[int, Exception]:
        """By their places, the members that an object cannot be, each with a fault that says so."""
        return {
            place: _at(name, value, known)
            for place, own in self._tags.items()
            for name, known in own.items()
            if name not in value or not _is_among(value[name], known)
        }


def meant(value: Any, refusals: Sequence[Refusal], weigh: Callable[[Exception], int]) -> Exception:
    """What to raise for a value.

    Args:
        value: It fits no member.
        refusals: All members, in order.
        weigh: How many faults an error has.
    """
    near = [each for each in refusals if not _is_of_another_kind(each.error)]
    if len(near) == 1 or len(refusals) == 1:
        return (near or refusals)[0].error
    if all(isinstance(each.error, MismatchError) for each in near):
        expected = (each.error.expected for each in refusals if isinstance(each.error, MismatchError))
        return MismatchError(either([*dict.fromkeys(expected)]), value)
    if isinstance(value, Mapping):
        told_apart = _by_tag(value, near)
        if isinstance(told_apart, Exception):
            return told_apart
        near = told_apart
    if len(near) == 1:
        return near[0].error
    weights = [weigh(each.error) for each in near]
    if weights.count(min(weights)) == 1:
        return near[weights.index(min(weights))].error
    return MismatchError(either([name_of(each.member) for each in near]), value)


def _is_of_another_kind(error: Exception) -> bool:
    return isinstance(error, MismatchError) and not isinstance(error, BoundsError)


def _by_tag(value: Mapping[Any, Any], near: list[Refusal]) -> list[Refusal] | Exception:
    """Those that the value says it is, all if none can be told apart; or what is wrong if it says to be another."""
    tags = [_tags(each.member) for each in near]
    fitting = [each for each, own in zip(near, tags, strict=True) if _says(value, own)]
    if fitting:
        return fitting
    for name in tags[0]:
        known = [each for own in tags for each in own.get(name, ())]
        if all(name in own for own in tags) and not _is_among(value.get(name), known):
            return _at(name, value, known)
    return near


def _tags(member: Any) -> dict[str, tuple[Any, ...]]:
    """By name, what may stand in the members of an object that say what it is."""
    own = tag(bare(member))
    return _said(member) if own is None else {own[0]: (own[1],), **_said(member)}


def _said(member: Any) -> dict[str, tuple[Any, ...]]:
    """The same without the tag of a struct, which may be left out where only one struct is read."""
    found: dict[str, tuple[Any, ...]] = {}
    for field in fields(bare(member)) or ():
        annotation = bare(field.annotation)
        if field.is_needed and field.is_sent and typing.get_origin(annotation) is Literal:
            found[field.name] = tuple(map(_in_json, typing.get_args(annotation)))
    return found


def _says(value: Mapping[Any, Any], tags: Mapping[str, tuple[Any, ...]]) -> bool:
    return all(name in value and _is_among(value[name], known) for name, known in tags.items())


def _is_among(value: Any, known: Sequence[Any]) -> bool:
    return any(type(each) is type(value) and each == value for each in known)


def _in_json(value: Any) -> Any:
    return value.value if isinstance(value, enum.Enum) else value


def _at(name: str, value: Mapping[Any, Any], known: Sequence[Any]) -> Exception:
    """A fault of one member of an object."""
    if name in value:
        fault: Exception = MismatchError(either([*dict.fromkeys(map(shown, known))]), value[name])
    else:
        fault = KeyError(name)
    fault.add_note(IterableValidationNote(f"at {name}", name, None))
    return IterableValidationError("choosing a member", [fault], dict)  # pyright: ignore[reportCallIssue]  (see __new__)
