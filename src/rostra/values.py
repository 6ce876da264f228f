"""Values that cost little to declare: what ``typing.NamedTuple`` makes, at a seventh of the work for each class.

A start declares dozens of them before it does anything, and ``NamedTuple`` writes and compiles code for every one.
Type checkers read the stub next to this module, which says that a ``Values`` is a ``NamedTuple``; so does a test.
"""

import collections
import functools
from collections.abc import Iterable, Mapping
from typing import Any, ClassVar, Self

__all__ = ["Values"]

_at = collections._tuplegetter  # type: ignore[attr-defined]  # noqa: SLF001  (what reads the fields of named tuples)


class _Slotless(type):
    """Gives classes no room for anything but their fields."""

    def __new__(cls, name: str, bases: tuple[type, ...], body: dict[str, Any]) -> "_Slotless":
        return super().__new__(cls, name, bases, {"__slots__": (), **body})


class _Parameters:
    """The signature of a class of values, for those who ask."""

    def __get__(self, instance: object, cls: "type[Values]") -> Any:
        from inspect import Parameter, Signature, get_annotations

        if cls.__new__ is not Values.__new__:
            raise AttributeError("it has parameters of its own")
        types = {name: kind for each in reversed(cls.__mro__) for name, kind in get_annotations(each).items()}
        return Signature(
            [
                Parameter(
                    name,
                    Parameter.POSITIONAL_OR_KEYWORD,
                    default=cls._field_defaults.get(name, Parameter.empty),
                    annotation=types[name],
                )
                for name in cls._fields
            ]
        )


class Values(tuple[Any, ...], metaclass=_Slotless):
    """A base for values with named fields; written, used and type-checked as ``typing.NamedTuple`` is.

    ::

        class Call(Values):
            file: str
            line: int = 1

    Making one takes somewhat longer than a ``NamedTuple`` does where fields are named or left out.
    """

    __slots__ = ()
    _fields: ClassVar[tuple[str, ...]] = ()
    _field_defaults: ClassVar[Mapping[str, Any]] = {}
    __match_args__: ClassVar[tuple[str, ...]] = ()
    __signature__: ClassVar[Any] = _Parameters()

    def __init_subclass__(cls) -> None:
        """Take the fields from the annotations; a class below that one has no others."""
        if cls.__base__ is not Values:
            return
        cls._fields = cls.__match_args__ = tuple(cls.__annotations__)
        body = vars(cls)
        cls._field_defaults = {name: body[name] for name in cls._fields if name in body}
        for number, name in enumerate(cls._fields):
            setattr(cls, name, _at(number, None))

    def __new__(cls, /, *values: Any, **named: Any) -> Self:
        """One value for each field, by place or by name."""
        if named or len(values) != len(cls._fields):
            values = _completed(cls, values, named)
        return tuple.__new__(cls, values)

    @classmethod
    def _make(cls, values: Iterable[Any]) -> Self:
        """Of values in the order of the fields."""
        made = tuple.__new__(cls, values)
        if len(made) != len(cls._fields):
            raise TypeError(f"a {cls.__name__} has the fields {', '.join(cls._fields)}")
        return made

    def _asdict(self) -> dict[str, Any]:
        """The values by the names of their fields."""
        return dict(zip(self._fields, self, strict=True))

    def _replace(self, /, **changes: Any) -> Self:
        """The same with other values in some fields."""
        made = self._make(map(changes.pop, self._fields, self))
        if changes:
            raise TypeError(f"a {type(self).__name__} has the fields {', '.join(self._fields)}")
        return made

    __replace__ = _replace

    def __getnewargs__(self) -> tuple[Any, ...]:
        return tuple(self)

    def __repr__(self) -> str:
        said = (f"{name}={value!r}" for name, value in self._asdict().items())
        return f"{type(self).__name__}({', '.join(said)})"


def _completed(cls: type[Values], values: tuple[Any, ...], named: dict[str, Any]) -> tuple[Any, ...]:
    """The values by place, then those that are named, or have a default."""
    if not named and (rest_of_all := _defaults(cls, len(values))):
        return values + rest_of_all
    known, left = cls._field_defaults, cls._fields[len(values) :]
    try:
        rest = [named.pop(name) if name in named else known[name] for name in left]
    except KeyError:
        rest = []
    if named or len(values) + len(rest) != len(cls._fields):
        raise TypeError(f"a {cls.__name__} is made as {cls.__name__}{cls.__signature__}")
    return (*values, *rest)


@functools.lru_cache(maxsize=1024)
def _defaults(cls: type[Values], first: int) -> tuple[Any, ...]:
    """The defaults of all fields from the ``first`` on; none if one of them has none."""
    known, left = cls._field_defaults, cls._fields[first:]
    return tuple(known[name] for name in left) if all(name in known for name in left) else ()
