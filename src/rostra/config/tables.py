"""Classes of settings that cost little to declare: what ``attrs.frozen`` makes, at a tenth of the work for each.

attrs writes and compiles code for every class, a third of a millisecond for an average one; these share theirs, so a
plugin that every service loads does not make its start slower by what most services never set. Whoever asks attrs about
such a class, as ``rostra config`` does, is told by one that attrs then makes of the same fields.
"""

import typing
from collections.abc import Callable, Iterable, Iterator, Mapping
from inspect import get_annotations
from typing import Any, ClassVar, NoReturn, TypeVar, dataclass_transform

from rostra.values import Values

__all__ = ["Field", "field", "fields_of", "frozen"]

_FIELDS = "__rostra_fields__"
_OWN = "__rostra_own_fields__"
_MADE_BY_OTHERS = frozenset({"__attrs_attrs__", "__dataclass_fields__"})

Validator = Callable[[Any, Any, Any], object]
Table = TypeVar("Table")


class Field(Values):
    """One field of such a class; the parameters of ``field``, with its name."""

    name: str
    default: Any = ...
    factory: Callable[[], Any] | None = None
    validators: tuple[Validator, ...] = ()
    converter: Callable[[Any], Any] | None = None

    def value(self, given: dict[str, Any]) -> Any:
        """What an instance gets: what is given, which is then taken out, or the default, either converted.

        Raises:
            TypeError: Neither is there.
        """
        if self.name in given:
            value = given.pop(self.name)
        elif self.factory is not None:
            value = self.factory()
        elif self.default is not ...:
            value = self.default
        else:
            raise TypeError(f"{self.name} must be given")
        return value if self.converter is None else self.converter(value)


def field(
    *,
    default: Any = ...,
    factory: Callable[[], Any] | None = None,
    validator: Validator | Iterable[Validator] = (),
    converter: Callable[[Any], Any] | None = None,
) -> Any:
    """A setting of a ``frozen`` class that takes more than a default; written as ``attrs.field`` is.

    Args:
        default: Left out, and without a ``factory``, the setting is required.
        factory: Makes the default of each instance.
        validator: Called as attrs does, with the instance, the field and the value; raises if it refuses. Or several.
        converter: Makes the value of what is given, and of the default.
    """
    validators = (validator,) if callable(validator) else tuple(validator)
    return Field("", default, factory, validators, converter)


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def frozen(cls: type[Table]) -> type[Table]:
    """Make a class of settings that is written, used and type-checked as one of ``attrs.frozen``.

    ::

        @config.frozen
        class DbConfig(config.Config, section="db"):
            url: str = "sqlite://"
            pool: int = config.field(default=5, validator=attrs.validators.ge(1))

    For plugins that many services load: declaring it takes a tenth of the time, making an instance a few
    microseconds more. ``__attrs_post_init__`` is called as attrs does; ``attrs.fields``, ``attrs.evolve`` and
    ``attrs.asdict`` work, though mypy knows no ``evolve`` of it. Instances have a ``__dict__``; fields keep their names, with
    an underscore too; validators are given what they are called, and none of attrs' further attributes.

    Raises:
        TypeError: It has what only attrs or dataclasses know: fields of a base that they made, their ``field``,
            ``bool_var``, ``__slots__``; or a ``field`` without a type.
    """
    _check_bases(cls)
    body, own = vars(cls), {}
    for name, annotation in get_annotations(cls).items():
        if not _is_of_the_class(annotation):
            own[name] = _field(cls, name, body.get(name, ...))
            if name in body:
                delattr(cls, name)
    for name, said in body.items():
        if isinstance(said, Field):
            raise TypeError(
                f"{cls.__name__}.{name} is a field without a type: write {name}: ... = field(...)"
            )
    for name, method in _SHARED.items():
        if name not in body:
            setattr(cls, name, method)
    setattr(cls, _OWN, own)
    owns = (vars(base).get(_OWN, {}) for base in reversed(cls.__mro__))
    setattr(cls, _FIELDS, {name: each for fields in owns for name, each in fields.items()})
    return cls


