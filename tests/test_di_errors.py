"""The whole texts of di's errors, as they come about."""

import asyncio
import pickle
import re
import textwrap
from collections.abc import AsyncIterator, Callable
from typing import Annotated, Any, NewType

import attrs
import pytest
from di_stage import a_stage

from rostra import context, di
from rostra.errors import RostraError

pytestmark = pytest.mark.asyncio


class Request: ...


class User: ...


class Database: ...


class SqlDatabase(Database): ...


DbUrl = NewType("DbUrl", str)


class Repo: ...


class Service:
    @classmethod
    def create(cls, repo: Repo) -> "Service":
        raise AssertionError


class Handler:
    def __init__(self, service: Service) -> None: ...


class Farm:
    def __init__(self, hen: "Hen", name: str = "") -> None: ...


class Hen:
    def __init__(self, egg: "Egg") -> None: ...


class Egg:
    def __init__(self, hen: Hen) -> None: ...


def make_repo(db: Database) -> Repo:
    raise AssertionError


def make_db(url: DbUrl) -> SqlDatabase:
    raise AssertionError


async def connect(name: str) -> Database:
    raise OSError(f"no route to {name}")


async def session(user: User) -> AsyncIterator[Repo]:
    yield Repo()


def liar() -> SqlDatabase:
    return Database()


def silent():
    raise AssertionError


def text_of(error: BaseException) -> str:
    """The text, with its notes, where every place is ``here:1``."""
    assert isinstance(error, RostraError)
    assert str(pickle.loads(pickle.dumps(error))) == str(error)
    return re.sub(
        r"[\w/.]*test_di_errors\.py:\d+", "here:1", "\n".join([str(error), *getattr(error, "__notes__", ())])
    )


async def error_of(ask: Callable[[], Any]) -> str:
    with pytest.raises(RostraError) as caught:
        await ask()
    return text_of(caught.value)


def drawn(text: str) -> str:
    return textwrap.dedent(text).strip("\n")


async def test_what_is_missing_is_drawn_as_a_path() -> None:
    async with a_stage(Handler, Service.create, make_repo, make_db):
        context.add(Database(), name="replica")
        with context.child("task web"):
            context.add(User())
            text = await error_of(lambda: di.nject(Handler, request=Request()))

    assert text == drawn("""
        cannot build Handler

          Handler(service: Service)      here:1
          └ Service.create(repo: Repo)   here:1
            └ make_repo(db: Database)    here:1
              └ db: Database             nothing gives a Database
                given:        request: Request
                in context:   task web {User}, stage {Database "replica"}
                near misses:  a Database named "replica" is in the stage layer: name the parameter replica
                              make_db(url: DbUrl) -> SqlDatabase, here:1, would do, but nothing gives a DbUrl
                to fix:       context.add(Database(...)), or register an adapter -> Database, or nject(..., db=...)
    """)


async def test_a_function_that_is_called_stands_at_the_top_of_the_path() -> None:
    def handler(user: User, repo: Repo) -> None: ...

    async with a_stage(make_repo):
        context.add(User())
        text = await error_of(lambda: di.call(handler))

    assert text == drawn("""
        cannot build handler

          handler(repo: Repo, ...)    here:1
          └ make_repo(db: Database)   here:1
            └ db: Database            nothing gives a Database
              in context:   stage {User}
              to fix:       di.register(Database), or context.add(Database(...)), or di.call(..., db=...)
    """)


async def test_nothing_at_all() -> None:
    async with a_stage():
        text = await error_of(lambda: di.nject(type("Order", (), {})))

    assert text == drawn("""
        cannot build Order

          Order   nothing gives an Order
            in context:   nothing
            to fix:       di.register(Order), or context.add(Order(...))
    """)


