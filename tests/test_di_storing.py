"""Which classes only store what they are given: so that nobody asks for anything while one is made."""

import re
from dataclasses import dataclass
from typing import Any, Self

import attrs
import pytest

from rostra import context, di
from rostra.di.storing import only_stores


class Db:
    """Has no ``__init__`` of its own."""


class Repo:
    def __init__(self, db: Db, size: int = 3) -> None:
        self.db = self.store = db
        self.size = size
        self.known: list[int] = []


class Slotted:
    __slots__ = ("db",)

    def __init__(self, db: Db) -> None:
        self.db = db


class Derived(Repo):
    """Has the ``__init__`` of its base."""


@dataclass
class Data:
    db: Db


@attrs.define
class Defined:
    db: Db


@pytest.mark.parametrize("cls", [Db, Repo, Slotted, Derived, Data, Defined])
def test_a_class_that_puts_its_arguments_into_attributes_only_stores(cls: type) -> None:
    assert only_stores(cls)


class Calls:
    def __init__(self, db: Db) -> None:
        self.text = str(db)


class Super(Repo):
    def __init__(self, db: Db) -> None:
        super().__init__(db)


class Reads:
    def __init__(self, repo: Repo) -> None:
        self.db = repo.db


class IntoAnother:
    def __init__(self, repo: Any) -> None:
        repo.user = self


class WithSetter:
    def __init__(self, db: Db) -> None:
        self.db = db

    @property
    def db(self) -> Db:
        return context.get(Db)

    @db.setter
    def db(self, db: Db) -> None:
        context.get(Db)


class WithSetattr:
    def __init__(self, db: Db) -> None:
        self.db = db

    def __setattr__(self, name: str, value: object) -> None:
        context.get(Db)


class WithNew:
    def __new__(cls, db: Db) -> Self:
        context.get(Db)
        return super().__new__(cls)


class Looping:
    def __init__(self, db: Db) -> None:
        while True:
            self.db = db


@attrs.frozen
class Frozen:
    db: Db


def function(db: Db) -> Repo:
    return Repo(db)


async def awaited(db: Db) -> Repo:
    return Repo(db)


@pytest.mark.parametrize(
    "make",
    [
        Calls,
        Super,
        Reads,
        IntoAnother,
        WithSetter,
        WithSetattr,
        WithNew,
        Looping,
        Frozen,
        function,
        awaited,
        Repo(Db()).__init__,  # type: ignore[misc]  # an adapter like any other
        int,
        dict,
    ],
)
def test_whatever_may_run_the_code_of_others_counts_as_if_it_asked(make: Any) -> None:
    assert not only_stores(make)


@pytest.mark.asyncio
async def test_what_is_asked_for_in_the_middle_is_made_once_though_others_only_store() -> None:
    class Cache:
        def __init__(self, db: Db) -> None:
            self.db = db

    class Curious:
        def __init__(self, cache: Cache) -> None:
            self.cache = cache
            self.late = di.now(Late)

    class Late:
        def __init__(self, cache: Cache) -> None:
            self.cache = cache

    class Root:
        def __init__(self, cache: Cache, curious: Curious, late: Late) -> None:
            self.parts = cache, curious, late

    with context.child():
        context.add(di.Registry())
        for cls in (Db, Cache, Curious, Late, Root):
            di.register(cls, lifetime="scope")
        for _ in range(3):  # interpreted first, and compiled then
            async with di.scope():
                cache, curious, late = (await di.nject(Root)).parts
                assert late is curious.late
                assert late.cache is cache is await di.nject(Cache)


class Asking:
    def __init__(self, repo: Repo) -> None:
        self.repo = di.now(Repo)


class Service:
    def __init__(self, data: Data, asking: Asking, defined: Defined) -> None:
        self.data = data
        self.asking = asking
        self.defined = defined


@pytest.mark.asyncio
async def test_the_source_of_a_plan_looks_only_then_for_others_when_somebody_can_have_asked() -> None:
    with context.child():
        context.add(di.Registry())
        di.register(Db, Repo, Data, Defined, Asking, Service, lifetime="scope")
        async with di.scope():
            source, _, _ = di.explain(Service, source=True).partition("async def nject_Service_with")

    assert re.findall(r"= (\w+)\(.*|(handed_over)\(", source) == [
        *(("Db", ""), ("Data", ""), ("Repo", ""), ("Asking", ""), ("", "handed_over")),
        *(("Defined", ""), ("Service", ""), ("", "handed_over")),
    ]
