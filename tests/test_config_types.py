"""What each type accepts from files and from text, and what it refuses; that texts read back as they were written."""

import collections
import collections.abc
import datetime as dt
import enum
import math
import re
import typing
import uuid
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from ipaddress import IPv4Address, IPv6Network
from pathlib import Path, PurePath
from typing import Annotated, Any, Literal, NewType
from zoneinfo import ZoneInfo

import attrs
import pytest

from rostra.config import Bytes, ConfigError, ConfigSource, Duration, Secret

Port = NewType("Port", int)


Inner = typing.TypeVar("Inner")
ONE_OF_FOUR = Literal["a", 1, True, None]  # noqa: PYI061  (that None may stand there is what is tested)
A_OR_NOTHING = Literal["a", None]  # noqa: PYI061  (as above)


class Color(enum.Enum):
    RED = "red"
    DEEP_BLUE = "blue"


class Level(enum.IntEnum):
    LOW = 1
    HIGH = 2


class Mode(enum.StrEnum):
    FAST = enum.auto()


class Access(enum.Flag):
    READ = 1
    WRITE = 2


class Shade(enum.Enum):
    LIGHT = (255, 255, 255)
    DARK = (0, 0, 0)

    @classmethod
    def _missing_(cls, value: object) -> "Shade | None":
        return cls.__members__.get(value.upper()) if isinstance(value, str) else None


class Weekday(enum.IntEnum):
    MONDAY = 1
    TUESDAY = 2

    @classmethod
    def _missing_(cls, value: object) -> "Weekday | None":
        return cls.MONDAY if value == "mon" else None


class Small(int):
    """A class of one's own on top of a scalar."""


class Point(typing.NamedTuple):
    x: int
    y: int


class Mystery(typing.TypedDict):
    it: "NoSuchType"  # type: ignore[name-defined]  # noqa: F821  (this is what is refused)


@attrs.frozen
class Box(typing.Generic[Inner]):
    it: Inner


class Limits(typing.TypedDict):
    soft: int
    hard: typing.NotRequired["int"]
    inner: "typing.NotRequired[Limits]"


@attrs.frozen
class Pool:
    url: str
    size: int = 5


@attrs.frozen
class Node:
    name: str
    children: "list[Node]" = attrs.Factory(list)
    next: "Node | None" = None


def holder(wanted: Any) -> type[Any]:
    return attrs.make_class("Holder", {"it": attrs.field(type=wanted)}, frozen=True)


def from_file(wanted: Any, value: Any) -> Any:
    """What a setting of this type is, where a file gives a value."""
    return ConfigSource({"x": {"it": value}}).load(holder(wanted), "x").it


def from_text(wanted: Any, text: str) -> Any:
    """What a setting of this type is, where a variable says something."""
    return ConfigSource(env_prefix="APP", environ={"APP_X_IT": text}).load(holder(wanted), "x").it


def refusal(read: Callable[[Any, Any], Any], wanted: Any, value: Any) -> str:
    """Why the value is refused."""
    with pytest.raises(ConfigError) as caught:
        read(wanted, value)
    assert caught.value.__context__ is None
    return "; ".join(mistake.reason for mistake in caught.value.mistakes)


UTC = dt.UTC
BOOLEAN = "true or false (or yes, no, on, off, 1, 0)"

