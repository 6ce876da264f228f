"""Who makes what: the kinds of adapters, which one is taken, and what one call makes."""

import functools
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Iterator
from types import ModuleType
from typing import Annotated, Any, NewType, Protocol, Self

import attrs
import pytest
from cases import named
from di_stage import a_stage

from rostra import context, di
from rostra.errors import AdapterError, ConflictError, ResolveError, WrongProductError

pytestmark = pytest.mark.asyncio


class Database: ...


class SqlDatabase(Database): ...


class LocalDatabase(SqlDatabase): ...


@attrs.frozen(eq=False)
class Repo:
    database: Database


@attrs.frozen(eq=False)
class Service:
    repo: Repo
    database: Database


class Greeter(Protocol):
    def greet(self) -> str: ...


class Polite:
    def greet(self) -> str:
        return "good morning"


# Kinds of adapters


def by_function() -> Database:
    return Database()


async def by_coroutine_function() -> Database:
    return Database()


def by_generator() -> Iterator[Database]:
    yield Database()


async def by_async_generator() -> AsyncIterator[Database]:
    yield Database()


class Factory:
    def by_method(self) -> Database:
        return Database()

    def __call__(self) -> Database:
        return Database()

    @classmethod
    def by_classmethod(cls) -> Database:
        return Database()

    @staticmethod
    async def by_staticmethod() -> Database:
        return Database()


def by_partial(kind: type[Database]) -> Database:
    return kind()


def by_wrapper() -> Any:
    @functools.wraps(by_coroutine_function)
    async def wrapper(*args: Any, **kwargs: Any) -> Database:
        return await by_coroutine_function(*args, **kwargs)

    return wrapper


KINDS = (
    by_function,
    by_coroutine_function,
    by_generator,
    by_async_generator,
    Factory().by_method,
    Factory(),
    Factory.by_classmethod,
    Factory.by_staticmethod,
    functools.partial(by_partial, Database),
    functools.partial(by_partial, kind=Database),
    by_wrapper(),
    Database,
)


@pytest.mark.parametrize("adapter", KINDS, ids=named)
async def test_what_can_be_called_can_be_an_adapter(adapter: Any) -> None:
    async with a_stage(adapter):
        made = await di.nject(Database)

    assert type(made) is Database


async def test_the_parameters_of_an_adapter_are_made_too() -> None:
    async with a_stage(by_coroutine_function, Repo):
        repo = await di.nject(Repo)

    assert type(repo.database) is Database


async def test_nothing_is_built_that_nobody_registered() -> None:
    async with a_stage(Repo):
        with pytest.raises(ResolveError, match="nothing gives a Database"):
            await di.nject(Repo)


async def test_a_component_needs_no_adapter() -> None:
    async with a_stage(Repo):
        database = context.add(Database())

        repo = await di.nject(Repo)

    assert repo.database is database


async def test_a_component_wins_over_an_adapter() -> None:
    async with a_stage(Database):
        database = context.add(Database())

        found = await di.nject(Database)

    assert found is database


async def test_falsy_components_are_there() -> None:
    class Empty(list[str]): ...

    def fallback() -> Empty:
        raise AssertionError

    async with a_stage(fallback):
        empty = context.add(Empty())

        found = await di.nject(Empty)

    assert found is empty


async def test_none_in_the_context_is_there() -> None:
    User = NewType("User", object)

    async with a_stage():
        context.add(None, User)

        found = await di.nject(User)

    assert found is None


# One call


async def test_one_call_makes_one_object_per_type() -> None:
    async with a_stage(Service, Repo, Database):
        service = await di.nject(Service)

    assert service.repo.database is service.database


async def test_two_calls_make_two_objects() -> None:
    async with a_stage(Database):
        first, second = await di.nject(Database), await di.nject(Database)

    assert first is not second


async def test_several_targets_are_a_tuple_of_one_call() -> None:
    async with a_stage(Repo, Database):
        repo, database = await di.nject(Repo, Database)

    assert repo.database is database


async def test_a_base_class_and_its_only_subclass_are_one_object() -> None:
    async with a_stage(SqlDatabase):
        base, sql = await di.nject(Database, SqlDatabase)

    assert base is sql


async def test_the_context_is_taken_at_the_call() -> None:
    async with a_stage():
        before = context.add(Database())
        asked = di.nject(Database)
        context.add(Database())

        found = await asked

    assert found is before


async def test_errors_are_raised_at_the_await() -> None:
    async with a_stage():
        asked = di.nject(Database)

        with pytest.raises(ResolveError):
            await asked


