"""Handlers: what a module declares, where parameters come from, how they are bound and called."""

import types
from collections.abc import AsyncIterator
from typing import Annotated, Any

import attrs
import pytest

from rostra import context, di
from rostra.errors import AnnotationError, HandlerError
from rostra.handlers import Bound, Handlers, Marker, Origin, collect, mark, triggers_of


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


@pytest.fixture
def handlers():
    with context.child("stage") as layer:
        di.open_stage(layer, di.Closing("stage"))
        yield Handlers()


async def bound(handlers: Handlers, *functions: Any) -> tuple[Bound, ...]:
    """What a transport gets when a module declares these."""
    received: list[Bound] = []
    handlers.on(On, received.extend)
    handlers.on(Arriving, received.extend)
    handlers.declare(collect(module_of(*functions)))
    await handlers.bind_all()
    return tuple(received)


async def origins(handlers: Handlers, function: Any) -> dict[str, Origin]:
    [handler] = await bound(handlers, function)
    return {source.name: source.origin for source in handler.sources}


def test_a_marked_function_stays_what_it_is():
    def place(order: Order) -> Order:
        return order

    marked = on("/orders")(place)

    assert marked is place
    assert marked(Order("tea")) == Order("tea")
    assert [trigger.describe() for trigger in triggers_of(place)] == ["ON /orders"]


def test_a_function_may_have_several_triggers_in_the_order_in_which_they_are_written():
    @on("/first")
    @on("/second")
    def place() -> None: ...

    assert [trigger.describe() for trigger in triggers_of(place)] == ["ON /first", "ON /second"]


def test_a_module_declares_what_it_defines_and_not_what_it_imports():
    @on("/own")
    def own() -> None: ...

    @on("/foreign")
    def foreign() -> None: ...

    module = module_of(own)
    module.foreign = foreign
    module.alias = own

    assert [declared.trigger.pattern for declared in collect(module)] == ["/own"]


def test_methods_belong_to_the_class_in_whose_body_they_stand():
    class Shop:
        @on("/orders")
        def place(self) -> None: ...

        @staticmethod
        @on("/static")
        def static() -> None: ...

        @classmethod
        @on("/class")
        def of_class(cls) -> str:
            return cls.__name__

    place, static, of_class = collect(module_of(Shop))

    assert (place.owner, place.label) == (Shop, "Shop.place")
    assert (static.owner, static.parameters) == (None, ())
    assert of_class.function() == "Shop"


@pytest.mark.asyncio
async def test_each_parameter_has_one_source(handlers):
    di.register(Ledger)

    @on(path_names=frozenset({"number"}))
    def place(  # noqa: PLR0917  (one of each kind)
        number: int,
        token: Annotated[str, Header("X-Token")],
        call: Call,
        ledger: Ledger,
        limit: int,
        order: Order,
        state: str | None = None,
    ) -> None: ...

    assert await origins(handlers, place) == {
        "number": Origin.PATH,
        "token": Origin.MARKER,
        "call": Origin.PROVIDED,
        "ledger": Origin.DI,
        "limit": Origin.QUERY,
        "order": Origin.PAYLOAD,
        "state": Origin.QUERY,
    }


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("annotation", "takes_payload", "origin"),
    [
        (list[int], False, Origin.QUERY),
        (list[int], True, Origin.PAYLOAD),
        (list[Order], True, Origin.PAYLOAD),
        (dict[str, Any], True, Origin.PAYLOAD),
        (Order | None, True, Origin.PAYLOAD),
        (Order, False, Origin.DI),
        (di.Lazy[Ledger], True, Origin.DI),
        (Annotated[Ledger, di.Named("main")], True, Origin.DI),
        (Annotated[int, di.Named("limit")], True, Origin.DI),
        (Ledger, True, Origin.DI),  # nobody registered it, but no document could be one
        (Annotated[Order, Body()], True, Origin.PAYLOAD),
        (Annotated[int, "some metadata"], True, Origin.QUERY),
    ],
)
async def test_what_a_parameter_is_decides_where_it_comes_from(handlers, annotation, takes_payload, origin):
    def place(value) -> None: ...

    place.__annotations__["value"] = annotation
    on(takes_payload=takes_payload)(place)

    assert await origins(handlers, place) == {"value": origin}


@pytest.mark.asyncio
async def test_a_component_is_taken_by_its_type_or_by_the_parameters_name(handlers):
    context.add(Note("unnamed"))
    context.add(Order("tea"), name="standing")

    @on()
    def place(note: Note, standing: Order, order: Order) -> None: ...

    assert await origins(handlers, place) == {
        "note": Origin.DI,
        "standing": Origin.DI,
        "order": Origin.PAYLOAD,
    }


@pytest.mark.asyncio
async def test_a_list_of_what_di_gives_is_no_payload(handlers):
    context.add(Note("one"), name="one")

    @on()
    def place(notes: list[Note], orders: list[Order]) -> None: ...

    assert await origins(handlers, place) == {"notes": Origin.DI, "orders": Origin.PAYLOAD}


