"""What does an annotation ask for?

Annotations are read one by one and only when somebody needs them, so that a function can be used although the
name in one of its annotations exists for type checkers only. Here they are read as they are: ``texts`` knows what the
strings in them mean, and ``generics`` what their type parameters stand for.
"""

import types
import typing
from collections.abc import Mapping
from typing import Annotated, Any, ForwardRef, Literal, TypeVar, Union

from typing_extensions import TypeAliasType

from rostra.components import Key, canonical, name_of
from rostra.values import Values

Bindings = Mapping[Any, Any]
"""What the type parameters stand for: {T: User}."""

UNIONS = (Union, types.UnionType)


class Named(Values):
    """Which of several: ``Annotated[Database, di.Named("replica")]``.

    On a parameter it asks for the component or adapter of that name and takes no other. On a return annotation
    it gives what the adapter makes that name.

    Args:
        name: The name, as in ``context.add(..., name="replica")``.
    """

    name: str


def origin_of(annotation: Any) -> Any:
    """``Store`` for ``Store[User]``, None for what has no arguments. Its type says less than typeshed's."""
    return None if type(annotation) is type else typing.get_origin(annotation)


class Option(Values):
    """One type that would do.

    Args:
        key: The type, in its one spelling.
        name: The name of the component or adapter that is asked for, if one is.
    """

    key: Key
    name: str | None = None

    def __str__(self) -> str:
        return name_of(self.key) if self.name is None else f'{name_of(self.key)} named "{self.name}"'


class Want(Values):
    """What an annotation asks for.

    Args:
        options: The types that would do, in the order written; none for an annotation that says nothing.
        optional: None would do, too.
        lazy: It is to be made on first use.
        lazily_optional: What is made on first use may be None: ``Lazy[X | None]``.
        type_argument: For ``type[T]``: the class that T stands for, which is then the value itself.
    """

    options: tuple[Option, ...] = ()
    optional: bool = False
    lazy: bool = False
    lazily_optional: bool = False
    type_argument: Any = None

    def __str__(self) -> str:
        if self.lazy:
            return f"Lazy[{self.inside}]" + (" | None" if self.optional else "")
        return " | ".join([*map(str, self.options), *(("None",) if self.optional else ())]) or "Any"

    @property
    def inside(self) -> "Want":
        """For a lazy one: what is made on first use."""
        return self._replace(optional=self.lazily_optional, lazy=False, lazily_optional=False)

    @property
    def key(self) -> Key:
        """The type, or the first of several."""
        return self.options[0].key if self.options else Any

    @property
    def name(self) -> str | None:
        """Which of several, from ``Named``."""
        return self.options[0].name if self.options else None

    @property
    def many(self) -> Key | None:
        """For ``list[X]``, of which all are taken: X."""
        item = item_of(self.key)
        return None if item is None else item.key


def read(annotation: Any) -> Want:
    """What ``annotation`` asks for."""
    if type(annotation) is type and annotation is not types.NoneType:  # as nearly all are
        return Want((Option(annotation),))
    if isinstance(annotation, TypeAliasType):
        return read(annotation.__value__)
    if annotation is None or annotation is types.NoneType:
        return Want(optional=True)
    origin, arguments = origin_of(annotation), typing.get_args(annotation)
    if isinstance(origin, TypeAliasType):
        return read(origin.__value__[arguments])
    if origin is Annotated:
        return _named(read(arguments[0]), annotation.__metadata__)
    if origin in UNIONS:
        members = [read(member) for member in arguments]
        return Want(
            tuple(option for member in members for option in member.options),
            optional=any(member.optional for member in members),
            lazy=any(member.lazy for member in members),
            lazily_optional=any(member.lazily_optional for member in members),
        )
    if getattr(origin, "__rostra_lazy__", False):  # whoever needs no ``Lazy`` does not import it
        inside = read(arguments[0])
        return inside._replace(optional=False, lazy=True, lazily_optional=inside.optional)
    if type(annotation).__name__ == "InitVar":  # of dataclasses, which need not be imported for this
        return read(annotation.type)
    return Want((Option(canonical(annotation)),))


def _named(want: Want, metadata: tuple[Any, ...]) -> Want:
    names = [item.name for item in metadata if isinstance(item, Named)]
    if not names:
        return want
    return want._replace(options=tuple(option._replace(name=names[-1]) for option in want.options))


def item_of(key: Key) -> Option | None:
    """For ``list[X]``: X, unless that is of a builtin type, of which nobody can ask for all."""
    if origin_of(key) is not list:
        return None
    inside = read(typing.get_args(key)[0])
    if len(inside.options) != 1 or inside.lazy or is_by_name_only(inside.key):
        return None
    return inside.options[0]


def is_by_name_only(key: Key) -> bool:
    """True for what says too little to be found by it: builtin types, ``Any``, ``Literal``, type variables."""
    if isinstance(key, type):
        return key.__module__ == "builtins" and origin_of(key) is None
    return key is Any or isinstance(key, TypeVar) or origin_of(key) is Literal


def subscripted(cls: Any, arguments: tuple[Any, ...]) -> Key:
    """``Store[T]``."""
    return cls[arguments]


def has_text(annotation: Any) -> bool:
    """True if there is a string to be evaluated, at the top or within."""
    if type(annotation) is type:
        return False
    if isinstance(annotation, str | ForwardRef):
        return True
    if origin_of(annotation) is Literal:
        return False
    return any(has_text(argument) for argument in typing.get_args(annotation))


def type_parameters(key: Key) -> tuple[Any, ...]:
    """The type parameters that are open in ``key``: (T,) for ``Store[T]``, none for the class ``Store``."""
    return () if isinstance(key, type) else getattr(key, "__parameters__", ())


def in_order(annotation: Any) -> Any:
    """What is equal only if it asks for the same in the same order: ``A | B`` asks for A first, but is equal to ``B | A``."""
    if type(annotation) is type or not has_order(annotation):
        return annotation
    return (typing.get_origin(annotation), *map(in_order, typing.get_args(annotation)))


def has_order(annotation: Any) -> bool:
    """Whether it says more than its equals."""
    arguments = typing.get_args(annotation)
    is_union = typing.get_origin(annotation) in UNIONS
    members = [each for each in arguments if each is not types.NoneType]
    return (is_union and len(members) > 1) or any(map(has_order, members))


def with_article(thing: object) -> str:
    """``a Database``, ``an Order``."""
    word = str(thing)
    return f"{'an' if word[:1].lower() in 'aeiou' else 'a'} {word}"
