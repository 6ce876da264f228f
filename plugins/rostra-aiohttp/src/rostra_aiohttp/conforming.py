"""Is a result what its handler's annotation promises? Asked in development only; see ``[http] validate_results``.

Generous where Python is: a whole number is a number, any list will do as a sequence. What is not known is taken for
right.
"""

import dataclasses
import inspect
import types
import typing
from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from typing import Any, Literal, NamedTuple, TypeVar

import attrs
from aiohttp import web

from rostra.components import name_of
from rostra.documents import BoundsError, UnreadableTypeError, bounds_check
from rostra.errors import HandlerError
from rostra.handlers import Bound, union_members, where_of
from rostra_aiohttp.answers import Answer
from rostra_aiohttp.handling import Take
from rostra_aiohttp.promises import item_of_stream

_MOST_ITEMS = 1000
_OUT = "out of bounds"


class Departure(NamedTuple):
    """Where a value is not as promised.

    Args:
        place: From the result on: ``.lines[3].price``; empty for the result itself.
        expected: The type that is promised.
        found: The type that was found; or that it is out of bounds.
    """

    place: str
    expected: str
    found: str

    def __str__(self) -> str:
        return f"{self.place or 'the result'} is {self.found}, and {self.expected} is promised"


def checking(bound: Bound, take: Take, promised: Any) -> Take:
    """Asks of each result whether it is what the handler promises."""
    if promised is inspect.Parameter.empty or item_of_stream(promised, is_generator=False) is not None:
        return take

    async def checked(request: web.Request) -> Any:
        result = await take(request)
        if not isinstance(result, web.StreamResponse) and (
            found := [*map(str, departures(result, promised))]
        ):
            raise _unlike(bound, found)
        return result

    return checked


def _unlike(bound: Bound, found: list[str]) -> HandlerError:
    return HandlerError(
        f"{bound.declared.label} returned something else than its annotation says",
        where_of(bound.declared),
        tuple(found[:10]),
        (
            "return what is promised, or promise what is returned",
            "[http] validate_results = false does not ask",
        ),
    )


def departures(value: Any, annotation: Any, place: str = "") -> Iterator[Departure]:
    """All places at which a value is not what the annotation says. Of long lists, the first thousand items are seen."""
    found = list(_of_type(value, annotation, place))
    yield from found or _of_bounds(value, annotation, place)


def _of_bounds(value: Any, annotation: Any, place: str) -> Iterator[Departure]:
    """What stands beside the type in ``Annotated``, as requests are held to it."""
    while typing.get_origin(annotation) in (typing.Required, typing.NotRequired):
        annotation = typing.get_args(annotation)[0]
    try:
        check = bounds_check(annotation)
        if check is not None:
            check(value)
    except BoundsError as error:
        yield Departure(place, error.expected, _OUT)
    except UnreadableTypeError:  # what no value could have promises nothing
        pass


def _of_type(value: Any, annotation: Any, place: str) -> Iterator[Departure]:
    annotation = _bare(annotation)
    if annotation in (Any, object, None, types.NoneType):
        if annotation in (None, types.NoneType) and value is not None:
            yield Departure(place, "None", _type(value))
        return
    if isinstance(annotation, TypeVar | str):
        return
    origin = typing.get_origin(annotation) or annotation
    if origin in (typing.Union, types.UnionType):
        yield from _of_union(value, annotation, place)
    elif origin is Literal:
        if not any(value == each and type(value) is type(each) for each in typing.get_args(annotation)):
            yield Departure(place, name_of(annotation), _type(value))
    elif origin is Answer:
        body = value.body if isinstance(value, Answer) else value
        yield from departures(body, (*typing.get_args(annotation), Any)[0], place)
    elif isinstance(origin, type):
        yield from _of_class(value, annotation, origin, place)


def _of_class(value: Any, annotation: Any, origin: type, place: str) -> Iterator[Departure]:
    if typing.is_typeddict(origin):
        origin = dict
    if not isinstance(value, origin) and not _is_number_too(value, origin):
        yield Departure(place, name_of(annotation), _type(value))
        return
    if isinstance(value, bool) and origin in (int, float):
        yield Departure(place, name_of(annotation), "bool")
        return
    if typing.is_typeddict(annotation):
        for name in sorted(annotation.__required_keys__ - value.keys()):
            yield Departure(f"{place}[{name!r}]", "a value", "missing")
    for step, inner, kind in _inside(value, annotation):
        yield from departures(inner, kind, f"{place}{step}")


def _inside(value: Any, annotation: Any) -> Iterator[tuple[str, Any, Any]]:
    arguments = typing.get_args(annotation)
    if isinstance(value, Mapping):
        yield from _of_mapping(value, annotation, arguments)
    elif isinstance(value, tuple) and arguments and arguments[-1] is not Ellipsis:
        for index, (item, kind) in enumerate(zip(value, arguments, strict=False)):
            yield f"[{index}]", item, kind
    elif isinstance(value, list | tuple | AbstractSet) and arguments:
        for index, item in zip(range(_MOST_ITEMS), value, strict=False):
            yield f"[{index}]", item, arguments[0]
    elif attrs.has(type(value)) or dataclasses.is_dataclass(value):
        for name, kind in _hints(type(value)).items():
            if hasattr(value, name):
                yield f".{name}", getattr(value, name), kind


def _of_mapping(
    value: Mapping[Any, Any], annotation: Any, arguments: tuple[Any, ...]
) -> Iterator[tuple[str, Any, Any]]:
    if typing.is_typeddict(annotation):
        for name, kind in _hints(annotation).items():
            if name in value:
                yield f"[{name!r}]", value[name], kind
    elif len(arguments) == 2:  # noqa: PLR2004  (keys and values)
        for _, (key, item) in zip(range(_MOST_ITEMS), value.items(), strict=False):
            yield f"[{key!r}]", item, arguments[1]


def _of_union(value: Any, annotation: Any, place: str) -> Iterator[Departure]:
    members = union_members(annotation)
    if value is None and len(members) < len(typing.get_args(annotation)):
        return
    found = [list(departures(value, member, place)) for member in members]
    if all(found):
        near = [each for each in found if all(it.place != place or it.found == _OUT for it in each)]
        yield from near[0] if len(near) == 1 else [Departure(place, _either(annotation), _type(value))]


def _is_number_too(value: Any, kind: type) -> bool:
    return kind is float and isinstance(value, int)


def _bare(annotation: Any) -> Any:
    while True:
        if hasattr(annotation, "__supertype__"):
            annotation = annotation.__supertype__
        elif typing.get_origin(annotation) in (typing.Annotated, typing.Required, typing.NotRequired):
            annotation = typing.get_args(annotation)[0]
        elif hasattr(annotation, "__value__"):
            annotation = annotation.__value__
        else:
            return annotation


def _hints(kind: Any) -> Mapping[str, Any]:
    try:
        return typing.get_type_hints(kind, include_extras=True)
    except (NameError, TypeError):  # an annotation that nobody can read promises nothing
        return {}


def _either(union: Any) -> str:
    return " | ".join("None" if each is types.NoneType else name_of(each) for each in typing.get_args(union))


def _type(value: Any) -> str:
    return name_of(type(value))
