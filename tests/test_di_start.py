"""What a start has no use for is not imported: of di, too, each module takes time and memory in every service."""

import subprocess
import sys
import textwrap

import pytest

BEFORE = """
import asyncio
import sys
from rostra import context, di
from rostra.components import Components


class Database: ...


class Repo:
    def __init__(self, database: Database) -> None:
        self.database = database


def database() -> Database:
    return Database()


async def use(repo: Repo, missing: int = 1) -> Repo:
    return repo
"""
AFTER = """

async def main():
    layer = Components(None, "stage")
    async with di.Closing("stage") as closing:
        registry = di.open_stage(layer, closing)
        registry.register(database, Repo)
        registry.add_root(di.Root(use, "use", scoped=True, is_called=True))
        with context.use(layer):
            await start(registry)
    print(*(name for name in sys.modules if name.startswith("rostra.")))


async def start(registry):
    di.check().raise_problems()
    assert type(await di.call(use)) is Repo
    await more(registry)


asyncio.run(main())
"""
NOTHING = """
async def more(registry): ...
"""
MORE = {
    "texts": """
async def more(registry):
    def repo() -> "Repo": ...
    registry.register(repo)
""",
    "generics": """
import typing

T = typing.TypeVar("T")


class Store(typing.Generic[T]): ...


async def more(registry):
    registry.register(Store)
    assert type(await di.nject(Store[int])) is Store
""",
    "closures": """
async def more(registry):
    def local(repo: Repo) -> Repo:
        return repo
    await di.call(local)
""",
    "residents": """
class Pool: ...


async def pool() -> Pool:
    return Pool()


async def more(registry):
    registry.register(pool, lifetime="stage")
    await di.nject(Pool)
""",
    "compiling": """
async def more(registry):
    await di.call(use)
""",
    "at_once": """
async def more(registry):
    assert type(di.now(Repo)) is Repo
""",
    "lazies": """
async def lazily(repo: di.Lazy[Repo]) -> Repo:
    return await repo()


async def more(registry):
    assert type(await di.call(lazily)) is Repo
""",
    "listing": """
async def more(registry):
    assert [type(each) for each in await di.nject(list[Repo])] == [Repo]
""",
    "waiting": """
class Slow: ...


async def slow() -> Slow:
    await asyncio.sleep(0)
    return Slow()


async def more(registry):
    registry.register(slow, lifetime="scope")
    async with di.scope():
        await asyncio.gather(di.nject(Slow), di.nject(Slow))
""",
    "overrides": """
async def more(registry):
    with di.override(Database, Database()):
        await di.nject(Repo)
""",
}


def loaded(more: str) -> set[str]:
    """The modules of di and of errors that are there once a stage has done this."""
    run = [sys.executable, "-c", BEFORE + textwrap.dedent(more) + AFTER]
    done = subprocess.run(run, capture_output=True, text=True, timeout=60, check=True)
    names = done.stdout.split()
    return {
        name.removeprefix("rostra.di.") for name in names if name.startswith(("rostra.di.", "rostra.errors."))
    }


def test_what_is_checked_and_called_once_needs_a_part_of_di_only() -> None:
    for_others = {
        *MORE,
        "programs",
        "callers",
        "driving",
        "injecting",
        "explaining",
        "fillings",
        "drawing",
        "suggesting",
    }

    assert loaded(NOTHING) & {*for_others, "rostra.errors.di"} == set()


@pytest.mark.parametrize("module", MORE)
def test_what_few_use_is_imported_for_them(module: str) -> None:
    assert module in loaded(MORE[module])