ACCEPTED_FROM_FILES = [
    (str, "", ""),
    (int, 5, 5),
    (int, "5", 5),
    (float, 1, 1.0),
    (bool, True, True),
    (bool, "off", False),
    (bytes, b"\0", b"\0"),
    (Path, "a/b", Path("a/b")),
    (Path, PurePath("a"), Path("a")),
    (Duration, 90, Duration(90)),
    (Duration, "1m30s", Duration(90)),
    (Duration, dt.timedelta(minutes=1), Duration(60)),
    (dt.timedelta, 1.5, dt.timedelta(seconds=1.5)),
    (Bytes, 10, Bytes(10)),
    (dt.date, dt.date(2025, 1, 2), dt.date(2025, 1, 2)),
    (dt.datetime, dt.datetime(2025, 1, 2, tzinfo=UTC), dt.datetime(2025, 1, 2, tzinfo=UTC)),
    (dt.time, dt.time(1, 2), dt.time(1, 2)),
    (uuid.UUID, uuid.UUID(int=5), uuid.UUID(int=5)),
    (Color, "red", Color.RED),
    (Color, "DEEP_BLUE", Color.DEEP_BLUE),
    (Color, Color.RED, Color.RED),
    (Level, 2, Level.HIGH),
    (Mode, "fast", Mode.FAST),
    (ONE_OF_FOUR, 1, 1),
    (ONE_OF_FOUR, True, True),
    (Literal[Color.RED], "red", Color.RED),
    (int | str, "5", "5"),
    (str | int, 5, 5),
    (float | int, 5, 5),
    (int | None, None, None),
    (str | None, "", ""),
    (list[int], [1, 2], [1, 2]),
    (list[str], "a,b", ["a", "b"]),
    (list, [1, "a"], [1, "a"]),
    (tuple[int, ...], [1, 2], (1, 2)),
    (tuple[int, str], [1, "a"], (1, "a")),
    (tuple[()], [], ()),
    (set[int], [1, 1], {1}),
    (frozenset[str], ["a"], frozenset("a")),
    (collections.abc.Sequence[int], [1], (1,)),
    (collections.abc.Set[int], [1], frozenset({1})),
    (typing.List[int], [1], [1]),  # noqa: UP006  (old code says so)
    (typing.Optional[int], None, None),  # noqa: UP045  (old code says so)
    (dict[str, int], {"a": 1}, {"a": 1}),
    (dict[int, bool], {"1": "yes"}, {1: True}),
    (dict[Color, list[int]], {"red": [1]}, {Color.RED: [1]}),
    (dict, {"a": [1]}, {"a": [1]}),
    (collections.abc.Mapping[str, Any], {"a": {"b": 1}}, {"a": {"b": 1}}),
    (Pool, {"url": "x"}, Pool("x")),
    (Pool, Pool("x", 1), Pool("x", 1)),
    (Pool | None, {"url": "x"}, Pool("x")),
    (list[Pool], [{"url": "x"}, {"url": "y", "size": 1}], [Pool("x"), Pool("y", 1)]),
    (dict[str, Pool], {"a": {"url": "x"}}, {"a": Pool("x")}),
    (Node, {"name": "a", "children": [{"name": "b"}]}, Node("a", [Node("b")])),
    (
        Node,
        {"name": "a", "next": {"name": "b", "next": {"name": "c"}}},
        Node("a", [], Node("b", [], Node("c"))),
    ),
    (Port, "80", 80),
    (Annotated[int, "a port"], 80, 80),
    (list[Annotated[Port, "a port"]], [80], [80]),
    (Annotated[int, ["cannot be hashed"]], 80, 80),
    (dict[str, list[Annotated[Port, {"cannot": "be hashed"}]]], {"a": [80]}, {"a": [80]}),
    (Secret[Annotated[int, ["cannot be hashed"]]], 80, Secret(80)),
    (Small, 3, Small(3)),
    (Secret[int], 5, Secret(5)),
    (Secret[str], Secret("x"), Secret("x")),
    (Secret, "x", Secret("x")),
    (list[Secret[str]], "a,b", [Secret("a"), Secret("b")]),
    (Any, {"a": None}, {"a": None}),
    (Point, [1, 2], Point(1, 2)),
    (Limits, {"soft": 1}, {"soft": 1}),
    (Limits, {"soft": 1, "inner": {"soft": "2", "hard": 3}}, {"soft": 1, "inner": {"soft": 2, "hard": 3}}),
    (Limits | int, {"soft": 1}, {"soft": 1}),
    (Box[int], {"it": "1"}, Box(1)),
    (Decimal, 1.1, Decimal("1.1")),
    (Decimal, 5, Decimal(5)),
    (Fraction, 0.1, Fraction(1, 10)),
    (Fraction, "1/3", Fraction(1, 3)),
    (IPv4Address, "192.0.2.1", IPv4Address("192.0.2.1")),
    (IPv6Network, "2001:db8::/32", IPv6Network("2001:db8::/32")),
    (IPv4Address, IPv4Address("192.0.2.1"), IPv4Address("192.0.2.1")),
    (re.Pattern[str], "^a+$", re.compile("^a+$")),
    (re.Pattern, "^a+$", re.compile("^a+$")),
    (re.Pattern[bytes], "^a+$", re.compile(b"^a+$")),
    (ZoneInfo, "Europe/Berlin", ZoneInfo("Europe/Berlin")),
    (collections.deque[int], [1, 2], collections.deque([1, 2])),
    (collections.OrderedDict[str, int], {"a": 1}, collections.OrderedDict(a=1)),
    (None | int, None, None),
    (dict[str, None], {"a": None}, {"a": None}),
    (Access, 2, Access.WRITE),
    (Access, "READ|WRITE", Access.READ | Access.WRITE),
    (Access, ["READ", 2], Access.READ | Access.WRITE),
    (Shade, "LIGHT", Shade.LIGHT),
    (Shade, "light", Shade.LIGHT),
    (Weekday, "mon", Weekday.MONDAY),
]


