async def sweep() -> None:
    stock = {"tea": 3}
    print(stock["coffee"])


async def prepare():
    yield sweep
