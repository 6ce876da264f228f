"""Types of one's own: a registered function or ``from_config`` reads them, wherever they stand, and is told of."""

import functools
import pickle
from decimal import Decimal
from typing import Any, NewType, Self

import attrs
import pytest
from cases import named

from rostra import config
from rostra.config import Config, ConfigError, ConfigSource, Secret
from rostra.config.hooks import own
from rostra.config.taught import taken_by

Even = NewType("Even", int)


class Color:
    def __init__(self, red: int, green: int, blue: int) -> None:
        self.parts = (red, green, blue)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Color) and self.parts == other.parts

    def __hash__(self) -> int:
        return hash(self.parts)


@config.reads(
    Color, expected="a colour such as #ff0000", schema={"type": "string", "pattern": "^#[0-9a-f]{6}$"}
)
def parse_color(text: str) -> Color:
    if not text.startswith("#"):
        raise LookupError(f"{text} does not begin with #\nand more")
    return Color(*bytes.fromhex(text[1:]))


@config.reads(Even, expected="an even number")
def parse_even(number: int) -> Even:
    if number % 2:
        raise ValueError
    return Even(number)


class Range:
    def __init__(self, low: int, high: int) -> None:
        self.low, self.high = low, high

    @classmethod
    def between(cls, ends: list[int]) -> Self:
        return cls(*ends)


config.reads(Range)(Range.between)


class Anything:
    def __init__(self, value: Any) -> None:
        self.value = value


config.reads(Anything)(Anything)


@attrs.frozen
class Endpoint:
    host: str
    port: int = 80

    expected_in_config = "host:port"

    @classmethod
    def from_config(cls, text: str) -> Self:
        host, _, port = text.partition(":")
        return cls(host, int(port))


class Plain:
    def __init__(self, value: object) -> None:
        self.value = value

    @classmethod
    def from_config(cls, value: Any) -> Self:
        return cls(value)


class Deeper(Plain):
    """``from_config`` is inherited, as class methods are."""


class Address(str):
    __slots__ = ()

    def __new__(cls, text: str) -> Self:
        if "@" not in text:
            raise LookupError(f"there is no @ in {text}")
        return super().__new__(cls, text)


RED = Color(255, 0, 0)


def holder(wanted: Any) -> type[Any]:
    return attrs.make_class("Holder", {"it": attrs.field(type=wanted)}, frozen=True)


def from_file(wanted: Any, value: Any) -> Any:
    return ConfigSource({"x": {"it": value}}).load(holder(wanted), "x").it


def from_text(wanted: Any, text: str) -> Any:
    return ConfigSource(env_prefix="APP", environ={"APP_X_IT": text}).load(holder(wanted), "x").it


@pytest.mark.parametrize(
    ("wanted", "text", "expected"),
    [
        (Color, "#ff0000", RED),
        (Color | None, "", None),
        (Color | int, "5", 5),
        (Color | str, "red", "red"),
        (list[Color], "#ff0000,#ff0000", [RED, RED]),
        (dict[str, Color], '{"a": "#ff0000"}', {"a": RED}),
        (dict[Color, int], '{"#ff0000": 1}', {RED: 1}),
        (Secret[Color], "#ff0000", Secret(RED)),
        (Even, "4", 4),
        (list[Even], "2,4", [2, 4]),
        (Endpoint, "a:5", Endpoint("a", 5)),
        (Endpoint, '{"host": "a"}', Endpoint("a")),
        (list[Endpoint], "a:1,b:2", [Endpoint("a", 1), Endpoint("b", 2)]),
        (Endpoint | str, "a", "a"),
        (Address, "me@here", Address("me@here")),
    ],
    ids=named,
)
def test_a_type_of_ones_own_is_read_wherever_it_stands(wanted: Any, text: str, expected: Any) -> None:
    assert from_text(wanted, text) == expected
    assert type(from_text(wanted, text)) is type(expected)


def test_an_instance_is_taken_as_it_is() -> None:
    assert from_file(Color, RED) is RED
    assert from_file(list[Color], [RED])[0] is RED


def test_the_annotation_says_what_the_function_takes() -> None:
    by_text, by_list = from_text(Range, "1,2"), from_file(Range, [1, "2"])

    assert (by_text.low, by_text.high, by_list.low, by_list.high) == (1, 2, 1, 2)


@pytest.mark.parametrize(("value", "expected"), [(5, 5), ("a", "a"), ([1], [1]), ({"a": 1}, {"a": 1})])
def test_without_an_annotation_a_function_is_given_what_was_said(value: Any, expected: Any) -> None:
    assert from_file(Anything, value).value == expected
    assert from_file(Plain, value).value == expected
    assert type(from_text(Anything, "a").value) is str


def test_a_class_method_makes_an_instance_of_the_class_that_was_asked_for() -> None:
    assert type(from_text(Deeper, "a")) is Deeper


@pytest.mark.parametrize(
    ("wanted", "value", "reason"),
    [
        (Color, "red", 'expected a colour such as #ff0000, found "red": red does not begin with #'),
        (Color, 5, "expected a colour such as #ff0000, found 5"),
        (Color | int, "red", 'expected a colour such as #ff0000 or a whole number, found "red"'),
        (Secret[Color], "red", "expected a colour such as #ff0000, found ***"),
        (Even, 5, "expected an even number, found 5: ValueError"),
        (Even, "x", 'expected an even number, found "x"'),
        (Range, [1], "expected a Range, found a list of 1: "),
        (Range, [1, "x"], 'expected a whole number, found "x"'),
        (Endpoint, "a:b", "expected host:port, found \"a:b\": invalid literal for int() with base 10: 'b'"),
        (Endpoint, {"port": "b"}, 'missing; expected text; expected a whole number, found "b"'),
        (Address, "me", 'expected text, found "me": there is no @ in me'),
        (Secret[Address], "me", "expected text, found ***"),
    ],
    ids=str,
)
def test_what_the_function_says_is_a_mistake_of_the_setting(wanted: Any, value: Any, reason: str) -> None:
    with pytest.raises(ConfigError) as caught:
        from_file(wanted, value)

    assert "; ".join(mistake.reason for mistake in caught.value.mistakes).startswith(reason)
    assert caught.value.__context__ is None


