"""A stack of things to close: last in, first out, and all of them.

Neither a step that fails nor a cancellation keeps the others from being closed. What went wrong is raised at
the end, together. It decides nothing about time: whoever closes bounds it from outside, by cancelling.
"""

import asyncio
import types
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator
from contextlib import AbstractAsyncContextManager, AbstractContextManager, asynccontextmanager
from types import TracebackType
from typing import Any, Self, TypeAlias, TypeVar

from rostra import errors

Entered = TypeVar("Entered")
Step: TypeAlias = Callable[[BaseException | None], Awaitable[Any] | Any] | AsyncGenerator[Any, None]
"""A function that is called with the reason, or a generator that has yielded."""
Steps: TypeAlias = "tuple[str, Step, Steps] | None"
"""The next step, its label before it and those that come then behind it."""
Exit: TypeAlias = tuple[type[BaseException] | None, BaseException | None, TracebackType | None]


@types.coroutine
def _nothing() -> Generator[Any, None, None]:
    yield from ()


_ended: Any = _nothing()
list(_ended)
DONE: Awaitable[None] = _ended
"""What can be awaited again and again, and never waits: a generator that has ended."""


class Stack:
    """What is to be closed, in the order in which it was opened: a ``Closing``, or a scope.

    ``label`` is what errors call it, ``is_closed`` is true from the moment in which closing began, and ``steps`` is what is
    still to be done.
    """

    __slots__ = ("is_closed", "label", "steps")

    is_closed: bool
    label: str
    steps: Steps

    @property
    def labels(self) -> tuple[str, ...]:
        """What is still to be closed, the next one first."""
        labels, steps = [], self.steps
        while steps is not None:
            label, _, steps = steps
            labels.append(label)
        return tuple(labels)

    def push(self, step: Callable[[], Awaitable[Any] | Any], label: str = "") -> None:
        """Call ``step`` when this closes, and await what it returns if that is awaitable.

        Raises:
            ClosedError: Closing has begun.
        """
        self.check_open()
        self.steps = (label or _called(step), lambda _error: step(), self.steps)

    async def enter(self, manager: AbstractAsyncContextManager[Entered], label: str = "") -> Entered:
        """Enter ``manager`` now and leave it when this closes.

        It is pushed after it was entered, so it closes before what it opened on its way. A manager that was
        being entered while this closed is left at once.

        Raises:
            ClosedError: Closing has begun.
        """
        self.check_open()
        entered = await manager.__aenter__()

        async def leave(error: BaseException | None) -> None:
            await manager.__aexit__(*_as_seen_by_exit(error))

        if self.is_closed:
            await leave(None)
            self.check_open()
        self.steps = (label or _called(manager), leave, self.steps)
        return entered

    def enter_now(self, manager: AbstractContextManager[Entered], label: str = "") -> Entered:
        """The same for a manager that needs no ``await``."""
        self.check_open()
        entered = manager.__enter__()

        def leave(error: BaseException | None) -> None:
            manager.__exit__(*_as_seen_by_exit(error))

        self.steps = (label or _called(manager), leave, self.steps)
        return entered

    async def close(self, error: BaseException | None = None) -> None:
        """Close everything, last in first out.

        Args:
            error: Why it ends, if by an exception; thrown into what was entered. A manager that swallows it
                swallows it for itself only.

        Raises:
            ExceptionGroup: Steps failed; ``error`` is then its first member.
            asyncio.CancelledError: The closing was cancelled. The step at hand was interrupted, the others were
                still closed; what they raised is the cause.
        """
        self.is_closed = True
        failures: list[BaseException] = []
        cancelled: asyncio.CancelledError | None = None
        while self.steps is not None:
            _, step, self.steps = self.steps
            try:
                if callable(step):
                    result = step(error)
                    if hasattr(result, "__await__"):
                        await result
                elif error is None:  # the usual end of the usual resource, which is to cost nothing
                    await step.__anext__()
                    await _stopped(step)
                else:
                    await leave(step, error)
            except StopAsyncIteration as failure:
                failures += () if error is None and not callable(step) else _new(failure, error)
            except asyncio.CancelledError as interrupted:
                cancelled = _taken(interrupted) if interrupted is not error else cancelled
            except BaseException as failure:  # noqa: BLE001  (raised below, with the others)
                failures += _new(failure, error)
        if failures or cancelled is not None:
            self._raise(error, failures, cancelled)

    def check_open(self) -> None:
        """Do nothing while things may be added.

        Raises:
            ClosedError: Closing has begun.
        """
        if self.is_closed:
            raise errors.ClosedError(self.label)

    def _raise(
        self,
        error: BaseException | None,
        failures: list[BaseException],
        cancelled: asyncio.CancelledError | None,
    ) -> None:
        if not failures:
            if cancelled is not None:
                raise cancelled
            return
        together = BaseExceptionGroup(
            f"closing the {self.label} failed", failures if error is None else [error, *failures]
        )
        if cancelled is None and isinstance(error, asyncio.CancelledError):
            cancelled = error
        if cancelled is not None:
            raise cancelled from BaseExceptionGroup(together.message, failures)
        raise together


class Closing(Stack):
    """What is to be closed, in the order in which it was opened.

    Args:
        label: What errors call it, such as ``scope`` or ``teardown``.

    As an async context manager it closes when the body ends, and hands the body's exception to what was entered.
    ``is_closed`` is true from the moment in which closing began.
    """

    __slots__ = ()

    def __init__(self, label: str = "closing") -> None:
        self.label = label
        self.is_closed = False
        self.steps = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close(error)


async def leave(generator: AsyncGenerator[Any, None], error: BaseException | None) -> None:
    """Let a generator that has yielded go on to its end, as ``contextlib`` does it.

    Args:
        generator: It yields no more.
        error: Thrown into it.
    """
    if error is not None:  # contextlib knows all that may happen then
        await asynccontextmanager(lambda: generator)().__aexit__(type(error), error, error.__traceback__)
        return
    try:
        await generator.__anext__()
    except StopAsyncIteration:
        return
    await _stopped(generator)


async def _stopped(generator: AsyncGenerator[Any, None]) -> None:
    await generator.aclose()
    msg = "generator didn't stop"
    raise RuntimeError(msg)


def _taken(interrupted: asyncio.CancelledError) -> asyncio.CancelledError:
    """The cancellation is taken note of, so that the steps to come run like in a task that nobody cancelled."""
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        task.uncancel()
    return interrupted


def _new(failure: BaseException, error: BaseException | None) -> list[BaseException]:
    """The failure without ``error``, which a closing within this one has put into its group."""
    if failure is error:
        return []
    if error is None or not isinstance(failure, BaseExceptionGroup):
        return [failure]
    _, rest = failure.split(lambda each: each is error)
    return [] if rest is None else [rest]


def _as_seen_by_exit(error: BaseException | None) -> Exit:
    return (None, None, None) if error is None else (type(error), error, error.__traceback__)


def _called(thing: object) -> str:
    return getattr(thing, "__qualname__", None) or type(thing).__qualname__