def called(case: Any) -> str | None:
    return getattr(case, "__name__", None) if isinstance(case, type) else None


@pytest.mark.parametrize(("wanted", "value", "expected"), ACCEPTED_FROM_FILES, ids=called)
def test_a_file_may_say(wanted: Any, value: Any, expected: Any) -> None:
    found = from_file(wanted, value)

    assert found == expected
    assert type(found) is type(expected)


REFUSED_FROM_FILES = [
    (str, 1, "expected text, found 1"),
    (str, [], "expected text, found []"),
    (str, True, "expected text, found true"),
    (str, None, "expected text, found nothing"),
    (int, 1.0, "expected a whole number, found 1.0"),
    (int, 1.9, "expected a whole number, found 1.9"),
    (int, True, "expected a whole number, found true"),
    (int, "80a", 'expected a whole number, found "80a"'),
    (int, "9" * 5000, f'expected a whole number, found "{"9" * 58}…'),
    (int, {"a": 1}, "expected a whole number, found a table"),
    (int, {}, "expected a whole number, found an empty table"),
    (float, "1,5", 'expected a number, found "1,5"'),
    (float, False, "expected a number, found false"),
    (float, 10**400, "expected a number, found a huge number"),
    (int, "amqp://me:hunter2@broker", 'expected a whole number, found "amqp://me:***@broker"'),
    (bool, "banana", f'expected {BOOLEAN}, found "banana"'),
    (bool, 1, f"expected {BOOLEAN}, found 1"),
    (bool, "", f'expected {BOOLEAN}, found ""'),
    (bytes, 5, "expected text, or base64: and the bytes, found 5"),
    (bytes, "base64:ä", 'expected text, or base64: and the bytes, found "base64:ä"'),
    (Path, "", 'expected a path, found ""'),
    (Path, "a\0", 'expected a path, found "a\\u0000"'),
    (Duration, [], "expected a duration such as 1m30s, found []"),
    (Duration, -1, "expected a duration such as 1m30s, found -1"),
    (Duration, math.inf, "expected a duration such as 1m30s, found inf"),
    (Duration, True, "expected a duration such as 1m30s, found true"),
    (dt.timedelta, 10**30, f"expected a duration such as 1m30s, found {10**30}"),
    (Bytes, 1.5, "expected a size such as 10MiB, found 1.5"),
    (Bytes, -1, "expected a size such as 10MiB, found -1"),
    (
        dt.date,
        dt.datetime(2025, 1, 2, tzinfo=UTC),
        "expected a date such as 2025-12-31, found 2025-01-02T00:00:00+00:00",
    ),
    (
        dt.datetime,
        dt.date(2025, 1, 2),
        "expected a date and time such as 2025-12-31T23:59:00Z, found 2025-01-02",
    ),
    (dt.time, 5, "expected a time such as 23:59, found 5"),
    (uuid.UUID, 5, "expected a UUID, found 5"),
    (Color, "green", 'expected one of red, blue, found "green"'),
    (Level, True, "expected one of 1, 2, found true"),
    (Level, 1.0, "expected one of 1, 2, found 1.0"),
    (Literal["a", 1], True, "expected one of a, 1, found true"),
    (Literal["a"], "b", 'expected a, found "b"'),
    (int | str, 1.5, "expected a whole number or text, found 1.5"),
    (int | None, "x", 'expected a whole number, found "x"'),
    (Pool | int, {"url": 1}, "expected text, found 1"),
    (list[int] | str, ["x"], 'expected a whole number, found "x"'),
    (list[int] | list[str], [1.5], "expected a list, found a list of 1"),
    (Mystery, {"it": 1}, "nobody knows a type of Mystery.it: name 'NoSuchType' is not defined"),
    (Limits, {}, "missing; expected a whole number"),
    (Limits, {"soft": 1, "hart": 2}, "unknown; did you mean hard?"),
    (Limits, {"soft": 1, "hard": "x", "x": 5}, 'expected a whole number, found "x"; unknown'),
    (Limits, [1], "expected a table, found a list of 1"),
    (Limits | int, "x", 'expected a table or a whole number, found "x"'),
    (Box[int], {"it": "x"}, 'expected a whole number, found "x"'),
    (Pool | int, "x", 'expected a table or a whole number, found "x"'),
    (list[int], 5, "expected a list, as a,b or as JSON, found 5"),
    (list[int], [1, "x", 2.5], 'expected a whole number, found "x"; expected a whole number, found 2.5'),
    (tuple[int, str], [1], "expected 2 items, found a list of 1"),
    (set[list[int]], [[1]], "expected items that a set can hold"),
    (dict[str, int], [1], "expected a table, found a list of 1"),
    (
        dict[int, int],
        {"a": "b", "1": "c"},
        'its key: expected a whole number, found "a"; expected a whole number, found "c"',
    ),
    (Pool, 5, "expected a table, found 5"),
    (Pool, {}, "missing; expected text"),
    (Pool, {"url": "x", "sise": 1}, "unknown; did you mean size?"),
    (Pool, {"url": "x", "zzz": 1}, "unknown"),
    (list[Pool], [{"size": "x"}], 'missing; expected text; expected a whole number, found "x"'),
    (complex, "1j", "nobody knows how to read a complex; teach it: config.reads(complex)"),
    (Callable[[], int], "x", "nobody knows how to read a Callable[[], int]"),
    (Point, [1, "x"], 'expected a whole number, found "x"'),
    (Point, 5, "expected a list, as a,b or as JSON, found 5"),
    (Limits, {"soft": 1.5}, "expected a whole number, found 1.5"),
    (Decimal, True, "expected a number, found true"),
    (Decimal, "1,5", 'expected a number, found "1,5"'),
    (Decimal, "1_", 'expected a number, found "1_"'),
    (Fraction, "1/0", 'expected a number such as 0.5 or 1/3, found "1/0"'),
    (Fraction, "1e999999999", 'expected a number such as 0.5 or 1/3, found "1e999999999"'),
    (IPv4Address, 5, "expected an IPv4 address such as 192.0.2.1, found 5"),
    (IPv4Address, "192.0.2", 'expected an IPv4 address such as 192.0.2.1, found "192.0.2"'),
    (IPv6Network, "2001:db8::1/32", 'expected an IPv6 network such as 2001:db8::/32, found "2001:db8::1/32"'),
    (re.Pattern[str], "a(", 'expected a regular expression, found "a("'),
    (ZoneInfo, "Europe/Nowhere", 'expected a time zone such as Europe/Berlin, found "Europe/Nowhere"'),
    (ZoneInfo, "../../etc/passwd", 'expected a time zone such as Europe/Berlin, found "../../etc/passwd"'),
    (Access, 8, "expected any of READ|WRITE, found 8"),
    (Access, "READ|RUN", 'expected any of READ|WRITE, found "READ|RUN"'),
    (Shade, "grey", 'expected one of LIGHT, DARK, found "grey"'),
    (Weekday, "x", 'expected one of 1, 2, found "x"'),
    (collections.deque[int], ["x"], 'expected a whole number, found "x"'),
    (bytearray, "x", "nobody knows how to read a bytearray; teach it: config.reads(bytearray)"),
    (collections.abc.Iterator[int], [1], "nobody knows how to read an Iterator[int]"),
]


