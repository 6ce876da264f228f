"""Which handlers does a module define?"""

from collections.abc import Callable, Iterable
from types import ModuleType
from typing import Any

from rostra import di
from rostra.di.registry import Defined, defined_in
from rostra.handlers.triggers import Trigger, triggers_of
from rostra.values import Values


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
