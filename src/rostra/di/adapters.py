"""What is an adapter? A function or class, the type that it declares to make, and how long that lives.

``@adapter`` only marks; ``adapter_of`` reads a function or class, marked or not. What it declares may be written as a string that names a class which does not exist yet. Such an adapter waits:
it serves nobody until its annotation can be read.
"""

import collections.abc
import functools
import inspect
import typing
from collections.abc import Callable, Mapping
from types import MethodType
from typing import Any, Literal, Self, TypeAlias, TypeVar, overload

from typing_extensions import is_protocol

from rostra import errors
from rostra.components import Key, changing
from rostra.di.annotations import (
    Bindings,
    Option,
    has_text,
    is_by_name_only,
    origin_of,
    read,
    subscripted,
)
from rostra.di.functions import EMPTY, Captured, place_of
from rostra.di.signatures import Signature, Style, label_of, read_signature
from rostra.values import Values

Lifetime: TypeAlias = Literal["call", "scope", "stage"]
"""How long an object lives: one per call, one per scope, one per stage."""

Marked = TypeVar("Marked", bound=Callable[..., Any])

_LIFETIMES: tuple[Lifetime, ...] = typing.get_args(Lifetime)
_MARK = "__rostra_adapter__"
_YIELDED = (
    collections.abc.Iterator,
    collections.abc.Iterable,
    collections.abc.Generator,
    collections.abc.AsyncIterator,
    collections.abc.AsyncIterable,
    collections.abc.AsyncGenerator,
)


class Mark(Values):
    """What ``@di.adapter`` leaves on a function or class."""

    lifetime: Lifetime | None
    replace: bool
    eager: bool
    captured: Captured | None


_UNMARKED = Mark(None, replace=False, eager=False, captured=None)


@overload
def adapter(implementation: Marked, /) -> Marked: ...
@overload
def adapter(
    *, lifetime: Lifetime | None = None, replace: bool = False, eager: bool = False
) -> Callable[[Marked], Marked]: ...
def adapter(
    implementation: Any = None,
    /,
    *,
    lifetime: Lifetime | None = None,
    replace: bool = False,
    eager: bool = False,
) -> Any:
    """Mark a function or class as an adapter; a stage registers those defined in a plugin's module.

    The mark does nothing else: the function stays as it is, and nothing is registered by importing it.

    Args:
        implementation: What is marked, when used without parentheses.
        lifetime: One object per ``"call"`` (the default), ``"scope"`` (the default of generators) or ``"stage"``.
        replace: Stand in for every other adapter of exactly this declared type.
        eager: Build it before tasks start; for ``lifetime="stage"``.
    """

    def mark(marked: Any) -> Any:
        function = getattr(marked, "__func__", marked)  # of a classmethod or staticmethod
        setattr(function, _MARK, Mark(lifetime, replace, eager, captured_for(function)))
        return marked

    return mark if implementation is None else mark(implementation)


def mark_of(implementation: Any) -> Mark | None:
    """What ``@di.adapter`` left on exactly this one; a class does not inherit it."""
    if isinstance(
        implementation, type
    ):  # to ask its attributes for what is not there takes ten times as long
        return vars(implementation).get(_MARK)
    function = getattr(implementation, "__func__", implementation)
    if getattr(function, _MARK, None) is None:
        return None
    mark = getattr(function, "__dict__", {}).get(_MARK)
    return mark if isinstance(mark, Mark) else None


