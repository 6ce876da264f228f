"""What lives as long as the stage: made once out of the stage, in a task of its own, closed with it."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from typing import Any

import attrs
import pytest
from di_stage import Journal, a_stage

from rostra import context, di
from rostra.errors import ClosedError, CycleError, NeedsAwaitError, ResolveError

pytestmark = pytest.mark.asyncio


class Url: ...


class Pool: ...


@attrs.frozen(eq=False)
class Client:
    pool: Pool


async def checkpoint() -> None:
    await asyncio.sleep(0)


class World:
    """Stage adapters that note what they open and close, and wait to be let on."""

    def __init__(self) -> None:
        self.journal = Journal()
        self.may_open = asyncio.Event()
        self.may_open.set()
        self.tasks: list[Any] = []

    async def pool(self) -> AsyncIterator[Pool]:
        self.tasks.append(asyncio.current_task())
        async with self.journal.noting("pool"):
            await self.may_open.wait()
            yield Pool()
        self.tasks.append(asyncio.current_task())

    async def client(self, pool: Pool) -> AsyncIterator[Client]:
        async with self.journal.noting("client"):
            yield Client(pool)

    def register(self) -> None:
        di.register(self.pool, self.client, lifetime="stage")


async def test_it_is_made_once_and_closed_with_the_stage() -> None:
    world = World()

    async with a_stage():
        world.register()
        async with di.scope():
            client, pool = await di.nject(Client, Pool)
        again = await di.nject(Client)
        closed_before = list(world.journal.closed)

    assert client is again
    assert client.pool is pool
    assert (closed_before, world.journal.closed) == ([], ["client", "pool"])


async def test_tasks_that_ask_at_the_same_time_get_one() -> None:
    world = World()
    world.may_open.clear()

    async with a_stage():
        world.register()
        asked = [asyncio.create_task(di.nject(Client)) for _ in range(3)]
        await checkpoint()
        world.may_open.set()
        clients = await asyncio.gather(*asked)

    assert len(set(clients)) == 1
    assert world.journal.opened == ["pool", "client"]


async def test_it_is_entered_and_left_by_one_task_of_its_own() -> None:
    world = World()

    async with a_stage():
        world.register()
        await asyncio.create_task(di.nject(Pool))

    entered, left = world.tasks
    assert entered is left
    assert entered is not asyncio.current_task()
    assert "Pool" in entered.get_name()


async def test_it_goes_on_as_long_as_somebody_waits_whoever_asked_first() -> None:
    world = World()
    world.may_open.clear()

    async with a_stage():
        world.register()
        asker = asyncio.create_task(di.nject(Pool))
        await checkpoint()
        await checkpoint()
        waiter = asyncio.create_task(di.nject(Pool))
        await checkpoint()
        asker.cancel()
        world.may_open.set()
        pool = await waiter

    assert asker.cancelled()
    assert type(pool) is Pool
    assert world.journal.closed == world.journal.opened == ["pool"]


async def test_it_ends_with_the_last_who_waits_and_is_begun_again_for_the_next() -> None:
    world = World()
    world.may_open.clear()

    async with a_stage():
        world.register()
        askers = [asyncio.create_task(di.nject(Pool)) for _ in range(3)]
        for _ in range(5):
            await checkpoint()
        for asker in askers:
            asker.cancel()
        await asyncio.wait(askers)
        assert world.journal.closed == world.journal.opened == ["pool"]
        assert not [task for task in asyncio.all_tasks() if "Pool" in task.get_name()]
        world.may_open.set()
        assert type(await di.nject(Pool)) is Pool

    assert all(asker.cancelled() for asker in askers)
    assert world.journal.closed == world.journal.opened == ["pool", "pool"]


async def test_a_failed_build_is_tried_again() -> None:
    attempts: list[int] = []

    async def pool() -> Pool:
        attempts.append(1)
        if len(attempts) == 1:
            raise OSError("no route")
        return Pool()

    async with a_stage():
        di.register(pool, lifetime="stage")
        with pytest.raises(OSError, match="no route"):
            await di.nject(Pool)

        assert type(await di.nject(Pool)) is Pool


async def test_a_ready_one_does_not_wait_for_a_slow_one_of_another_type() -> None:
    world = World()
    world.may_open.clear()

    async with a_stage():
        world.register()
        di.register(Url, lifetime="stage")
        url = await di.nject(Url)
        slow = asyncio.create_task(di.nject(Pool))
        await checkpoint()

        async with asyncio.timeout(5):
            assert await di.nject(Url) is url

        world.may_open.set()
        await slow


async def test_it_sees_the_stage_and_nothing_above() -> None:
    def client(pool: Pool) -> Client:
        return Client(pool)

    async with a_stage() as layer:
        di.register(client, lifetime="stage")
        with context.child("task"):
            above = context.add(Pool())
            with pytest.raises(
                ResolveError, match="a Pool is in the task layer, which ends before the stage does"
            ):
                await di.nject(Client)
            below = layer.add(Pool())

            made = await di.nject(Client)

    assert made.pool is below
    assert made.pool is not above


async def test_it_takes_no_given_values() -> None:
    async with a_stage():
        di.register(Client, lifetime="stage")
        with pytest.raises(ResolveError, match="nothing gives a Pool"):
            await di.nject(Client, pool=Pool())


async def test_it_cannot_use_what_is_closed_with_a_scope() -> None:
    def pool() -> Iterator[Pool]:
        yield Pool()

    async with a_stage(pool):
        di.register(Client, lifetime="stage")
        with pytest.raises(ResolveError, match="nothing that lives as long as the stage may use it"):
            await di.nject(Client)


async def test_what_is_made_per_call_is_made_for_it_alone() -> None:
    async with a_stage(Pool):
        di.register(Client, lifetime="stage")

        client, pool = await di.nject(Client, Pool)

    assert client.pool is not pool


async def test_a_resource_per_call_lives_as_long_as_the_object_it_was_made_for() -> None:
    world = World()

    async with a_stage():
        di.register(world.pool, lifetime="call")
        di.register(world.client, lifetime="stage")
        async with di.scope():
            await di.nject(Client)
        closed_before = list(world.journal.closed)

    assert (closed_before, world.journal.closed) == ([], ["client", "pool"])


async def test_without_a_stage_it_is_an_error() -> None:
    registry = di.Registry()
    registry.register(Pool, lifetime="stage")

    with context.child() as layer:
        layer.add(registry)
        with pytest.raises(ResolveError, match="no stage runs here"):
            await di.nject(Pool)


async def test_eager_ones_are_made_before_anybody_asks() -> None:
    world = World()

    async with a_stage() as layer:
        di.register(world.pool, lifetime="stage", eager=True)
        di.register(world.client, lifetime="stage")
        await layer.get(di.StageObjects).build_eager()
        opened = list(world.journal.opened)

    assert opened == ["pool"]


async def test_now_makes_what_needs_no_await() -> None:
    closed: list[str] = []

    def pool() -> Iterator[Pool]:
        yield Pool()
        closed.append("pool")

    async with a_stage():
        di.register(pool, Client, lifetime="stage")
        client = di.now(Client)

        assert di.now(Pool) is client.pool
    assert closed == ["pool"]


async def test_now_refuses_what_needs_await_and_is_not_there_yet() -> None:
    world = World()

    async with a_stage():
        world.register()
        with pytest.raises(NeedsAwaitError, match=r"World\.pool can only be awaited"):
            di.now(Client)
        client = await di.nject(Client)

        assert di.now(Client) is client


async def test_the_stages_exception_is_thrown_in() -> None:
    seen: list[str] = []

    async def pool() -> AsyncIterator[Pool]:
        try:
            yield Pool()
        except ValueError as error:
            seen.append(str(error))
            raise

    with pytest.raises(ValueError, match="stage"):  # noqa: PT012  (the body is what raises)
        async with a_stage():
            di.register(pool, lifetime="stage")
            await di.nject(Pool)
            raise ValueError("stage")

    assert seen == ["stage"]


@pytest.mark.parametrize("steps", range(16))
async def test_cancelled_at_any_step_everything_opened_is_closed(steps: int) -> None:
    world = World()

    async def application() -> None:
        async with a_stage():
            world.register()
            await di.nject(Client)
            await checkpoint()

    running = asyncio.create_task(application())
    for _ in range(steps):
        await checkpoint()
    running.cancel()
    await asyncio.wait([running])

    assert world.journal.closed == world.journal.opened[::-1]
    assert asyncio.all_tasks() == {asyncio.current_task()}


async def test_after_the_stage_began_to_close_nothing_is_made() -> None:
    seen: list[BaseException] = []

    async def late() -> None:
        with context.use(layer), pytest.raises(ClosedError) as caught:
            await di.nject(Pool)
        seen.append(caught.value)

    async with a_stage() as layer:
        di.register(Pool, lifetime="stage")
        layer.get(di.StageObjects).closing.push(late)

    assert len(seen) == 1


async def test_one_that_asks_for_itself_is_told_so() -> None:
    async def pool() -> Pool:
        return (await di.nject(Client)).pool

    async with a_stage():
        di.register(pool, Client, lifetime="stage")
        async with asyncio.timeout(5):
            with pytest.raises(CycleError):
                await di.nject(Pool)


async def test_what_its_adapter_adds_to_the_context_goes_to_the_stage() -> None:
    async def pool() -> Pool:
        context.add(Url())
        return Pool()

    async with a_stage() as layer:
        di.register(pool, lifetime="stage")
        with context.child():
            await di.nject(Pool)

        assert layer.own(Url)


async def test_what_was_opened_for_one_that_fails_is_closed() -> None:
    closed: list[str] = []

    def opening() -> Iterator[Pool]:
        try:
            yield Pool()
        finally:
            closed.append("pool")

    def client(pool: Pool) -> Client:
        raise OSError("no route")

    async with a_stage():
        di.register(opening, lifetime="call")
        di.register(client, lifetime="stage")
        with pytest.raises(OSError, match="no route"):
            di.now(Client)
        assert closed == ["pool"]
        with pytest.raises(OSError, match="no route"):
            await di.nject(Client)

    assert closed == ["pool", "pool"]
