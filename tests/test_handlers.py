"""Which handlers a module declares, and where the parameters of each come from."""

from collections.abc import Iterator
from typing import Annotated, Any

import pytest
from a_transport import (
    Arriving,
    Body,
    Call,
    Header,
    Ledger,
    Note,
    Order,
    bound,
    module_of,
    on,
)

from rostra import context, di
from rostra.handlers import Handlers, Origin, collect, triggers_of


@pytest.fixture
def handlers() -> Iterator[Handlers]:
    with context.child("stage") as layer:
        di.open_stage(layer, di.Closing("stage"))
        yield Handlers()


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
    def place(
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
        (Annotated[str, Header()] | None, True, Origin.MARKER),
        (Annotated[Order, Body()] | None, True, Origin.PAYLOAD),
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
async def test_strings_are_read_with_the_names_of_registered_classes_too(handlers):
    class Local:
        pass

    @on()
    def place(local: "Local") -> None: ...

    di.register(Local)
    place.__code__ = (lambda local: None).__code__  # nothing ties it to the place of its definition

    assert await origins(handlers, place) == {"local": Origin.DI}


@pytest.mark.asyncio
async def test_where_there_is_no_query_a_scalar_is_a_payload(handlers):
    @on(kind=Arriving)
    def hear(text: str) -> None: ...

    assert await origins(handlers, hear) == {"text": Origin.PAYLOAD}
