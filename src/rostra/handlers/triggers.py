"""What sets a handler off, and the mark that says so.

A trigger is a value that a transport's decorator makes; marking does nothing else. A function may have several, of
one transport or of different ones.
"""

from collections.abc import Callable
from typing import Any, ClassVar, Protocol, TypeVar, runtime_checkable

Handler = TypeVar("Handler", bound=Callable[..., Any])

_MARK = "__rostra_triggers__"


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