async def test_a_string_is_no_type() -> None:
    async with a_stage(Database):
        with pytest.raises(ResolveError, match="it is a string"):
            await di.nject("Database")


# Which adapter


async def test_the_exact_type_wins_over_a_subclass() -> None:
    async with a_stage(SqlDatabase, Database):
        found = await di.nject(Database)

    assert type(found) is Database


async def test_the_nearest_subclass_wins() -> None:
    async with a_stage(LocalDatabase, SqlDatabase):
        found = await di.nject(Database)

    assert type(found) is SqlDatabase


async def test_a_further_subclass_serves_when_the_nearer_lacks_something() -> None:
    def needy(name: str) -> SqlDatabase:
        raise AssertionError

    async with a_stage(needy, LocalDatabase):
        found = await di.nject(Database)

    assert type(found) is LocalDatabase


async def test_two_adapters_of_one_type_are_a_conflict() -> None:
    async with a_stage(by_function, Database):
        with pytest.raises(ConflictError):
            await di.nject(Database)


async def test_an_adapter_that_lacks_something_conflicts_with_nobody() -> None:
    def needy(name: str) -> Database:
        raise AssertionError

    async with a_stage(needy, by_function):
        found = await di.nject(Database)

    assert type(found) is Database


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
async def test_a_replacing_adapter_wins_whatever_the_order(order: tuple[int, int]) -> None:
    @di.adapter(replace=True)
    def replacing() -> Database:
        return Database()

    adapters = (by_function, replacing)

    async with a_stage():
        for position in order:
            di.register(adapters[position])

        assert di.explain(Database).startswith("replacing ")


async def test_of_two_replacing_adapters_the_last_wins() -> None:
    def first() -> Database: ...
    def last() -> Database: ...

    async with a_stage():
        di.register(first, last, replace=True)
        shown = di.explain(Database)

    assert shown.startswith("last ")


async def test_replacing_does_not_reach_subclasses() -> None:
    async with a_stage(SqlDatabase):
        di.register(Database, replace=True)

        found = await di.nject(SqlDatabase)

    assert type(found) is SqlDatabase


async def test_the_same_callable_registered_twice_is_one_adapter() -> None:
    factory = Factory()

    async with a_stage(by_function, by_function):
        await di.nject(Database)
    async with a_stage(factory.by_method, factory.by_method):
        await di.nject(Database)


async def test_registered_again_the_last_options_count() -> None:
    async with a_stage(by_function):
        di.register(by_function, lifetime="stage")

        first, second = await di.nject(Database), await di.nject(Database)

    assert first is second


async def test_a_list_takes_all_in_the_order_of_registration() -> None:
    def needy(name: str) -> Database:
        raise AssertionError

    async with a_stage(SqlDatabase, needy, Database):
        component = context.add(Database(), name="replica")

        found = await di.nject(list[Database])

    assert found[0] is component
    assert [type(each) for each in found] == [Database, SqlDatabase, Database]


async def test_a_list_of_nothing_is_empty_unless_there_is_a_default() -> None:
    def with_default(databases: list[Database] | None = None) -> Repo:
        assert databases is None
        return Repo(Database())

    async with a_stage(with_default):
        assert await di.nject(list[Database]) == []
        await di.nject(Repo)


async def test_a_component_that_is_a_list_wins_over_collecting() -> None:
    async with a_stage(Database):
        databases = context.add([SqlDatabase()], list[Database])

        found = await di.nject(list[Database])

    assert found is databases


async def test_members_of_a_list_are_shared_within_the_call() -> None:
    async with a_stage(Database):
        databases, database = await di.nject(list[Database], Database)

    assert databases == [database]


# What an adapter declares


async def test_a_classmethod_that_returns_its_own_class_makes_subclasses_too() -> None:
    class Settings:
        @classmethod
        def load(cls) -> Self:
            return cls()

    class HttpSettings(Settings): ...

    async with a_stage(Settings.load):
        base, http = await di.nject(Settings, HttpSettings)

    assert (type(base), type(http)) == (Settings, HttpSettings)


async def test_an_adapter_of_the_subclass_itself_is_nearer_than_a_classmethod_of_its_base() -> None:
    class Settings:
        @classmethod
        def load(cls) -> "Settings":
            raise AssertionError

    class HttpSettings(Settings): ...

    async with a_stage(Settings.load, HttpSettings):
        found = await di.nject(HttpSettings)

    assert type(found) is HttpSettings