def test_a_missing_one_is_told_by_what_is_expected() -> None:
    @attrs.frozen
    class Look(Config, section="look"):
        color: Color

    with pytest.raises(ConfigError) as caught:
        ConfigSource().load(Look)

    assert str(caught.value) == (
        "1 setting of [look] is wrong\n"
        "  look.color   missing; expected a colour such as #ff0000   set color in [look]"
    )


def test_variables_reach_the_settings_of_a_class_that_also_reads_texts() -> None:
    environ = {"APP_X_IT": "a:5", "APP_X_IT_PORT": "6"}

    by_parts = ConfigSource({"x": {"it": {"host": "a"}}}, env_prefix="APP", environ={"APP_X_IT_PORT": "6"})
    as_text = ConfigSource(env_prefix="APP", environ={"APP_X_IT": environ["APP_X_IT"]})

    assert by_parts.load(holder(Endpoint), "x").it == Endpoint("a", 6)
    assert as_text.load(holder(Endpoint), "x").it == Endpoint("a", 5)


def test_an_attrs_class_with_a_registered_function_is_a_single_value() -> None:
    @attrs.frozen
    class Version:
        major: int
        minor: int

    config.reads(Version, expected="a version such as 1.2")(lambda text: Version(*map(int, text.split("."))))

    assert from_text(Version, "1.2") == Version(1, 2)
    with pytest.raises(ConfigError, match=r"expected a version such as 1\.2, found a table"):
        from_file(Version, {"major": 1, "minor": 2})


def test_two_functions_for_one_type_are_an_error_that_names_both() -> None:
    class Twice:
        pass

    @config.reads(Twice)
    def first(_: object) -> Twice:
        return Twice()

    with pytest.raises(ConfigError) as caught:

        @config.reads(Twice)
        def second(_: object) -> Twice:
            return Twice()

    found = str(caught.value).replace(__file__, "app.py")
    lines = [first.__code__.co_firstlineno, first.__code__.co_firstlineno + 6]
    assert found == (
        "two functions read Twice\n"
        f"  Twice   read by first, app.py:{lines[0]}, and by second, app.py:{lines[1]}\n"
        "  to fix  leave one of them out, or make a NewType for one of them"
    )
    assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)


def test_the_same_function_may_be_registered_again() -> None:
    class Again:
        pass

    def read(_: object) -> Again:
        return Again()

    config.reads(Again)(read)
    config.reads(Again)(read)

    assert isinstance(from_text(Again, "a"), Again)


def test_what_rostra_reads_itself_is_not_taken_over() -> None:
    with pytest.raises(ConfigError) as caught:
        config.reads(int)(int)

    assert str(caught.value) == (
        'rostra reads int itself, for everybody\n  to fix  Mine = NewType("Mine", int) and config.reads(Mine)'
    )


def test_only_classes_and_new_types_are_registered() -> None:
    wanted: Any = list[Decimal]

    with pytest.raises(ConfigError, match="neither a class nor a NewType"):
        config.reads(wanted)(list)


def test_tools_find_what_was_registered() -> None:
    known, by_method = own(Color), own(Endpoint)

    assert known is not None
    assert by_method is not None
    assert (known.expected, taken_by(known), by_method.expected, taken_by(by_method)) == (
        "a colour such as #ff0000",
        str,
        "host:port",
        str,
    )
    assert known.schema == {"type": "string", "pattern": "^#[0-9a-f]{6}$"}
    assert own(int) is None


def test_an_annotation_that_names_nothing_is_told_with_the_function() -> None:
    class Odd:
        pass

    @config.reads(Odd)
    def read(text: "NoSuchType") -> Odd:  # type: ignore[name-defined]  # noqa: F821  (this is what is told)
        return Odd()

    with pytest.raises(ConfigError) as caught:
        from_text(Odd, "a")

    (mistake,) = caught.value.mistakes
    assert mistake.reason.replace(__file__, "app.py") == (
        f"nobody knows the type that read, app.py:{read.__code__.co_firstlineno} takes: "
        "name 'NoSuchType' is not defined"
    )


def test_a_function_may_take_its_own_type_or_something_else() -> None:
    class Wrapped:
        def __init__(self, text: str) -> None:
            self.text = text

    @config.reads(Wrapped)
    def read(value: Wrapped | str | int) -> Wrapped:
        return value if isinstance(value, Wrapped) else Wrapped(str(value))

    assert (from_text(Wrapped, "a").text, from_file(Wrapped, 5).text) == ("a", "5")
    with pytest.raises(ConfigError, match="expected a Wrapped, found a list of 1"):
        from_file(Wrapped, [1])


def test_a_function_of_which_nothing_is_known_is_given_what_was_said() -> None:
    class Partly:
        def __init__(self, one: object, other: object) -> None:
            self.both = (one, other)

    config.reads(Partly)(functools.partial(Partly, 1))

    assert from_file(Partly, [2]).both == (1, [2])
