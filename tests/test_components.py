import abc
import collections.abc
import typing
from typing import Any, Generic, NewType, Protocol, TypeVar

import attrs
import pytest
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, rule

from rostra.components import Components, Under, canonical, keys, name_of
from rostra.errors import ComponentNotFoundError, NotAComponentError

T = TypeVar("T")
S = TypeVar("S")
UserId = NewType("UserId", int)
OldList: Any = typing.List  # noqa: UP006  (that it is the same key is what is tested)
OldDict: Any = typing.Dict  # noqa: UP006  (as above)


class User: ...


class Repo(Generic[T]): ...


class Users(Repo[User]): ...


class CachedUsers(Users): ...


class Store(Repo[T], Generic[T, S]): ...


class Orders(Store[str, int]): ...


class Lists(Repo[OldList[User]]): ...


class Audited: ...


class AuditedUsers(Users, Audited): ...


class Sized(Protocol):
    def size(self) -> int: ...


class Box(Sized):
    def size(self) -> int:
        return 1


class Shelf(abc.ABC):
    @abc.abstractmethod
    def width(self) -> int: ...


class Names(list[str]): ...


class MissError(KeyError): ...


class TestKeys:
    @pytest.mark.parametrize(
        ("key", "found_under"),
        [
            (User, [User]),
            (Users, [Users, Repo[User], Repo]),
            (CachedUsers, [CachedUsers, Users, Repo[User], Repo]),
            (AuditedUsers, [AuditedUsers, Users, Repo[User], Repo, Audited]),
            (Repo[User], [Repo[User], Repo]),
            (Repo, [Repo]),
            (Store[User, int], [Store[User, int], Store, Repo[User], Repo]),
            (Orders, [Orders, Store[str, int], Store, Repo[str], Repo]),
            (Lists, [Lists, Repo[list[User]], Repo]),
            (Box, [Box, Sized]),
            (Shelf, [Shelf]),
            (Names, [Names, list[str]]),
            (MissError, [MissError]),
            (bool, [bool]),
            (list[int], [list[int]]),
            (UserId, [UserId]),
            ("answer", ["answer"]),
            (("queue", 7), [("queue", 7)]),
        ],
        ids=lambda value: name_of(value) if not isinstance(value, list) else "",
    )
    def test_an_object_is_found_under_what_its_type_descends_from_nearest_first(
        self, key: Any, found_under: list[Any]
    ) -> None:
        assert list(keys(key)) == found_under

    def test_what_everything_descends_from_is_a_key_only_for_itself(self) -> None:
        assert keys(object) == (object,)
        assert object not in keys(User)
        assert Protocol not in keys(Box)
        assert abc.ABC not in keys(Shelf)

    @pytest.mark.parametrize(
        ("written", "meant"),
        [
            (OldList[int], list[int]),
            (OldList, list),
            (OldDict[str, User], dict[str, User]),
            (OldDict[str, OldList[int]], dict[str, list[int]]),
            (Repo[OldList[int]], Repo[list[int]]),
            (list[OldList[int]], list[list[int]]),
            (list[int], list[int]),
            (int | str, int | str),
            (typing.Annotated[int, "x"], typing.Annotated[int, "x"]),
            (tuple[()], tuple[()]),
            (typing.Callable[[int], str], collections.abc.Callable[[int], str]),
            (Repo[User], Repo[User]),
            (User, User),
            (UserId, UserId),
            ("answer", "answer"),
        ],
        ids=str,
    )
    def test_a_type_has_one_spelling(self, written: Any, meant: Any) -> None:
        assert canonical(written) == meant

    @pytest.mark.parametrize(
        ("key", "text"),
        [
            (User, "User"),
            (Repo[User], "Repo[User]"),
            (Store[list[int], User], "Store[list[int], User]"),
            (UserId, "UserId"),
            ("answer", '"answer"'),
            (("queue", 7), "('queue', 7)"),
        ],
        ids=str,
    )
    def test_a_key_is_named_as_one_would_write_it(self, key: Any, text: str) -> None:
        assert name_of(key) == text

    def test_a_class_inside_a_function_is_named_without_the_function(self) -> None:
        class Local:
            class Inner: ...

        assert name_of(Local) == "Local"
        assert name_of(Local.Inner) == "Local.Inner"


