"""Handlers that are bound, and what happens when they are called."""

from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from a_transport import Call, Ledger, Note, On, Order, SpecialCall, bound, module_of, on

from rostra import context, di
from rostra.handlers import Bound, Handlers, collect


@pytest.fixture
def handlers() -> Iterator[Handlers]:
    with context.child("stage") as layer:
        di.open_stage(layer, di.Closing("stage"))
        yield Handlers()


@pytest.mark.asyncio
async def test_what_is_declared_later_is_bound_later_and_only_once(handlers):
    @on("/early")
    def early() -> None: ...

    @on("/late")
    def late() -> None: ...

    first = await bound(handlers, early)
    second = await bound(handlers, late)

    assert [[handler.declared.label for handler in group] for group in (first, second)] == [
        ["early"],
        ["late"],
    ]
    assert [handler.declared.label for handler in handlers.bound] == ["early", "late"]


@pytest.mark.asyncio
async def test_a_transport_may_bind_asynchronously(handlers):
    received: list[Bound] = []

    @on()
    def place() -> None: ...

    async def bind(chosen: tuple[Bound, ...]) -> None:
        received.extend(chosen)

    handlers.on(On, bind)
    handlers.declare(collect(module_of(place)))
    await handlers.bind_all()

    assert len(received) == 1


@pytest.mark.asyncio
async def test_a_call_fills_what_di_gives_and_takes_the_rest_from_the_transport(handlers):
    ledger = context.add(Ledger())

    @on(path_names=frozenset({"number"}))
    async def place(
        number: int, call: Call, order: Order, ledger: Ledger, limit: int = 10
    ) -> tuple[Any, ...]:
        return number, call, order, ledger, limit

    [handler] = await bound(handlers, place)
    call = SpecialCall()

    result = await handler.call({"number": 3, "order": Order("tea")}, [call])

    assert result == (3, call, Order("tea"), ledger, 10)
    assert [source.name for source in handler.from_outside] == ["number", "order", "limit"]


@pytest.mark.asyncio
async def test_parameters_may_be_positional_only(handlers):
    ledger = context.add(Ledger())

    class Shop:
        @on(path_names=frozenset({"number"}))
        def show(self, number: int, ledger: Ledger, /, limit: int) -> tuple[Any, ...]:
            return number, ledger, limit

    [handler] = await bound(handlers, Shop)

    assert await handler.call({"number": 3, "limit": 5}) == (3, ledger, 5)


@pytest.mark.asyncio
async def test_adapters_see_what_the_trigger_provides_and_no_values_of_the_path(handlers):
    class Caller:
        def __init__(self, call: Call, number: int = 0) -> None:
            self.call, self.number = call, number

    di.register(Caller)

    @on(path_names=frozenset({"number"}))
    def show(number: int, caller: Caller) -> tuple[Any, ...]:
        return number, caller.number, caller.call

    [handler] = await bound(handlers, show)
    call = SpecialCall()

    assert await handler.call({"number": 3}, [call]) == (3, 0, call)


@pytest.mark.asyncio
async def test_each_call_is_a_scope_that_is_closed_when_it_returns_and_sees_its_exception(handlers):
    journal: list[str] = []

    async def transaction() -> AsyncIterator[Ledger]:
        journal.append("begin")
        try:
            yield Ledger()
        except ValueError as error:
            journal.append(f"rollback: {error}")
            raise
        journal.append("commit")

    di.register(transaction)

    @on()
    async def place(ledger: Ledger, fail: bool) -> None:
        if fail:
            raise ValueError("no")

    [handler] = await bound(handlers, place)

    await handler.call({"fail": False})
    with pytest.raises(ValueError, match="no"):
        await handler.call({"fail": True})

    assert journal == ["begin", "commit", "begin", "rollback: no"]


@pytest.mark.asyncio
async def test_of_a_handler_class_there_is_one_instance_per_stage_built_on_first_need(handlers):
    made: list[Any] = []

    class Shop:
        def __init__(self, ledger: Ledger) -> None:
            made.append(self)
            self.ledger = ledger

        @on("/orders", path_names=frozenset({"number"}))
        async def show(self, number: int) -> Any:
            return self, number

        @on("/ledger")
        def balance(self) -> Any:
            return self

    di.register(Ledger)
    show, balance = await bound(handlers, Shop)
    made_when_bound = len(made)

    shop, number = await show.call({"number": 3})

    assert (made_when_bound, number) == (0, 3)
    assert shop is await balance.call({})
    assert made == [shop]


@pytest.mark.asyncio
async def test_a_handler_class_that_somebody_registered_is_made_as_they_say(handlers):
    class Shop:
        @on("/orders")
        def show(self) -> Any:
            return self

    di.register(Shop)
    [show] = await bound(handlers, Shop)

    assert await show.call({}) is not await show.call({})


@pytest.mark.asyncio
async def test_a_call_sees_the_stage_and_not_who_calls_it(handlers):
    context.add(Note("of the stage"))

    @on()
    def show() -> str:
        return context.get(Note).text

    [handler] = await bound(handlers, show)

    with context.child("somebody's own"):
        context.add(Note("of somebody"))
        assert await handler.call({}) == "of the stage"


@pytest.mark.asyncio
async def test_what_di_has_to_give_is_a_root_of_its_check(handlers):
    @on("/orders/{number}", path_names=frozenset({"number"}))
    def place(number: int, call: Call, ledger: Ledger) -> None: ...

    await bound(handlers, place)

    [root] = [root for root in context.get(di.Registry).roots if "place" in root.label]
    assert root.label == "ON /orders/{number} → place"
    assert root.provides == (SpecialCall,)
    assert [parameter.name for parameter in di.signature(root.function).parameters] == ["call", "ledger"]
