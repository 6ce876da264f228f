"""What docs/reference/config.rst says how a value is written reads back as that value, whoever says it."""

import base64
import collections
import datetime as dt
import decimal
import enum
import fractions
import ipaddress
import json
import re
import uuid
import zoneinfo
from collections.abc import Callable
from pathlib import Path, PurePosixPath
from typing import Annotated, Any, Literal, NewType

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rostra import config
from rostra.config import Bytes, ConfigSource, Duration, Secret

UTC = dt.UTC
Port = NewType("Port", int)


class Color(enum.Enum):
    RED = "red"
    DEEP_BLUE = 5


class Access(enum.Flag):
    READ = 1
    WRITE = 2
    RUN = 4


@attrs.frozen
class Pool:
    url: str
    size: int = 5


@attrs.frozen
class Cluster:
    pools: list[Pool]
    main: Pool | None = None


class Angle:
    def __init__(self, degrees: int) -> None:
        self.degrees = degrees

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Angle) and self.degrees == other.degrees

    def __hash__(self) -> int:
        return hash(self.degrees)


@config.reads(Angle, expected="an angle such as 90°")
def parse_angle(text: str) -> Angle:
    return Angle(int(text.removesuffix("°")))


PRINTABLE = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))
MICROSECONDS = st.integers(-(10**15), 10**15).map(lambda us: dt.timedelta(microseconds=us))
ACCESS = st.sets(st.sampled_from([*Access]), min_size=1)


def as_span(value: dt.timedelta) -> str:
    sign = "-" if value < dt.timedelta() else ""
    return f"{sign}{abs(value).days}d{abs(value).seconds}s{abs(value).microseconds}us"


def by_comma(values: Any) -> str:
    return ", ".join(map(str, values))


def as_base64(value: bytes) -> str:
    return "base64:" + base64.b64encode(value).decode()


def revealed(value: Secret[Any]) -> str:
    return str(value.reveal())


def as_json(value: Any) -> str:
    return json.dumps(value, default=list)


def as_table(value: Any) -> str:
    return json.dumps(
        attrs.asdict(value) if attrs.has(type(value)) else [attrs.asdict(each) for each in value]
    )


def or_nothing(value: Any) -> str:
    return "" if value is None else str(value)


TIMES = st.datetimes(timezones=st.sampled_from([UTC, dt.timezone(dt.timedelta(hours=2))]))
PATTERNS = st.from_regex(r"[a-z]+[*+?]?", fullmatch=True)

WRITTEN: dict[str, tuple[Any, st.SearchStrategy[Any], Callable[[Any], str]]] = {
    "str": (str, PRINTABLE, str),
    "int": (int, st.integers(), str),
    "float": (float, st.floats(allow_nan=False), repr),
    "bool": (bool, st.booleans(), lambda value: "on" if value else "No"),
    "bytes": (bytes, st.binary(), as_base64),
    "Path": (Path, PRINTABLE.filter(bool).map(Path), str),
    "PurePosixPath": (PurePosixPath, PRINTABLE.filter(bool).map(PurePosixPath), str),
    "timedelta": (dt.timedelta, MICROSECONDS, as_span),
    "Duration": (Duration, st.floats(0, 1e12).map(Duration), str),
    "Bytes": (Bytes, st.integers(0, 2**70).map(Bytes), str),
    "date": (dt.date, st.dates(), str),
    "datetime": (dt.datetime, TIMES, str),
    "time": (dt.time, st.times(), str),
    "UUID": (uuid.UUID, st.uuids(), str),
    "Decimal": (decimal.Decimal, st.decimals(allow_nan=False), str),
    "Fraction": (fractions.Fraction, st.fractions(), str),
    "IPv4Address": (ipaddress.IPv4Address, st.ip_addresses(v=4), str),
    "IPv6Address": (ipaddress.IPv6Address, st.ip_addresses(v=6), str),
    "IPv4Interface": (ipaddress.IPv4Interface, st.ip_addresses(v=4).map(ipaddress.IPv4Interface), str),
    "IPv6Network": (ipaddress.IPv6Network, st.ip_addresses(v=6).map(ipaddress.IPv6Network), str),
    "Pattern": (re.Pattern[str], PATTERNS.map(re.compile), lambda value: value.pattern),
    "ZoneInfo": (zoneinfo.ZoneInfo, st.sampled_from(["UTC", "Europe/Berlin"]).map(zoneinfo.ZoneInfo), str),
    "enum by value": (Color, st.sampled_from(Color), lambda value: str(value.value)),
    "enum by name": (Color, st.sampled_from(Color), lambda value: value.name),
    "flags": (
        Access,
        ACCESS.map(lambda parts: Access(sum(each.value for each in parts))),
        lambda value: "|".join(each.name for each in value),
    ),
    "Literal": (
        Literal["a", "b", 5, True],
        st.sampled_from(["a", "b", 5, True]),
        lambda value: "true" if value is True else str(value),
    ),
    "NewType": (Port, st.integers(), str),
    "Annotated": (Annotated[int, "a port"], st.integers(), str),
    "Any": (Any, PRINTABLE, str),
    "list": (list[int], st.lists(st.integers()), by_comma),
    "list of texts": (list[str], st.lists(PRINTABLE), json.dumps),
    "list of lists": (list[list[int]], st.lists(st.lists(st.integers())), json.dumps),
    "deque": (collections.deque[int], st.lists(st.integers()).map(collections.deque), by_comma),
    "tuple": (tuple[int, str], st.tuples(st.integers(), PRINTABLE), json.dumps),
    "long tuple": (tuple[int, ...], st.lists(st.integers()).map(tuple), by_comma),
    "set": (set[int], st.sets(st.integers()), by_comma),
    "frozenset": (frozenset[str], st.frozensets(PRINTABLE), as_json),
    "dict": (dict[str, int], st.dictionaries(PRINTABLE, st.integers()), json.dumps),
    "dict of lists": (dict[str, list[str]], st.dictionaries(PRINTABLE, st.lists(PRINTABLE)), json.dumps),
    "dict by number": (dict[int, str], st.dictionaries(st.integers(), PRINTABLE), json.dumps),
    "class": (Pool, st.builds(Pool, PRINTABLE, st.integers()), as_table),
    "list of classes": (list[Pool], st.lists(st.builds(Pool, PRINTABLE)), as_table),
    "classes within": (Cluster, st.builds(Cluster, st.lists(st.builds(Pool, PRINTABLE))), as_table),
    "type of one's own": (Angle, st.integers().map(Angle), lambda value: f"{value.degrees}°"),
    "Secret of text": (Secret[str], PRINTABLE.map(Secret), revealed),
    "Secret of a number": (Secret[int], st.integers().map(Secret), revealed),
    "Secret of a list": (
        Secret[list[int]],
        st.lists(st.integers()).map(Secret),
        lambda value: json.dumps(value.reveal()),
    ),
}

