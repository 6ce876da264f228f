"""The schema of a file accepts what load accepts and, as far as a schema can say, refuses what load refuses."""

import datetime as dt
import json
import uuid
from pathlib import Path
from typing import Any, Literal, NewType

import any_settings
import attrs
import jsonschema
import pytest
from any_settings import Color, Level, Pool
from hypothesis import example, given, settings
from hypothesis import strategies as st

from rostra import config
from rostra.config import Bytes, Config, ConfigError, ConfigSource, Duration, Secret
from rostra.config.described import described
from rostra.config.schema import schema
from rostra.config.written import plain

Port = NewType("Port", int)
ALL = any_settings.SAID | any_settings.HIDDEN
OPTIONAL = [int | None, Secret[str] | None, Pool | None, Duration | None]


@attrs.frozen
class Tree:
    """A class that holds itself.

    What stands behind the first paragraph is a description.
    """

    name: str
    branches: "list[Tree]" = attrs.field(factory=list)


@attrs.frozen
class Db:
    """The database."""

    url: str
    """Where it is."""
    password: Secret[str] | None = None
    patience: Duration = Duration(90)
    tree: Tree | None = None
    color: Color = Color.RED
    mode: Literal["fast", 1] = "fast"
    size: int = attrs.field(default=3, validator=[attrs.validators.ge(1), attrs.validators.lt(100)])
    anything: Any = None


@attrs.frozen
class Root(Config, section=None):
    debug: bool = False


def of_type(wanted: Any) -> Any:
    """The schema of a file with one setting, and the class that reads it."""
    cls = attrs.make_class("One", {"it": attrs.field(type=wanted)})
    made = schema([described(cls, ("one",))])
    jsonschema.Draft202012Validator.check_schema(made)
    return jsonschema.Draft202012Validator(made), cls


def is_loaded(cls: type, value: Any) -> bool:
    try:
        ConfigSource({"one": {"it": value}}).load(cls, "one")
    except ConfigError:
        return False
    return True


@pytest.mark.parametrize("wanted", [*ALL, *OPTIONAL, Tree, Port, Any, dict[int, str]], ids=str)
@settings(max_examples=60)
@given(value=any_settings.JSON_VALUES)
@example(value=0)
@example(value="-0s")
@example(value={"size": 1})
@example(value={"name": "a", "branches": [{"name": "b"}]})
def test_what_load_accepts_the_schema_accepts(wanted: Any, value: Any) -> None:
    validator, cls = of_type(wanted)

    assert validator.is_valid({"one": {"it": value}}) >= is_loaded(cls, value)


@pytest.mark.parametrize("wanted", ALL, ids=str)
@settings(max_examples=30)
@given(data=st.data())
def test_every_value_as_it_is_written_down_is_accepted(wanted: Any, data: st.DataObject) -> None:
    validator, _ = of_type(wanted)

    said = json.loads(json.dumps(plain(data.draw(ALL[wanted]))))

    validator.validate({"one": {"it": said}})


@pytest.mark.parametrize(
    ("wanted", "value"),
    [
        (int, "80a"), (int, 1.5), (int, True), (int, None), (int, "0x10"),
        (bool, 1), (bool, "banana"), (float, "1,5"), (str, 3), (str, None), (bytes, "base64:!"),
        (Duration, "1x"), (Duration, -1), (Duration, "-1s"), (Duration, []), (dt.timedelta, "1s2m"),
        (Bytes, "10MoB"), (Bytes, -1), (Bytes, 1.5), (dt.date, "31.12.2025"), (dt.datetime, "noon"), (dt.time, "late"),
        (uuid.UUID, "1234"), (Path, ""), (Color, "green"), (Color, 1), (Level, 3), (Literal["a", 1], "b"),
        (list[int], 3), (list[int], ["a"]), (list[int], {}), (tuple[int, str], [1]), (tuple[int, str], [1, "a", 2]),
        (dict[str, int], {"a": "b"}), (dict[str, int], []), (dict[int, str], {"a": "b"}), (dict[str, int], "a"),
        (Pool, {"sise": 1}), (Pool, {"size": "many"}), (Pool, []), (Pool, "a"), (Tree, {}), (Tree, {"name": 1}),
        (list[Tree], [{"name": "a", "branches": [{}]}]), (int | None, "a"), (Secret[int], "a"), (Port, "a"),
    ],
    ids=str,
)  # fmt: skip
def test_what_load_refuses_the_schema_refuses_where_it_can(wanted: Any, value: Any) -> None:
    validator, cls = of_type(wanted)

    assert not is_loaded(cls, value)
    assert not validator.is_valid({"one": {"it": value}})


