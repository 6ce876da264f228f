"""Functions that plans become: what is seen of them, what they leave in memory, and for which functions there are some."""

import gc
import inspect
import tracemalloc
import weakref
from collections.abc import AsyncIterator
from types import MethodType
from typing import Any

import pytest
from di_stage import a_stage
from di_views import Database, Repo, Request, Service, View, thrice

from rostra import context, di
from rostra.di.asking import CALLS, alike
from rostra.errors import ResolveError

pytestmark = pytest.mark.asyncio


def plan_of(target: Any) -> Any:
    """The function that is called the next time."""
    return context.current_context().shape.plans[target]


def remembered(registry: di.Registry, function: Any) -> list[Any]:
    """What was planned for calls of a function, once for each context that decides it otherwise."""
    return registry.roster.remembered.of(((CALLS, (alike(function),)), False, False))


class TestWhatIsSeenOfThem:
    async def test_the_source_can_be_printed(self) -> None:
        async def connect() -> Database:
            return Database()

        async with a_stage(connect, Repo, Service, View):
            text = di.explain(View, source=True, request=Request())

        assert text == (
            "async def nject_View(values, given_request):\n"
            "    try:\n"
            "        database_1 = await connect()\n"
            "        if database_1.__class__ is not Database and not isinstance(database_1, Database):\n"
            "            check(connect_offer, database_1)\n"
            "        repo_2 = Repo(database_1)\n"
            "        service_3 = Service(repo_2, database_1)\n"
            "        view_4 = View(given_request, service_3)\n"
            "    except Exception as error:\n"
            "        told(error, ways)\n"
            "        raise\n"
            "    return view_4\n"
        )

    async def test_what_is_interpreted_says_so(self) -> None:
        class Late:
            def __init__(self, database: di.Lazy[Database]) -> None:
                self.database = database

        async with a_stage(Database, Late):
            assert di.explain(Late, source=True).startswith("Late is interpreted")

    async def test_a_plan_is_a_coroutine_function_with_the_name_of_what_it_makes(self) -> None:
        async with a_stage(Database, Repo):
            await thrice(Repo)

            assert inspect.iscoroutinefunction(plan_of(Repo))
            assert plan_of(Repo).__name__ == "nject_Repo"

    async def test_the_first_time_compiles_nothing(self) -> None:
        async with a_stage(Database, Repo):
            await di.nject(Repo)

            assert Repo not in context.current_context().shape.plans

    async def test_an_addition_that_is_known_compiles_nothing_anew(self) -> None:
        async with a_stage(Database, Repo):
            plans = set()
            for _ in range(4):
                with context.child():
                    context.add(Request())
                    await thrice(Repo)
                    plans.add(plan_of(Repo))

        assert len(plans) == 1

    @pytest.mark.parametrize("where", ["stage", "layer"])
    async def test_an_addition_that_nobody_on_the_way_asked_for_compiles_nothing_anew(
        self, where: str
    ) -> None:
        async with a_stage(Repo, Service) as stage:
            database = stage.add(Database())
            with context.child() as layer:
                await thrice(Service)
                code = plan_of(Service).__code__

                {"stage": stage, "layer": layer}[where].add(Request())
                service = await di.nject(Service)

                assert service.database is database
                assert plan_of(Service).__code__ is code

    async def test_an_addition_that_somebody_on_the_way_asked_for_is_found(self) -> None:
        async with a_stage(Repo, Service) as stage:
            stage.add(Database())
            with context.child():
                before = await thrice(Service)
                nearer = context.add(Database())

                after = await thrice(Service)

        assert {each.database for each in after} == {nearer}
        assert {each.database for each in before} != {nearer}

    async def test_a_replacement_below_compiles_nothing_anew(self) -> None:
        async with a_stage(Repo) as layer:
            layer.add(Database())
            with context.child():
                context.add(Request())
                await thrice(Repo)
                plan = plan_of(Repo)

                latest = layer.add(Database())

                assert {each.database for each in await thrice(Repo)} == {latest}
                assert plan_of(Repo) is plan


