"""What stands in signatures: which one (``Named``), not yet (``Lazy``), and the mark that makes an adapter."""

from collections.abc import Callable
from typing import Any, Generic, Literal, Protocol, TypeAlias, TypeVar, overload

import attrs

Lifetime: TypeAlias = Literal["call", "scope", "stage"]
"""How long an object lives: one per call, one per scope, one per stage."""

LIFETIMES: tuple[Lifetime, ...] = ("call", "scope", "stage")

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)
Marked = TypeVar("Marked", bound=Callable[..., Any])

_MARK = "__rostra_adapter__"


@attrs.frozen
class Named:
    """Which of several: ``Annotated[Database, di.Named("replica")]``.

    On a parameter it asks for the component or adapter of that name and takes no other. On a return annotation
    it gives what the adapter makes that name.
    """

    name: str


class Resolution(Protocol[T_co]):
    """How a ``Lazy`` gets its object."""

    async def resolve(self) -> T_co:
        """The object, made now if need be."""
        ...

    def resolve_now(self) -> T_co:
        """The object, without ``await``."""
        ...


class Lazy(Generic[T]):
    """Something that is made when it is first asked for: ``Lazy[Foo]`` as an annotation.

    It sees the context and the given values of the call that made it. Two classes that need each other can be
    built if one of them asks lazily.
    """

    __slots__ = ("_known", "_resolution", "_value")

    def __init__(self, resolution: Resolution[T]) -> None:
        self._resolution = resolution
        self._known = False
        self._value: Any = None

    def __repr__(self) -> str:
        return f"<Lazy {self._value!r}>" if self._known else "<Lazy, not made yet>"

    async def __call__(self) -> T:
        """The object; the first time makes it.

        Raises:
            ResolveError: It cannot be built.
        """
        if not self._known:
            self._keep(await self._resolution.resolve())
        return self._value  # type: ignore[no-any-return]  (known by now)

    def now(self) -> T:
        """The object where nothing needs ``await``.

        Raises:
            NeedsAwaitError: Something does.
        """
        if not self._known:
            self._keep(self._resolution.resolve_now())
        return self._value  # type: ignore[no-any-return]  (known by now)

    def _keep(self, value: T) -> None:
        if not self._known:  # a task that asked at the same time may have been faster
            self._value, self._known = value, True


@attrs.frozen
class Mark:
    """What ``@di.adapter`` leaves on a function or class."""

    lifetime: Lifetime | None
    replace: bool
    eager: bool
    captured: Any = attrs.field(default=None, repr=False)


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
        eager: Build it before tasks start; ``lifetime="stage"`` only.
    """

    def mark(marked: Any) -> Any:
        setattr(marked, _MARK, Mark(lifetime, replace, eager))
        return marked

    return mark if implementation is None else mark(implementation)


def mark_of(implementation: Any) -> Mark | None:
    """What ``@di.adapter`` left on exactly this one; a class does not inherit it."""
    if isinstance(implementation, type):
        return vars(implementation).get(_MARK)
    mark = getattr(implementation, _MARK, None)
    return mark if isinstance(mark, Mark) else None