def test_a_schema_speaks_as_the_classes_do() -> None:
    made = schema([described(Db, ("db",))], "The settings of a test")

    jsonschema.Draft202012Validator.check_schema(made)
    db = made["properties"]["db"]
    assert (made["title"], db["title"], made["required"], db["required"]) == (
        "The settings of a test",
        "The database.",
        ["db"],
        ["url"],
    )
    assert db["properties"]["url"] == {"type": "string", "description": "Where it is."}
    assert db["properties"]["password"]["writeOnly"] is True
    assert "default" not in db["properties"]["password"]
    assert db["properties"]["patience"]["default"] == "1m30s"
    assert (db["properties"]["size"]["minimum"], db["properties"]["size"]["exclusiveMaximum"]) == (1, 100)
    assert db["properties"]["tree"]["anyOf"] == [{"$ref": "#/$defs/Tree"}, {"type": "null"}]
    assert made["$defs"]["Tree"]["properties"]["branches"]["items"] == {"$ref": "#/$defs/Tree"}
    assert made["$defs"]["Tree"]["description"] == "What stands behind the first paragraph is a description."


def test_classes_of_one_name_are_told_apart() -> None:
    other = attrs.make_class("Pool", {"depth": attrs.field(type=int, default=2)})
    both = attrs.make_class("Both", {"a": attrs.field(type=Pool), "b": attrs.field(type=other)})

    made = schema([described(both, ("both",))])

    assert set(made["$defs"]) == {"Pool", "Pool2"}
    jsonschema.validate(
        {"both": {"a": {"size": 1}, "b": {"depth": 1}}}, made, jsonschema.Draft202012Validator
    )


@pytest.mark.parametrize(
    ("said", "is_right"),
    [
        ({"debug": True, "db": {"url": "a", "pool": {"size": 1}}, "others": {"a": 1}}, True),
        ({"debug": "perhaps", "db": {"url": "a"}}, False),
        ({"debgu": True, "db": {"url": "a"}}, False),
        ({"db": {"url": "a", "pol": {"size": 1}}}, False),
        ({"db": {"url": "a", "pool": {"size": "many"}}}, False),
        ({"db": {}}, False),
        ({}, False),
    ],
)
def test_sections_in_sections_and_the_root_are_one_file(said: dict[str, Any], is_right: bool) -> None:
    places: dict[tuple[str, ...], type] = {("db", "pool"): Pool, ("db",): Db, (): Root}
    source = ConfigSource(said)

    validator = jsonschema.Draft202012Validator(
        schema(described(cls, place) for place, cls in places.items())
    )

    assert validator.is_valid(said) is is_right
    wrong = [place for place, cls in places.items() if not loads(source, cls, ".".join(place) or None)]
    assert (wrong == []) is is_right


def loads(source: ConfigSource, cls: type, section: str | None) -> bool:
    try:
        source.load(cls, section)
    except ConfigError:
        return False
    return True


def test_lengths_and_bounds_are_left_out_where_a_converter_changes_the_value() -> None:
    short = attrs.make_class(
        "Short",
        {
            "names": attrs.field(type=list[str], factory=list, validator=attrs.validators.min_len(1)),
            "level": attrs.field(type=int, default=2, converter=abs, validator=attrs.validators.ge(1)),
        },
    )

    properties = schema([described(short, ("short",))])["properties"]["short"]["properties"]

    assert properties["names"]["minItems"] == 1
    assert "minimum" not in properties["level"]


class Shade:
    """A type of one's own, with a schema of its own."""

    def __init__(self, text: str) -> None:
        self.text = text


class Grade(int):
    """A type of one's own, whose function takes numbers."""


@config.reads(
    Shade, expected="a shade such as #ff0000", schema={"type": "string", "pattern": "^#[0-9a-f]{6}$"}
)
def shade(text: str) -> Shade:
    return Shade(text)


@config.reads(Grade)
def grade(number: int) -> Grade:
    return Grade(number)


@pytest.mark.parametrize(
    ("wanted", "right", "wrong"),
    [(Shade, "#ff0000", "red"), (Shade, "${SHADE}", 7), (Grade, 3, "three")],
    ids=str,
)
def test_a_type_of_ones_own_says_its_part(wanted: Any, right: Any, wrong: Any) -> None:
    validator, _ = of_type(wanted)

    assert validator.is_valid({"one": {"it": right}})
    assert not validator.is_valid({"one": {"it": wrong}})


def test_what_is_expected_of_a_type_of_ones_own_is_its_title() -> None:
    validator, _ = of_type(dict[str, Shade])

    values = validator.schema["properties"]["one"]["properties"]["it"]["additionalProperties"]
    assert values["title"] == "a shade such as #ff0000"


@attrs.frozen
class Cat:
    kind: Literal["cat"]
    lives: int = 9


@attrs.frozen
class Dog:
    kind: Literal["dog"]
    name: str = "Rex"


@given(value=st.fixed_dictionaries({}, optional={"kind": st.sampled_from(["cat", "dog", 1]), "lives": any_settings.JSON_VALUES, "name": any_settings.JSON_VALUES}))  # fmt: skip
def test_a_union_of_classes_accepts_what_load_accepts(value: dict[str, Any]) -> None:
    validator, cls = of_type(Cat | Dog)

    assert validator.is_valid({"one": {"it": value}}) >= is_loaded(cls, value)
