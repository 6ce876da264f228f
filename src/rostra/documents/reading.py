"""JSON documents, structured into annotated types by cattrs, with all faults at once.

Strict where cattrs by itself is kind: a text is no list of letters, ``1.9`` is no whole number, ``"false"`` is
no truth value. Keys that a class does not know are left out.
"""

import dataclasses
import functools
import inspect
import types
import typing
from collections.abc import Callable, Collection, Iterator, Mapping
from collections.abc import Set as AbstractSet
from typing import Annotated, Any, TypeAlias, TypeVar

import attrs
import cattrs
import msgspec
from cattrs.errors import (
    AttributeValidationNote,
    BaseValidationError,
    ClassValidationError,
    IterableValidationError,
    IterableValidationNote,
)
from cattrs.gen import make_dict_structure_fn
from cattrs.gen.typeddicts import make_dict_structure_fn as make_typed_dict_structure_fn

from rostra.components import name_of
from rostra.documents.bounds import bounds_check
from rostra.documents.choices import one_of
from rostra.documents.fault import Fault, MismatchError, UnreadableTypeError, detail_of
from rostra.documents.fields import is_tuple, resolve
from rostra.documents.opaqueness import opaque_of
from rostra.documents.scalars import from_json, from_text, is_scalar_class
from rostra.handlers import bare

Hook: TypeAlias = Callable[[Any, Any], Any]


UNFIT = (BaseValidationError, ValueError, TypeError, LookupError)
"""What reading raises if a value does not fit. Anything else is a fault of ours."""


NOTHING: Any = object()
"""What was not sent."""


@functools.cache
def converter(*, of_texts: bool = False) -> cattrs.Converter:
    """The converter of all handlers: of documents, or of forms, whose numbers are texts."""
    made = cattrs.Converter(structure_fallback_factory=_unreadable)
    scalar = _from_form if of_texts else from_json
    for known in (str, bytes, int, float, bool):  # cattrs looks these up in another place than all others
        made.register_structure_hook(known, scalar)
    for predicate, factory in (  # of two that apply, the later one is taken
        (is_scalar_class, lambda _kind, _converter: scalar),
        (_is_class, _of_class),
        (_is_mapping, _of_mapping),
        (_is_sequence, _of_sequence),
        (_is_named_tuple, _of_named_tuple),
        (_is_union, functools.partial(_of_union, of_texts=of_texts)),
        (lambda kind: hasattr(kind, "__struct_fields__"), lambda _kind, _converter: _struct),
        (lambda kind: of_texts and opaque_of(kind) is not None, lambda _kind, _converter: _ready_made),
        (
            lambda kind: kind in (Any, object) or isinstance(kind, TypeVar),
            lambda _kind, _converter: lambda value, _: value,
        ),
        (lambda kind: _origin(kind) is Annotated, _of_annotated),
    ):
        made.register_structure_hook_factory(predicate, factory)
    return made


def parse(content: bytes) -> Any:
    """The value that a text in JSON says.

    Raises:
        ValueError: It is no JSON, or nested too deeply.
    """
    try:
        return msgspec.json.decode(content)
    except (msgspec.DecodeError, RecursionError) as error:
        raise ValueError(str(error)) from None


def unpack(content: bytes) -> Any:
    """The value that msgpack says.

    Raises:
        ValueError: It is none, or nested too deeply.
    """
    try:
        return msgspec.msgpack.decode(content)
    except (msgspec.MsgspecError, ValueError, TypeError, OverflowError, RecursionError) as error:
        raise ValueError(str(error)) from None


def read(value: Any, annotation: Any, *, of_texts: bool = False) -> Any:
    """What a value of a document, or of a form, says, as ``annotation``.

    Raises:
        UNFIT: It does not fit; ``faults`` tells where.
    """
    return converter(of_texts=of_texts).structure(value, annotation)


def faults(
    error: Exception, path: tuple[str | int, ...] = (), *, with_values: bool = True
) -> Iterator[Fault]:
    """All faults of a document, each with the keys and indices that lead to it.

    Args:
        error: What ``read`` raised.
        path: What leads to the document.
        with_values: Whether details may show what was found, and what validators say of it. Not where others read them
            than the sender: in a log.

    Raises:
        Exception: One of those that are no fault of the sender, but of a validator, say.
    """
    if isinstance(error, BaseValidationError):
        for inner in error.exceptions:
            yield from faults(inner, (*path, *_steps(inner)), with_values=with_values)
    elif isinstance(error, KeyError) and error.args == path[-1:]:
        yield Fault(path, "it is missing")
    elif isinstance(error, UNFIT):
        yield Fault(path, detail_of(error) if with_values else _bare_detail_of(error))
    else:
        raise error


