"""In which order things are made: one adapter may rely on it that another one was not even started before it."""

from collections.abc import AsyncIterator

import attrs
import pytest
from di_stage import a_stage

from rostra import di

pytestmark = pytest.mark.asyncio

made: list[str] = []


class Noted:
    def __init__(self) -> None:
        made.append(type(self).__name__)


class Log(Noted): ...


class Pool(Noted):
    def __init__(self, log: Log) -> None:
        super().__init__()


class Caller(Noted):
    def __init__(self, log: Log) -> None:
        super().__init__()


class Order(Noted):
    def __init__(self, pool: Pool, log: Log) -> None:
        super().__init__()


class Handler(Noted):
    def __init__(self, caller: Caller, order: Order, pool: Pool) -> None:
        super().__init__()


IN_ORDER = ["Log", "Caller", "Pool", "Order", "Handler"]


@pytest.fixture(autouse=True)
def nothing_was_made() -> None:
    made.clear()


async def awaited_pool(log: Log) -> Pool:
    return Pool(log)


async def opened_pool(log: Log) -> AsyncIterator[Pool]:
    yield Pool(log)


@pytest.mark.parametrize("pool", [Pool, awaited_pool, opened_pool])
@pytest.mark.parametrize("lifetime", ["call", "scope"])
async def test_things_are_made_in_the_order_of_parameters_depth_first_and_once(
    pool: object, lifetime: di.Lifetime
) -> None:
    async with a_stage():
        di.register(Handler, Order, pool, Caller, Log, lifetime=lifetime)
        for _ in range(3):  # interpreted, compiled, called again
            made.clear()
            async with di.scope():
                await di.nject(Handler)

            assert made == IN_ORDER


async def test_so_are_the_parameters_of_a_function_that_is_called() -> None:
    async def answer(caller: Caller, order: Order) -> None: ...

    async with a_stage(Order, Pool, Caller, Log):
        for _ in range(3):
            made.clear()
            await di.call(answer)

            assert made == ["Log", "Caller", "Pool", "Order"]


async def test_who_refuses_and_stands_first_keeps_others_from_being_started() -> None:
    def refused(log: Log) -> Caller:
        raise PermissionError

    async with a_stage(Handler, Order, Pool, refused, Log):
        for _ in range(3):
            made.clear()
            with pytest.raises(PermissionError):
                await di.nject(Handler)

            assert made == ["Log"]


async def test_what_many_need_is_made_without_waiting_however_many_ways_lead_there() -> None:
    ladder = [attrs.make_class("Foot", [])]
    for number in range(25):
        rails = [
            attrs.make_class(f"{side}{number}", {"below": attrs.field(type=ladder[-1])})
            for side in ("Left", "Right")
        ]
        takes = {f"rail{place}": attrs.field(type=rail) for place, rail in enumerate(rails)}
        ladder += [*rails, attrs.make_class(f"Rung{number}", takes)]

    async with a_stage(*ladder):
        top = di.now(ladder[-1])

    assert type(top) is ladder[-1]