def _check_bases(cls: type) -> None:
    """Fields that others have made would be lost."""
    for base in cls.__mro__[1:]:
        if fields_of(base) is None and not _MADE_BY_OTHERS.isdisjoint(vars(base)):
            raise TypeError(f"{cls.__name__} has fields of {base.__name__}, which frozen did not make")
    if "__slots__" in vars(cls):
        raise TypeError(f"{cls.__name__} has __slots__, which frozen does not know")


def fields_of(cls: type) -> Mapping[str, Field] | None:
    """The fields of a ``frozen`` class by name; None if it is none, be it below one."""
    known: Mapping[str, Field] | None = vars(cls).get(_FIELDS)
    return known


def _is_of_the_class(annotation: Any) -> bool:
    if isinstance(annotation, str):
        return annotation.partition("[")[0].rpartition(".")[2] == "ClassVar"
    return annotation is ClassVar or typing.get_origin(annotation) is ClassVar


def _field(cls: type, name: str, said: Any) -> Field:
    if type(said).__module__.partition(".")[0] in ("attr", "dataclasses"):
        raise TypeError(
            f"{cls.__name__}.{name} is written as attrs and dataclasses know it: use config.field"
        )
    return said._replace(name=name) if isinstance(said, Field) else Field(name, said)


def _init(self: Any, /, *values: Any, **named: Any) -> None:
    fields: Mapping[str, Field] = getattr(self, _FIELDS)
    state, given = vars(self), _given(type(self), fields, values, named) if values else named
    for name, each in fields.items():
        state[name] = each.value(given)
    if given:
        raise TypeError(f"{type(self).__name__} has no {', '.join(given)}")
    for name, each in fields.items():
        for validator in each.validators:
            validator(self, each, state[name])
    if hasattr(self, "__attrs_post_init__"):
        self.__attrs_post_init__()


def _given(
    cls: type, fields: Mapping[str, Field], values: tuple[Any, ...], named: dict[str, Any]
) -> dict[str, Any]:
    """Values by place, under their names."""
    by_place = dict(zip(fields, values, strict=False))
    if len(values) > len(fields) or by_place.keys() & named.keys():
        raise TypeError(f"{cls.__name__} takes each of {', '.join(fields)} once")
    return {**by_place, **named}


def _frozen(_self: Any, *_: Any) -> NoReturn:
    from attrs.exceptions import FrozenInstanceError

    raise FrozenInstanceError


def _said(self: Any) -> Iterator[Any]:
    return (getattr(self, name) for name in getattr(self, _FIELDS))


def _eq(self: Any, other: object) -> bool:
    return tuple(_said(self)) == tuple(_said(other)) if type(other) is type(self) else NotImplemented


def _hash(self: Any) -> int:
    return hash(tuple(_said(self)))


def _repr(self: Any) -> str:
    said = (f"{name}={value!r}" for name, value in zip(getattr(self, _FIELDS), _said(self), strict=True))
    return f"{type(self).__qualname__}({', '.join(said)})"


def _replace(self: Any, /, **changes: Any) -> Any:
    return type(self)(**{**dict(zip(getattr(self, _FIELDS), _said(self), strict=True)), **changes})


class _OfAttrs:
    """The fields as attrs tells them, and the signature that it gives a constructor, for those who ask."""

    def __init__(self, attribute: str) -> None:
        self._attribute = attribute

    def __get__(self, instance: object, cls: Any) -> Any:
        from rostra.config.twins import as_attrs_tells

        owner = next(base for base in cls.__mro__ if fields_of(base) is not None)
        is_own = cls.__init__ is not _init
        return as_attrs_tells(
            self._attribute, owner, fields_of(owner) or {}, cls.__init__ if is_own else None
        )


_SHARED: Mapping[str, Any] = {
    "__init__": _init,
    "__setattr__": _frozen,
    "__delattr__": _frozen,
    "__eq__": _eq,
    "__hash__": _hash,
    "__repr__": _repr,
    "__replace__": _replace,
    "__attrs_attrs__": _OfAttrs("__attrs_attrs__"),
    "__signature__": _OfAttrs("__signature__"),
}