def _bare_detail_of(error: Exception) -> str:
    if isinstance(error, MismatchError):
        return f"expected {error.expected}"
    return f"it does not fit ({type(error).__name__})"


def check_readable(annotation: Any, *, of_texts: bool = False) -> None:
    """Do nothing if this type can be made from JSON, or from a form.

    Raises:
        UnreadableTypeError: It cannot, or something in it.
    """
    try:
        converter(of_texts=of_texts).get_structure_hook(annotation)
    except NameError as error:
        msg = f"{error}, which stands in an annotation"
        raise UnreadableTypeError(msg) from None


def _steps(error: Exception) -> tuple[str | int, ...]:
    for note in getattr(error, "__notes__", ()):
        if isinstance(note, AttributeValidationNote):
            return (note.name,)
        if isinstance(note, IterableValidationNote):
            return (note.index,)
    return ()


def _unreadable(kind: Any) -> Hook:
    msg = f"there is no way to make {name_of(kind)} from JSON"
    raise UnreadableTypeError(msg)


def _origin(kind: Any) -> Any:
    return typing.get_origin(kind) or kind


def _is_class(kind: Any) -> bool:
    return attrs.has(_origin(kind)) or dataclasses.is_dataclass(_origin(kind))


def _is_mapping(kind: Any) -> bool:
    return issubclass(_origin(kind), Mapping) or typing.is_typeddict(_origin(kind))


def _is_named_tuple(kind: Any) -> bool:
    return issubclass(kind, tuple) and hasattr(kind, "_fields")


def _is_sequence(kind: Any) -> bool:
    return issubclass(_origin(kind), Collection) and not issubclass(_origin(kind), Mapping | str | bytes)


def _is_union(kind: Any) -> bool:
    return _origin(kind) in (typing.Union, types.UnionType)


def _of_annotated(kind: Any, converter: cattrs.Converter) -> Hook:
    """The type itself, within the bounds that stand beside it."""
    inside, check = typing.get_args(kind)[0], bounds_check(kind)
    hook = converter.get_structure_hook(inside)
    if check is None:
        return lambda value, _: hook(value, inside)

    def structure(value: Any, _: Any) -> Any:
        made = hook(value, inside)
        check(made)
        return made

    return structure


def _of_class(kind: Any, converter: cattrs.Converter) -> Hook:
    resolve(_origin(kind))
    plain = make_dict_structure_fn(kind, converter)

    def structure(value: Any, _: Any) -> Any:
        if not isinstance(value, dict):
            raise MismatchError("an object", value)
        try:
            return plain(value, kind)
        except ClassValidationError as error:
            raise _located(error, value, converter) from None

    return structure


def _located(
    error: ClassValidationError, value: dict[str, Any], converter: cattrs.Converter
) -> ClassValidationError:
    """Ask the validators and converters of attrs one by one.

    They run inside ``__init__``, so only the first one would speak, nobody would know whose it is, and none would
    if any attribute is missing.
    """
    noted, others = error.group_exceptions()
    if not attrs.has(error.cl):
        return error
    known = {note.name for _, note in noted}
    blank = error.cl.__new__(error.cl)
    found = []
    for field in attrs.fields(_origin(error.cl)):
        fault = _fault_of(field, value, blank, converter) if field.init and field.name not in known else None
        if fault is not None:
            found.append(_noted(fault, AttributeValidationNote, field.name))
    faults = [*(fault for fault, _ in noted), *(found or others)]
    return ClassValidationError(error.message, faults, error.cl)  # pyright: ignore[reportCallIssue]  (see __new__)


def _fault_of(
    field: "attrs.Attribute[Any]", value: dict[str, Any], blank: Any, converter: cattrs.Converter
) -> Exception | None:
    """What one attribute alone has to complain about; those before it are set on the blank instance already."""
    if field.name not in value:
        return None
    try:
        made = converter.structure(value[field.name], field.type or Any)
        if callable(field.converter) and not isinstance(field.converter, attrs.Converter):
            made = field.converter(made)
        object.__setattr__(blank, field.name, made)
        if field.validator is not None:
            field.validator(blank, field, made)
    except Exception as fault:  # noqa: BLE001  (the validator's finding, whatever it is)
        return fault
    return None


