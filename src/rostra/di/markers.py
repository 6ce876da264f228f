"""What stands in annotations: which one (``Named``), and not yet (``Lazy``)."""

from typing import Generic, Protocol, TypeVar, cast

from rostra.values import Values

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)


class Named(Values):
    """Which of several: ``Annotated[Database, di.Named("replica")]``.

    On a parameter it asks for the component or adapter of that name and takes no other. On a return annotation
    it gives what the adapter makes that name.

    Args:
        name: The name, as in ``context.add(..., name="replica")``.
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

    It sees the context and the given values of the call that made it, and shares that call's objects. Two classes
    that need each other can be built if one of them asks lazily.
    """

    __slots__ = ("_known", "_resolution", "_value")

    def __init__(self, resolution: Resolution[T]) -> None:
        """Made by rostra.

        Args:
            resolution: How it is made.
        """
        self._resolution = resolution
        self._known = False
        self._value: T | None = None

    def __repr__(self) -> str:
        return f"<Lazy {self._value!r}>" if self._known else "<Lazy, not made yet>"

    async def __call__(self) -> T:
        """The object; the first time makes it, also when several tasks ask at once.

        Raises:
            CycleError: What makes it asks for it.
        """
        return self._kept() if self._known else self._keep(await self._resolution.resolve())

    def now(self) -> T:
        """The object, where nothing needs ``await``.

        Raises:
            NeedsAwaitError: Something does.
        """
        return self._kept() if self._known else self._keep(self._resolution.resolve_now())

    def _keep(self, value: T) -> T:
        self._value, self._known = value, True
        return value

    def _kept(self) -> T:
        return cast("T", self._value)  # set together with _known, and may be None
