from rostra import plugin


async def prepare(load: plugin.Loader) -> None:
    await load("orders")
