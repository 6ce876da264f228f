import asyncio

from rostra import plugin


async def connect(started: plugin.Started) -> None:
    await asyncio.get_running_loop().create_future()
    started()


async def prepare():
    yield connect
