"""A scope that is opened when somebody looks into it, and functions that transports call again and again."""

from collections.abc import AsyncIterator

import pytest

from rostra import context, di
from rostra.components import Components
from rostra.errors import ClosedError

pytestmark = pytest.mark.asyncio


class Request:
    """Something that comes with each call."""


class Database:
    """A component of the stage."""


class Repo:
    def __init__(self, database: Database) -> None:
        self.database = database


class Session:
    def __init__(self, request: Request) -> None:
        self.request = request


@pytest.fixture
def stage() -> Components:
    layer = Components(label="stage")
    di.open_stage(layer, di.Closing())
    layer.add(Database())
    return layer


async def test_it_costs_nothing_until_somebody_looks(stage):
    scope = di.LateScope(stage, (Request(),))

    with context.use(scope):
        assert scope.closing is None
        assert context.get(Request) is scope.items[0]
        assert scope.closing is not None


async def test_of_two_that_come_with_a_call_the_last_of_a_type_is_found(stage):
    first, last, database = Request(), Request(), Database()

    with context.use(di.LateScope(stage, (first, database, last))):
        assert context.get(Request) is last
        assert context.get(Database) is database
        assert context.get(di.Scope).is_open


async def test_what_is_made_in_it_is_closed_by_the_last_who_holds_it(stage):
    journal = []

    async def session(request: Request) -> AsyncIterator[Session]:
        yield Session(request)
        journal.append("closed")

    stage.get(di.Registry).register(session)
    scope = di.LateScope(stage, (Request(),))
    scope.holders = 2
    with context.use(scope):
        made = await di.nject(Session)
        assert await di.nject(Session) is made

        assert scope.let_go() is None
        closing = scope.let_go()
        await closing.close()

    assert journal == ["closed"]
    assert scope.is_over


async def test_as_a_context_manager_it_is_the_current_layer_and_closed_at_its_end(stage):
    journal = []

    async def session(request: Request) -> AsyncIterator[Session]:
        try:
            yield Session(request)
        except LookupError as error:
            journal.append(str(error))
            raise

    async def call() -> None:
        async with di.LateScope(stage, (Request(),)) as scope:
            assert context.current_context() is scope
            await di.nject(Session)
            raise LookupError("no shelf")

    stage.get(di.Registry).register(session)
    before = context.peek(None)
    with pytest.raises(LookupError):
        await call()

    assert journal == ["no shelf"]
    assert context.peek(None) is before


async def test_nothing_is_made_in_it_when_it_is_over_though_nobody_had_looked(stage):
    async def session(request: Request) -> AsyncIterator[Session]:
        yield Session(request)

    stage.get(di.Registry).register(session)
    scope = di.LateScope(stage, (Request(),))

    assert scope.end() is None

    with context.use(scope), pytest.raises(ClosedError):
        await di.nject(Session)


async def called(caller: di.Caller, stage: Components, *items: object) -> tuple[object, di.LateScope]:
    scope = di.LateScope(stage, (Request(), *items[:0]))
    with context.use(scope):
        for item in items:
            context.add(item)
        return await caller.call({}), scope


async def test_a_call_that_needs_nothing_of_its_scope_does_not_open_it(stage):
    async def handler(repo: Repo) -> Repo:
        return repo

    stage.get(di.Registry).register(Repo)
    caller = di.Caller(handler, di.signature(handler))

    results = [await called(caller, stage) for _ in range(5)]

    assert all(repo.database is stage.get(Database) for repo, _ in results)
    assert len({id(repo) for repo, _ in results}) == 5
    assert [scope.closing is None for _, scope in results[-2:]] == [True, True]


async def test_what_is_nearer_or_registered_later_is_taken_all_the_same(stage):
    async def handler(repo: Repo) -> Repo:
        return repo

    registry = stage.get(di.Registry)
    registry.register(Repo)
    caller = di.Caller(handler, di.signature(handler))
    for _ in range(4):
        await called(caller, stage)

    nearer = Database()
    repo, _ = await called(caller, stage, nearer)
    assert repo.database is nearer

    class Cached(Repo):
        pass

    def cached(database: Database) -> Repo:
        return Cached(database)

    registry.register(cached, replace=True)
    for _ in range(4):
        assert type((await called(caller, stage))[0]) is Cached

    other = stage.add(Database())
    for _ in range(4):
        assert (await called(caller, stage))[0].database is other


async def test_a_call_that_takes_what_comes_with_it_opens_the_scope(stage):
    async def handler(session: Session) -> Session:
        return session

    stage.get(di.Registry).register(Session)
    caller = di.Caller(handler, di.signature(handler))

    for _ in range(5):
        session, scope = await called(caller, stage)
        assert session.request is scope.items[0]


async def test_what_comes_with_one_call_alone_is_seen_by_it_alone(stage):
    class Told:
        def __init__(self, database: Database, request: Request | None = None) -> None:
            self.made_of = database, request

    async def handler(told: Told) -> tuple[Database, Request | None]:
        return told.made_of

    stage.get(di.Registry).register(Told)
    caller = di.Caller(handler, di.signature(handler))
    request, nearer = Request(), Database()

    for _ in range(4):
        for items in ((), (object(),), (request,), (nearer,), (request, nearer)):
            with context.use(di.LateScope(stage, items)):
                database, seen = await caller.call({})

            assert database is (nearer if nearer in items else stage.get(Database))
            assert seen is (request if request in items else None)


@pytest.mark.parametrize("waits", [False, True])
async def test_what_only_the_function_sees_may_be_passed_at_one_call_and_left_out_at_the_next(stage, waits):
    async def ready() -> Repo:
        return Repo(stage.get(Database))

    async def handler(repo: Repo, number: int = 0) -> tuple[Repo, int]:
        return repo, number

    stage.get(di.Registry).register(ready if waits else Repo)
    known = di.signature(handler)
    caller = di.Caller(handler, known._replace(parameters=known.parameters[:1]))

    for number in (1, 0, 2, 0, 3, 0):
        with context.use(di.LateScope(stage, (Request(),))):
            repo, seen = await caller.call({"number": number} if number else {})

        assert seen == number
        assert repo.database is stage.get(Database)


@pytest.mark.parametrize("is_plain", [False, True])
async def test_what_cannot_be_made_is_told_at_the_call_or_where_that_is_awaited(stage, is_plain):
    calls = []

    def refused(database: Database) -> Repo:
        raise PermissionError

    async def handler(repo: Repo) -> None:
        calls.append(repo)

    def plain(repo: Repo) -> None:
        calls.append(repo)

    stage.get(di.Registry).register(refused)
    function = plain if is_plain else handler
    caller = di.Caller(function, di.signature(function))

    for _ in range(4):
        with pytest.raises(PermissionError) as told:
            await called(caller, stage)
        assert "refused" in "".join(told.value.__notes__)
    assert not calls