@pytest.mark.parametrize(("wanted", "value", "reason"), REFUSED_FROM_FILES, ids=called)
def test_a_file_may_not_say(wanted: Any, value: Any, reason: str) -> None:
    assert refusal(from_file, wanted, value) == reason


ACCEPTED_FROM_TEXT = [
    (str, " a ", " a "),
    (int, " +1_000 ", 1000),
    (float, "1e3", 1000.0),
    (float, "-inf", -math.inf),
    *((bool, word, True) for word in ("1", "on", "true", "yes", "YES", " True ")),
    *((bool, word, False) for word in ("0", "off", "false", "no", "No", "FALSE")),
    (bytes, "ä", "ä".encode()),
    (bytes, "base64:AP8=", b"\x00\xff"),
    (dt.timedelta, "1w2d3h4m5s6ms7us", dt.timedelta(9, 4 * 60 + 5 + 3 * 3600, 6007)),
    (dt.timedelta, "-1.5h", dt.timedelta(hours=-1.5)),
    (dt.timedelta, "1m 30s", dt.timedelta(seconds=90)),
    (dt.timedelta, "30", dt.timedelta(seconds=30)),
    (Duration, "250ms", Duration(0.25)),
    (Bytes, "10MiB", Bytes(10 * 1024**2)),
    (Bytes, "1.5 kb", Bytes(1500)),
    (Bytes, "0.3GB", Bytes(300_000_000)),
    (Bytes, "512", Bytes(512)),
    (dt.date, "2025-01-02", dt.date(2025, 1, 2)),
    (dt.datetime, "2025-01-02T03:04:05Z", dt.datetime(2025, 1, 2, 3, 4, 5, tzinfo=UTC)),
    (dt.time, "03:04", dt.time(3, 4)),
    (Color, "blue", Color.DEEP_BLUE),
    (Color, "RED", Color.RED),
    (Level, "2", Level.HIGH),
    (Literal["a", 1, True], "1", 1),
    (Literal["a", 1, True], "true", True),
    (A_OR_NOTHING, "", None),
    (int | str, "5", 5),
    (int | str, "5a", "5a"),
    (str | float | bool, "on", True),
    (dt.date | str, "2025-01-02", dt.date(2025, 1, 2)),
    (int | None, "", None),
    (str | None, "", None),
    (str | None, "null", "null"),
    (Secret[str] | None, "", None),
    (list[int] | None, "1", [1]),
    (list[str], " a , b ", ["a", "b"]),
    (list[str], "", []),
    (list[str], '["a,b", "c"]', ["a,b", "c"]),
    (list[str], "[::1]:80,[::2]:80", ["[::1]:80", "[::2]:80"]),
    (list[bool], "yes,0", [True, False]),
    (list[int | str], "1,a", [1, "a"]),
    (list[list[int]], "[[1], [2]]", [[1], [2]]),
    (tuple[int, Color], "1,red", (1, Color.RED)),
    (set[Path], "a,b", {Path("a"), Path("b")}),
    (dict[str, int], '{"a": 1}', {"a": 1}),
    (dict[str, Any], '{"a": {"b": [1, "x", null]}}', {"a": {"b": [1, "x", None]}}),
    (Pool, '{"url": "x"}', Pool("x")),
    (Pool | None, "", None),
    (list[Pool], '[{"url": "x"}]', [Pool("x")]),
    (Any, "5", "5"),
    (Small, "3", Small(3)),
]


