"""The registry against a dictionary: {type: adapters that make exactly that}, searched along each MRO."""

from collections.abc import Callable
from typing import Annotated, Any, Generic, TypeVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rostra import di
from rostra.di.annotations import Option
from rostra.errors import AdapterError

T = TypeVar("T")


class Base: ...


class Left(Base): ...


class Right(Base): ...


class Both(Left, Right): ...


class Other: ...


class Store(Generic[T]): ...


class UserStore(Store[Other]): ...


CLASSES = (Base, Left, Right, Both, Other)
NAMES = (None, "replica")


def making(cls: type, name: str | None) -> Callable[..., Any]:
    def adapter() -> Any: ...

    adapter.__annotations__["return"] = cls if name is None else Annotated[cls, di.Named(name)]
    return adapter


class Model:
    """All adapters in a list, and for each query all of them are looked at."""

    def __init__(self) -> None:
        self.process: list[Any] = []
        self.stage: list[Any] = []
        self.declared: dict[Any, tuple[type, str | None]] = {}
        self.replacing: dict[Any, bool] = {}

    def register(self, where: str, adapter: Any, *, replace: bool) -> None:
        registered = getattr(self, where)
        if adapter in registered:
            registered.remove(adapter)
        registered.append(adapter)
        self.replacing[where, adapter] = replace

    def offers(self, cls: type, name: str | None) -> list[Any]:
        seen = [("process", each) for each in self.process if each not in self.stage]
        seen += [("stage", each) for each in self.stage]
        last = {self.declared[each]: each for where, each in seen if self.replacing[where, each]}
        serving = [each for _, each in seen if last.get(self.declared[each], each) is each]
        near: dict[int, list[Any]] = {}
        for each in serving:
            made, called = self.declared[each]
            if called == name and cls in made.__mro__:
                near.setdefault(made.__mro__.index(cls), []).append(each)
        return [each for distance in sorted(near) for each in near[distance]]


REGISTRATIONS = st.lists(
    st.tuples(st.sampled_from(("process", "stage")), st.integers(0, 7), st.booleans()), max_size=12
)
KINDS = st.lists(st.tuples(st.sampled_from(CLASSES), st.sampled_from(NAMES)), min_size=8, max_size=8)


@given(kinds=KINDS, registrations=REGISTRATIONS)
def test_offers_are_those_of_a_dictionary(
    kinds: list[tuple[type, str | None]], registrations: list[tuple[str, int, bool]]
) -> None:
    model, process = Model(), di.Registry()
    registries = {"process": process, "stage": di.Registry(process)}
    adapters = [making(cls, name) for cls, name in kinds]
    model.declared = dict(zip(adapters, kinds, strict=True))

    for where, number, replace in registrations:
        model.register(where, adapters[number], replace=replace)
        registries[where].register(adapters[number], replace=replace)

        for cls in CLASSES:
            for name in NAMES:
                offers = registries["stage"].offers(Option(cls, name))
                assert [offer.make for offer in offers] == model.offers(cls, name)


def test_a_registration_below_is_seen_at_once() -> None:
    process = di.Registry()
    stage = di.Registry(process)
    before = stage.offers(Option(Base))

    process.register(Left)

    assert before == []
    assert [offer.make for offer in stage.offers(Option(Base))] == [Left]


def test_a_generic_class_is_offered_for_what_its_subclass_closes() -> None:
    registry = di.Registry()
    registry.register(UserStore, Store)

    closed = registry.offers(Option(Store[Other]))
    another = registry.offers(Option(Store[Base]))

    assert [(offer.make, offer.made) for offer in closed] == [(Store, Store[Other]), (UserStore, UserStore)]
    assert [(offer.make, offer.made) for offer in another] == [(Store, Store[Base])]


def test_what_cannot_be_an_adapter_is_not_registered_by_half() -> None:
    registry = di.Registry()

    with pytest.raises(AdapterError):
        registry.register(Base, str)

    assert [adapter.make for adapter in registry.adapters] == [Base]