async def test_what_several_lack_is_told_once_with_all_of_them() -> None:
    def listed(repo: Repo) -> None: ...
    def shown(database: Database) -> None: ...

    async with a_stage(make_repo) as layer:
        for label, function in {"GET /": listed, "GET /{id}": shown, "task sweep": listed}.items():
            layer.get(di.Registry).add_root(di.Root(function, label))
        (problem,) = di.check().problems

    assert text_of(problem) == drawn("""
        cannot build GET / and 2 more

          listed(repo: Repo)          here:1
          └ make_repo(db: Database)   here:1
            └ db: Database            nothing gives a Database
              as well as:   GET /{id}, here:1
                            task sweep, here:1
              in context:   nothing
              to fix:       in prepare: di.register(Database) or context.add(Database(...))
    """)


async def test_two_who_lack_the_same_are_both_named_in_one_line() -> None:
    def listed(repo: Repo) -> None: ...

    async with a_stage(make_repo, Repo) as layer:
        context.add(Database())
        layer.get(di.Registry).add_root(di.Root(listed, "GET /"))
        layer.get(di.Registry).add_root(di.Root(listed, "GET /{id}"))
        (problem,) = di.check().problems

    assert str(problem).startswith("cannot build GET / and GET /{id}\n")


async def test_what_is_alike_for_two_adapters_is_told_for_each() -> None:
    def listed(name: str) -> Repo:
        raise AssertionError

    def shown(repo: Repo, database: Database) -> None: ...

    async with a_stage(listed, connect) as layer:
        layer.get(di.Registry).add_root(di.Root(shown, "GET /"))
        problems = di.check().problems

    assert [problem.path[-2][0] for problem in problems] == ["listed(name: str)", "connect(name: str)"]


async def test_a_circle_is_drawn() -> None:
    async with a_stage(Farm, Hen, Egg):
        text = await error_of(lambda: di.nject(Farm))

    assert text == drawn("""
        cannot build Farm

             Farm(hen: Hen, ...)   here:1
          ┌▶ └ Hen(egg: Egg)       here:1
          │    └ Egg(hen: Hen)     here:1
          └─     └ hen: Hen        Hen needs itself
                   to fix:       let one of them take the other lazily: hen: di.Lazy[Hen]
    """)


async def test_where_all_need_all_a_circle_is_found_though_not_all_are_looked_at() -> None:
    kinds = [type(f"C{number}", (), {}) for number in range(20)]

    def making(kind: type) -> type:
        needs = {
            f"c{number}": attrs.field(type=each) for number, each in enumerate(kinds) if each is not kind
        }
        return attrs.make_class(f"Made{kind.__name__}", needs, bases=(kind,))

    async with a_stage(*map(making, kinds)):
        text = await error_of(lambda: di.nject(kinds[0]))

    assert "C0 needs itself" in text


async def test_a_conflict_names_both_places() -> None:
    async with a_stage(Handler, Service.create, make_repo, Repo):
        context.add(Database())
        text = await error_of(lambda: di.nject(Handler))

    assert text == drawn("""
        cannot build Handler

          Handler(service: Service)      here:1
          └ Service.create(repo: Repo)   here:1
            └ Repo                       2 adapters give a Repo, and each could be used
              in context:   stage {Database}
              adapters:     make_repo(db: Database) -> Repo, here:1
                            Repo(), here:1
              to fix:       di.register(Repo, replace=True), or ask for list[Repo] to get all of them
    """)


async def test_a_conflict_is_drawn_from_the_function_that_is_called() -> None:
    def task(name: str, service: Service) -> None: ...

    async with a_stage(Service.create, make_repo, Repo):
        context.add(Database())
        text = await error_of(lambda: di.call(task, name="sweep"))

    assert text.startswith(
        drawn("""
        cannot build task

          task(service: Service, ...)    here:1
          └ Service.create(repo: Repo)   here:1
            └ Repo                       2 adapters give a Repo, and each could be used
        """)
    )