class TestAdding:
    def test_add_returns_what_was_added(self) -> None:
        user = User()

        assert Components().add(user) is user

    def test_a_component_is_found_by_its_bases_and_their_type_arguments(self) -> None:
        layer = Components()

        users = layer.add(CachedUsers())

        assert layer.get(CachedUsers) is layer.get(Users) is layer.get(Repo[User]) is layer.get(Repo) is users

    def test_a_component_with_a_namespace_is_found_by_that_instead_of_its_type(self) -> None:
        layer = Components()

        layer.add(7, UserId)

        assert layer.get(UserId) == 7
        assert layer.get(int, default=None) is None

    def test_a_component_added_under_a_base_is_not_found_by_its_own_type(self) -> None:
        layer = Components()

        layer.add(CachedUsers(), Users)

        assert layer.get(CachedUsers, default=None) is None
        assert isinstance(layer.get(Repo[User]), CachedUsers)

    def test_falsy_components_are_components(self) -> None:
        layer = Components()

        layer.add(0, UserId)
        layer.add(Names())
        layer.add(None, "nothing")

        assert layer.get(UserId) == 0
        assert layer.get(Names) == []
        assert layer.get("nothing") is None

    def test_a_class_is_no_component_unless_a_namespace_says_so(self) -> None:
        layer = Components()

        with pytest.raises(NotAComponentError) as caught:
            layer.add(User)

        assert caught.value.item == "User"
        assert layer.add(User, "model") is layer.get("model")

    def test_one_component_may_have_several_names(self) -> None:
        layer = Components()
        user = layer.add(User(), name="owner")

        layer.add(user, name="payer")

        assert layer.find(User) == {"owner": user, "payer": user}
        assert layer.get(User, default=None) is None

    @pytest.mark.parametrize("spelling", [OldList[int], list[int]], ids=str)
    def test_any_spelling_of_a_type_finds_it(self, spelling: Any) -> None:
        layer = Components()

        layer.add([1], OldList[int])

        assert layer.get(spelling) == [1]
        assert layer.find(spelling) == {None: [1]}


class TestMisses:
    def test_a_miss_names_what_was_wanted_the_layers_looked_at_and_what_comes_close(self) -> None:
        stage = Components(label="stage")
        stage.add(User(), name="owner")
        stage.add(Users())
        task = stage.push("task sweep")
        task.add(7, UserId)

        with pytest.raises(ComponentNotFoundError) as caught:
            task.get(User)

        assert str(caught.value) == (
            "there is no User in the context\n"
            "  why     looked in task sweep {UserId}\n"
            '          looked in stage {User "owner", Users}\n'
            '          there is one named "owner"\n'
            "  to fix  context.add(User(...)), or get(..., default=None)"
        )

    def test_a_miss_with_a_name_shows_those_without(self) -> None:
        layer = Components(label="stage")
        layer.add(User())

        with pytest.raises(ComponentNotFoundError) as caught:
            layer.get(User, name="owner")

        assert str(caught.value) == (
            'there is no User named "owner" in the context\n'
            "  why     looked in stage {User}\n"
            "          there is one without a name\n"
            '  to fix  context.add(User(...), name="owner"), or get(..., default=None)'
        )

    def test_a_default_is_returned_instead_whatever_it_is(self) -> None:
        layer = Components()

        assert layer.get(User, default=None) is None
        assert layer.get(User, default="nobody") == "nobody"


class TestLayers:
    def test_a_layer_sees_what_is_added_below_it_later(self) -> None:
        stage = Components()
        task = stage.push()

        user = stage.add(User())

        assert task.get(User) is user

    def test_layers_side_by_side_do_not_see_each_other(self) -> None:
        stage = Components()
        one, other = stage.push(), stage.push()

        one.add(User())

        assert other.get(User, default=None) is None
        assert stage.get(User, default=None) is None

    def test_the_nearest_component_wins_even_if_a_farther_one_is_of_the_exact_type(self) -> None:
        stage = Components()
        stage.add(Users())
        task = stage.push()

        cached = task.add(CachedUsers())

        assert task.get(Users) is cached

    def test_popping_gives_the_layer_below_and_the_lowest_has_none(self) -> None:
        stage = Components(label="stage")
        task = stage.push("task")

        assert task.pop() is stage
        assert task.parent is stage
        with pytest.raises(LookupError, match="lowest layer"):
            stage.pop()

    def test_a_layer_tells_its_label_and_those_below(self) -> None:
        task = Components(label="stage").push("task sweep").push("scope")

        assert repr(task) == "<Components scope over task sweep over stage>"
        assert [layer.label for layer in task.layers()] == ["scope", "task sweep", "stage"]


class Animal: ...


class Dog(Animal): ...


class Puppy(Dog): ...


class Cat(Animal): ...


class Hybrid(Dog, Cat): ...


class Stray(Cat):
    __rostra_shapes_apart__ = True


ANIMALS = [Animal, Dog, Puppy, Cat, Hybrid, Stray]
MANY = [f"key {number}" for number in range(90)]
LINEAGE = {cls: [base for base in cls.__mro__ if base is not object] for cls in ANIMALS}


