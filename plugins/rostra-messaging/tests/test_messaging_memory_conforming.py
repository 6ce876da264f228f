"""The broker in memory keeps what every broker promises."""

import itertools
from collections.abc import Iterator

import pytest

from rostra.testing import ManualClock
from rostra_messaging import Connection, memory
from rostra_messaging.testing import conformance

_names = itertools.count()


@pytest.fixture
def under_test() -> Iterator[conformance.BrokerUnderTest]:
    name = f"conformance-{next(_names)}"
    url, clock = f"memory://{name}", ManualClock()
    exchange = memory.exchange_of(Connection(url=url))

    async def lose_connections() -> None:
        exchange.lose_connections()

    async def go_away() -> None:
        exchange.go_away("it was switched off")

    async def come_back() -> None:
        exchange.come_back()

    yield conformance.BrokerUnderTest(
        url=url,
        connect=memory.connect,
        lose_connections=lose_connections,
        go_away=go_away,
        come_back=come_back,
        short_queue=lambda count: (memory.Limits(count),),
        clock=clock,
        pass_time=clock.advance,
        delay=60.0,
    )
    memory.forget(name)


@pytest.mark.parametrize("case", conformance.CASES, ids=str)
@pytest.mark.asyncio
async def test_memory_keeps_what_brokers_promise(
    case: conformance.Case, under_test: conformance.BrokerUnderTest
) -> None:
    await case.check(under_test)


def test_there_are_some_sixty_cases() -> None:
    assert len(conformance.CASES) >= 60
