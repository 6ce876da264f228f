"""A transport as handlers see one: triggers, markers, and what it provides."""

import types
from typing import Any

import attrs

from rostra.handlers import Bound, Handlers, Marker, collect, mark


@attrs.frozen
class Header(Marker):
    name: str = ""


@attrs.frozen
class Body(Marker):
    is_payload = True


@attrs.frozen
class Cookie(Marker):
    """A marker of some other transport."""


class Call:
    """What the transport of these tests provides."""


class SpecialCall(Call):
    pass


@attrs.frozen
class On:
    """A trigger as a transport like HTTP has it."""

    pattern: str
    transport: str = "some_transport"
    path_names: frozenset[str] = frozenset()
    provides: tuple[type, ...] = (SpecialCall,)
    markers: tuple[type, ...] = (Header, Body)
    takes_scalars: bool = True
    takes_payload: bool = True
    needs_payload: bool = False

    def describe(self) -> str:
        return f"ON {self.pattern}"


@attrs.frozen
class Arriving(On):
    """A trigger as a transport like messaging has it."""

    takes_scalars: bool = False
    needs_payload: bool = True


@attrs.frozen
class Order:
    item: str
    quantity: int = 1


@attrs.frozen
class Note:
    text: str


class Ledger:
    """Made by di in most of these tests."""


def on(pattern: str = "/orders", kind: type[On] = On, **options: Any):
    return lambda function: mark(function, kind(pattern, **options))


def module_of(*items: Any, name: str = "shop") -> types.ModuleType:
    module = types.ModuleType(name)
    for item in items:
        item.__module__ = name
        setattr(module, item.__name__, item)
    return module


async def bound(handlers: Handlers, *functions: Any) -> tuple[Bound, ...]:
    """What a transport gets when a module declares these."""
    received: list[Bound] = []
    handlers.on(On, received.extend)
    handlers.on(Arriving, received.extend)
    handlers.declare(collect(module_of(*functions)))
    await handlers.bind_all()
    return tuple(received)
