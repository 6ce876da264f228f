"""Override, explain and check."""

import importlib
import linecache
import re
import sys
import textwrap
from collections.abc import AsyncIterator
from pathlib import Path
from types import ModuleType
from typing import Annotated, Any, NewType

import attrs
import pytest
from di_stage import a_stage

from rostra import context, di
from rostra.components import Components
from rostra.errors import AdapterError, ConflictError, CycleError, ResolveError

pytestmark = pytest.mark.asyncio


class Database: ...


class FakeDatabase(Database): ...


class Url: ...


@attrs.frozen(eq=False)
class Repo:
    database: Database


@attrs.frozen(eq=False)
class Service:
    repo: Repo


def make_database() -> Database:
    return Database()


def fake_database() -> Database:
    return FakeDatabase()


def needy(url: Url) -> Database:
    raise AssertionError


async def session(repo: Repo) -> AsyncIterator[Service]:
    yield Service(repo)


# Override


@pytest.mark.parametrize("target", [Database, make_database])
@pytest.mark.parametrize("replacement", [fake_database, FakeDatabase, FakeDatabase()])
async def test_an_override_stands_in_for_a_type_or_an_adapter(target: Any, replacement: Any) -> None:
    async with a_stage(Service, Repo, make_database):
        with di.override(target, replacement):
            within = await di.nject(Service)
        after = await di.nject(Service)

    assert type(within.repo.database) is FakeDatabase
    assert type(after.repo.database) is Database


async def test_any_callable_that_was_registered_can_be_overridden() -> None:
    class Factory:
        def __call__(self) -> Database:
            return Database()

    factory = Factory()
    async with a_stage(factory):
        with di.override(factory, fake_database):
            assert type(await di.nject(Database)) is FakeDatabase


async def test_a_new_type_can_be_overridden() -> None:
    Size = NewType("Size", int)

    async with a_stage():
        with di.override(Size, 5):
            assert await di.nject(Size) == 5


async def test_an_override_hides_a_component() -> None:
    async with a_stage(Repo):
        real = context.add(Database())
        with di.override(Database, fake_database):
            within = await di.nject(Repo)
        after = await di.nject(Repo)

    assert (type(within.database), after.database) == (FakeDatabase, real)


async def test_a_component_that_is_added_above_hides_the_override() -> None:
    async with a_stage(Repo):
        with di.override(Database, fake_database), context.child():
            above = context.add(Database())
            repo = await di.nject(Repo)

    assert repo.database is above


async def test_an_override_reaches_those_who_ask_for_a_base() -> None:
    with_base: list[Any] = []
    async with a_stage(FakeDatabase):
        with di.override(FakeDatabase, fake := FakeDatabase()):
            with_base.append(await di.nject(Database))

    assert with_base == [fake]


async def test_an_override_may_need_things_itself() -> None:
    def fake(url: Url) -> Database:
        return FakeDatabase()

    async with a_stage(Repo, Url):
        with di.override(Database, fake):
            assert type((await di.nject(Repo)).database) is FakeDatabase


async def test_an_override_that_lacks_something_is_an_error() -> None:
    async with a_stage(Repo, make_database):
        with di.override(Database, needy), pytest.raises(ResolveError, match="nothing gives an Url"):
            await di.nject(Repo)


async def test_an_override_that_needs_what_it_stands_for_is_a_circle() -> None:
    def wrapping(database: Database) -> Database:
        raise AssertionError

    async with a_stage(Repo, make_database):
        with di.override(Database, wrapping), pytest.raises(CycleError):
            await di.nject(Repo)


async def test_a_fake_need_not_be_of_the_type() -> None:
    async with a_stage(Repo):
        with di.override(Database, "fake"):
            assert (await di.nject(Repo)).database == "fake"


async def test_named_ones_are_overridden_by_their_name() -> None:
    replica = Annotated[Database, di.Named("replica")]

    async with a_stage(make_database):
        context.add(Database(), name="replica")
        with di.override(replica, FakeDatabase()):
            unnamed, named = await di.nject(Database, replica)

    assert (type(unnamed), type(named)) == (Database, FakeDatabase)


async def test_an_override_hides_what_the_stage_has_built() -> None:
    async with a_stage():
        di.register(Repo, make_database, lifetime="stage")
        built = await di.nject(Database)
        with di.override(Database, fake_database):
            within = await di.nject(Database)
        after = await di.nject(Database)

    assert type(within) is FakeDatabase
    assert after is built


