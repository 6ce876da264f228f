from rostra import di


class Store: ...


@di.adapter
def disk() -> Store:
    return Store()


@di.adapter
def memory() -> Store:
    return Store()


async def tidy(store: Store) -> None: ...


async def prepare():
    yield tidy