class Adapter:
    """Somebody who can make something.

    Args:
        make: The function or class.
        lifetime: One object per call, scope or stage.
        replace: It stands in for every other adapter of exactly its declared type.
        eager: Built before tasks start.
        signature: What it takes and gives.
        captured: The local names where it was registered.
        declares: The type it makes, and the name of that; None until its annotation can be read.
        family: The class whose subclasses it makes too, for a classmethod that returns its own class.
    """

    __slots__ = (
        "_for_made",
        "captured",
        "declares",
        "eager",
        "family",
        "lifetime",
        "make",
        "replace",
        "signature",
    )

    def __init__(
        self,
        make: Any,
        lifetime: Lifetime,
        replace: bool,
        eager: bool,
        signature: Signature,
        captured: Captured | None = None,
    ) -> None:
        self.make = make
        self.lifetime = lifetime
        self.replace = replace
        self.eager = eager
        self.signature = signature
        self.captured = captured
        self.declares: Option | None = None
        self.family: type | None = None
        self._for_made: dict[Key, tuple[Any, Signature]] = {}

    @property
    def label(self) -> str:
        """What errors call it."""
        return self.signature.label

    @property
    def place(self) -> str:
        """File and line where it is defined."""
        return self.signature.place

    @property
    def is_resource(self) -> bool:
        """True if what it makes is closed again."""
        return self.signature.is_generator

    def settle(self, more_names: Mapping[str, Any]) -> None:
        """Find out what it declares; all at once, if several threads do.

        Raises:
            AnnotationError: Its return annotation cannot be read yet.
            AdapterError: It declares nothing that anybody could ask for.
        """
        signature = self.signature  # taken first, since it may be another once it is known what is declared
        if self.declares is not None:
            return
        annotation, style = _unwrapped(signature, signature.returns(more_names))
        annotation = self._declared(annotation)
        want = read(annotation)
        if annotation is EMPTY or not want.options:
            raise self._refused("it does not say what it returns", "annotate it: -> Database")
        if want.optional or want.lazy or len(want.options) != 1:
            raise self._refused(f"nobody asks for a {want}", "declare one type, which it always returns")
        if is_by_name_only(want.key):
            raise self._refused(
                f"parameters of type {want} are filled by name only",
                f'declare a type of your own: typing.NewType("...", {want})',
            )
        owner = getattr(self.make, "__self__", None)
        with changing:
            if self.declares is None:
                self.declares = want.options[0]
                self.family = owner if isinstance(owner, type) and annotation is owner else None
                if style != signature.style:
                    self.signature = signature._replace(style=style)

    def for_made(self, made: Key, bindings: Bindings) -> tuple[Any, Signature]:
        """The function to call for ``made``, which is a subclass or a closed form of what is declared."""
        is_family = self.family is not None and made is not self.family
        if not is_family and not bindings:
            return self.make, self.signature
        if made not in self._for_made:
            self._for_made[made] = self._of_family(made) if is_family else self._closed(made, bindings)
        return self._for_made[made]

    def _of_family(self, made: Any) -> tuple[Any, Signature]:
        make = getattr(made, self.make.__name__)
        return make, read_signature(make, captured=self.captured)

    def _closed(self, made: Key, bindings: Bindings) -> tuple[Any, Signature]:
        own = bindings if not isinstance(self.make, type) else None
        found = read_signature(self.make, made, self.captured, own)
        return self.make, found._replace(style=self.signature.style)

    def _declared(self, annotation: Any) -> Any:
        """The type that is meant: the class itself, or the owner where ``Self`` is written."""
        if isinstance(self.make, type):
            open_parameters = getattr(self.make, "__parameters__", ())
            return subscripted(self.make, open_parameters) if open_parameters else self.make
        owner = getattr(self.make, "__self__", None)
        if annotation is Self and owner is not None:
            annotation = owner if isinstance(owner, type) else type(owner)
        elif isinstance(annotation, TypeVar) and isinstance(owner, type):
            annotation = owner
        return annotation

    def _refused(self, reason: str, fix: str) -> "errors.AdapterError":
        return errors.AdapterError(self.label, self.place, reason, fix)


def _unwrapped(signature: Signature, annotation: Any) -> tuple[Any, Style]:
    """A return annotation without the iterator or awaitable around it, and how what is returned becomes that."""
    origin, arguments = origin_of(annotation), typing.get_args(annotation)
    if signature.is_generator:
        return arguments[0] if origin in _YIELDED and arguments else EMPTY, signature.style
    if signature.style == "plain" and origin is collections.abc.Awaitable:
        return arguments[0], "awaitable"
    if signature.style == "plain" and origin is collections.abc.Coroutine:
        return arguments[2], "awaitable"
    return annotation, signature.style


def adapter_of(
    make: Any, lifetime: Lifetime | None = None, replace: bool | None = None, eager: bool | None = None
) -> Adapter:
    """An adapter; what is not said here, the mark on ``make`` says.

    Raises:
        AdapterError: It cannot be called, or not be built, or its options contradict each other.
    """
    _check_callable(make)
    mark = mark_of(make) or _UNMARKED
    captured = mark.captured or captured_for(make)
    try:
        found = read_signature(make, captured=captured)
    except TypeError as error:
        fix = "register a function that calls it"
        raise errors.AdapterError(label_of(make), place_of(make), str(error), fix) from None
    made = Adapter(
        make,
        lifetime or mark.lifetime or ("scope" if found.is_generator else "call"),
        mark.replace if replace is None else replace,
        mark.eager if eager is None else eager,
        found,
        captured,
    )
    _check_options(made)
    return made


def identity(make: Any) -> Any:
    """What makes two callables the same adapter: a bound method is a new object each time it is looked up."""
    return (id(make.__self__), make.__func__) if isinstance(make, MethodType) else id(make)


def captured_for(make: Any) -> Captured | None:
    """The local names of the code that runs, if the annotations of ``make`` may need them."""
    while isinstance(make, functools.partial):
        make = make.func
    if isinstance(make, type):
        sources = [vars(cls).get("__annotations__", {}) for cls in make.__mro__]
        sources.append(getattr(vars(make).get("__init__"), "__annotations__", {}))
    else:
        sources = [getattr(each, "__annotations__", {}) for each in (make, type(make).__call__)]
    if not any(has_text(each) for source in sources for each in source.values()):
        return None
    from rostra.di.texts import capture  # annotations are rarely strings

    return capture()


def _check_callable(make: Any) -> None:
    if not callable(make):
        kind = type(make).__qualname__
        fix = "context.add(...) adds an object as it is"
        raise errors.AdapterError(f"a {kind}", "", "it cannot be called", fix)
    if isinstance(make, type) and (inspect.isabstract(make) or is_protocol(make)):
        label = label_of(make)
        fix = f"register a class that implements it, or a function that returns -> {label}"
        raise errors.AdapterError(label, place_of(make), "it is abstract", fix)


def _check_options(made: Adapter) -> None:
    if made.lifetime not in _LIFETIMES:
        fix = f"one of {', '.join(_LIFETIMES)}"
        raise errors.AdapterError(made.label, made.place, f"there is no lifetime {made.lifetime}", fix)
    if made.eager and made.lifetime != "stage":
        reason = f'eager=True does not go with lifetime="{made.lifetime}"'
        raise errors.AdapterError(made.label, made.place, reason, 'register it with lifetime="stage"')
