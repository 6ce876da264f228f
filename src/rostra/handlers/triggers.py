"""What sets a handler off, what is asked before it is called, and the marks that say so.

A trigger is a value that a transport's decorator makes; marking does nothing else. A function may have several, of
one transport or of different ones. Guards may answer instead of it.
"""

from collections.abc import Callable
from typing import Any, ClassVar, Protocol, TypeVar, runtime_checkable

Handler = TypeVar("Handler", bound=Callable[..., Any])

_MARK = "__rostra_triggers__"
_GUARDS = "__rostra_guards__"


@runtime_checkable
class Trigger(Protocol):
    """What the handlers room asks of a transport's trigger; a NamedTuple or a frozen attrs class has it all."""

    @property
    def transport(self) -> str:
        """The plugin that serves it, loaded on demand: ``rostra_aiohttp``."""
        ...

    @property
    def path_names(self) -> frozenset[str]:
        """Names in the trigger's own pattern, of which each needs a parameter: ``{"id"}`` of ``/orders/{id}``."""
        ...

    @property
    def provides(self) -> tuple[type, ...]:
        """Types of the objects that come with each call; the handler and adapters may ask for them."""
        ...

    @property
    def markers(self) -> tuple[type, ...]:
        """The kinds of ``Marker`` that it understands."""
        ...

    @property
    def takes_scalars(self) -> bool:
        """Whether parameters of scalar type come from the query."""
        ...

    @property
    def takes_payload(self) -> bool:
        """Whether there is a payload that one parameter may take."""
        ...

    @property
    def needs_payload(self) -> bool:
        """Whether one parameter has to take it."""
        ...

    def describe(self) -> str:
        """How people call it: ``GET /orders/{id}``."""
        ...


class Marker:
    """Says where a parameter comes from, as in ``Annotated[str, Header()]``. Transports derive theirs."""

    is_payload: ClassVar[bool] = False
    """Whether it stands for the payload."""

    __slots__ = ()


def mark(function: Handler, trigger: Trigger) -> Handler:
    """Note on ``function`` that ``trigger`` sets it off; it stays as it is otherwise. For transports' decorators."""
    setattr(function, _MARK, (trigger, *triggers_of(function)))
    return function


def triggers_of(function: object) -> tuple[Trigger, ...]:
    """What sets ``function`` off, in the order in which the decorators are written."""
    found: tuple[Trigger, ...] = getattr(function, _MARK, ())
    return found


def guard(function: Callable[..., Any]) -> Callable[[Handler], Handler]:
    """Ask ``function`` before the handler is called, on whatever transport.

    Its parameters are filled like a handler's, in the scope of the call: names in the path, markers, what the trigger
    provides, components and what adapters make. It raises to refuse, returns None to go on, and anything else is
    returned instead of what the handler would return. Several are asked in the order in which they are written; those
    of a class come before those of its methods.

    Args:
        function: A function or coroutine function, of any module.
    """

    def guarded(handler: Handler) -> Handler:
        setattr(handler, _GUARDS, (function, *guards_of(handler)))
        return handler

    return guarded


def guards_of(marked: object) -> tuple[Callable[..., Any], ...]:
    """What is asked before a handler, or before all of a class, in order."""
    return tuple(getattr(marked, _GUARDS, ()))