@attrs.define(eq=False)
class Model:
    """A layer as anybody would write it: what was added, in order, and the layer below.

    ``kinds`` are the ways in which something was added: under one type and name, or under several.
    """

    below: "Model | None"
    added: list[tuple[type, str | None, object]] = attrs.field(factory=list)
    kinds: set[tuple[object, ...]] = attrs.field(factory=set)

    def add(self, item: object, cls: type, *names: str | None) -> None:
        """Let it be found by all of these names."""
        self.added += [(cls, name, item) for name in names]
        self.kinds.add((cls, *names))

    def has(self, key: str) -> bool:
        """Whether something was added by this key alone, here or below."""
        return (key,) in self.kinds or (self.below is not None and self.below.has(key))

    def slots(self) -> int:
        """So many places are needed in this layer and in those below it."""
        return len(self.kinds) + (self.below.slots() if self.below else 0)

    def own(self, wanted: type) -> dict[str | None, object]:
        """By name, in the order of the first additions; of one name the latest."""
        return {given: item for cls, given, item in self.added if wanted in LINEAGE[cls]}

    def get(self, wanted: type, name: str | None) -> object:
        layer: Model | None = self
        while layer is not None:
            for cls, given, item in reversed(layer.added):
                if wanted in LINEAGE[cls] and given == name:
                    return item
            layer = layer.below
        return None


class LayersBehaveLikeLists(RuleBasedStateMachine):
    """Any tree of layers, added to in any order, answers as lists that are searched from their ends."""

    layers: "Bundle[tuple[Components, Model]]" = Bundle("layers")
    names = st.sampled_from([None, "a", "b"])

    def __init__(self) -> None:
        super().__init__()
        self.all: list[tuple[Components, Model]] = []

    @initialize(target=layers)
    def the_lowest(self) -> tuple[Components, Model]:
        return self._known(Components(), Model(None))

    @rule(target=layers, below=layers)
    def push(self, below: tuple[Components, Model]) -> tuple[Components, Model]:
        return self._known(below[0].push(), Model(below[1]))

    @rule(layer=layers)
    def pop(self, layer: tuple[Components, Model]) -> None:
        real, model = layer
        if model.below is None:
            with pytest.raises(LookupError):
                real.pop()
        else:
            assert (real.pop(), model.below) in self.all

    @rule(layer=layers, cls=st.sampled_from(ANIMALS), name=names)
    def add(self, layer: tuple[Components, Model], cls: type, name: str | None) -> None:
        item = cls()
        layer[0].add(item, name=name)
        layer[1].add(item, cls, name)

    @rule(layer=layers, under=st.sampled_from(ANIMALS), name=names)
    def add_under_a_base(self, layer: tuple[Components, Model], under: type, name: str | None) -> None:
        item = Hybrid()
        layer[0].add(item, under, name=name)
        layer[1].add(item, under, name)

    @rule(layer=layers, cls=st.sampled_from(ANIMALS), name=st.sampled_from(["a", "b"]))
    def add_by_name_and_without(self, layer: tuple[Components, Model], cls: type, name: str) -> None:
        item = cls()
        layer[0].include(item, (Under(((cls, name), (cls, None))), None))
        layer[1].add(item, cls, name, None)

    @rule(layer=layers, first=st.sampled_from([0, 30]))
    def add_many(self, layer: tuple[Components, Model], first: int) -> None:
        for number in range(first, first + 60):
            layer[0].add(number, MANY[number])
            layer[1].kinds.add((MANY[number],))

    @invariant()
    def of_many_each_layer_finds_what_it_has(self) -> None:
        for real, model in self.all:
            for key in (MANY[0], MANY[59], MANY[60], MANY[89]):
                assert real.get(key, default=None) == (MANY.index(key) if model.has(key) else None)

    @invariant()
    def every_layer_answers_alike(self) -> None:
        for real, model in self.all:
            for cls in ANIMALS:
                expected = {name: model.get(cls, name) for name in (None, "a", "b")}
                for name, item in expected.items():
                    assert real.get(cls, name=name, default=None) is item
                named = [item for name, item in expected.items() if name is not None]
                once = {name: each for name, each in expected.items() if name or each not in named}
                assert real.find(cls) == {name: item for name, item in once.items() if item is not None}
                assert list(real.own(cls).items()) == list(model.own(cls).items())

    @invariant()
    def nothing_is_listed_twice(self) -> None:
        for real, model in self.all:
            assert len(real.values[1:]) <= model.slots()

    def _known(self, real: Components, model: Model) -> tuple[Components, Model]:
        self.all.append((real, model))
        return real, model


TestLayersBehaveLikeLists = LayersBehaveLikeLists.TestCase
