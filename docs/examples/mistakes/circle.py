from rostra import di


class Hen:
    def __init__(self, egg: "Egg") -> None: ...


class Egg:
    def __init__(self, hen: Hen) -> None: ...


async def brood(hen: Hen) -> None: ...


async def prepare():
    di.register(Hen, Egg)
    yield brood
