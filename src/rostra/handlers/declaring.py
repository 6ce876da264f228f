"""What sets a handler off, what is asked before it is called, the marks that say so, and which handlers a module defines.

A trigger is a value that a transport's decorator makes; marking does nothing else. A function may have several, of
one transport or of different ones. Guards may answer instead of it.
"""

from collections.abc import Callable, Iterable
from types import ModuleType
from typing import Any, ClassVar, Protocol, TypeVar, runtime_checkable

from rostra import di
from rostra.di.registry import Defined, defined_in
from rostra.values import Values

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


class Declared(Values):
    """A handler as it was found.

    Args:
        trigger: What sets it off.
        function: What is called.
        owner: The class whose method it is, of which ``di`` builds one instance per stage; None for functions.
    """

    trigger: Trigger
    function: Callable[..., Any]
    owner: type | None = None

    @property
    def label(self) -> str:
        """What errors call it: ``place``, ``Shop.place``."""
        return self.function.__qualname__.rpartition("<locals>.")[2]

    @property
    def place(self) -> str:
        """File and line of its definition."""
        return di.signature(self.function).place

    @property
    def parameters(self) -> tuple[di.Parameter, ...]:
        """What it takes, without ``self``."""
        return di.signature(self.function).parameters[1 if self.owner else 0 :]


def where_of(declared: Declared) -> tuple[str, ...]:
    """What errors say about a handler."""
    return (declared.trigger.describe(), f"handler {declared.label}, {declared.place}")


def collect(module: ModuleType, defined: Iterable[Defined] | None = None) -> tuple[Declared, ...]:
    """The handlers defined in ``module``, in the order of their definition; what it only imported is left out.

    A method belongs to the class in whose body it stands.

    Args:
        module: Of a plugin.
        defined: What ``di.registry.defined_in`` says, if that is known.
    """
    return tuple(
        [
            _placed(Declared(trigger, item, owner), module)
            for item, _, owner in (defined_in(module) if defined is None else defined)
            if not isinstance(item, type)
            for trigger in triggers_of(item)
        ]
    )


def _placed(declared: Declared, module: ModuleType) -> Declared:
    """With the trigger as it is where it stands, if that says something about all triggers of a module or class."""
    place = getattr(declared.trigger, "placed_in", None)
    if place is None:
        return declared
    owner = vars(declared.owner) if declared.owner is not None else {}
    return declared._replace(trigger=place(vars(module), owner))
