"""What is made when it is first asked for, if at all."""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any, Generic, TypeVar, cast

from rostra.di.driving import check_now, driven
from rostra.di.plans import Node
from rostra.di.running import Run

T = TypeVar("T")


class Lazy(Generic[T]):
    """Something that is made when it is first asked for: ``Lazy[Foo]`` as an annotation.

    It sees the context and the given values of the call that made it, and shares that call's objects. Two classes
    that need each other can be built if one of them asks lazily.
    """

    __rostra_lazy__ = True
    __slots__ = ("_known", "_make", "_make_now", "_value")

    def __init__(self, make: Callable[[], Awaitable[T]], make_now: Callable[[], T]) -> None:
        """Made by rostra.

        Args:
            make: Makes the object, if need be.
            make_now: The same without ``await``.
        """
        self._make = make
        self._make_now = make_now
        self._known = False
        self._value: T | None = None

    def __repr__(self) -> str:
        return f"<Lazy {self._value!r}>" if self._known else "<Lazy, not made yet>"

    async def __call__(self) -> T:
        """The object; the first time makes it, also when several tasks ask at once.

        Raises:
            CycleError: What makes it asks for it.
        """
        return self._kept() if self._known else self._keep(await self._make())

    def now(self) -> T:
        """The object, where nothing needs ``await``.

        Raises:
            NeedsAwaitError: Something does.
        """
        return self._kept() if self._known else self._keep(self._make_now())

    def _keep(self, value: T) -> T:
        self._value, self._known = value, True
        return value

    def _kept(self) -> T:
        return cast("T", self._value)  # set together with _known, and may be None


def lazy(run: Run, node: Node) -> Lazy[Any]:
    """What ``node`` stands for, made by ``run`` on first use."""
    return Lazy(partial(run.value, node), partial(_made_now, run, node))


def _made_now(run: Run, node: Node) -> Any:
    check_now(run, "the Lazy", [node])
    return driven(run.value(node))
