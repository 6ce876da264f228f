"""Plans that are remembered: what is found out once must be right the second and the third time, too."""

import asyncio
import contextlib
import traceback
from collections.abc import AsyncIterator, Iterator

import pytest
from di_stage import a_stage
from di_views import Database, Repo, Request, Service, View, thrice

from rostra import context, di
from rostra.components import Components
from rostra.errors import ClosedError, GivenError, ResolveError, WrongProductError

pytestmark = pytest.mark.asyncio


class Replica(Database): ...


class TestWhatMakesAPlanWrong:
    async def test_an_addition_below_is_seen_by_what_was_compiled_above(self) -> None:
        async with a_stage(Database, Repo) as layer:
            with context.child():
                context.add(Request())
                await thrice(Repo)

                there = layer.add(Database())

                assert {each.database for each in await thrice(Repo)} == {there}

    async def test_a_replacement_in_place_is_seen(self) -> None:
        async with a_stage(Repo):
            context.add(Database())
            await thrice(Repo)

            latest = context.add(Database())

            assert {each.database for each in await thrice(Repo)} == {latest}

    async def test_a_replacement_of_what_is_hidden_under_a_base_hides_it_again(self) -> None:
        async with a_stage(Repo):
            first = context.add(Replica())
            context.add(Database())
            await thrice(Repo)

            second = context.add(Replica())

            assert {each.database for each in await thrice(Repo)} == {second}
            assert context.get(Replica) is not first

    async def test_two_keys_that_shared_a_slot_may_come_apart(self) -> None:
        async with a_stage():
            replica = context.add(Replica())
            assert (await thrice(Database)) == (await thrice(Replica)) == [replica] * 3

            with context.child():
                database = context.add(Database())

                assert await thrice(Database) == [database] * 3
                assert await thrice(Replica) == [replica] * 3
            assert await thrice(Database) == [replica] * 3

    async def test_the_lowest_layer_may_change_as_well(self) -> None:
        lowest = Components(label="lowest")
        lowest.add(di.Registry())
        with context.use(lowest.push("above")):
            di.register(Database, Repo)
            await thrice(Repo)

            there = lowest.add(Database())

            assert {each.database for each in await thrice(Repo)} == {there}

    async def test_a_registration_replaces_what_was_compiled(self) -> None:
        def fake() -> Database:
            return Replica()

        async with a_stage(Database, Repo):
            await thrice(Repo)

            di.register(fake, replace=True)

            assert {type(each.database) for each in await thrice(Repo)} == {Replica}

    async def test_a_registration_below_reaches_plans_of_all_registries_above(self) -> None:
        process = di.Registry()
        process.register(Repo, Database)
        async with a_stage():
            context.add(di.Registry(process))
            await thrice(Repo)

            process.register(make_replica, replace=True)

            assert {type(each.database) for each in await thrice(Repo)} == {Replica}

    async def test_an_override_holds_for_its_body_alone(self) -> None:
        async with a_stage(Database, Repo):
            await thrice(Repo)

            for _ in range(2):
                with di.override(Database, Replica()):
                    assert {type(each.database) for each in await thrice(Repo)} == {Replica}
                assert {type(each.database) for each in await thrice(Repo)} == {Database}

    async def test_two_stages_of_one_shape_have_their_own_plans(self) -> None:
        for make in (Database, make_replica, Database):
            async with a_stage(make, Repo):
                assert {type(each.database) for each in await thrice(Repo)} == {
                    Replica if make is make_replica else Database
                }

    async def test_a_coroutine_takes_the_context_as_it_is_when_it_is_made(self) -> None:
        async with a_stage(Repo):
            first = context.add(Database())
            await thrice(Repo)
            asked = di.nject(Repo)

            context.add(Database())

            assert (await asked).database is first


def make_replica() -> Database:
    return Replica()


