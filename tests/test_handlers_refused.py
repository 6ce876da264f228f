"""Handlers that cannot be bound, and why."""

from collections.abc import Iterator
from typing import Annotated, Any

import pytest
from a_transport import (
    Arriving,
    Cookie,
    Ledger,
    Note,
    On,
    Order,
    bound,
    module_of,
    on,
)

from rostra import context, di
from rostra.errors import AnnotationError, HandlerError
from rostra.handlers import Bound, Handlers, collect


@pytest.fixture
def handlers() -> Iterator[Handlers]:
    with context.child("stage") as layer:
        di.open_stage(layer, di.Closing("stage"))
        yield Handlers()


async def refusal(handlers: Handlers, function: Any) -> str:
    with pytest.raises(HandlerError) as caught:
        await bound(handlers, function)
    [_, place] = caught.value.where
    assert place.startswith(
        f"handler {function.__qualname__.rpartition('.')[2]}, tests/test_handlers_refused.py:"
    )
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
        "it has no annotation\n"
        "annotate it, as in request: Order, for the payload; or request: SpecialCall"
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
