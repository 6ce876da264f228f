"""Which values are refused, as far as JSON Schema can say it? By validators of attrs, and by what annotations carry."""

import operator
import re
from collections.abc import Collection, Iterator, Mapping
from decimal import Decimal
from typing import Any

__all__ = ["constraints", "metadata_constraints"]

_COMPARED: Mapping[Any, str] = {
    operator.ge: "minimum",
    operator.gt: "exclusiveMinimum",
    operator.le: "maximum",
    operator.lt: "exclusiveMaximum",
}
_BOUNDS = {
    "ge": "minimum",
    "gt": "exclusiveMinimum",
    "le": "maximum",
    "lt": "exclusiveMaximum",
    "multiple_of": "multipleOf",
}
_LENGTHS = ("min_length", "max_length")
_OF_PYTHON_ONLY = re.compile(r"\(\?[^:=!<]|\(\?<(?![=!])|\\[AZ]|[*+?}]\+")
"""What the expressions of JavaScript, in which JSON Schema is written, do not know or mean otherwise."""


def constraints(validator: Any, kind: Any) -> dict[str, Any]:
    """What a validator of attrs says, as keywords of JSON Schema.

    Args:
        validator: Of a field: ``ge``, ``le``, ``min_len``, ``in_``, ``matches_re`` and so on, also several of them. Of
            others nothing is known.
        kind: The class of the values: a length is one of characters, items or keys.
    """
    return dict(found for each in _single(validator) for found in _of_validator(each, kind))


def metadata_constraints(metadata: Collection[Any], kind: Any) -> dict[str, Any]:
    """What stands beside a type in ``Annotated``, as keywords of JSON Schema.

    Args:
        metadata: Objects with attributes of these names, as those of annotated-types and msgspec have: ``ge``, ``gt``,
            ``le``, ``lt``, ``multiple_of``, ``min_length``, ``max_length``, ``pattern``.
        kind: The class of the values.
    """
    return dict(found for each in metadata for found in _of_metadata(each, kind))


def _single(validator: Any) -> Iterator[Any]:
    """The validators that all have to agree, one by one. attrs has no public names for their classes."""
    if validator is None or not type(validator).__module__.startswith("attr"):
        return
    several = getattr(validator, "_validators", None)
    inner = getattr(validator, "validator", None)  # of optional(...)
    name = type(validator).__name__
    if isinstance(several, tuple) and "And" in name:
        for each in several:
            yield from _single(each)
    elif inner is not None and "Optional" in name:
        yield from _single(inner)
    else:
        yield validator


def _of_validator(validator: Any, kind: Any) -> Iterator[tuple[str, Any]]:
    compared = _COMPARED.get(getattr(validator, "compare_func", None))
    if compared and _is_number(bound := _as_json(validator.bound)):
        yield compared, bound
    yield from _of_lengths(validator, kind)
    pattern = getattr(validator, "pattern", None)
    if isinstance(pattern, re.Pattern):
        yield from _of_pattern(pattern, getattr(getattr(validator, "match_func", None), "__name__", ""))
    options = getattr(validator, "options", None)
    if "_In" in type(validator).__name__ and isinstance(options, Collection):
        yield from _of_options(options)


def _of_metadata(item: Any, kind: Any) -> Iterator[tuple[str, Any]]:
    for name, keyword in _BOUNDS.items():
        bound = _as_json(getattr(item, name, None))
        if _is_number(bound):
            yield keyword, bound
    yield from _of_lengths(item, kind)
    pattern = getattr(item, "pattern", None)
    if isinstance(pattern, str | re.Pattern):
        yield from _of_pattern(re.compile(pattern), "search")


def _of_lengths(says: Any, kind: Any) -> Iterator[tuple[str, int]]:
    for name in _LENGTHS:
        length = getattr(says, name, None)
        if isinstance(length, int):
            yield f"{name[:3]}{_counted(kind)}", length


def _counted(kind: Any) -> str:
    if not isinstance(kind, type) or issubclass(kind, str | bytes) or not issubclass(kind, Collection):
        return "Length"
    return "Properties" if issubclass(kind, Mapping) else "Items"


def _of_pattern(pattern: re.Pattern[Any], matched: str) -> Iterator[tuple[str, str]]:
    """An expression of JSON Schema is searched for; in attrs it has to fit the whole text unless told otherwise."""
    text, flags = pattern.pattern, pattern.flags & ~re.UNICODE
    if not isinstance(text, str) or flags or _OF_PYTHON_ONLY.search(text):
        return
    yield "pattern", {"search": text, "match": f"^(?:{text})"}.get(matched, f"^(?:{text})$")


def _of_options(options: Collection[Any]) -> Iterator[tuple[str, list[Any]]]:
    is_ordered = not isinstance(options, set | frozenset)
    listed = list(options) if is_ordered else sorted(options, key=repr)
    if all(each is None or type(each) in (str, int, float, bool) for each in listed):
        yield "enum", listed


def _as_json(bound: Any) -> Any:
    """A decimal as the number that JSON writes with the same digits, if there is one; all else as it is."""
    if not isinstance(bound, Decimal) or not bound.is_finite():
        return bound
    number = float(bound)
    return number if Decimal(repr(number)) == bound else bound


def _is_number(bound: Any) -> bool:
    return isinstance(bound, int | float) and not isinstance(bound, bool)