async def test_stage_lifetime_of_such_a_classmethod_is_per_class() -> None:
    class Settings:
        @classmethod
        def load(cls) -> Self:
            return cls()

    class A(Settings): ...

    class B(Settings): ...

    async with a_stage():
        di.register(Settings.load, lifetime="stage")

        a, b, again = await di.nject(A), await di.nject(B), await di.nject(A)

    assert (type(a), type(b)) == (A, B)
    assert a is again


async def test_a_protocol_is_served_by_an_adapter_that_declares_it() -> None:
    def polite() -> Greeter:
        return Polite()

    async with a_stage(polite):
        greeter = await di.nject(Greeter)

    assert greeter.greet() == "good morning"


async def test_a_protocol_is_not_guessed() -> None:
    async with a_stage(Polite):
        with pytest.raises(ResolveError):
            await di.nject(Greeter)


async def test_an_abc_is_served_by_its_subclass() -> None:
    class Shape(ABC):
        @abstractmethod
        def area(self) -> float: ...

    class Square(Shape):
        def area(self) -> float:
            return 1.0

    async with a_stage(Square):
        shape = await di.nject(Shape)

    assert shape.area() == 1.0


async def test_a_new_type_is_not_the_type_beneath() -> None:
    Replica = NewType("Replica", Database)

    def replica() -> Replica:
        return Replica(SqlDatabase())

    async with a_stage(replica, by_function):
        database, found = await di.nject(Database, Replica)

    assert (type(database), type(found)) == (Database, SqlDatabase)


async def test_a_named_adapter_serves_its_name_only() -> None:
    def replica() -> Annotated[Database, di.Named("replica")]:
        return SqlDatabase()

    async with a_stage(replica, by_function):
        unnamed, named = await di.nject(Database, Annotated[Database, di.Named("replica")])

    assert (type(unnamed), type(named)) == (Database, SqlDatabase)


async def test_the_product_is_checked() -> None:
    def liar() -> SqlDatabase:
        return Database()

    async with a_stage(liar):
        with pytest.raises(WrongProductError):
            await di.nject(SqlDatabase)


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
async def test_what_the_process_knows_stages_inherit_and_stages_keep_to_themselves(
    order: tuple[int, int],
) -> None:
    process = di.Registry()
    stage, other = di.Registry(process), di.Registry(process)
    registering = ((process, Database), (stage, Repo))

    for position in order:
        registry, adapter = registering[position]
        registry.register(adapter)

    assert [adapter.make for adapter in stage.adapters] == [Database, Repo]
    assert [adapter.make for adapter in other.adapters] == [Database]


# What cannot be an adapter


class Abstract(ABC):
    @abstractmethod
    def method(self) -> None: ...


def silent():
    return Database()


def of_a_builtin() -> str:
    return ""


def optional() -> Database | None:
    return None


def badly_yielding() -> Database:
    yield Database()


@pytest.mark.parametrize(
    "adapter", [Abstract, Greeter, silent, of_a_builtin, optional, badly_yielding, str, Database()], ids=named
)
async def test_what_cannot_be_an_adapter_is_refused_when_it_is_registered(adapter: Any) -> None:
    async with a_stage():
        with pytest.raises(AdapterError):
            di.register(adapter)


async def test_eager_is_for_the_stage() -> None:
    async with a_stage():
        with pytest.raises(AdapterError, match="eager"):
            di.register(Database, eager=True)


async def test_the_mark_says_what_registering_does_not() -> None:
    @di.adapter(lifetime="stage", eager=True)
    def marked() -> Database:
        return Database()

    registry = di.Registry()
    registry.register(marked)

    (adapter,) = registry.adapters
    assert (adapter.lifetime, adapter.eager) == ("stage", True)


async def test_a_class_does_not_inherit_the_mark() -> None:
    @di.adapter(lifetime="stage")
    class Pool: ...

    class OwnPool(Pool): ...

    registry = di.Registry()
    registry.register(OwnPool)

    assert registry.adapters[0].lifetime == "call"


async def test_a_module_gives_the_marked_adapters_that_it_defines() -> None:
    module = ModuleType("plugin")
    program = """
from rostra import di

@di.adapter
class Own: ...

class Methods:
    @di.adapter
    @classmethod
    def made(cls) -> "Methods": return cls()

    @classmethod
    @di.adapter
    def other(cls) -> "Methods": return cls()

class Unmarked: ...
"""
    exec(program, vars(module))
    module.Imported = di.adapter(type("Imported", (), {"__module__": "elsewhere"}))
    registry = di.Registry()

    registry.collect(module)

    assert [adapter.label for adapter in registry.adapters] == ["Own", "Methods.made", "Methods.other"]