class TestWhatIsForeseen:
    @pytest.mark.parametrize("how", ["looked at", "checked"])
    async def test_it_is_planned_once_and_compiled_no_sooner_than_if_it_were_not(self, how: str) -> None:
        async def use(repo: Repo) -> Repo:
            return repo

        async with a_stage(Database, Repo) as stage:
            registry = stage.get(di.Registry)
            if how == "checked":
                registry.add_root(di.Root(use, "a task", scoped=True, is_called=True))
                assert di.check().problems == ()
            else:
                assert di.loads(use, stage) == frozenset()
            foreseen = remembered(registry, use)
            await di.call(use)
            after_one = dict(stage.shape.plans)
            await di.call(use)

            assert len(foreseen) == 1
            assert remembered(registry, use) == foreseen
            assert CALLS not in after_one
            assert plan_of(CALLS)

    async def test_what_is_there_when_it_is_called_is_taken(self) -> None:
        async def use(repo: Repo) -> Database:
            return repo.database

        async with a_stage(Database, Repo) as stage:
            di.loads(use, stage)
            added = stage.add(Database())

            assert await di.call(use) is added
            assert di.loads(use, stage) == {Database}

    async def test_what_lacks_something_is_found_out_when_it_is_called(self) -> None:
        async def use(request: Request, repo: Repo) -> Request:
            return request

        async with a_stage(Repo) as stage:
            request = stage.add(Request())
            assert di.loads(use, stage) == {Request}
            with pytest.raises(ResolveError):
                await di.call(use)
            stage.add(Database())

            assert await di.call(use) is request

    async def test_given_values_are_no_components(self) -> None:
        async def use(request: Request, database: Database) -> Request:
            return request

        async with a_stage() as stage:
            stage.add(Request())
            stage.add(Database())

            assert di.loads(use, stage, {"request": Request}) == {Database}
            assert di.loads(use, stage) == {Request, Database}


class TestMemory:
    async def test_a_call_leaves_no_cycle(self) -> None:
        async def database() -> AsyncIterator[Database]:
            yield Database()

        async with a_stage(database, Repo, Service, View):

            async def use() -> tuple[weakref.ref[Any], ...]:
                async with di.scope():
                    view = await di.nject(View, request=Request())
                    await di.call(using, request=view.request)
                    di.now(Database | None)
                    with context.child() as layer:
                        context.add(Request())
                        return weakref.ref(view), weakref.ref(layer)

            for _ in range(5):
                await use()
            gc.collect()
            gc.disable()
            try:
                left = [await use() for _ in range(20)]
                alive = [ref for refs in left for ref in refs if ref() is not None]
                assert alive == []
                assert gc.collect() == 0
            finally:
                gc.enable()

    async def test_a_hundred_thousand_calls_and_ten_thousand_layers_take_no_memory(self) -> None:
        async with a_stage(Database, Repo):

            async def laps(count: int) -> None:
                for number in range(count):
                    await di.nject(Repo)
                    if number % 10 == 0:
                        with context.child():
                            context.add(Request())
                            await di.nject(Repo)

            await laps(2_000)
            gc.collect()
            tracemalloc.start()
            try:
                before, _ = tracemalloc.get_traced_memory()
                await laps(20_000)
                gc.collect()
                after, _ = tracemalloc.get_traced_memory()
            finally:
                tracemalloc.stop()

        assert after - before < 100_000

    async def test_ten_thousand_types_leave_no_more_plans_than_are_remembered(self) -> None:
        async with a_stage(Database, Repo) as layer:
            for number in range(10_000):
                with context.child():
                    context.add(number, f"key {number}")
                    await di.nject(Database)
            for number in range(1_500):
                cls = type(f"Thing{number}", (), {})
                layer.add(cls())
                for _ in range(2):
                    await di.nject(cls)

            plans = context.current_context().shape.plans
            assert len(plans) <= 2_000

    async def test_names_that_vary_without_end_are_not_all_remembered(self) -> None:
        async with a_stage(Repo):
            for number in range(2_500):
                for _ in range(2):
                    await di.nject(Repo, **{f"name_{number}": Database()})

            assert len(context.current_context().shape.plans) <= 2_000