async def test_alternatives_that_lack_something_are_near_misses() -> None:
    def other_repo(url: DbUrl) -> Repo:
        raise AssertionError

    async with a_stage(Service.create, make_repo, other_repo):
        text = await error_of(lambda: di.nject(Service))

    assert text == drawn("""
        cannot build Service

          Service.create(repo: Repo)   here:1
          └ make_repo(db: Database)    here:1
            └ db: Database             nothing gives a Database
              in context:   nothing
              near misses:  other_repo(url: DbUrl) -> Repo, here:1, would do, but nothing gives a DbUrl
              to fix:       context.add(Database(...)), or register an adapter -> Database, or nject(..., db=...)
    """)


async def test_a_resource_where_no_scope_is_open() -> None:
    async with a_stage(Service.create, session) as layer:
        context.add(User())
        layer.add(di.Unscoped())
        text = await error_of(lambda: di.nject(Service))

    assert text == drawn("""
        cannot build Service

          Service.create(repo: Repo)   here:1
          └ session(user: User)        here:1
            └ repo: Repo               it is closed when a scope ends, and no scope is open here
              in context:   stage {User}
              to fix:       async with di.scope(): ...
    """)


async def test_a_builtin_type_is_filled_by_name() -> None:
    async with a_stage(connect):
        text = await error_of(lambda: di.nject(Database, nam="primary"))

    assert text == drawn("""
        cannot build Database

          connect(name: str)   here:1
          └ name: str          a str is filled by name only
            given:        nam: str
            in context:   nothing
            near misses:  nam was given: did you mean name?
            to fix:       give it by name: name=..., or give the parameter a default
    """)


async def test_a_name_that_nothing_has() -> None:
    def repo(database: Annotated[Database, di.Named("replica")]) -> Repo:
        raise AssertionError

    async with a_stage(repo):
        context.add(Database())
        text = await error_of(lambda: di.nject(Repo))

    assert text == drawn("""
        cannot build Repo

          repo(database: Database named "replica")   here:1
          └ database: Database named "replica"       nothing gives a Database named "replica"
            in context:   stage {Database}
            near misses:  a Database without a name is in the stage layer: leave out Named
            to fix:       context.add(Database(...), name="replica"), or register an adapter -> Annotated[Database, di.Named("replica")], or nject(..., database=...)
    """)


async def test_an_annotation_that_cannot_be_read() -> None:
    def repo(database: "Databse") -> Repo:  # noqa: F821  (that is the case)
        raise AssertionError

    async with a_stage(repo):
        text = await error_of(lambda: di.nject(Repo))

    assert text == drawn("""
        cannot build Repo

          repo(database: Databse)   here:1
          └ database: Databse       tests.test_di_errors knows no Databse, nor is a class of that name registered
            in context:   nothing
            to fix:       define or import Databse before this is used, or di.register it
    """)


async def test_a_return_annotation_that_cannot_be_read_is_a_near_miss() -> None:
    def repo() -> "Repository":  # noqa: F821  (that is the case)
        raise AssertionError

    async with a_stage(repo):
        text = await error_of(lambda: di.nject(Repo))

    assert 'near misses:  cannot read the annotation "Repository" of repo, return' in text


async def test_what_must_be_awaited() -> None:
    async with a_stage(make_repo, connect):
        text = await error_of(lambda: di.now(Repo, name="primary"))

    assert text == drawn("""
        cannot build Repo

          make_repo(db: Database)   here:1
          └ connect(name: str)      here:1
            └ Database              connect can only be awaited
              to fix:       await di.nject(Repo)
    """)


async def test_an_adapter_that_makes_something_else() -> None:
    async with a_stage(liar):
        text = await error_of(lambda: di.nject(Database))

    assert text == drawn("""
        liar made Database but declares SqlDatabase
          where   here:1
          to fix  return a SqlDatabase, or declare -> Database
        while building SqlDatabase
          └ liar()   here:1
    """)


