"""Random classes of settings, and what files may say about each type: for properties of loading and of tools."""

import datetime as dt
import enum
import keyword
import string
import uuid
from collections import deque
from collections.abc import Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from ipaddress import IPv4Address, IPv6Network
from pathlib import Path
from typing import Any, Literal
from zoneinfo import ZoneInfo

import attrs
from hypothesis import strategies as st

from rostra.config import Bytes, Duration, Secret


class Color(enum.Enum):
    RED = "red"
    DEEP_BLUE = "blue"


class Level(enum.IntEnum):
    LOW = 1
    HIGH = 2


class Access(enum.Flag):
    READ = 1
    WRITE = 2


class Mood(enum.Enum):
    """An enum that has a say of its own."""

    GOOD = "good"
    BAD = "bad"

    @classmethod
    def _missing_(cls, value: object) -> "Mood | None":
        return cls.GOOD if value == ":)" else None


@attrs.frozen
class Tint:
    """A type of one's own, read from a text."""

    number: int

    @classmethod
    def from_config(cls, text: str) -> "Tint":
        return cls(int(text.removeprefix("#"), 16))

    def __str__(self) -> str:
        return f"#{self.number:06x}"


@attrs.frozen
class Pool:
    """A class within a class."""

    size: int = 5
    """How many at most."""
    names: tuple[str, ...] = ()


@attrs.frozen
class Login:
    name: str
    password: Secret[str] | None = None


TEXTS = st.text(st.characters(codec="utf-8"), max_size=8)
NAMES = st.text(string.ascii_lowercase, min_size=2, max_size=6).filter(
    lambda name: not keyword.iskeyword(name)
)
NUMBERS = st.floats(allow_nan=False)
SECONDS = st.floats(min_value=0, max_value=1e9, allow_nan=False)
SPANS = st.timedeltas(min_value=dt.timedelta(days=-999), max_value=dt.timedelta(days=999))

SIMPLE: dict[Any, st.SearchStrategy[Any]] = {
    str: TEXTS,
    bool: st.booleans(),
    int: st.integers(),
    float: NUMBERS,
    bytes: st.binary(max_size=8),
    dt.timedelta: SPANS,
    Duration: SECONDS.map(Duration),
    Bytes: st.integers(min_value=0).map(Bytes),
    dt.date: st.dates(),
    dt.datetime: st.datetimes(timezones=st.sampled_from([None, dt.UTC])),
    dt.time: st.times(),
    uuid.UUID: st.uuids(),
    Path: st.text(string.ascii_letters + "/.~ é", min_size=1, max_size=8).map(Path),
    Decimal: st.decimals(allow_nan=False, allow_infinity=False),
    Fraction: st.fractions(),
    IPv4Address: st.ip_addresses(v=4),
    IPv6Network: st.ip_addresses(v=6).map(IPv6Network),
    ZoneInfo: st.sampled_from(["UTC", "Europe/Berlin"]).map(ZoneInfo),
    Access: st.sampled_from([Access.READ, Access.READ | Access.WRITE]),
    Mood: st.sampled_from(Mood),
    Tint: st.integers(0, 0xFFFFFF).map(Tint),
    Color: st.sampled_from(Color),
    Level: st.sampled_from(Level),
    Literal["a", 1, True]: st.sampled_from(["a", 1, True]),
}
"""Types whose values a file can say, with values."""

MADE: dict[Any, st.SearchStrategy[Any]] = {
    list[int]: st.lists(st.integers(), max_size=3),
    tuple[str, ...]: st.lists(TEXTS, max_size=3).map(tuple),
    tuple[int, str]: st.tuples(st.integers(), TEXTS),
    deque[int]: st.lists(st.integers(), max_size=3).map(deque),
    frozenset[Color]: st.frozensets(st.sampled_from(Color)),
    Sequence[float]: st.lists(NUMBERS, max_size=3).map(tuple),
    dict[str, int]: st.dictionaries(TEXTS, st.integers(), max_size=3),
    Mapping[str, list[bool]]: st.dictionaries(TEXTS, st.lists(st.booleans(), max_size=2), max_size=2),
    Pool: st.builds(Pool, st.integers(), st.lists(TEXTS, max_size=2).map(tuple)),
    list[Pool]: st.lists(st.builds(Pool, st.integers()), max_size=2),
    int | str: st.integers() | TEXTS,
}
"""Types that are made of others, with values."""

SAID = SIMPLE | MADE
HIDDEN: dict[Any, st.SearchStrategy[Any]] = {
    Secret[str]: TEXTS.map(Secret),
    list[Secret[str]]: st.lists(TEXTS.map(Secret), max_size=2),
    Login: st.builds(Login, TEXTS, TEXTS.map(Secret)),
}
"""Types whose values have a secret in them."""


@st.composite
def classes(draw: st.DrawFn, types: Mapping[Any, st.SearchStrategy[Any]]) -> type:
    """A class whose settings are of these types, all with defaults."""
    fields = {}
    for name in draw(st.lists(NAMES, min_size=1, max_size=5, unique=True)):
        wanted = draw(st.sampled_from(list(types)))
        fields[name] = attrs.field(type=wanted, default=draw(types[wanted]))
    return attrs.make_class("Drawn", fields, frozen=True)


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | NUMBERS | TEXTS | st.sampled_from(
        ["1", " 2 ", "1_000", "1.5", "inf", "-.5e3", "yes", "OFF", "1m30s", "-2h", "90", "10MiB", "1.5 gb", "", "a,b", "[1, 2]",
         '{"size": 1}', " {}", "red", "RED", "LOW", "1", "2025-12-31", "20251231", "2025-W01-1", "2025-12-31T23:59:00Z",
         "23:59", "T12", "12:30:00.5+01:00", "base64:AAAA", "base64:!", str(uuid.UUID(int=7)), uuid.UUID(int=9).hex, "${PORT}", "READ", "WRITE|READ", ":)", "#ff0000", "192.0.2.1", "UTC", "1/3", "2001:db8::/32"],
    ),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS | st.sampled_from(["size", "names", "name"]), inner, max_size=3),
    max_leaves=5,
)  # fmt: skip
"""What a file may say at all."""
