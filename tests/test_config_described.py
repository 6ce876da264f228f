"""What classes say about their settings: documentation from docstrings, types in words, defaults."""

import dataclasses
import datetime as dt
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import ModuleType
from typing import Annotated, Any, Literal

import attrs
import pytest
from typing_extensions import Doc, TypeAliasType

from rostra.config import Bytes, Config, Duration, Secret
from rostra.config.described import described, every, in_words
from rostra.describing import documented

Sizes = TypeAliasType("Sizes", dict[str, int])


@attrs.frozen
class Base(Config, section="base"):
    """A section that others descend from."""

    above: int = 1
    """Said above."""
    changed: int = 2
    """Said above, and changed below."""


@attrs.frozen
class Below(Base, section="below"):
    """First paragraph,
    on two lines.

    Second paragraph with ``code``::

        [below]
        above = 7

    Args:
        listed: Said under Args,
            on two lines.
        typed (int): Said with a type.

    Raises:
        Nothing: Of this is prose.

    Last paragraph.
    """

    changed: int = 3
    """Said below."""
    listed: int = 4
    typed: int = 5
    annotated: Annotated[int, Doc("Said in the annotation.")] = 6
    kept: int = attrs.field(default=7, metadata={"doc": "Said in the metadata."})
    _private: int = 8
    """Said of a private one."""
    silent: int = 9


@dataclasses.dataclass
class Data:
    size: int = 3
    """Said in a dataclass."""


class Plain(Config, section="plain"):
    size: int = 3
    """Said in a plain class."""


def test_a_setting_is_documented_in_one_of_many_ways() -> None:
    found = {each.setting.name: each.text for each in described(Below, ("below",)).settings}

    assert found == {
        "above": "Said above.",
        "changed": "Said below.",
        "listed": "Said under Args, on two lines.",
        "typed": "Said with a type.",
        "annotated": "Said in the annotation.",
        "kept": "Said in the metadata.",
        "private": "Said of a private one.",
        "silent": "",
    }


def test_a_class_is_documented_by_its_prose_without_examples() -> None:
    assert documented(Below).text == (
        "First paragraph, on two lines.\n\nSecond paragraph with `code`:\n\nLast paragraph."
    )


@pytest.mark.parametrize(("cls", "text"), [(Data, "Said in a dataclass."), (Plain, "Said in a plain class.")])
def test_classes_of_all_kinds_are_documented(cls: type, text: str) -> None:
    assert [each.text for each in described(cls, ()).settings] == [text]
    assert documented(cls).text == ""  # what dataclasses and Config say themselves is for programmers


def test_a_class_local_to_a_function_is_documented() -> None:
    @attrs.frozen
    class Local:
        """Local."""

        size: int = 3
        """Said in a function."""

    assert documented(Local).attributes == {"size": "Said in a function."}


def test_a_class_without_source_says_less() -> None:
    module = ModuleType("without_source")
    exec(
        "import attrs\n@attrs.frozen\nclass Made:\n    'Made.'\n    size: int = 1\n    'Lost.'", vars(module)
    )
    sys.modules["without_source"] = module
    try:
        found = documented(module.Made)
    finally:
        del sys.modules["without_source"]

    assert (found.text, dict(found.attributes)) == ("Made.", {})


@pytest.mark.parametrize(
    ("wanted", "words"),
    [
        (int, "a whole number"),
        (bool, "true or false"),
        (int | None, "a whole number or nothing"),
        (int | str, "a whole number or text"),
        (Secret[str], "text"),
        (Secret, "text"),
        (list[int], "a list, each a whole number"),
        (tuple[int, str], "a list: a whole number, text"),
        (Sequence[Duration], "a list, each a duration such as 1m30s"),
        (list, "a list"),
        (dict[str, list[Bytes]], "a table, each a list, each a size such as 10MiB"),
        (Mapping, "a table"),
        (Literal["a", "b"], "one of a, b"),
        (Data, "a table"),
        (Any, "anything"),
        (Sizes, "a table"),
        (dt.date, "a date such as 2025-12-31"),
    ],
    ids=str,
)
def test_types_are_said_in_words(wanted: Any, words: str) -> None:
    assert in_words(wanted) == words


def made() -> int:
    raise AssertionError("a factory is not called to describe a class")


@attrs.frozen
class Cat:
    kind: Literal["cat"] = "cat"
    lives: int = 9


@attrs.frozen
class Dog:
    kind: Literal["dog"]
    name: str = "Rex"


@attrs.frozen
class Defaults:
    required: int
    factory: int = attrs.field(factory=made)
    several: list[int] = attrs.field(factory=list)
    data: Data = attrs.field(default=Data(7))
    optional: Data | None = None
    own: Data = attrs.field(factory=Data)
    pet: Cat | Dog = attrs.field(factory=lambda: Dog("dog"))
    folder: Path = Path("here")


def test_defaults_are_those_of_the_class_or_of_the_instance_that_is_the_default() -> None:
    found = {each.path: each for each in every(described(Defaults, ()))}

    assert found[("required",)].default is attrs.NOTHING
    assert (found[("factory",)].default, found[("factory",)].made_by) == (attrs.NOTHING, "made")
    assert found[("several",)].default == []
    assert found[("data", "size")].default == 7
    assert found[("optional",)].default is None
    assert found[("optional", "size")].default == found[("own", "size")].default == 3
    assert found[("pet",)].made_by == "a function"
    assert found[("pet", "lives")].default == 9
    assert found[("pet", "name")].default == "Rex"
    assert found[("pet",)].inner is None


@attrs.frozen
class Tree:
    name: str
    branches: "dict[str, Tree]" = attrs.field(factory=dict)
    parent: "Tree | None" = None


def test_a_class_that_holds_itself_is_described_once() -> None:
    assert [each.path for each in every(described(Tree, ()))] == [("name",), ("branches",), ("parent",)]
