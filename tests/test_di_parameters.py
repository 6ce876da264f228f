"""Where the value of a parameter comes from: given values, the context, adapters, defaults."""

import functools
from collections.abc import Callable
from typing import Annotated, Any, NewType

import attrs
import pytest
from di_stage import a_stage

from rostra import context, di
from rostra.errors import ConflictError, GivenError, ResolveError

pytestmark = pytest.mark.asyncio


class Database: ...


class SqlDatabase(Database): ...


class Empty(Database):
    def __bool__(self) -> bool:
        return False


@attrs.frozen(eq=False)
class Repo:
    database: Database


@attrs.frozen(eq=False)
class Server:
    host: str
    port: int = 80


# Given values


async def test_a_given_value_serves_the_parameter_of_its_name() -> None:
    async with a_stage(Server):
        server = await di.nject(Server, host="localhost", port=8080)

    assert (server.host, server.port) == ("localhost", 8080)


async def test_a_given_value_serves_parameters_further_down() -> None:
    database = Database()

    async with a_stage(Repo):
        repo = await di.nject(Repo, database=database)

    assert repo.database is database


async def test_a_given_value_serves_by_its_type() -> None:
    database = SqlDatabase()

    async with a_stage(Repo):
        repo = await di.nject(Repo, anything=database)

    assert repo.database is database


async def test_a_given_value_wins_over_the_context_and_over_adapters() -> None:
    database = Database()

    async with a_stage(Repo, SqlDatabase):
        context.add(SqlDatabase(), name="database")
        repo = await di.nject(Repo, x=database)

    assert repo.database is database


async def test_a_value_given_by_name_is_not_checked() -> None:
    async with a_stage(Repo):
        repo = await di.nject(Repo, database="a fake")

    assert repo.database == "a fake"


async def test_a_given_value_that_matched_a_name_serves_nothing_else() -> None:
    def other(replica: Database, database: Database) -> Server:
        assert replica is not database
        return Server("")

    replica = Database()
    async with a_stage(other, SqlDatabase):
        await di.nject(Server, replica=replica)


async def test_so_the_value_left_over_is_not_ambiguous() -> None:
    seen: list[Database] = []

    def inner(first: Database) -> Server:
        seen.append(first)
        return Server("")

    def outer(server: Server, unnamed: Database) -> Repo:
        return Repo(unnamed)

    first, second = Database(), Database()
    async with a_stage(inner, outer):
        repo = await di.nject(Repo, first=first, second=second)

    assert (seen, repo.database) == ([first], second)


async def test_two_given_values_that_fit_one_parameter_are_an_error() -> None:
    async with a_stage(Repo):
        with pytest.raises(GivenError, match="each of them fits"):
            await di.nject(Repo, a=Database(), b=Database())


async def test_a_given_value_that_serves_nobody_is_an_error() -> None:
    async with a_stage(Repo, Database):
        with pytest.raises(GivenError, match="nothing that is built takes it"):
            await di.nject(Repo, port=5)


async def test_builtin_types_are_given_by_name_only() -> None:
    async with a_stage(Server):
        context.add("from the context", str)

        with pytest.raises(ResolveError, match="a str is filled by name only"):
            await di.nject(Server, hostname="localhost")


async def test_a_new_type_is_given_by_name_only() -> None:
    Url = NewType("Url", str)

    def server(url: Url) -> Server:
        return Server(url)

    async with a_stage(server):
        with pytest.raises(ResolveError):
            await di.nject(Server, x="http://")
        found = await di.nject(Server, url="http://")

    assert found.host == "http://"


async def test_a_falsy_given_value_is_there() -> None:
    empty = Empty()

    async with a_stage(Repo, Server):
        repo = await di.nject(Repo, x=empty)
        server = await di.nject(Server, host="", port=0)

    assert repo.database is empty
    assert (server.host, server.port) == ("", 0)


