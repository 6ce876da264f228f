"""Classes of settings that cost little to declare: they are as those of attrs are, but for how they are made."""

import copy
import inspect
import pickle
import subprocess
import sys
from pathlib import Path
from typing import Any, ClassVar

import attrs
import pytest

from rostra import config
from rostra.config.bounds import bounds
from rostra.config.declared import settings_of
from rostra.config.described import described


def check_name(shop: Any, asked: Any, name: str) -> None:
    if name in shop.closed:
        raise ValueError(f"{asked.name} is among those that are closed")


def title(name: str) -> str:
    return name.title()


@config.frozen
class Limits:
    """How much there is of it."""

    most: int = config.field(default=5, validator=[attrs.validators.ge(1), attrs.validators.le(9)])
    """At most so many."""
    patience: config.Duration = config.Duration(1.0)


@config.frozen
class Shop(config.Config, section="shop"):
    """A shop."""

    kind: ClassVar[str] = "small"
    owner: str
    name: str = config.field(default="tea", converter=title, validator=check_name)
    closed: list[str] = config.field(factory=list)
    limits: Limits = Limits()


@attrs.frozen
class Made:
    """What attrs makes of the same."""

    kind: ClassVar[str] = "small"
    owner: str
    name: str = attrs.field(default="tea", converter=title, validator=check_name)
    closed: list[str] = attrs.field(factory=list)
    limits: Limits = Limits()  # noqa: RUF009  (it is frozen)


@config.frozen
class Branch(Shop, section="branch"):
    town: str = ""

    def __attrs_post_init__(self) -> None:
        object.__setattr__(self, "town", self.town or self.owner)


def test_instances_say_what_they_are_made_of() -> None:
    shop = Shop("ann", closed=["b"])

    assert (shop.owner, shop.name, shop.closed, shop.limits.most) == ("ann", "Tea", ["b"], 5)
    assert repr(shop) == "Shop(owner='ann', name='Tea', closed=['b'], limits=" + repr(Limits()) + ")"
    assert repr(Limits()) == 'Limits(most=5, patience=Duration("1s"))'


def test_they_are_equal_if_what_they_say_is() -> None:
    assert Shop("ann") == Shop(owner="ann")
    assert Shop("ann") != Shop("bob")
    assert Limits() != object()
    assert hash(Limits(most=4)) == hash(Limits(4))
    assert len({Limits(), Limits(5), Limits(6)}) == 2


def test_defaults_of_a_factory_are_shared_by_nobody() -> None:
    assert Shop("ann").closed is not Shop("ann").closed


@pytest.mark.parametrize(
    "change", [lambda shop: setattr(shop, "name", "x"), lambda shop: delattr(shop, "name")]
)
def test_they_do_not_change(change: Any) -> None:
    shop = Shop("ann")

    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        change(shop)

    assert shop.name == "Tea"


@pytest.mark.parametrize(
    ("values", "named", "said"),
    [
        ((), {}, "owner must be given"),
        (("ann",), {"nme": "x", "close": 1}, "Shop has no nme, close"),
        (("ann",), {"owner": "bob"}, "Shop takes each of owner, name, closed, limits once"),
        (("ann", "x", [], Limits(), 5), {}, "Shop takes each of owner, name, closed, limits once"),
    ],
)
def test_what_cannot_be_made_is_a_type_error(values: Any, named: Any, said: str) -> None:
    with pytest.raises(TypeError) as caught:
        Shop(*values, **named)

    assert str(caught.value) == said


def test_validators_see_the_whole_and_the_name_of_their_field() -> None:
    with pytest.raises(ValueError, match="name is among those that are closed"):
        Shop("ann", "x", closed=["X"])
    for most in (0, 10):
        with pytest.raises(ValueError, match="'most' must be"):
            Limits(most)


def test_a_class_below_has_the_fields_above_it_first_and_may_finish_what_is_made() -> None:
    branch = Branch("ann")

    assert (branch.town, branch.name) == ("ann", "Tea")
    assert list(inspect.signature(Branch).parameters) == ["owner", "name", "closed", "limits", "town"]


def test_attrs_tells_of_them_what_it_tells_of_its_own() -> None:
    shop = Shop("ann")

    told, made = attrs.fields(Shop), attrs.fields(Made)

    assert attrs.has(Shop)
    assert told == made
    assert inspect.signature(Shop).parameters == inspect.signature(Made).parameters
    assert attrs.evolve(shop, owner="bob") == Shop("bob")  # type: ignore[misc]  # of attrs at run time only
    assert attrs.asdict(shop)["limits"] == {"most": 5, "patience": 1.0}
    assert copy.copy(shop) == pickle.loads(pickle.dumps(shop)) == shop.__replace__(owner="ann") == shop  # type: ignore[attr-defined]


def test_settings_are_described_with_their_defaults_and_bounds() -> None:
    most = described(Shop, ("shop",)).settings[-1].classes[0].settings[0]

    assert [setting.name for setting in settings_of(Shop)] == ["owner", "name", "closed", "limits"]
    assert (most.default, most.text) == (5, "At most so many.")
    assert bounds(Limits, most.setting) == {"minimum": 1, "maximum": 9}


def test_all_mistakes_are_told_at_once() -> None:
    source = config.ConfigSource(
        {"shop": {"limits": {"most": 0, "patience": "x"}, "nme": "tea", "closed": ["Tea"]}}
    )

    with pytest.raises(config.ConfigError) as caught:
        source.load(Shop)

    assert [mistake.setting for mistake in caught.value.mistakes] == [
        "shop.owner",
        "shop.limits.patience",
        "shop.limits.most",
        "shop.nme",
        "shop.name",
    ]


def test_a_table_is_read_without_asking_attrs(tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    program.write_text(
        "from rostra import config\n"
        "@config.frozen\n"
        "class Shop(config.Config, section='shop'):\n"
        "    name: str = config.field(default='tea')\n"
        "assert config.ConfigSource({'shop': {'name': 'x'}}).load(Shop).name == 'x'\n"
        "assert '__rostra_twin__' not in vars(Shop)\n"
    )

    subprocess.run([sys.executable, program], timeout=60, check=True)


def test_what_a_class_further_below_says_last_counts_as_pythons_order_has_it():
    @config.frozen
    class Root:
        port: int = 1

    @config.frozen
    class Left(Root):
        left: int = 2

    @config.frozen
    class Right(Root):
        port: int = 20

    @config.frozen
    class Both(Left, Right): ...

    assert (Both().port, Both().left) == (20, 2)


def test_a_constructor_of_ones_own_says_itself_what_it_takes():
    @config.frozen
    class Own(Limits):
        def __init__(self, shop: Shop) -> None:
            super().__init__(most=len(shop.name))

    assert [*inspect.signature(Own).parameters] == ["shop"]
    assert Own(Shop(owner="Ann")).most == 3


def below(base: type) -> type:
    return type("Below", (base,), {"__annotations__": {"y": int}})


@pytest.mark.parametrize(
    ("cls", "why"),
    [
        (below(Made), "Below has fields of Made, which frozen did not make"),
        (
            type("A", (), {"__annotations__": {"y": bool}, "y": config.bool_var(False)}),
            "A.y is written as attrs",
        ),
        (type("A", (), {"y": config.field(default=1)}), "A.y is a field without a type"),
        (type("A", (), {"__annotations__": {"y": int}, "__slots__": ("y",)}), "A has __slots__"),
    ],
)
def test_what_only_attrs_knows_is_an_error_where_it_is_declared(cls, why):
    with pytest.raises(TypeError, match=why):
        config.frozen(cls)
