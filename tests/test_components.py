import abc
import collections.abc
import gc
import typing
from typing import Any, Generic, NewType, Protocol, TypeVar

import attrs
import pytest
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, rule

from rostra.components import Components, Under, canonical, keys, name_of
from rostra.components.environment import Environment
from rostra.components.shapes import Shape
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


class TestShapes:
    """What layers share that were made alike; seen from outside as what look-ups and additions do not cost."""

    def test_layers_to_which_the_same_was_added_share_their_shape(self) -> None:
        stage = Components()
        stage.add(User())
        one, other = stage.push(), stage.push().push()

        for layer in (one, other):
            layer.add(Users())
            layer.add(Box(), name="big")

        assert one.shape is not stage.shape
        assert one.shape.slots == other.shape.slots
        same = stage.push()
        same.add(Users())
        same.add(Box(), name="big")
        assert same.shape is one.shape

    def test_a_layer_has_the_environment_of_the_one_below_until_something_is_added(self) -> None:
        stage = Components()
        stage.add(User())

        layer = stage.push()

        assert layer.look() == stage.look()
        layer.add(Users())
        assert layer.look() != stage.look()

    def test_what_replaces_a_component_keeps_the_shape(self) -> None:
        layer = Components()
        layer.add(Users())
        shape = layer.shape

        latest = layer.add(Users())

        assert layer.shape is shape
        assert layer.get(Repo) is latest

    def test_types_that_hide_each_other_in_turn_need_no_more_shapes_than_orders(self) -> None:
        layer = Components().push()
        for _ in range(3):
            layer.add(Dog())
            layer.add(Cat())
        shape = layer.shape

        layer.add(Dog())
        cat = layer.add(Cat())

        assert layer.shape is shape
        assert layer.get(Animal) is cat
        assert len(layer.values[1:]) == 2

    def test_a_class_that_is_apart_shares_its_shape_with_nobody(self) -> None:
        stage = Components()
        one, other = stage.push(), stage.push()

        one.add(Stray())
        other.add(Stray())

        assert one.shape is not other.shape

    def test_who_reads_a_list_of_values_does_not_see_them_change(self) -> None:
        layer = Components()
        first = layer.add(User())
        values = layer.values

        layer.add(User())
        layer.add(Users())

        assert values[1:] == [first]

    def test_ten_thousand_types_leave_no_more_shapes_than_are_remembered(self) -> None:
        stage = Components()
        for number in range(10_000):
            stage.push().add(number, f"key {number}")

        gc.collect()

        assert sum(isinstance(each, Shape) for each in gc.get_objects()) < 3_000

    def test_ten_thousand_types_in_one_layer_are_found(self) -> None:
        layer = Components().push()
        for number in range(10_000):
            layer.add(number, f"key {number}")

        assert [layer.get(f"key {number}") for number in (0, 5_000, 9_999)] == [0, 5_000, 9_999]

    def test_layers_that_are_gone_are_not_remembered_by_the_one_below(self) -> None:
        stage = Components()
        for _ in range(1_000):
            stage.push().add(User())

        gc.collect()

        assert sum(isinstance(each, Environment) for each in gc.get_objects()) < 500
        stage.add(Users())

    def test_a_thousand_layers_deep_an_addition_at_the_bottom_is_seen(self) -> None:
        stage = Components()
        layer = stage
        for number in range(1_500):
            layer = layer.push()
            layer.add(number, f"key {number}")

        user = stage.add(User())

        assert layer.get(User) is user


class Animal: ...


class Dog(Animal): ...


class Puppy(Dog): ...


class Cat(Animal): ...


class Hybrid(Dog, Cat): ...


class Stray(Cat):
    __rostra_shapes_apart__ = True


ANIMALS = [Animal, Dog, Puppy, Cat, Hybrid, Stray]
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