async def test_none_for_a_parameter_that_is_not_optional_is_an_error() -> None:
    async with a_stage(Repo):
        with pytest.raises(GivenError, match="not optional"):
            await di.nject(Repo, database=None)


@pytest.mark.parametrize("annotation", [Database | None, Any, object, None])
async def test_none_may_be_given_for_what_takes_none(annotation: Any) -> None:
    def made(x: Any) -> Server:
        assert x is None
        return Server("")

    made.__annotations__["x"] = annotation
    async with a_stage(made):
        await di.nject(Server, x=None)


# The context


async def test_the_component_of_the_parameters_name_wins_over_the_unnamed_one() -> None:
    async with a_stage(Repo):
        named = context.add(Database(), name="database")
        context.add(Database())

        repo = await di.nject(Repo)

    assert repo.database is named


async def test_a_component_of_another_name_does_not_count() -> None:
    async with a_stage(Repo):
        context.add(Database(), name="replica")

        with pytest.raises(ResolveError, match='a Database named "replica" is in the stage layer'):
            await di.nject(Repo)


async def test_a_named_parameter_takes_its_name_and_nothing_else() -> None:
    def repo(database: Annotated[Database, di.Named("replica")]) -> Repo:
        return Repo(database)

    async with a_stage(repo, Database):
        context.add(Database())
        context.add(Database(), name="database")
        with pytest.raises(ResolveError):
            await di.nject(Repo, x=Database())

        replica = context.add(Database(), name="replica")
        found = await di.nject(Repo)

    assert found.database is replica


async def test_a_named_parameter_is_still_given_by_its_own_name() -> None:
    def repo(database: Annotated[Database, di.Named("replica")]) -> Repo:
        return Repo(database)

    database = Database()
    async with a_stage(repo):
        found = await di.nject(Repo, database=database)

    assert found.database is database


async def test_what_is_added_to_a_lower_layer_is_seen_from_the_next_call_on() -> None:
    async with a_stage(Repo) as layer:
        with context.child():
            with pytest.raises(ResolveError):
                await di.nject(Repo)
            database = layer.add(Database())

            repo = await di.nject(Repo)

    assert repo.database is database


# Defaults and None


async def test_a_default_is_taken_when_nothing_else_is_there() -> None:
    def repo(database: Database = Empty()) -> Repo:  # noqa: B008
        return Repo(database)

    async with a_stage(repo):
        found = await di.nject(Repo)

    assert type(found.database) is Empty


@pytest.mark.parametrize("provide", [lambda: context.add(SqlDatabase()), lambda: di.register(SqlDatabase)])
async def test_a_component_or_an_adapter_wins_over_a_default(provide: Callable[[], object]) -> None:
    def repo(database: Database | None = None) -> Repo:
        assert database is not None
        return Repo(database)

    async with a_stage(repo):
        provide()
        found = await di.nject(Repo)

    assert type(found.database) is SqlDatabase


async def test_an_adapter_that_lacks_something_leaves_the_default() -> None:
    def needy(url: str) -> Database:
        raise AssertionError

    def repo(database: Database | None) -> Server:
        assert database is None
        return Server("")

    async with a_stage(needy, repo):
        await di.nject(Server)


async def test_a_conflict_is_not_hidden_by_a_default() -> None:
    def first() -> Database:
        raise AssertionError

    def repo(database: Database | None = None) -> Repo:
        raise AssertionError

    async with a_stage(first, Database, repo):
        with pytest.raises(ConflictError):
            await di.nject(Repo)


async def test_factories_of_attrs_count_as_defaults() -> None:
    @attrs.define
    class Basket:
        items: list[str] = attrs.Factory(list)
        _size: int = attrs.field(default=3)

    async with a_stage(Basket):
        basket = await di.nject(Basket)
        sized = await di.nject(Basket, size=5)

    assert (basket.items, basket._size, sized._size) == ([], 3, 5)


