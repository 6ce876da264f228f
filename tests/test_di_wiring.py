"""What is made of what: every function that will be called and every adapter, with what fills each parameter."""

from collections.abc import AsyncIterator
from typing import Annotated

import attrs
import pytest
from di_stage import a_stage

from rostra import context, di
from rostra.components import name_of

pytestmark = pytest.mark.asyncio


class Database: ...


class Url: ...


class Missing: ...


@attrs.frozen(eq=False)
class Repo:
    database: Database
    size: int = 3


async def database(url: Url) -> AsyncIterator[Database]:
    yield Database()


async def sweep(
    repo: Repo,
    url: Annotated[Url, di.Named("replica")],
    later: di.Lazy[Database],
    every: list[Url],
    number: int,
    missing: Missing,
    perhaps: Missing | None,
): ...


def told(filling: di.Filling) -> object:
    """A filling in short."""
    inside = [told(each) for each in filling.inside]
    what = name_of(filling.key) if filling.key is not None else None
    label = filling.adapter.label if filling.adapter else None
    return tuple(each for each in (filling.kind, what, filling.name, label, *inside) if each is not None)


async def wired() -> di.Wiring:
    async with a_stage():
        context.add(Url())
        context.add(Url(), name="replica")
        di.register(Repo)
        di.register(database, lifetime="stage")
        context.get(di.Registry).add_root(di.Root(sweep, "task sweep", {"number": int}, scoped=True))
        return di.wiring()


async def test_each_parameter_of_a_root_has_its_filling():
    (_, sweeping), *_ = (await wired()).roots

    assert {parameter.name: told(filling) for parameter, filling in sweeping.parameters} == {
        "repo": ("adapter", "Repo", "Repo"),
        "url": ("component", "Url", "replica"),
        "later": ("lazy", ("adapter", "Database", "database")),
        "every": ("list", ("component", "Url"), ("component", "Url", "replica")),
        "number": ("given", "number"),
        "missing": ("missing",),
        "perhaps": ("nothing",),
    }


async def test_what_is_missing_has_a_reason():
    (_, sweeping), *_ = (await wired()).roots

    (reason,) = [filling.reason for _, filling in sweeping.parameters if filling.kind == "missing"]

    assert reason == "nothing gives a Missing"


async def test_each_adapter_has_what_it_takes_and_who_needs_it():
    found = await wired()

    adapters = {adapter.label: (adapter, wired) for adapter, wired in found.adapters}
    repo, of_repo = adapters["Repo"]
    made, of_database = adapters["database"]

    assert [(parameter.name, told(filling)) for parameter, filling in of_repo.parameters] == [
        ("database", ("adapter", "Database", "database")),
        ("size", ("default",)),
    ]
    assert [told(filling) for _, filling in of_database.parameters] == [("component", "Url")]
    assert found.users(repo) == ("task sweep",)
    assert found.users(made) == ("task sweep", "Repo")


async def test_an_adapter_that_nobody_needs_is_wired_too():
    async with a_stage():
        context.add(Url())
        di.register(Repo)
        di.register(database, lifetime="stage")

        found = di.wiring()

    adapters = {adapter.label: wired for adapter, wired in found.adapters}
    assert told(adapters["Repo"].parameters[0][1]) == ("adapter", "Database", "database")
    assert told(adapters["database"].parameters[0][1]) == ("component", "Url")


async def test_a_cycle_is_drawn_without_an_end_in_sight_being_needed():
    class Hen:
        def __init__(self, egg: "Egg"): ...

    class Egg:
        def __init__(self, hen: Hen): ...

    async with a_stage():
        di.register(Hen, Egg)

        found = di.wiring()

    kinds = {adapter.label: wired.parameters[0][1].kind for adapter, wired in found.adapters}
    assert kinds["Hen"] == "missing"
    assert kinds["Egg"] == "missing"


async def test_what_is_not_there_for_an_adapter_that_nobody_needs_is_up_to_who_asks():
    async with a_stage():
        di.register(Repo, database)

        found = di.wiring()

    kinds = {adapter.label: told(wired.parameters[0][1]) for adapter, wired in found.adapters}
    assert kinds == {"Repo": ("adapter", "Database", "database"), "database": ("given",)}


async def test_who_lacks_something_still_is_needed_by_who_asks_for_it():
    async with a_stage():
        di.register(Repo, database)
        context.get(di.Registry).add_root(di.Root(sweep, "task sweep", scoped=True))

        found = di.wiring()

    (_, sweeping), *_ = found.roots
    kinds = {adapter.label: told(wired.parameters[0][1]) for adapter, wired in found.adapters}
    assert told(sweeping.parameters[0][1]) == ("missing", "Repo")
    assert kinds == {"Repo": ("missing", "database"), "database": ("missing",)}
    assert found.users(found.adapters[0][0]) == ("task sweep",)
