"""What is an adapter? A function or class, the type it declares to make, and how long that lives.

What it declares may be written as a string that names a class which does not exist yet. Such an adapter waits:
it serves nobody until its annotation can be read.
"""

import collections.abc
import functools
import inspect
import typing
from collections.abc import Mapping
from typing import Any, Self, TypeVar

import attrs
from typing_extensions import Self as OlderSelf

from rostra.components import Key
from rostra.di.annotations import Bindings, Option, has_text, is_by_name_only, read, substituted
from rostra.di.markers import LIFETIMES, Lifetime, mark_of
from rostra.di.names import Captured, capture, place_of
from rostra.di.signatures import EMPTY, Signature, label_of, read_signature
from rostra.errors import AdapterError

_YIELDED = (
    collections.abc.Iterator,
    collections.abc.Iterable,
    collections.abc.Generator,
    collections.abc.AsyncIterator,
    collections.abc.AsyncIterable,
    collections.abc.AsyncGenerator,
)


@attrs.define(eq=False)
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

    make: Any
    lifetime: Lifetime
    replace: bool
    eager: bool
    signature: Signature
    captured: Captured | None = attrs.field(default=None, repr=False)
    declares: Option | None = attrs.field(default=None, init=False)
    family: type | None = attrs.field(default=None, init=False)

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
        return self.signature.style in ("generator", "async generator")

    def settle(self, more_names: Mapping[str, Any]) -> None:
        """Find out what it declares.

        Raises:
            AnnotationError: Its return annotation cannot be read yet.
            AdapterError: It declares nothing that anybody could ask for.
        """
        annotation = self._declared(self.signature.returns(more_names))
        want = read(annotation)
        if annotation is EMPTY or not want.options:
            raise self._refused("it does not say what it returns", "annotate it: -> Database")
        if want.optional or want.lazy or len(want.options) > 1:
            raise self._refused(f"nobody asks for a {want}", "declare one type, which it always returns")
        if is_by_name_only(want.key):
            raise self._refused(
                f"parameters of type {want} are filled by name only",
                f'declare a type of your own: typing.NewType("...", {want})',
            )
        self.declares = want.options[0]

    def for_made(self, made: Key, bindings: Bindings) -> tuple[Any, Signature]:
        """The function to call for ``made``, which is a subclass or a closed form of what is declared."""
        if self.family is not None and made is not self.family:
            make = getattr(made, self.make.__name__)
            return make, read_signature(make, captured=self.captured)
        if not bindings:
            return self.make, self.signature
        own = bindings if not isinstance(self.make, type) else None
        return self.make, attrs.evolve(
            read_signature(self.make, made, self.captured, own), style=self.signature.style
        )

    def _declared(self, annotation: Any) -> Any:
        """The return annotation without what is around it: iterators, awaitables, ``Self``."""
        annotation = self._unwrapped(annotation)
        if isinstance(self.make, type):
            open_parameters = getattr(self.make, "__parameters__", ())
            return _subscripted(self.make, open_parameters) if open_parameters else self.make
        owner = getattr(self.make, "__self__", None)
        if annotation in (Self, OlderSelf) and owner is not None:
            annotation = owner if isinstance(owner, type) else type(owner)
        elif isinstance(annotation, TypeVar) and isinstance(owner, type):
            annotation = owner
        if isinstance(owner, type) and annotation is owner:
            self.family = owner
        return annotation

    def _unwrapped(self, annotation: Any) -> Any:
        origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
        if self.is_resource:
            return arguments[0] if origin in _YIELDED and arguments else EMPTY
        if self.signature.style == "plain" and origin is collections.abc.Awaitable:
            self.signature.style = "awaitable"
            return arguments[0]
        if self.signature.style == "plain" and origin is collections.abc.Coroutine:
            self.signature.style = "awaitable"
            return arguments[2]
        return annotation

    def _refused(self, reason: str, fix: str) -> AdapterError:
        return AdapterError(self.label, self.place, reason, fix)


def adapter_of(
    make: Any, lifetime: Lifetime | None = None, replace: bool | None = None, eager: bool | None = None
) -> Adapter:
    """An adapter; what is not said here, the mark on ``make`` says, or else what it is.

    Raises:
        AdapterError: It cannot be called, or not be built, or its options contradict each other.
    """
    _check_callable(make)
    mark = mark_of(make)
    captured = (mark and mark.captured) or (capture() if _has_text(make) else None)
    try:
        found = read_signature(make, captured=captured)
    except TypeError as error:
        raise AdapterError(
            label_of(make), place_of(make), str(error), "register a function that calls it"
        ) from None
    if lifetime is None:
        lifetime = mark.lifetime if mark else None
    made = Adapter(
        make,
        lifetime or ("scope" if found.style in ("generator", "async generator") else "call"),
        mark.replace if replace is None and mark else bool(replace),
        mark.eager if eager is None and mark else bool(eager),
        found,
        captured,
    )
    _check_options(made)
    return made


def identity(make: Any) -> Any:
    """What makes two callables the same adapter: a bound method is a new object each time it is looked up."""
    return (id(make.__self__), make.__func__) if inspect.ismethod(make) else id(make)


def _check_callable(make: Any) -> None:
    if not callable(make):
        kind = type(make).__qualname__
        raise AdapterError(
            repr(make)[:60], "", f"a {kind} cannot be called", "context.add(...) adds an object as it is"
        )
    if isinstance(make, type) and (inspect.isabstract(make) or getattr(make, "_is_protocol", False)):
        raise AdapterError(
            label_of(make),
            place_of(make),
            "it is abstract",
            f"register a class that implements it, or a function that returns -> {label_of(make)}",
        )


def _check_options(made: Adapter) -> None:
    if made.lifetime not in LIFETIMES:
        expected = ", ".join(f'"{each}"' for each in LIFETIMES)
        raise AdapterError(
            made.label, made.place, f'there is no lifetime "{made.lifetime}"', f"one of {expected}"
        )
    if made.eager and made.lifetime != "stage":
        raise AdapterError(
            made.label,
            made.place,
            f'eager=True does not go with lifetime="{made.lifetime}"',
            'register it with lifetime="stage"',
        )


def _has_text(make: Any) -> bool:
    """True if local names may be needed to read the annotations of ``make``."""
    while isinstance(make, functools.partial):
        make = make.func
    if isinstance(make, type):
        sources = [vars(cls).get("__annotations__", {}) for cls in make.__mro__]
        sources.append(getattr(make.__init__, "__annotations__", {}))  # type: ignore[misc]  (it is read, not called)
    else:
        sources = [getattr(make, "__annotations__", {}), getattr(type(make).__call__, "__annotations__", {})]
    return any(has_text(annotation) for source in sources for annotation in source.values())


def _subscripted(cls: Any, arguments: tuple[Any, ...]) -> Key:
    return cls[arguments]
