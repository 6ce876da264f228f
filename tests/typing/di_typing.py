"""What type checkers know of di: assert_type for what is right, an expected complaint for what is wrong."""

from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from typing import Annotated, Any, Generic, NewType, Protocol, Self, TypeVar, assert_type

from rostra import di

T = TypeVar("T")


class User: ...


class Order: ...


class Greeter(Protocol):
    def greet(self) -> str: ...


class Shape(ABC):
    @abstractmethod
    def area(self) -> float: ...


class Store(Generic[T]): ...


Port = NewType("Port", int)


async def one_target() -> None:
    assert_type(await di.nject(User), User)
    assert_type(await di.nject(User, name="Ann"), User)
    assert_type(await di.nject(Greeter), Greeter)
    assert_type(await di.nject(Shape), Shape)
    assert_type(await di.nject(Port), Port)
    assert_type(await di.nject(Store[User]), Store[User])
    assert_type(await di.nject(User | None), User | None)
    assert_type(await di.nject(User | Order), User | Order)
    assert_type(await di.nject(list[User]), list[User])
    assert_type(await di.nject(Annotated[User, di.Named("admin")]), User)
    assert_type(await di.nject(Callable[[int], str]), Callable[[int], str])


async def several_targets() -> None:
    assert_type(await di.nject(User, Order), tuple[User, Order])
    assert_type(await di.nject(User, Greeter, list[Order]), tuple[User, Greeter, list[Order]])
    assert_type(
        await di.nject(User, Order, Port, Shape, Greeter, Store[User]),
        tuple[User, Order, Port, Shape, Greeter, Store[User]],
    )


def without_await() -> None:
    assert_type(di.now(User), User)
    assert_type(di.now(Greeter, name=""), Greeter)
    assert_type(di.now(User, Order), tuple[User, Order])
    assert_type(di.now(User | None), User | None)


async def lazy() -> None:
    lazy = await di.nject(di.Lazy[User])
    assert_type(lazy, di.Lazy[User])
    assert_type(await lazy(), User)
    assert_type(lazy.now(), User)


async def answer(user: User, name: str) -> int:
    return 42


def greeting(user: User) -> str:
    return ""


async def calling() -> None:
    assert_type(await di.call(answer, name="Ann"), int)
    assert_type(await di.call(greeting), str)
    assert_type(await di.call(User), User)


@di.inject
async def injected(name: str, user: User) -> int:
    return 42


@di.inject
def injected_at_once(name: str, user: User) -> str:
    return name


async def injecting() -> None:
    assert_type(await injected("Ann"), int)
    assert_type(injected_at_once("Ann"), str)
    await assert_type(injected("Ann"), Coroutine[Any, Any, int])


@di.adapter
def plain() -> User:
    return User()


@di.adapter(lifetime="stage", eager=True)
async def pool() -> AsyncIterator[User]:
    yield User()


@di.adapter(replace=True)
class Marked:
    @classmethod
    def create(cls) -> Self:
        return cls()


def resource() -> Iterator[Order]:
    yield Order()


async def adapters_stay_what_they_are() -> None:
    assert_type(plain(), User)
    assert_type(pool(), AsyncIterator[User])
    assert_type(Marked(), Marked)
    di.register(plain, pool, Marked, Marked.create, resource, lifetime="scope")


async def scopes_and_overrides() -> None:
    async with di.scope(user=User()) as scope:
        assert_type(scope, di.Scope)
        assert_type(scope.is_open, bool)
    with di.override(User, plain):
        pass
    assert_type(di.explain(User), str)
    assert_type(di.check(), di.CheckReport)


def signatures() -> None:
    assert_type(di.signature(answer), di.Signature)
    assert_type(di.signature(answer).parameters, tuple[di.Parameter, ...])


async def what_is_no_type() -> None:
    await di.nject()  # type: ignore[call-overload]
    await di.nject(5)  # type: ignore[call-overload]
    await di.nject(User())  # type: ignore[call-overload]


async def another_type_than_asked_for() -> Order:
    return await di.nject(User)  # type: ignore[arg-type]


async def more_than_asked_for() -> tuple[User, Order, Port]:
    return await di.nject(User, Order)  # type: ignore[return-value]


def another_type_without_await() -> Port:
    return di.now(Shape)  # type: ignore[return-value]


async def another_type_than_the_function_returns() -> str:
    return await di.call(answer, name="Ann")  # type: ignore[arg-type]


async def a_coroutine_without_await() -> User:
    return di.nject(User)  # type: ignore[return-value]


def lifetimes_that_there_are_not() -> None:
    di.register(plain, lifetime="request")  # type: ignore[arg-type]
    di.adapter(lifetime="forever")  # type: ignore[call-overload]