async def test_unannotated_parameters_are_given_by_name_or_left_to_their_default() -> None:
    def server(host, port=81) -> Server:
        return Server(host, port)

    async with a_stage(server):
        found = await di.nject(Server, host="localhost")
        with pytest.raises(ResolveError):
            await di.nject(Server)

    assert (found.host, found.port) == ("localhost", 81)


async def test_the_first_member_of_a_union_that_can_be_had_is_taken() -> None:
    def needy(url: str) -> Database:
        raise AssertionError

    def either(found: Database | Server) -> Repo:
        return Repo(found)

    async with a_stage(needy, either):
        context.add(Server(""))
        repo = await di.nject(Repo)
        context.add(Database())
        other = await di.nject(Repo)

    assert (type(repo.database), type(other.database)) == (Server, Database)


# Kinds of parameters


async def test_positional_only_parameters_are_filled_in_order() -> None:
    def server(
        host: str, port: int = 82, database: Database | None = None, /, *, debug: bool = False
    ) -> Server:
        assert database is not None
        return Server(host, port)

    async with a_stage(server, Database):
        found = await di.nject(Server, host="localhost")

    assert (found.host, found.port) == ("localhost", 82)


async def test_stars_stay_empty() -> None:
    def server(*args: Database, host: str, **kwargs: Database) -> Server:
        assert (args, kwargs) == ((), {})
        return Server(host)

    async with a_stage(server, Database):
        await di.nject(Server, host="localhost")


async def test_what_a_partial_has_fixed_is_not_filled() -> None:
    database = Database()

    async with a_stage(functools.partial(Repo, database=database), SqlDatabase):
        repo = await di.nject(Repo)

    assert repo.database is database


# call


async def test_call_fills_what_is_not_given() -> None:
    async def handler(name: str, repo: Repo) -> tuple[str, Repo]:
        return name, repo

    async with a_stage(Repo, Database):
        name, repo = await di.call(handler, name="Ann")

    assert (name, type(repo)) == ("Ann", Repo)


async def test_call_gives_given_values_to_what_it_builds() -> None:
    database = Database()

    async with a_stage(Repo):
        repo = await di.call(lambda repo: repo, repo=5)
        found = await di.call(_handler, x=database)

    assert (repo, found.database) == (5, database)


def _handler(repo: Repo) -> Repo:
    return repo


async def test_call_awaits_what_can_be_awaited_and_no_more() -> None:
    async def generator():
        yield 1

    def late():
        async def answer() -> int:
            return 42

        return answer()

    async with a_stage():
        assert hasattr(await di.call(generator), "__anext__")
        assert await di.call(late) == 42


async def test_call_raises_at_the_await() -> None:
    def handler(repo: Repo) -> None: ...

    async with a_stage():
        asked = di.call(handler)

        with pytest.raises(ResolveError):
            await asked


# inject


async def test_inject_fills_what_the_caller_does_not_pass() -> None:
    @di.inject
    async def handler(name: str, repo: Repo, times: int = 1) -> tuple[str, type, int]:
        return name, type(repo), times

    async with a_stage(Repo, Database):
        assert await handler("Ann") == ("Ann", Repo, 1)
        assert await handler(name="Ann", times=2) == ("Ann", Repo, 2)


async def test_what_the_caller_passes_is_for_the_function_alone() -> None:
    @di.inject
    async def handler(database: Database, repo: Repo) -> bool:
        return repo.database is database

    async with a_stage(Repo, Database):
        assert not await handler(Database())
        assert await handler()


async def test_inject_works_where_nothing_needs_await() -> None:
    @di.inject
    def handler(name: str, repo: Repo) -> Repo:
        return repo

    async with a_stage(Repo, Database):
        assert type(handler("Ann")) is Repo


async def test_inject_fills_methods() -> None:
    class Page:
        @di.inject
        async def show(self, name: str, repo: Repo) -> tuple[object, str, type]:
            return self, name, type(repo)

    page = Page()
    async with a_stage(Repo, Database):
        assert await page.show("Ann") == (page, "Ann", Repo)
