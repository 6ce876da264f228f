"""What annotations say: generics, lists, lazy ones, strings."""

import asyncio
import collections.abc
import dataclasses
import sys
import typing
from types import ModuleType
from typing import Annotated, Any, Generic, List, Optional, TypeVar, Union  # noqa: UP035  (the older spellings are the point)

import attr
import attrs
import pytest
from di_stage import a_stage
from typing_extensions import TypeAliasType

from rostra import context, di
from rostra.errors import AnnotationError, CycleError, ResolveError

pytestmark = pytest.mark.asyncio

T = TypeVar("T")
K = TypeVar("K")


class User: ...


class Order: ...


class Admin(User): ...


class Codec(Generic[T]):
    def __init__(self, kind: type[T]) -> None:
        self.kind = kind


class Store(Generic[T]):
    def __init__(self, kind: type[T], codec: Codec[T]) -> None:
        self.kind, self.codec = kind, codec


class UserStore(Store[User]): ...


# Generics


async def test_an_open_generic_class_serves_its_closed_forms() -> None:
    async with a_stage(Store, Codec):
        users, orders = await di.nject(Store[User], Store[Order])

    assert (users.kind, users.codec.kind, orders.codec.kind) == (User, User, Order)


async def test_an_open_generic_function_serves_closed_forms() -> None:
    def store(codec: Codec[T], kind: type[T]) -> Store[T]:
        return Store(kind, codec)

    async with a_stage(store, Codec):
        users = await di.nject(Store[User])

    assert users.codec.kind is User


async def test_type_parameters_of_a_base_are_those_of_the_subclass() -> None:
    async with a_stage(UserStore, Codec):
        own, users = await di.nject(UserStore, Store[User])

    assert own is users
    assert own.codec.kind is User


async def test_a_closed_adapter_is_nearer_than_an_open_one() -> None:
    def special() -> Codec[User]:
        codec = Codec(User)
        codec.special = True
        return codec

    async with a_stage(Codec, special):
        users, orders = await di.nject(Codec[User], Codec[Order])

    assert hasattr(users, "special")
    assert not hasattr(orders, "special")


async def test_closed_forms_are_told_apart_in_the_context() -> None:
    async with a_stage():
        users = context.add(Codec(User), Codec[User])
        orders = context.add(Codec(Order), Codec[Order])

        assert (await di.nject(Codec[User]), await di.nject(Codec[Order])) == (users, orders)


async def test_closed_forms_are_told_apart_among_given_values() -> None:
    class Users(Codec[User]): ...

    class Orders(Codec[Order]): ...

    def both(users: Codec[User], orders: Codec[Order]) -> Store[User]:
        assert (type(users), type(orders)) == (Users, Orders)
        return Store(User, users)

    async with a_stage(both):
        await di.nject(Store[User], a=Orders(Order), b=Users(User))


async def test_one_object_per_closed_form_and_call() -> None:
    async with a_stage(Codec):
        users, again, orders = await di.nject(Codec[User], Codec[User], Codec[Order])

    assert users is again
    assert users is not orders


async def test_a_bound_limits_what_a_type_parameter_stands_for() -> None:
    U = TypeVar("U", bound=User)

    def codec(kind: type[U]) -> Codec[U]:
        return Codec(kind)

    async with a_stage(codec):
        assert (await di.nject(Codec[Admin])).kind is Admin
        with pytest.raises(ResolveError):
            await di.nject(Codec[Order])


async def test_types_that_grow_for_ever_are_an_error() -> None:
    def codec(inner: Codec[list[T]]) -> Codec[T]:
        raise AssertionError

    async with a_stage(codec):
        with pytest.raises(ResolveError, match="ever larger"):
            await di.nject(Codec[User])


@pytest.mark.parametrize("spelling", [List[User], list[User], Annotated[list[User], "about users"]])  # noqa: UP006
async def test_the_older_spellings_are_the_same_type(spelling: Any) -> None:
    async with a_stage():
        users = context.add([User()], List[User])  # noqa: UP006

        assert await di.nject(spelling) is users


@pytest.mark.parametrize(
    "annotation",
    [Optional[User], Union[User, None], User | None, "User | None", Optional["User"]],  # noqa: UP007, UP045
)
async def test_all_spellings_of_optional_are_understood(annotation: Any) -> None:
    def codec(user: Any) -> Codec[User]:
        assert user is None
        return Codec(User)

    codec.__annotations__["user"] = annotation
    async with a_stage(codec):
        await di.nject(Codec[User])


async def test_type_aliases_are_what_they_stand_for() -> None:
    alias = TypeAliasType("alias", User)

    async with a_stage(User):
        assert type(await di.nject(alias)) is User


# Lazy


class Parent:
    def __init__(self, child: "di.Lazy[Child]") -> None:
        self.child = child


class Child:
    def __init__(self, parent: Parent) -> None:
        self.parent = parent


async def test_lazy_makes_on_first_use_and_remembers() -> None:
    made: list[str] = []

    async def user() -> User:
        made.append("user")
        return User()

    async with a_stage(user):
        lazy = await di.nject(di.Lazy[User])
        before = list(made)
        first, second = await lazy(), await lazy()

    assert (before, made) == ([], ["user"])
    assert first is second is lazy.now()


