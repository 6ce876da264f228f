"""What stands around handling and publishing: functions with injected parameters, marked like handlers.

Both are handlers of this transport: collected, planned, checked and shown like all others.
"""

import inspect
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from rostra import context, handlers
from rostra.handlers import Bound
from rostra_messaging.messages import Message

Function = TypeVar("Function", bound=Callable[..., Any])


def raise_if_forgotten(begun: object, middleware: Bound) -> None:
    """Raise if a middleware did not await what it went on by: the message would be lost without a word.

    Raises:
        TypeError: It did not.
    """
    if inspect.iscoroutine(begun) and inspect.getcoroutinestate(begun) == inspect.CORO_CREATED:
        begun.close()
        raise TypeError(f"{middleware.declared.label} goes on without await")


class CallNext:
    """What a middleware of handling calls to go on: the next middleware, or the handler. It gives what that returned."""

    __slots__ = ("_go_on", "begun")

    def __init__(self, go_on: Callable[[], Awaitable[Any]]) -> None:
        self._go_on = go_on
        self.begun: Awaitable[Any] | None = None

    def __call__(self) -> Awaitable[Any]:
        """Go on."""
        self.begun = self._go_on()
        return self.begun


class Send:
    """What a middleware of publishing calls to go on, with the message or with a changed one."""

    __slots__ = ("_go_on", "begun")

    def __init__(self, go_on: Callable[[Message], Awaitable[None]]) -> None:
        self._go_on = go_on
        self.begun: Awaitable[None] | None = None

    def __call__(self, message: Message) -> Awaitable[None]:
        """Go on; what comes back is that the message is safe, or PublishError."""
        self.begun = self._go_on(message)
        return self.begun


class _Around:
    """What the triggers of this module have in common."""

    __slots__ = ()
    transport = "rostra_messaging"
    path_names = frozenset[str]()
    markers = tuple[type, ...]()
    takes_scalars = False
    takes_payload = False
    needs_payload = False


class AroundHandling(_Around):
    """Every message that is handled."""

    __slots__ = ()
    provides = (Message, CallNext)

    def describe(self) -> str:
        """How people call it."""
        return "every message handled"


class AroundPublishing(_Around):
    """Every message that is published."""

    __slots__ = ()
    provides = (Message, Send)

    def describe(self) -> str:
        """How people call it."""
        return "every message published"


def around_handling(function: Function) -> Function:
    """Let the function stand around every message that is handled, each of its tries.

    It takes ``call_next: CallNext``, and returns what ``await call_next()`` gives, or something of its own; what it
    raises decides about the message as if the handler had. Its other parameters are filled like a handler's, in the
    scope that it shares with the handler. Those of a module stand around each other in the order in which they are
    written.
    """
    return handlers.mark(function, AroundHandling())


def around_publishing(function: Function) -> Function:
    """Let the function stand around every message that is published, replies and results of handlers included.

    It takes ``message: Message`` and ``send: Send``, and awaits ``send(message)``, or with another message:
    ``send(attrs.evolve(message, attributes=...))``. Its other parameters are filled like a handler's, in a scope of its
    own.
    """
    return handlers.mark(function, AroundPublishing())


class Middlewares:
    """What stands around handling and publishing in this stage. A component.

    ``handling`` and ``publishing`` are in the order in which they are called.
    """

    __slots__ = ("handling", "publishing")

    def __init__(self) -> None:
        self.handling: tuple[Bound, ...] = ()
        self.publishing: tuple[Bound, ...] = ()


def bind_handling(chosen: tuple[Bound, ...]) -> None:
    """Put them around what is handled."""
    known = context.get(Middlewares)
    known.handling += chosen


def bind_publishing(chosen: tuple[Bound, ...]) -> None:
    """Put them around what is published."""
    known = context.get(Middlewares)
    known.publishing += chosen