class TestFunctions:
    async def test_annotations_that_are_text_are_read_once(self) -> None:
        async with a_stage(Database):
            for _ in range(3):
                assert isinstance(await di.call(texted), Database)

            assert texted in [key[0] for key in context.current_context().shape.plans[CALLS]]

    async def test_functions_that_differ_in_what_they_close_over_share_a_plan_that_keeps_none_of_them(
        self,
    ) -> None:
        test = object()

        async with a_stage(Database):
            for _ in range(3):
                here = Request()

                async def local(database: Database, here: Request = here) -> Any:
                    return here, database, test

                assert (await di.call(local))[0] is here
                seen = weakref.ref(local)
                del local
                assert seen() is None

            assert len(context.current_context().shape.plans[CALLS]) == 1

    async def test_methods_of_several_objects_share_a_plan_that_keeps_none_of_them(self) -> None:
        class Shelf:
            async def put(self, database: Database) -> tuple[Any, Database]:
                return self, database

        class Drawer(Shelf):
            pass

        async with a_stage(Database):
            for shelf in (Shelf(), Shelf(), Shelf(), Drawer(), Drawer()):
                assert (await di.call(shelf.put))[0] is shelf
            seen = weakref.ref(shelf)
            del shelf

            assert seen() is None
            assert len(context.current_context().shape.plans[CALLS]) == 2

    async def test_a_local_function_that_is_bound_to_an_object_is_not_kept_either(self) -> None:
        async with a_stage(Database):
            for _ in range(3):
                test, shelf = Request(), Request()

                def put(self: Request, database: Database, test: Request = test) -> Any:
                    return self, database, test

                assert (await di.call(MethodType(put, shelf)))[::2] == (shelf, test)
                seen = weakref.ref(put), weakref.ref(test)
                del put, test
                assert [each() for each in seen] == [None, None]

            assert len(context.current_context().shape.plans[CALLS]) == 1

    async def test_a_default_of_a_local_function_is_its_own(self) -> None:
        async with a_stage(Repo):

            def local(default: Any) -> Any:
                async def use(repo: Repo | None = default) -> Any:
                    return repo

                return use

            for _ in range(3):
                for default in (None, "one", "another"):
                    assert await di.call(local(default)) is default

    async def test_unions_in_another_order_have_plans_of_their_own(self) -> None:
        async with a_stage(Database, Request):
            for _ in range(3):
                assert isinstance(await di.nject(Database | Request), Database)
                assert isinstance(await di.nject(Request | Database), Request)

            names = {
                each.__name__ for each in context.current_context().shape.plans.values() if callable(each)
            }
            assert len(names) == 2

    async def test_an_injected_function_is_filled_whatever_is_passed(self) -> None:
        @di.inject
        async def use(first: int, repo: Repo, *, database: Database, last: str = "z") -> tuple[Any, ...]:
            return first, repo, database, last

        async with a_stage(Database, Repo):
            for _ in range(3):
                first, repo, database, last = await use(1)
                assert (first, repo.database, last) == (1, database, "z")
                given = Repo(Database())
                assert (await use(2, given, last="y"))[1::2] == (given, "y")
                assert (await use(first=3, database=database))[:3:2] == (3, database)

    async def test_an_injected_function_shares_what_the_scope_keeps_and_has_its_own_outside_of_any(
        self,
    ) -> None:
        opened: list[Database] = []

        async def database() -> AsyncIterator[Database]:
            opened.append(Database())
            yield opened[-1]
            opened.remove(opened[-1])

        @di.inject
        async def use(repo: Repo, database: Database) -> Database:
            assert repo.database is database
            assert opened
            return database

        async with a_stage(database, Repo):
            context.add(di.Unscoped())
            for _ in range(3):
                assert await use() is not await use()
                assert opened == []
                async with di.scope():
                    assert await use() is await use() is await di.nject(Database)
                    assert len(opened) == 1

    async def test_an_injected_function_without_await_is_filled(self) -> None:
        @di.inject
        def use(first: int, repo: Repo) -> tuple[Any, ...]:
            return first, repo

        async with a_stage(Database, Repo):
            for _ in range(3):
                assert type(use(1)[1]) is Repo


async def texted(database: "Database") -> Any:
    return database


async def using(request: Request, database: Database) -> None: ...
