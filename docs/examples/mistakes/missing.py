from rostra import di


class Database: ...


class Repo:
    def __init__(self, database: Database) -> None: ...


async def sweep(repo: Repo) -> None: ...


async def prepare():
    di.register(Repo)
    yield sweep