async def test_lazy_breaks_a_circle() -> None:
    async with a_stage(Parent, Child):
        parent = await di.nject(Parent)
        child = await parent.child()

    assert child.parent is parent


async def test_lazy_now_refuses_what_needs_await() -> None:
    async def user() -> User:
        return User()

    async with a_stage(user):
        lazy = await di.nject(di.Lazy[User])
        with pytest.raises(ResolveError, match="can only be awaited"):
            lazy.now()


async def test_what_a_lazy_cannot_make_is_an_error_at_once() -> None:
    async with a_stage(Parent):
        with pytest.raises(ResolveError, match="nothing gives a Child"):
            await di.nject(Parent)


async def test_a_lazy_that_is_asked_by_what_it_makes_is_a_circle() -> None:
    async def user(lazy: "di.Lazy[User]") -> User:
        return await lazy()

    async with a_stage(user):
        with pytest.raises(CycleError):
            await di.nject(User)


async def test_a_lazy_that_fails_takes_back_what_counted_on_it() -> None:
    class Left: ...

    class Right: ...

    def left(right: di.Lazy[Right], missing: Order) -> Left:
        raise AssertionError

    def right(left: di.Lazy[Left]) -> Right:
        raise AssertionError

    def codec(first: di.Lazy[Left] | None, second: di.Lazy[Right] | None) -> Codec[User]:
        assert first is second is None
        return Codec(User)

    async with a_stage(left, right, codec):
        await di.nject(Codec[User])


async def test_a_lazy_sees_the_given_values_of_its_call() -> None:
    def codec(kind: type, user: User) -> Codec[User]:
        return Codec(type(user))

    async with a_stage(codec):
        lazy = await di.nject(di.Lazy[Codec[User]], kind=User, x=Admin())
        codec_ = await lazy()

    assert codec_.kind is Admin


async def test_an_optional_lazy_is_none_where_nothing_can_be_made() -> None:
    def codec(maybe: di.Lazy[User] | None, holder: di.Lazy[User | None]) -> Codec[User]:
        assert maybe is None
        assert holder.now() is None
        return Codec(User)

    async with a_stage(codec):
        await di.nject(Codec[User])


async def test_a_lazy_is_made_once_for_tasks_that_ask_together() -> None:
    async def user() -> User:
        await asyncio.sleep(0)
        return User()

    async with a_stage(user):
        lazy = await di.nject(di.Lazy[User])
        first, second = await asyncio.gather(lazy(), lazy())

    assert first is second


async def test_nobody_has_a_list_of_lazy_ones() -> None:
    async with a_stage(User):
        with pytest.raises(ResolveError):
            await di.nject(list[di.Lazy[User]])


# Annotations that are strings


async def test_names_of_the_module_are_found() -> None:
    def codec(user: "User") -> "Codec[User]":
        return Codec(type(user))

    async with a_stage(codec, User):
        assert (await di.nject(Codec[User])).kind is User


async def test_strings_within_types_are_read() -> None:
    def codec(store: Codec["Order"], orders: list["Order"]) -> "Codec[User]":
        assert orders == []
        return Codec(User)

    async with a_stage(codec):
        context.add(Codec(Order), Codec[Order])
        assert (await di.nject(Codec[User])).kind is User


async def test_classes_local_to_a_function_are_found() -> None:
    class LocalUser: ...

    @attrs.define
    class Plain:
        user: "LocalUser"

    @attr.s(auto_attribs=True)
    class Older:
        user: "LocalUser"

    @dataclasses.dataclass
    class Data:
        user: "LocalUser"

    class Handwritten:
        def __init__(self, user: "LocalUser") -> None:
            self.user = user

    def function(user: "LocalUser") -> "LocalAdmin":
        return LocalAdmin()

    class LocalAdmin: ...

    async with a_stage():
        di.register(LocalUser, Plain, Older, Data, Handwritten, function)
        made = await di.nject(Plain, Older, Data, Handwritten, LocalAdmin)

    assert [type(each.user) for each in made[:4]] == [LocalUser] * 4


async def test_local_classes_are_found_by_a_function_that_is_called() -> None:
    class LocalUser: ...

    def handler(user: "LocalUser") -> type:
        return type(user)

    @di.inject
    async def injected(user: "LocalUser") -> type:
        return type(user)

    async with a_stage(LocalUser):
        assert await di.call(handler) is LocalUser
        assert await injected() is LocalUser


async def test_a_registered_class_of_one_stage_is_nothing_to_the_next() -> None:
    def made() -> type:
        class FarAway: ...

        return FarAway

    seen = []
    for far_away in (made(), made()):
        async with a_stage(far_away):
            seen.append(type(await di.call(_far)) is far_away)

    assert seen == [True, True]


def _far(far: "FarAway") -> object:  # noqa: F821  (that is the case)
    return far


