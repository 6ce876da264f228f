"""What stands in a class: the members of an object as JSON has it, whoever made the class."""

import dataclasses
import typing
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple, TypeVar

import attrs

from rostra.describing import constraints, documented

NOTHING: Any = attrs.NOTHING
_WRAPPERS = frozenset({"Required", "NotRequired", "ReadOnly", "Final"})


class Field(NamedTuple):
    """One member of an object.

    Args:
        name: As JSON has it.
        annotation: Its type, with type parameters filled in.
        text: What its documentation says.
        default: What it is where a client does not send it; ``NOTHING`` if that is not known, or if there is none.
        is_needed: Whether a client has to send it.
        is_answered: Whether an answer always has it; None where an answer never has it.
        is_sent: Whether a client may send it.
        bounds: What its validators say, as keywords of JSON Schema.
    """

    name: str
    annotation: Any
    text: str
    default: Any = NOTHING
    is_needed: bool = True
    is_answered: bool | None = True
    is_sent: bool = True
    bounds: Mapping[str, Any] = {}


def fields(kind: Any) -> tuple[Field, ...] | None:
    """The members of a class of attrs, a dataclass, a struct of msgspec, a TypedDict or a named tuple; else None.

    Args:
        kind: The class, or a generic one with its arguments.
    """
    cls = typing.get_origin(kind) or kind
    if not isinstance(cls, type) and not typing.is_typeddict(cls):
        return None
    read = next((read for has, read in _KINDS if has(cls)), None)
    if read is None:
        return None
    hints, bindings = _hints(cls), _bindings(kind)
    said = documented(cls).attributes
    return tuple(
        each._replace(
            annotation=_filled(_unwrapped(hints.get(key, each.annotation)), bindings),
            text=said.get(key, ""),
        )
        for key, each in read(cls)
    )


def resolve(cls: Any) -> None:
    """Let the fields of a class of attrs or of a dataclass say what the strings within their types stand for: ``list["Node"]``.

    cattrs does so only where a whole annotation is a string.

    Raises:
        NameError: A name in one of them is not known.
    """
    if attrs.has(cls):
        attrs.resolve_types(cls)
        return
    hints = typing.get_type_hints(cls, include_extras=True)
    for each in dataclasses.fields(cls):
        each.type = hints[each.name]


def is_tuple(kind: Any) -> bool:
    """Whether it is a list in JSON though it has named members: a named tuple, or a struct that is like an array."""
    cls = typing.get_origin(kind) or kind
    config = getattr(cls, "__struct_config__", None)
    return hasattr(cls, "_fields") if config is None else bool(config.array_like)


def is_closed(kind: Any) -> bool:
    """Whether an object may have no other members: most classes leave out what they do not know."""
    return bool(getattr(getattr(kind, "__struct_config__", None), "forbid_unknown_fields", False))


def tag(kind: Any) -> tuple[str, Any] | None:
    """The member by which msgspec tells structs apart, and its value."""
    config = getattr(kind, "__struct_config__", None)
    return None if config is None or config.tag is None else (config.tag_field, config.tag)


def _of_attrs(cls: Any) -> Iterator[tuple[str, Field]]:
    for each in attrs.fields(cls):
        default = each.default
        if isinstance(default, attrs.Factory):  # type: ignore[arg-type]  # its stub makes a function of the class
            default = _made(default.factory)
        kind = _class_of(each.type)
        yield (
            each.name,
            Field(
                each.name,
                Any if isinstance(each.type, str | None) else each.type,
                "",
                default,
                is_needed=each.default is NOTHING,
                is_answered=None if each.name.startswith("_") else True,
                is_sent=each.init,
                bounds=constraints(each.validator, kind) if each.converter is None else {},
            ),
        )


def _of_dataclass(cls: Any) -> Iterator[tuple[str, Field]]:
    for each in dataclasses.fields(cls):
        default = NOTHING if each.default is dataclasses.MISSING else each.default
        if each.default_factory is not dataclasses.MISSING:
            default = _made(each.default_factory)
        is_needed = each.default is dataclasses.MISSING and each.default_factory is dataclasses.MISSING
        is_answered = None if each.name.startswith("_") else True
        yield (
            each.name,
            Field(
                each.name,
                Any,
                "",
                default,
                is_needed=is_needed,
                is_answered=is_answered,
                is_sent=each.init,
            ),
        )


def _of_struct(cls: Any) -> Iterator[tuple[str, Field]]:
    import msgspec

    for each in msgspec.structs.fields(cls):
        default = NOTHING if each.default is msgspec.NODEFAULT else each.default
        if each.default_factory is not msgspec.NODEFAULT:
            default = _made(each.default_factory)
        always = each.required or not cls.__struct_config__.omit_defaults
        yield (
            each.name,
            Field(each.encode_name, each.type, "", default, is_needed=each.required, is_answered=always),
        )


def _of_typed_dict(cls: Any) -> Iterator[tuple[str, Field]]:
    for name in _hints(cls):
        is_needed = name in cls.__required_keys__
        yield name, Field(name, Any, "", is_needed=is_needed, is_answered=is_needed)


def _of_named_tuple(cls: Any) -> Iterator[tuple[str, Field]]:
    for name in cls._fields:
        default = cls._field_defaults.get(name, NOTHING)
        yield name, Field(name, Any, "", default, is_needed=default is NOTHING)


_KINDS: tuple[tuple[Any, Any], ...] = (
    (lambda cls: hasattr(cls, "__struct_config__"), _of_struct),
    (attrs.has, _of_attrs),
    (dataclasses.is_dataclass, _of_dataclass),
    (typing.is_typeddict, _of_typed_dict),
    (lambda cls: issubclass(cls, tuple) and hasattr(cls, "_fields"), _of_named_tuple),
)


def _made(factory: Any) -> Any:
    """What a factory makes, if it makes an empty container; others are not called for the sake of a document."""
    return factory() if factory in (list, dict, set, tuple, frozenset) else NOTHING


def _class_of(annotation: Any) -> Any:
    while typing.get_origin(annotation) is typing.Annotated:
        annotation = typing.get_args(annotation)[0]
    return typing.get_origin(annotation) or annotation


def _hints(cls: Any) -> Mapping[str, Any]:
    """The annotations, evaluated; none where one of them names what is local to a function."""
    try:
        return typing.get_type_hints(cls, include_extras=True)
    except NameError:
        return {}


def _unwrapped(annotation: Any) -> Any:
    """Without what says something of the member and not of its values."""
    while getattr(typing.get_origin(annotation), "_name", None) in _WRAPPERS:
        annotation = typing.get_args(annotation)[0]
    return annotation


def _bindings(kind: Any) -> Mapping[Any, Any]:
    """What the type parameters of a class and of its bases stand for."""
    cls, arguments = typing.get_origin(kind) or kind, typing.get_args(kind)
    bound = dict(zip(getattr(cls, "__parameters__", ()), arguments, strict=False))
    for base in getattr(cls, "__orig_bases__", ()):
        if typing.get_origin(base) is not None and typing.get_origin(base) is not typing.Generic:
            above = _bindings(base)
            bound = {**{name: _filled(value, bound) for name, value in above.items()}, **bound}
    return bound


def _filled(annotation: Any, bindings: Mapping[Any, Any]) -> Any:
    if isinstance(annotation, TypeVar):
        return bindings.get(annotation, annotation)
    parameters = getattr(annotation, "__parameters__", ())
    if not parameters or isinstance(annotation, type) or not any(each in bindings for each in parameters):
        return annotation
    return annotation[tuple(bindings.get(each, each) for each in parameters)]
