"""di and event loops: none at all, one after the other, and very deep graphs."""

import asyncio
import gc
import weakref
from collections.abc import AsyncIterator
from contextlib import suppress

from di_stage import a_stage

from rostra import context, di
from rostra.components import Components


class Pool: ...


class Repo:
    def __init__(self, pool: Pool) -> None:
        self.pool = pool


def test_without_a_loop_and_without_a_context_components_are_found() -> None:
    with context.child() as layer:
        layer.add(registry := di.Registry())
        registry.register(Repo)
        pool = context.add(Pool())

        assert di.now(Repo).pool is pool


def test_a_registry_outlives_its_loops() -> None:
    async def pool() -> AsyncIterator[Pool]:
        await asyncio.sleep(0)
        yield Pool()

    registry = di.Registry()
    registry.register(pool, Repo, lifetime="stage")

    async def once() -> bool:
        layer = Components(None, "stage")
        async with di.Closing("stage") as closing:
            di.open_stage(layer, closing)
            layer.add(registry)
            with context.use(layer):
                first, second = await asyncio.gather(di.nject(Repo), di.nject(Repo))
                return first is second

    assert [asyncio.run(once()) for _ in range(3)] == [True, True, True]


def test_a_build_that_died_with_its_loop_is_made_in_the_next() -> None:
    attempts: list[int] = []

    async def pool() -> Pool:
        attempts.append(1)
        if len(attempts) == 1:
            await asyncio.get_running_loop().create_future()
        return Pool()

    layer = Components(None, "stage")
    di.open_stage(layer, di.Closing("stage"))
    layer.get(di.Registry).register(pool, lifetime="stage")

    async def dying() -> None:
        task = asyncio.create_task(di.nject(Pool))
        for _ in range(5):
            await asyncio.sleep(0)
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task

    async def living() -> Pool:
        return await di.nject(Pool)

    with context.use(layer):
        asyncio.run(dying())
        made = asyncio.run(living())

    assert type(made) is Pool
    assert len(attempts) == 2


def test_a_long_chain_is_no_recursion_error() -> None:
    classes: list[type] = [Pool]
    for number in range(60):

        def init(self: object, below: object) -> None: ...

        init.__annotations__["below"] = classes[-1]
        classes.append(type(f"Link{number}", (), {"__init__": init}))

    async def main() -> object:
        async with a_stage(*classes):
            return await di.nject(classes[-1])

    assert type(asyncio.run(main())) is classes[-1]


def test_what_a_call_made_is_freed_at_once() -> None:
    async def main() -> None:
        async with a_stage(Pool, Repo):
            repo = await di.nject(Repo)
            seen = weakref.ref(repo.pool)
            gc.disable()
            try:
                del repo
                assert seen() is None
            finally:
                gc.enable()

    asyncio.run(main())