@pytest.mark.parametrize(("wanted", "text", "expected"), ACCEPTED_FROM_TEXT, ids=called)
def test_a_variable_may_say(wanted: Any, text: str, expected: Any) -> None:
    found = from_text(wanted, text)

    assert found == expected
    assert type(found) is type(expected)


REFUSED_FROM_TEXT = [
    (int, "", 'expected a whole number, found ""'),
    (int, "1.0", 'expected a whole number, found "1.0"'),
    (int, "٣", 'expected a whole number, found "٣"'),
    (int, "1__0", 'expected a whole number, found "1__0"'),
    (int, "0x10", 'expected a whole number, found "0x10"'),
    (float, "1_", 'expected a number, found "1_"'),
    *((bool, word, f'expected {BOOLEAN}, found "{word}"') for word in ("", "2", "ja", "t", "tru")),
    *(
        (Duration, text, f'expected a duration such as 1m30s, found "{text}"')
        for text in ("", "s", "1x", "1s1m", "1m1m", "-1s", "1e3s", "9" * 40 + "w9", "1.s", "nan")
    ),
    *(
        (Bytes, text, f'expected a size such as 10MiB, found "{text}"')
        for text in ("", "MiB", "-1", "10M", "1.5", "0.1KiB", "1 000", "1MiBs")
    ),
    (dt.date, "2025-13-01", 'expected a date such as 2025-12-31, found "2025-13-01"'),
    (dt.timedelta, "9" * 20 + "w", f'expected a duration such as 1m30s, found "{"9" * 20}w"'),
    (uuid.UUID, "5", 'expected a UUID, found "5"'),
    (Color, "Red", 'expected one of red, blue, found "Red"'),
    (A_OR_NOTHING, "b", 'expected one of a, nothing, found "b"'),
    (str, "\udcff", 'expected text, found "\\udcff"'),
    (list[str], '["a"', None),
    (list[int], "[1, 2", 'expected a whole number, found "[1"'),
    (list[int], "[1, 2}]", 'expected a list, as a,b or as JSON, found "[1, 2}]"'),
    (list[int], "1,,2", 'expected a whole number, found ""'),
    (dict[str, int], "a=1", 'expected a table, as a JSON object, found "a=1"'),
    (dict[str, int], "[1]", 'expected a table, as a JSON object, found "[1]"'),
    (
        dict[str, int],
        '{"a": 1, "a": 2}',
        'expected a table, as a JSON object, found "{\\"a\\": 1, \\"a\\": 2}"',
    ),
    (Pool, '{"url": 1}', "expected text, found 1"),
]