async def test_objects_of_the_stage_are_not_made_anew() -> None:
    async with a_stage(make_database):
        di.register(Repo, lifetime="stage")
        with di.override(Database, fake_database):
            within = await di.nject(Repo)
        after = await di.nject(Repo)

    assert within is after
    assert type(within.database) is Database


async def test_what_was_made_under_an_override_is_not_kept_for_others() -> None:
    async with a_stage(session, Repo, make_database), di.scope():
        with di.override(make_database, fake_database):
            within = await di.nject(Service)
        after = await di.nject(Service)

    assert type(within.repo.database) is FakeDatabase
    assert type(after.repo.database) is Database


async def test_an_override_below_the_stage_reaches_the_objects_of_the_stage() -> None:
    with di.override(make_database, fake_database) as below:
        layer = Components(below, "stage")
        async with di.Closing("stage") as closing:
            di.open_stage(layer, closing).register(Repo, make_database, lifetime="stage")
            with context.use(layer):
                repo = await di.nject(Repo)

    assert type(repo.database) is FakeDatabase


async def test_what_is_no_type_cannot_be_overridden() -> None:
    with pytest.raises(AdapterError), di.override("Database", fake_database):
        raise AssertionError


# Explain


def shown(text: str) -> str:
    return re.sub(r"[\w/.]*test_di_tools\.py:\d+", "here:1", text)


async def test_a_plan_is_drawn_as_a_tree() -> None:
    def service(
        repo: Repo,
        database: Database,
        lazy: di.Lazy[Repo],
        urls: list[Url],
        name: str,
        url: Url | None,
        size: int = 3,
    ) -> Service:
        raise AssertionError

    async with a_stage(service, Repo, needy):
        di.register(make_database, lifetime="stage")
        context.add(Database(), name="repo")
        text = di.explain(Service, name="x")

    assert shown(text) == textwrap.dedent("""
        service                        here:1
        └ repo = Repo                  here:1
          └ database = make_database   here:1, one per stage
              rather than              needy(url: Url) -> Database, here:1, would do, but nothing gives an Url
        └ database = make_database     here:1, one per stage, shown above
        └ lazy = made on first use:
          └ Repo                       here:1, shown above
        └ urls = a list of 0
        └ name = name                  given by name
        └ url = None                   nothing gives it
        └ size = its default           nothing gives size: int
    """).strip("\n")


async def test_components_are_shown_with_their_layer() -> None:
    async with a_stage(Repo):
        context.add(Database(), name="database")
        with context.child("task web"):
            text = di.explain(Repo)

    assert shown(text) == textwrap.dedent("""
        Repo                                   here:1
        └ database = the Database "database"   in the stage layer
    """).strip("\n")


async def test_what_the_stage_is_made_of_is_shown_where_the_stage_finds_it() -> None:
    async with a_stage():
        di.register(Repo, lifetime="stage")
        context.add(Database())
        with context.child("task web"):
            context.add(Database())
            text = di.explain(Repo)

    assert "in the stage layer" in text


async def test_a_function_is_explained_as_it_would_be_called() -> None:
    def handler(database: Database) -> None: ...

    async with a_stage(make_database):
        text = di.explain(handler)

    assert shown(text) == textwrap.dedent("""
        handler                      here:1
        └ database = make_database   here:1
    """).strip("\n")


async def test_what_cannot_be_built_is_explained_by_the_error() -> None:
    async with a_stage():
        assert "nothing gives a Database" in di.explain(Database)


# Check


def handler(service: Service) -> None: ...


async def test_all_problems_are_found_at_once() -> None:
    def task(repo: Repo, url: Url, other: Url) -> None: ...

    async with a_stage(Service, Repo) as layer:
        registry = layer.get(di.Registry)
        registry.add_root(di.Root(handler, "GET /orders"))
        registry.add_root(di.Root(task, "task sweep"))
        report = di.check()

    wanted = [
        (problem.wanted, problem.missing, [other for other, _ in problem.others])
        for problem in report.problems
        if isinstance(problem, ResolveError)
    ]
    assert wanted == [
        ("GET /orders", "nothing gives a Database", ["task sweep"]),
        ("task sweep", "nothing gives an Url", []),
    ]
    with pytest.raises(ExceptionGroup, match="2 things cannot be built"):
        report.raise_problems()