async def test_a_function_that_does_not_say_what_it_returns() -> None:
    async with a_stage():
        with pytest.raises(RostraError) as caught:
            di.register(silent)

    assert text_of(caught.value) == drawn("""
        silent cannot be an adapter: it does not say what it returns
          where   here:1
          to fix  annotate it: -> Database
    """)


async def test_given_values() -> None:
    async with a_stage(make_repo, Database):
        unused = await error_of(lambda: di.nject(Repo, dbb=5))
        both = await error_of(lambda: di.nject(Repo, a=Database(), b=SqlDatabase()))
        none = await error_of(lambda: di.nject(Repo, db=None))

    assert unused == drawn("""
        dbb: int was given to Repo: nothing that is built takes it, by name or by type
          to fix  did you mean db=...?
    """)
    assert both == drawn("""
        a: Database and b: SqlDatabase were given to make_repo(db: Database): each of them fits db: Database
          to fix  give one of them as db=...
    """)
    assert none == drawn("""
        db=None was given to make_repo(db: Database): the parameter is not optional
          to fix  give a value, or declare db: Database | None
    """)


async def test_an_adapters_exception_keeps_its_type_and_says_for_whom_it_was_built() -> None:
    async with a_stage(Service.create, make_repo, connect):
        with pytest.raises(OSError, match="no route to primary") as caught:
            await di.nject(Service, name="primary")

    (note,) = caught.value.__notes__
    assert re.sub(r"[\w/.]*test_di_errors\.py:\d+", "here:1", note) == drawn("""
        while building Service
          └ Service.create(repo: Repo)   here:1
            └ make_repo(db: Database)   here:1
              └ connect(name: str)   here:1
    """)


async def test_an_exception_of_a_nested_call_gets_one_note() -> None:
    async def repo() -> Repo:
        await di.nject(Database, name="inner")
        raise AssertionError

    async with a_stage(repo, connect):
        with pytest.raises(OSError, match="no route") as caught:
            await di.nject(Repo)

    (note,) = caught.value.__notes__
    assert note.startswith("while building Database")


async def test_the_stage_lives_longer() -> None:
    async with a_stage():
        di.register(make_repo, lifetime="stage")
        with context.child("request"):
            context.add(Database())
            text = await error_of(lambda: di.nject(Repo, db=Database()))

    assert text == drawn("""
        cannot build Repo

          make_repo(db: Database)   here:1
          └ db: Database            nothing gives a Database
            given:        db: Database
            in context:   request {Database}
            near misses:  db was given, but what lives as long as the stage takes no given values
                          a Database is in the request layer, which ends before the stage does
            to fix:       context.add(Database(...)), or register an adapter -> Database
    """)


async def test_a_base_class_is_not_enough() -> None:
    async with a_stage(Database):
        text = await error_of(lambda: di.nject(SqlDatabase))

    assert "Database gives a Database, here:1, which need not be a SqlDatabase" in text


async def fix_for(cls: Any) -> str:
    async with a_stage():
        context.add(User())
        text = await error_of(lambda: di.nject(cls))
    return text.rpartition("to fix:")[2].strip()


class Basket:
    def __init__(self, user: User, size: int = 3) -> None: ...


class Counter:
    def __init__(self, name: str) -> None: ...


class Shelf(list[Basket]): ...


@attrs.frozen
class Note:
    text: str = ""


@attrs.frozen
class Session:
    user: User


@pytest.mark.parametrize("cls", [Basket, Session])
async def test_a_class_that_could_be_made_of_what_there_is_need_only_be_registered(cls: type) -> None:
    name = cls.__name__

    assert await fix_for(cls) == f"di.register({name}), or context.add({name}(...))"


@pytest.mark.parametrize("cls", [Handler, Counter, Note, Shelf, asyncio.Lock, ExceptionGroup])
async def test_what_could_not_be_made_or_should_not_be_is_not_proposed_for_registration(cls: type) -> None:
    assert "di.register" not in await fix_for(cls)