@pytest.mark.parametrize(("wanted", "text", "reason"), REFUSED_FROM_TEXT, ids=called)
def test_a_variable_may_not_say(wanted: Any, text: str, reason: str | None) -> None:
    if reason is None:
        assert from_text(wanted, text) == ['["a"']
    else:
        assert refusal(from_text, wanted, text) == reason


@pytest.mark.parametrize("text", ["[" * 100_000, "[" * 900 + "]" * 900, '{"a":' * 900 + "1" + "}" * 900])
@pytest.mark.parametrize("wanted", [list[Any], dict[str, Any], Node, Any, list[Node]])
def test_a_text_that_is_nested_without_end_is_read_or_told(wanted: Any, text: str) -> None:
    if wanted is Any:
        assert from_text(wanted, text) == text
    elif wanted == list[Any] and not text.endswith("]"):
        assert from_text(wanted, text) == [text]
    else:
        assert refusal(from_text, wanted, text)


def test_a_class_that_holds_itself_is_reached_by_variables_once() -> None:
    environ = {"APP_X_NAME": "a", "APP_X_NEXT": '{"name": "b"}', "APP_X_CHILDREN": '[{"name": "c"}]'}

    loaded = ConfigSource(env_prefix="APP", environ=environ).load(Node, "x")

    assert loaded == Node("a", [Node("c")], Node("b"))
