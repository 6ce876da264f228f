"""What lives as long as a scope: made once in it, closed when it ends."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from typing import Any

import attrs
import pytest
from di_stage import Journal, a_stage

from rostra import context, di
from rostra.errors import ClosedError, CycleError, NeedsAwaitError, ResolveError

pytestmark = pytest.mark.asyncio


class Connection: ...


@attrs.frozen(eq=False)
class Session:
    connection: Connection


@attrs.frozen(eq=False)
class Handler:
    session: Session
    connection: Connection


class Request: ...


class World:
    """Adapters that note what they open and close, and wait to be let on."""

    def __init__(self) -> None:
        self.journal = Journal()
        self.may_open = asyncio.Event()
        self.may_open.set()

    async def connection(self) -> AsyncIterator[Connection]:
        await self.may_open.wait()
        async with self.journal.noting("connection"):
            yield Connection()

    async def session(self, connection: Connection) -> AsyncIterator[Session]:
        async with self.journal.noting("session"):
            await checkpoint()
            yield Session(connection)
            await checkpoint()

    @property
    def adapters(self) -> tuple[Any, ...]:
        return self.connection, self.session, Handler


async def checkpoint() -> None:
    await asyncio.sleep(0)


async def one_makes_and_one_waits() -> tuple[asyncio.Task[Connection], asyncio.Task[Connection]]:
    """Two tasks that asked for a connection, one after the other, while none may be opened."""
    maker = asyncio.create_task(di.nject(Connection))
    await checkpoint()
    waiter = asyncio.create_task(di.nject(Connection))
    await checkpoint()
    return maker, waiter


async def test_a_resource_is_made_once_in_a_scope() -> None:
    world = World()

    async with a_stage(*world.adapters), di.scope():
        first, second = await di.nject(Session), await di.nject(Session)

    assert first is second


async def test_what_uses_a_resource_is_closed_before_it() -> None:
    world = World()

    async with a_stage(*world.adapters):
        async with di.scope():
            await di.nject(Handler)

        assert world.journal.opened == ["connection", "session"]
        assert world.journal.closed == ["session", "connection"]


async def test_each_scope_has_its_own() -> None:
    world = World()

    async with a_stage(*world.adapters), di.scope():
        outer = await di.nject(Connection)
        async with di.scope():
            inner = await di.nject(Connection)
        again = await di.nject(Connection)

    assert outer is again
    assert outer is not inner


async def test_tasks_of_one_scope_open_a_resource_once() -> None:
    world = World()
    world.may_open.clear()

    async with a_stage(*world.adapters), di.scope(), asyncio.TaskGroup() as group:
        tasks = [group.create_task(di.nject(Session)) for _ in range(3)]
        await checkpoint()
        world.may_open.set()

    assert len({task.result() for task in tasks}) == 1
    assert world.journal.opened == ["connection", "session"]


async def test_who_waits_makes_it_when_the_maker_is_cancelled() -> None:
    world = World()
    world.may_open.clear()

    async with a_stage(*world.adapters), di.scope():
        maker, waiter = await one_makes_and_one_waits()
        maker.cancel()
        world.may_open.set()
        connection = await waiter

    assert maker.cancelled()
    assert type(connection) is Connection
    assert world.journal.opened == ["connection"]


async def test_who_waits_and_is_cancelled_does_not_disturb_the_maker() -> None:
    world = World()
    world.may_open.clear()

    async with a_stage(*world.adapters), di.scope():
        maker, waiter = await one_makes_and_one_waits()
        waiter.cancel()
        await asyncio.wait([waiter])
        world.may_open.set()
        connection = await maker

    assert type(connection) is Connection


async def test_a_failure_is_that_of_all_who_wait_and_is_tried_again_later() -> None:
    attempts: list[int] = []
    may_fail = asyncio.Event()

    async def connection() -> AsyncIterator[Connection]:
        attempts.append(1)
        await may_fail.wait()
        if len(attempts) == 1:
            raise OSError("no route")
        yield Connection()

    async with a_stage(connection), di.scope():
        asked = [asyncio.create_task(di.nject(Connection)) for _ in range(2)]
        await checkpoint()
        may_fail.set()
        await asyncio.wait(asked)
        later = await di.nject(Connection)

    assert [type(task.exception()) for task in asked] == [OSError, OSError]
    assert len(attempts) == 2
    assert type(later) is Connection


@pytest.mark.parametrize("steps", range(14))
async def test_cancelled_at_any_step_everything_opened_is_closed(steps: int) -> None:
    world = World()

    async def application() -> None:
        async with di.scope():
            await di.nject(Handler)
            await checkpoint()

    async with a_stage(*world.adapters):
        running = asyncio.create_task(application())
        for _ in range(steps):
            await checkpoint()
        running.cancel()
        await asyncio.wait([running])

    assert world.journal.closed == world.journal.opened[::-1]


async def test_the_bodys_exception_is_thrown_into_generators() -> None:
    seen: list[str] = []

    def simple() -> Iterator[Connection]:
        try:
            yield Connection()
        except ValueError as error:
            seen.append(f"connection saw {error}")
            raise

    async def session(connection: Connection) -> AsyncIterator[Session]:
        try:
            yield Session(connection)
        except ValueError as error:
            seen.append(f"session saw {error}")

    async with a_stage(simple, session):
        with pytest.raises(ValueError, match="body"):  # noqa: PT012  (the body is what raises)
            async with di.scope():
                await di.nject(Session)
                raise ValueError("body")

    assert seen == ["session saw body", "connection saw body"]


async def test_errors_of_closing_are_raised_together() -> None:
    async def connection() -> AsyncIterator[Connection]:
        yield Connection()
        raise OSError("connection")

    def session(connection: Connection) -> Iterator[Session]:
        yield Session(connection)
        raise OSError("session")

    async with a_stage(connection, session):
        with pytest.raises(ExceptionGroup) as caught:
            async with di.scope():
                await di.nject(Session)

    assert [str(error) for error in caught.value.exceptions] == ["session", "connection"]


async def test_outside_of_any_scope_a_resource_is_an_error() -> None:
    world = World()

    async with a_stage(*world.adapters) as layer:
        task_layer = layer.push("task sweep")
        task_layer.add(di.Unscoped())
        with context.use(task_layer):
            with pytest.raises(ResolveError, match="no scope is open here"):
                await di.nject(Handler)
            async with di.scope():
                await di.nject(Handler)


async def test_in_prepare_the_scope_is_the_stage() -> None:
    world = World()

    async with a_stage(*world.adapters):
        first, second = await di.nject(Connection), await di.nject(Connection)
        closed_before = list(world.journal.closed)

    assert first is second
    assert (closed_before, world.journal.closed) == ([], ["connection"])


async def test_a_scope_that_has_ended_is_used_no_more() -> None:
    world = World()
    ended = asyncio.Event()

    async def lingering() -> Connection:
        await ended.wait()
        return await di.nject(Connection)

    async with a_stage(*world.adapters):
        async with di.scope():
            await di.nject(Connection)
            task = asyncio.create_task(lingering())
        ended.set()
        await asyncio.wait([task])

    assert isinstance(task.exception(), ClosedError)


async def test_what_is_still_being_opened_when_the_scope_ends_is_closed() -> None:
    world = World()
    world.may_open.clear()

    async with a_stage(*world.adapters):
        async with di.scope():
            task = asyncio.create_task(di.nject(Connection))
            await checkpoint()
        world.may_open.set()
        await asyncio.wait([task])

    assert isinstance(task.exception(), ClosedError)
    assert world.journal.closed == world.journal.opened == ["connection"]


async def test_given_values_are_found_by_name_and_by_type_within() -> None:
    def session(request: Request, user_id: int) -> Session:
        assert user_id == 7
        return Session(Connection())

    request = Request()
    async with a_stage(session), di.scope(anything=request, user_id=7) as scope:
        await di.nject(Session)

        assert context.get(Request) is request
        assert context.get(Request, name="anything") is request
        assert scope.is_open


async def test_two_given_values_of_a_type_are_found_by_name_only() -> None:
    def session(request: Request) -> Session:
        raise AssertionError

    async with a_stage(session), di.scope(a=Request(), b=Request()):
        with pytest.raises(ResolveError, match='a Request named "a" is in the scope layer'):
            await di.nject(Session)


async def thrice(wanted: Any) -> Any:
    """Planned and interpreted, compiled and called, called."""
    first, *others = [await di.nject(wanted) for _ in range(3)]
    assert others == [first, first]
    return first


async def test_in_a_list_each_given_value_stands_once() -> None:
    primary, replica = Connection(), Connection()

    async with a_stage():
        async with di.scope(replica=replica):
            assert await thrice(list[Connection]) == [replica]
            assert context.find(Connection) == {"replica": replica}

            async with di.scope(primary=primary):
                assert await thrice(list[Connection]) == [replica, primary]
                assert context.find(Connection) == {"replica": replica, "primary": primary}

        async with di.scope(primary=primary, replica=replica):
            assert await thrice(list[Connection]) == [primary, replica]


async def test_what_a_scope_was_given_hides_what_lies_below_without_a_name_in_a_list_too() -> None:
    replica = Connection()

    async with a_stage():
        context.add(Connection())
        async with di.scope(replica=replica):
            assert await thrice(Connection) is replica
            assert await thrice(list[Connection]) == [replica]


async def test_what_is_added_to_a_scope_by_the_type_of_what_it_was_given_stands_in_a_list_too() -> None:
    replica, renewed = Connection(), Connection()

    async with a_stage(), di.scope(replica=replica):
        assert await thrice(list[Connection]) == [replica]

        unnamed = context.add(Connection())
        assert await thrice(Connection) is unnamed
        assert await thrice(list[Connection]) == [replica, unnamed]

        context.add(renewed, name="replica")
        assert await thrice(list[Connection]) == [renewed, unnamed]


async def test_what_a_scope_was_given_stays_when_another_takes_its_name() -> None:
    replica, renewed = Connection(), Connection()

    async with a_stage(), di.scope(replica=replica):
        context.add(renewed, name="replica")

        assert await thrice(Connection) is replica
        assert await thrice(list[Connection]) == [renewed, replica]
        assert context.find(Connection) == {"replica": renewed, None: replica}


async def test_what_stands_in_for_a_given_value_stands_in_a_list_beside_it() -> None:
    replica, instead = Connection(), Connection()

    async with a_stage(), di.scope(replica=replica):
        with di.override(Connection, instead):
            assert await thrice(list[Connection]) == [replica, instead]


async def test_scopes_that_are_given_one_thing_or_two_by_the_same_names_find_them_alike() -> None:
    one, other = Connection(), Connection()

    async with a_stage():
        for given in ({"a": one, "b": one}, {"a": one, "b": other}):
            async with di.scope(**given):
                assert await thrice(list[Connection]) == [given["a"], given["b"]]
                assert context.find(Connection) == given
                with pytest.raises(ResolveError):
                    await di.nject(Connection)


async def test_what_was_made_with_given_values_is_not_for_others() -> None:
    closed: list[str] = []

    async def session(name: str) -> AsyncIterator[Session]:
        yield Session(Connection())
        closed.append(name)

    async with a_stage(session), di.scope():
        ann, bob = await di.nject(Session, name="Ann"), await di.nject(Session, name="Bob")

    assert ann is not bob
    assert closed == ["Bob", "Ann"]


async def test_what_was_made_in_a_layer_above_the_scope_is_not_for_others() -> None:
    async with a_stage():
        di.register(Session, lifetime="scope")
        async with di.scope():
            common = context.add(Connection())
            with context.child():
                private = context.add(Connection())
                own = await di.nject(Session)
            shared = await di.nject(Session)

    assert (own.connection, shared.connection) == (private, common)


async def test_a_resource_per_call_is_made_anew_and_closed_with_the_scope() -> None:
    world = World()

    async with a_stage():
        di.register(world.connection, lifetime="call")
        async with di.scope():
            first, second = await di.nject(Connection), await di.nject(Connection)
            closed_before = list(world.journal.closed)

    assert first is not second
    assert (closed_before, world.journal.closed) == ([], ["connection", "connection"])


async def test_now_takes_what_is_there_already() -> None:
    world = World()

    async with a_stage(*world.adapters), di.scope():
        with pytest.raises(NeedsAwaitError):
            di.now(Session)
        opened_before = list(world.journal.opened)
        session = await di.nject(Session)

        assert di.now(Session) is session
        assert di.now(Handler).session is session

    assert opened_before == []


async def test_an_adapter_that_asks_for_what_it_makes_is_told_so() -> None:
    async def connection() -> AsyncIterator[Connection]:
        yield await di.nject(Connection)

    async with a_stage(connection), di.scope():
        with pytest.raises(CycleError, match="asked for by what makes it"):
            await di.nject(Connection)


async def test_two_tasks_that_would_wait_for_each_other_are_told_so() -> None:
    both_started = asyncio.Barrier(2)

    async def connection() -> AsyncIterator[Connection]:
        await both_started.wait()
        await di.nject(Session)
        yield Connection()

    async def session() -> AsyncIterator[Session]:
        await both_started.wait()
        yield Session(await di.nject(Connection))

    async with a_stage(connection, session), di.scope():
        asked = [asyncio.create_task(di.nject(each)) for each in (Connection, Session)]
        await asyncio.wait(asked)

    assert CycleError in [type(task.exception()) for task in asked]


async def test_inject_closes_what_it_needed_where_no_scope_is_open() -> None:
    world = World()

    @di.inject
    async def handler(session: Session) -> list[str]:
        return list(world.journal.closed)

    async with a_stage(*world.adapters) as layer:
        task_layer = layer.push("task sweep")
        task_layer.add(di.Unscoped())
        with context.use(task_layer):
            closed_within = await handler()

        assert (closed_within, world.journal.closed) == ([], ["session", "connection"])


async def test_inject_uses_the_scope_that_is_open() -> None:
    world = World()

    @di.inject
    async def handler(session: Session) -> Session:
        return session

    async with a_stage(*world.adapters), di.scope():
        assert await handler() is await di.nject(Session)


async def test_a_scope_in_which_nothing_was_opened_is_left_without_waiting_as_often_as_one_likes() -> None:
    async with a_stage():
        outside = context.current_context()
        for _ in range(3):
            scope = di.scope()

            async with scope:
                assert context.current_context() is not outside

            assert scope.is_closed
            assert context.current_context() is outside
