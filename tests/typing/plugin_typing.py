"""What type checkers know of stages and plugins; run by nobody."""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from types import ModuleType
from typing import Any, assert_type

from rostra import plugin


class Client: ...


@asynccontextmanager
async def client() -> AsyncIterator[Client]:
    yield Client()


async def sweep(cancel: plugin.Cancel, started: plugin.Started) -> int:
    started()
    await cancel.wait()
    return 1


async def prepare(load: plugin.Loader, teardown: plugin.Teardown, jobs: plugin.Jobs) -> AsyncIterator[object]:
    loading = assert_type(load("myapp", ".storage"), Coroutine[Any, Any, None])
    await loading
    assert_type(await teardown.enter(client()), Client)
    teardown.add(client)
    teardown.add(asyncio.sleep(0))
    jobs.start(sweep)
    jobs.start(asyncio.sleep(0), name="nap")
    yield sweep
    yield plugin.task(sweep, name="sweeper", restart="on-failure", intake=True)
    yield plugin.task(asyncio.sleep(0), background=True)
    yield plugin.task(sweep, restart=plugin.Restart("always", budget=3))
    yield plugin.task(sweep, restart="sometimes")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]  (mistyped)


async def listed(options: plugin.Options) -> None:
    assert_type(options.alias, str)
    assert_type(options.load(Client), Client)
    assert_type(options.add(Client()), Client)
    assert_type(options["url"], Any)
    assert_type(options.url, Any)


def programs(module: ModuleType) -> None:
    assert_type(plugin.stage("myapp", module, prepare, config={"db": {}}), list[Any])
    plugin.stage(5)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]  (no plugin)


async def staging() -> None:
    async with plugin.Stage("myapp", return_exceptions=True) as stage:
        assert_type(stage, plugin.Stage)
        assert_type(stage.phase, plugin.Phase)
        assert_type(await stage.lifecycle.wait_for(plugin.Phase.RUNNING), plugin.Phase)
        assert_type(await stage.run(), list[Any])