def _of_mapping(kind: Any, converter: cattrs.Converter) -> Hook:
    if typing.is_typeddict(_origin(kind)):
        plain = make_typed_dict_structure_fn(kind, converter)
        return lambda value, _: plain(_an(dict, value), kind)
    key_kind, value_kind = typing.get_args(kind) or (Any, Any)
    hook = converter.get_structure_hook(value_kind)
    are_keys_read, check = is_scalar_class(bare(key_kind)), bounds_check(key_kind)

    def structure(value: Any, _: Any) -> Any:
        made: dict[Any, Any] = {}
        errors: list[Exception] = []
        for key, inner in _an(dict, value).items():
            try:
                read_key = _key(key, bare(key_kind)) if are_keys_read else key
                if check is not None:
                    check(read_key)
                made[read_key] = hook(inner, value_kind)
            except Exception as error:  # noqa: BLE001  (raised with the others)
                errors.append(_noted(error, IterableValidationNote, key))
        _raise(errors, kind)
        return made

    return structure


def _key(key: Any, kind: Any) -> Any:
    """Keys are texts in JSON; msgpack has others as well."""
    return from_text(key, kind) if isinstance(key, str) else from_json(key, kind)


def _of_named_tuple(kind: Any, converter: cattrs.Converter) -> Hook:
    """Read from a list, as msgspec writes them; those at the end that have a default may be left out."""
    hints = typing.get_type_hints(kind, include_extras=True)
    kinds = tuple(hints[name] for name in kind._fields)
    least = len(kinds) - len(kind._field_defaults)

    def structure(value: Any, _: Any) -> Any:
        count = len(_an(list, value))
        if not least <= count <= len(kinds):
            msg = f"expected a list of {len(kinds)} items, found one of {count}"
            raise ValueError(msg)
        items: Any = tuple.__class_getitem__(kinds[:count])
        return kind(*converter.structure(value, items))

    return structure


def _of_sequence(kind: Any, converter: cattrs.Converter) -> Hook:
    origin, arguments = _origin(kind), typing.get_args(kind)
    make = (
        origin
        if not inspect.isabstract(origin)
        else (frozenset if issubclass(origin, AbstractSet) else tuple)
    )
    is_fixed = issubclass(origin, tuple) and arguments and arguments[-1] is not Ellipsis
    kinds = arguments if is_fixed else arguments[:1] or (Any,)
    hooks = [(item_kind, converter.get_structure_hook(item_kind)) for item_kind in kinds]

    def structure(value: Any, _: Any) -> Any:
        made: list[Any] = []
        errors: list[Exception] = []
        if is_fixed and len(_an(list, value)) != len(hooks):
            msg = f"expected a list of {len(hooks)} items, found one of {len(value)}"
            raise ValueError(msg)
        for index, inner in enumerate(_an(list, value)):
            item_kind, hook = hooks[index if is_fixed else 0]
            try:
                made.append(hook(inner, item_kind))
            except Exception as error:  # noqa: BLE001  (raised with the others)
                errors.append(_noted(error, IterableValidationNote, index))
        _raise(errors, kind)
        return make(made)

    return structure


def _of_union(kind: Any, converter: cattrs.Converter, *, of_texts: bool) -> Hook:
    """The first member that fits. If none does, the faults of the one that was meant are those of the union."""
    members = [member for member in typing.get_args(kind) if member is not types.NoneType]
    if of_texts:
        members.sort(key=lambda member: member is str)  # any text is a text, so that comes last
    hooks = [(member, converter.get_structure_hook(member)) for member in members]
    is_optional = len(members) < len(typing.get_args(kind))
    return one_of(
        hooks, is_optional=is_optional, of_texts=of_texts, weigh=lambda error: len([*faults(error)])
    )


def _from_form(value: Any, kind: Any) -> Any:
    if not isinstance(value, str):
        raise MismatchError("a text", value)
    return from_text(value, kind)


def _ready_made(value: Any, kind: Any) -> Any:
    if not isinstance(value, kind):
        said = opaque_of(kind)
        raise MismatchError(name_of(kind) if said is None else said.expected, value)
    return value


def _struct(value: Any, kind: Any) -> Any:
    """Structs of msgspec, which reports the first fault, and its place in words."""
    if isinstance(value, str | int | float | None) and not isinstance(value, kind):
        raise MismatchError("a list" if is_tuple(kind) else "an object", value)
    try:
        return msgspec.convert(value, kind)
    except msgspec.ValidationError as error:
        from rostra.documents.structs import located

        raise located(str(error)) from None


def _an(kind: type, value: Any) -> Any:
    if not isinstance(value, kind):
        raise MismatchError("an object" if kind is dict else "a list", value)
    return value


def _noted(error: Exception, note: Callable[[str, Any, Any], str], place: str | int) -> Exception:
    """The error with cattrs' note of where it happened."""
    error.add_note(note(f"at {place}", place, None))
    return error


def _raise(errors: list[Exception], kind: Any) -> None:
    """Raise all faults of a list or mapping at once."""
    if errors:
        raise IterableValidationError("structuring items", errors, kind)  # pyright: ignore[reportCallIssue]  (see __new__)