async def test_a_local_class_hides_one_of_the_module() -> None:
    class User: ...

    def codec(user: "User") -> Codec[Order]:
        return Codec(type(user))

    async with a_stage():
        di.register(codec, User)
        assert (await di.nject(Codec[Order])).kind is User


async def test_registered_classes_are_found_by_their_name() -> None:
    def made() -> tuple[type, Any]:
        class FarAway: ...

        return FarAway, FarAway

    far_away, _ = made()

    def codec(far: "FarAway") -> Codec[User]:  # noqa: F821  (that is the case)
        return Codec(type(far))

    del made
    async with a_stage(far_away, codec):
        assert (await di.nject(Codec[User])).kind is far_away


async def test_a_class_that_is_defined_later_is_found_later() -> None:
    module = ModuleType("later")
    sys.modules["later"] = module
    exec("def user() -> 'Late':\n    return Late()\n", vars(module))
    try:
        async with a_stage(module.user):
            exec("class Late: ...", vars(module))

            assert type(await di.nject(module.Late)) is module.Late
    finally:
        del sys.modules["later"]


async def test_names_in_the_class_itself_are_found() -> None:
    class Outer:
        class Inner: ...

        def __init__(self, inner: "Inner") -> None:
            self.inner = inner

    async with a_stage(Outer.Inner, Outer):
        assert type((await di.nject(Outer)).inner) is Outer.Inner


async def test_inherited_fields_are_read_where_they_were_written() -> None:
    module = ModuleType("elsewhere")
    sys.modules["elsewhere"] = module
    program = "import attrs\nclass Hidden: ...\n@attrs.define\nclass Base:\n    hidden: 'Hidden'\n"
    exec(program, vars(module))
    try:

        @attrs.define
        class Derived(module.Base):
            user: "User"

        async with a_stage(Derived, module.Hidden, User):
            derived = await di.nject(Derived)
    finally:
        del sys.modules["elsewhere"]

    assert (type(derived.hidden), type(derived.user)) == (module.Hidden, User)


async def test_one_unreadable_annotation_does_not_spoil_the_others() -> None:
    def codec(user: User, nobody: "Nobody") -> Codec[User]:  # noqa: F821  (that is the case)
        return Codec(type(user))

    async with a_stage(codec, User):
        made = await di.nject(Codec[User], nobody=None)
        with pytest.raises(ResolveError, match="knows no Nobody"):
            await di.nject(Codec[User])

    assert made.kind is User


async def test_an_import_under_type_checking_has_its_own_message(
    tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "typed_only.py").write_text(
        "from typing import TYPE_CHECKING\n"
        "if TYPE_CHECKING:\n    from decimal import Decimal\n"
        "def price(amount: 'Decimal') -> None: ...\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    import typed_only

    with pytest.raises(AnnotationError, match="imports Decimal under TYPE_CHECKING only"):
        _ = di.signature(typed_only.price).parameters[0].want


# Signatures


def sample(
    database: User,
    replica: Annotated[User, di.Named("replica")],
    lazy: di.Lazy[User],
    all_users: list[User],
    /,
    maybe: User | None = None,
    *rest: User,
    unsaid,
    **more: User,
) -> "Order":
    raise AssertionError


async def test_a_signature_says_what_each_parameter_wants() -> None:
    parameters = {each.name: each for each in di.signature(sample).parameters}

    assert list(parameters) == ["database", "replica", "lazy", "all_users", "maybe", "unsaid"]
    assert parameters["database"].want.key is User
    assert parameters["replica"].want.name == "replica"
    assert (parameters["lazy"].want.lazy, parameters["lazy"].want.key) == (True, User)
    assert (parameters["all_users"].want.many, parameters["all_users"].want.key) == (User, list[User])
    assert parameters["maybe"].want.optional
    assert parameters["maybe"].default is None
    assert parameters["unsaid"].want.options == ()
    assert di.signature(sample).returns() is Order


async def test_iterators_of_all_spellings_say_what_is_yielded() -> None:
    spellings = [
        typing.Iterator[User], typing.Generator[User, None, None], typing.Iterable[User],
        collections.abc.Iterator[User], collections.abc.Generator[User, None, None],
    ]  # fmt: skip
    for spelling in spellings:

        def user() -> Any:
            yield User()

        user.__annotations__["return"] = spelling
        async with a_stage(user):
            assert type(await di.nject(User)) is User


if sys.version_info >= (3, 12):

    async def test_type_parameters_in_brackets_are_understood() -> None:
        module = ModuleType("brackets")
        sys.modules["brackets"] = module
        program = """
class Codec[T]:
    def __init__(self, kind: "type[T]") -> None:
        self.kind = kind

class Store[T]:
    def __init__(self, codec: "Codec[T]") -> None:
        self.codec = codec

def box[T](codec: "Codec[T]") -> "list[T]":
    return [codec.kind()]
"""
        exec(program, vars(module))
        try:
            async with a_stage(module.Codec, module.Store, module.box):
                store, box = await di.nject(module.Store[User], list[User])
        finally:
            del sys.modules["brackets"]

        assert store.codec.kind is User
        assert [type(each) for each in box] == [User]