class TestGivenValues:
    async def test_names_and_types_have_plans_of_their_own(self) -> None:
        async with a_stage(Database, Repo, Service, View):
            for _ in range(3):
                request, database = Request(), Replica()

                view = await di.nject(View, request=request)
                other = await di.nject(View, database=database, request=request)
                by_type = await di.nject(View, something=request)

                assert view.request is other.request is by_type.request is request
                assert other.service.database is other.service.repo.database is database
                assert type(view.service.database) is Database

    async def test_a_value_that_serves_nobody_is_an_error_each_time(self) -> None:
        async with a_stage(Database, Repo):
            await thrice(Repo)
            for _ in range(3):
                with pytest.raises(GivenError):
                    await di.nject(Repo, request=Request())

    async def test_none_is_no_value_of_the_type_that_was_given_before(self) -> None:
        async with a_stage(Repo):
            await thrice(Repo, database=Database())

            with pytest.raises(GivenError, match="not optional"):
                await di.nject(Repo, database=None)

    async def test_several_targets_share_what_is_made_for_them(self) -> None:
        async with a_stage(Database, Repo, Service):
            for _ in range(3):
                repo, service = await di.nject(Repo, Service)

                assert service.repo is repo

    async def test_unions_are_equal_but_ask_for_the_one_that_is_written_first(self) -> None:
        async with a_stage(Database, Request):
            for _ in range(3):
                assert type(await di.nject(Database | Request)) is Database
                assert type(await di.nject(Request | Database)) is Request
                assert type(di.now(Database | Request)) is Database
                assert type(di.now(Request | Database | None)) is Request

    async def test_falsy_values_are_there(self) -> None:
        class Names(list[str]): ...

        async with a_stage():
            names = context.add(Names())

            assert all(each is names for each in await thrice(Names))
            assert all(di.now(Names | None) is names for _ in range(3))


class TestWhatGoesWrong:
    async def test_an_error_is_raised_at_the_await_each_time(self) -> None:
        async with a_stage(Repo):
            for _ in range(3):
                asked = di.nject(Repo)
                with pytest.raises(ResolveError):
                    await asked

    async def test_an_exception_says_for_whom_something_was_built(self) -> None:
        def connect() -> Database:
            raise OSError("no route")

        async with a_stage(connect, Repo, Service):
            notes = []
            for _ in range(3):
                with pytest.raises(OSError, match="no route") as caught:
                    await di.nject(Service)
                notes.append(caught.value.__notes__)

        assert notes[0][0].startswith("while building Service\n  └ Service(repo: Repo, database: Database)")
        assert notes[0] == notes[1] == notes[2]

    async def test_a_second_failure_of_one_call_is_told_of_its_own_line(self) -> None:
        fails = True

        def connect() -> Database:
            if fails:
                raise OSError("no route")
            return Database()

        def broken(database: Database) -> Repo:
            raise ValueError(database)

        async with a_stage(connect, broken, Service):
            for _ in range(3):
                with pytest.raises(OSError, match="no route"):
                    await di.nject(Service)
            fails = False
            with pytest.raises(ValueError) as caught:  # noqa: PT011  (the note is what is tested)
                await di.nject(Service)

        assert "broken(database: Database)" in caught.value.__notes__[0]

    async def test_tracebacks_show_the_generated_line(self) -> None:
        def connect() -> Database:
            raise OSError("no route")

        async with a_stage(connect, Repo):
            text = ""
            for _ in range(3):
                with pytest.raises(OSError, match="no route") as caught:
                    await di.nject(Repo)
                text = "".join(traceback.format_exception(caught.value))

        assert "in nject_Repo" in text
        assert "database_1 = connect()" in text

    async def test_pytest_shows_nothing_of_it(self) -> None:
        def connect() -> Database:
            raise OSError("no route")

        async with a_stage(connect, Repo):
            names: list[str] = []
            for _ in range(3):
                with pytest.raises(OSError, match="no route") as caught:
                    await di.nject(Repo)
                names = [each.name for each in caught.traceback.filter(caught)]

        assert names[-1] == "connect"
        assert "nject_Repo" not in names

    async def test_what_is_of_another_type_is_named_each_time(self) -> None:
        def wrong() -> Database:
            return Repo  # type: ignore[return-value]  # that is the mistake

        async with a_stage(wrong, Repo):
            for _ in range(3):
                with pytest.raises(WrongProductError, match="Database"):
                    await di.nject(Repo)

    async def test_a_generator_that_does_not_yield_is_told_so(self) -> None:
        async def empty() -> AsyncIterator[Database]:
            if context is None:
                yield Database()

        async with a_stage(empty), di.scope():
            for _ in range(3):
                with pytest.raises(RuntimeError, match="generator didn't yield"):
                    await di.nject(Database)

    async def test_a_generator_that_yields_twice_is_told_so(self) -> None:
        async def twice() -> AsyncIterator[Database]:
            yield Database()
            yield Database()

        async with a_stage(twice):
            for _ in range(3):
                with pytest.raises(ExceptionGroup) as caught:
                    async with di.scope():
                        await di.nject(Database)

                assert "generator didn't stop" in repr(caught.value.exceptions)

    async def test_a_call_of_a_function_gets_no_note_for_its_own_failure(self) -> None:
        async with a_stage(Database):
            for _ in range(3):
                with pytest.raises(ValueError) as caught:  # noqa: PT011  (that there is no note is what is tested)
                    await di.call(failing)

                assert not hasattr(caught.value, "__notes__")