async def test_every_thing_that_one_adapter_lacks_is_a_problem() -> None:
    def service(repo: Repo, url: Url) -> Service:
        raise AssertionError

    async with a_stage(service) as layer:
        layer.get(di.Registry).add_root(di.Root(handler, "GET /orders"))
        report = di.check()

    assert [str(problem).splitlines()[-3].split("nothing")[1] for problem in report.problems] == [
        " gives a Repo",
        " gives an Url",
    ]


async def test_one_problem_is_raised_itself() -> None:
    async with a_stage(Service, Repo) as layer:
        layer.get(di.Registry).add_root(di.Root(handler, "GET /orders"))
        with pytest.raises(ResolveError):
            di.check().raise_problems()


async def test_nothing_is_wrong_and_nothing_is_built() -> None:
    def database() -> Database:
        raise AssertionError

    async with a_stage(Service, Repo, database) as layer:
        layer.get(di.Registry).add_root(di.Root(handler, "GET /orders"))
        report = di.check()
        report.raise_problems()

    assert report.problems == report.hints == ()
    assert report.built == {Service, Repo, Database}


async def test_what_a_root_will_be_given_counts() -> None:
    def route(name: str, url: Url, database: Database) -> None: ...

    async with a_stage() as layer:
        root = di.Root(route, "GET /{name}", offers={"name": str, "any": Url}, provides=(Database,))
        layer.get(di.Registry).add_root(root)

        assert di.check().problems == ()


@pytest.mark.parametrize("scoped", [True, False])
async def test_a_resource_needs_a_root_with_a_scope(scoped: bool) -> None:
    async with a_stage(session, Repo, make_database) as layer:
        layer.get(di.Registry).add_root(di.Root(handler, "root", scoped=scoped))

        assert (di.check().problems == ()) == scoped


async def test_conflicts_are_problems() -> None:
    async with a_stage(Service, Repo, make_database, Database) as layer:
        layer.get(di.Registry).add_root(di.Root(handler, "root"))
        (problem,) = di.check().problems

    assert isinstance(problem, ConflictError)


async def test_what_is_eager_is_a_root() -> None:
    async with a_stage():
        di.register(Repo, lifetime="stage", eager=True)
        (problem,) = di.check().problems

    assert isinstance(problem, ResolveError)


async def test_an_adapter_that_no_root_reaches_is_a_hint() -> None:
    async with a_stage(needy):
        report = di.check()

    assert report.problems == ()
    assert [shown(hint) for hint in report.hints] == ["needy, here:1: nothing that rostra calls needs it"]


async def test_where_classes_stand_that_no_root_reaches_is_looked_up_for_who_asks_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "left_over.py").write_text("class LeftOver: ...\n")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.chdir(tmp_path)
    left_over = importlib.import_module("left_over")
    async with a_stage(left_over.LeftOver):
        report = di.check()

    was_read = left_over.__file__ in linecache.cache
    hints = report.hints

    assert not was_read
    assert hints == ("LeftOver, left_over.py:1: nothing that rostra calls needs it",)
    assert report.hints is hints


async def test_a_return_annotation_that_cannot_be_read_is_a_hint() -> None:
    def made() -> "Nobody":  # noqa: F821  (that is the case)
        raise AssertionError

    async with a_stage(made):
        report = di.check()

    assert report.problems == ()
    assert any("knows no Nobody" in hint for hint in report.hints)


async def test_injected_functions_of_a_module_are_roots() -> None:
    module = ModuleType("pages")
    sys.modules["pages"] = module
    program = """
from rostra import di
class Url: ...
class Page:
    def __init__(self, url: Url): ...
@di.inject
async def show(name: str, url: Url, page: Page): ...
"""
    exec(program, vars(module))
    try:
        async with a_stage(module.Page) as layer:
            layer.get(di.Registry).collect(module)
            report = di.check()
    finally:
        del sys.modules["pages"]

    (problem,) = report.problems
    assert isinstance(problem, ResolveError)
    assert problem.path[0][0] == "show(page: Page, ...)"
    assert report.hints[0] == "show: url: Url must be passed, nothing gives an Url"