@pytest.mark.asyncio
async def test_a_marked_payload_leaves_the_others_to_di(handlers):
    @on()
    def place(order: Annotated[Order, Body()], note: Note | None = None) -> None: ...

    assert await origins(handlers, place) == {"order": Origin.PAYLOAD, "note": Origin.DI}


@pytest.mark.asyncio
async def test_annotations_may_be_strings(handlers):
    @on(path_names=frozenset({"number"}))
    def place(number: "int", order: "Order", token: "Annotated[str, Header('X-Token')]") -> None: ...

    [handler] = await bound(handlers, place)

    assert [source.origin for source in handler.sources] == [Origin.PATH, Origin.PAYLOAD, Origin.MARKER]
    assert [source.annotation for source in handler.sources] == [int, Order, str]
    assert handler.sources[2].marker == Header("X-Token")


@pytest.mark.asyncio
async def test_where_there_is_no_query_a_scalar_is_a_payload(handlers):
    @on(kind=Arriving)
    def hear(text: str) -> None: ...

    assert await origins(handlers, hear) == {"text": Origin.PAYLOAD}


async def refusal(handlers: Handlers, function: Any) -> str:
    with pytest.raises(HandlerError) as caught:
        await bound(handlers, function)
    [_, place] = caught.value.where
    assert place.startswith(f"handler {function.__qualname__.rpartition('.')[2]}, tests/test_handlers.py:")
    return "\n".join((caught.value.what, *caught.value.why, *caught.value.fix))


@pytest.mark.asyncio
async def test_two_payloads_are_an_error_that_names_them(handlers):
    @on()
    def place(order: Order, note: Note) -> None: ...

    assert await refusal(handlers, place) == (
        "place has 2 payloads: order and note\n"
        "nothing gives order: Order and note: Note, so each would have to be the payload\n"
        "and there is one payload\n"
        "if di shall make one of them, register it: di.register(Note)\n"
        "if both come in, put them into one class"
    )


@pytest.mark.asyncio
async def test_no_payload_where_one_is_needed_is_an_error(handlers):
    di.register(Ledger)

    @on("orders.placed", kind=Arriving)
    def bill(ledger: Ledger) -> None: ...

    assert await refusal(handlers, bill) == (
        "bill does not take the payload of ON orders.placed\n"
        "di gives ledger: Ledger, and nothing is left over\n"
        "take it: def bill(order: Order, ...)"
    )


@pytest.mark.asyncio
async def test_a_name_in_the_path_without_a_parameter_is_an_error_with_the_closest_match(handlers):
    @on("/orders/{number}", path_names=frozenset({"number"}))
    def show(numbr: int) -> None: ...

    assert await refusal(handlers, show) == (
        "show has no parameter for number of ON /orders/{number}\nits parameters are numbr\ndid you mean {numbr}?"
    )


@pytest.mark.asyncio
async def test_a_marker_that_the_trigger_does_not_know_is_an_error(handlers):
    @on()
    def place(session: Annotated[str, Cookie()]) -> None: ...

    assert await refusal(handlers, place) == (
        "ON /orders does not know the marker Cookie of session\n"
        "it knows Header and Body\n"
        "a parameter that only another trigger gives needs a handler of its own"
    )


@pytest.mark.asyncio
async def test_a_parameter_that_says_nothing_is_an_error(handlers):
    @on()
    def place(request) -> None: ...

    assert await refusal(handlers, place) == (
        "place does not say what its parameter request is\n"
        "it has no annotation, and is no name in the path\n"
        "annotate it, as in request: SpecialCall"
    )


@pytest.mark.asyncio
async def test_a_trigger_that_nobody_binds_is_an_error(handlers):
    @on()
    def place() -> None: ...

    handlers.declare(collect(module_of(place)))

    with pytest.raises(HandlerError, match="nobody serves ON /orders"):
        await handlers.bind_all()


@pytest.mark.asyncio
async def test_everything_that_is_wrong_is_reported_together(handlers):
    @on("/one")
    def one(order: Order, note: Note) -> None: ...

    @on("/two")
    def two(order) -> None: ...

    @on("/three")
    def three(order: "Missing") -> None: ...  # noqa: F821

    @on("/four")
    def four() -> None: ...

    def refuse(chosen: tuple[Bound, ...]) -> None:
        raise HandlerError(f"{len(chosen)} of these are refused")

    handlers.on(On, refuse)
    handlers.declare(collect(module_of(one, two, three, four)))
    with pytest.raises(ExceptionGroup) as caught:
        await handlers.bind_all()

    assert [type(problem) for problem in caught.value.exceptions] == [
        HandlerError, HandlerError, AnnotationError, HandlerError,
    ]  # fmt: skip
    assert str(caught.value.exceptions[-1]) == "1 of these are refused"


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