async def failing(database: Database) -> None:
    raise ValueError(database)


class TestScopes:
    async def test_all_kinds_of_resources_are_opened_once_and_closed_in_reverse(self) -> None:
        journal: list[str] = []

        def database() -> Iterator[Database]:
            journal.append("+database")
            yield Database()
            journal.append("-database")

        async def repo(database: Database) -> AsyncIterator[Repo]:
            journal.append("+repo")
            yield Repo(database)
            journal.append("-repo")

        @contextlib.asynccontextmanager
        async def service(repo: Repo, database: Database) -> AsyncIterator[Service]:
            journal.append("+service")
            yield Service(repo, database)
            journal.append("-service")

        async with a_stage(database, repo, service):
            for _ in range(4):
                journal.clear()
                async with di.scope():
                    first = await di.nject(Service)
                    assert await di.nject(Service) is first
                    assert (await di.nject(Repo)) is first.repo
                assert journal == ["+database", "+repo", "+service", "-service", "-repo", "-database"]

    async def test_what_is_kept_is_not_made_for_what_is_there(self) -> None:
        made: list[str] = []

        def database() -> Database:
            made.append("database")
            return Database()

        def repo(database: Database) -> Repo:
            made.append("repo")
            return Repo(database)

        async with a_stage(database):
            di.register(repo, lifetime="scope")
            for _ in range(4):
                made.clear()
                async with di.scope():
                    for _ in range(3):
                        await di.nject(Repo)
                assert made == ["database", "repo"]

    async def test_tasks_of_one_scope_open_a_resource_once_also_when_compiled(self) -> None:
        opened: list[str] = []
        opening, may_open = asyncio.Event(), asyncio.Event()

        async def database() -> AsyncIterator[Database]:
            opened.append("database")
            opening.set()
            await may_open.wait()
            yield Database()

        async with a_stage(database):
            di.register(Repo, lifetime="scope")
            for _ in range(4):
                opened.clear()
                opening.clear()
                may_open.clear()
                async with di.scope(), asyncio.TaskGroup() as group:
                    tasks = [group.create_task(di.nject(Repo)) for _ in range(3)]
                    await opening.wait()
                    may_open.set()
                assert opened == ["database"]
                assert len({task.result() for task in tasks}) == 1

    async def test_who_waits_makes_it_when_a_compiled_maker_is_cancelled(self) -> None:
        may_open = asyncio.Event()
        may_open.set()

        async def database() -> AsyncIterator[Database]:
            await may_open.wait()
            yield Database()

        async with a_stage(database):
            for _ in range(4):
                async with di.scope():
                    may_open.clear()
                    maker = asyncio.create_task(di.nject(Database))
                    await asyncio.sleep(0)
                    waiter = asyncio.create_task(di.nject(Database))
                    await asyncio.sleep(0)
                    maker.cancel()
                    may_open.set()
                    assert isinstance(await waiter, Database)
                may_open.set()

    async def test_a_scope_that_has_ended_is_used_no_more_by_plans_either(self) -> None:
        async def database() -> AsyncIterator[Database]:
            yield Database()

        async with a_stage(database):
            for _ in range(3):
                async with di.scope():
                    await di.nject(Database)
                    ended = context.current_context()
                with context.use(ended), pytest.raises(ClosedError):
                    await di.nject(Database)

    @pytest.mark.parametrize("steps", range(7))
    async def test_cancelled_at_any_step_everything_opened_is_closed_also_when_compiled(
        self, steps: int
    ) -> None:
        opened: list[str] = []
        closed: list[str] = []

        async def database() -> AsyncIterator[Database]:
            await asyncio.sleep(0)
            opened.append("database")
            try:
                yield Database()
            finally:
                closed.append("database")
                await asyncio.sleep(0)

        async def repo(database: Database) -> AsyncIterator[Repo]:
            await asyncio.sleep(0)
            opened.append("repo")
            try:
                yield Repo(database)
            finally:
                closed.append("repo")
                await asyncio.sleep(0)

        async def work() -> None:
            async with di.scope():
                await di.nject(Repo)

        async with a_stage(database, repo):
            for _ in range(3):
                await work()
            opened.clear()
            closed.clear()
            task = asyncio.create_task(work())
            for _ in range(steps):
                await asyncio.sleep(0)
            task.cancel()
            await asyncio.wait([task])

        assert closed == opened[::-1]