UNIONS: dict[str, tuple[Any, st.SearchStrategy[Any], Callable[[Any], str]]] = {
    "optional": (int | None, st.none() | st.integers(), or_nothing),
    "optional text": (str | None, st.none() | PRINTABLE.filter(bool), or_nothing),
    "optional secret": (
        Secret[str] | None,
        st.none() | PRINTABLE.filter(bool).map(Secret),
        lambda value: revealed(value) if value else "",
    ),
    "numbers": (bool | int, st.integers() | st.booleans(), str),
    "number or word": (int | Literal["auto"], st.integers() | st.just("auto"), str),
    "list or word": (
        list[int] | Literal["all"],
        st.lists(st.integers()) | st.just("all"),
        lambda value: value if value == "all" else json.dumps(value),
    ),
    "class or text": (
        Pool | str,
        st.builds(Pool, PRINTABLE) | st.sampled_from(["a", "", "b c"]),
        lambda value: value if isinstance(value, str) else as_table(value),
    ),
}


def holder(wanted: Any) -> type[Any]:
    return attrs.make_class("Holder", {"it": attrs.field(type=wanted)}, frozen=True)


def by_variable(cls: type[Any], text: str, folder: Path) -> Any:
    return ConfigSource(env_prefix="APP", environ={"APP_X_IT": text}).load(cls, "x").it


def by_file(cls: type[Any], text: str, folder: Path) -> Any:
    file = folder / "secret"
    file.write_bytes(text.encode() + b"\n")
    return ConfigSource(env_prefix="APP", environ={"APP_X_IT_FILE": str(file)}).load(cls, "x").it


def by_option(cls: type[Any], text: str, folder: Path) -> Any:
    return ConfigSource.from_files(overrides=[f"x.it={text}"]).load(cls, "x").it


def by_json(cls: type[Any], text: str, folder: Path) -> Any:
    """As a text within the JSON object of a variable for a whole table."""
    environ = {"APP_X_INNER": json.dumps({"it": text})}
    outer = attrs.make_class("Outer", {"inner": attrs.field(type=cls)}, frozen=True)
    return ConfigSource(env_prefix="APP", environ=environ).load(outer, "x").inner.it


def survives_a_file(text: str) -> bool:
    """Newlines at the end of a file are left out, and a mark at its beginning that only says that it is UTF-8."""
    return not text.endswith(("\n", "\r")) and not text.startswith("\ufeff")


@pytest.mark.parametrize("by", [by_variable, by_file, by_option, by_json], ids=lambda by: by.__name__)
@pytest.mark.parametrize("kind", WRITTEN)
@settings(max_examples=20)
@given(data=st.data())
def test_what_is_written_reads_back(
    kind: str, by: Callable[..., Any], tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    wanted, values, write = WRITTEN[kind]
    value = data.draw(values.filter(lambda each: by is not by_file or survives_a_file(write(each))))

    found = by(holder(wanted), write(value), tmp_path_factory.getbasetemp())

    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize("by", [by_variable, by_file, by_option], ids=lambda by: by.__name__)
@pytest.mark.parametrize("kind", UNIONS)
@settings(max_examples=20)
@given(data=st.data())
def test_what_is_written_as_one_of_several_types_reads_back(
    kind: str, by: Callable[..., Any], tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    wanted, values, write = UNIONS[kind]
    value = data.draw(values.filter(lambda each: by is not by_file or survives_a_file(write(each))))

    found = by(holder(wanted), write(value), tmp_path_factory.getbasetemp())

    assert found == value
    assert type(found) is type(value)
