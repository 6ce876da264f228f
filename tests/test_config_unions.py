"""Which alternative of a union a value means: its own type, what a text can be in the narrowest sense, a class by its keys."""

import datetime as dt
import enum
import ipaddress
import sys
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Literal

import attrs
import pytest
from typing_extensions import TypeAliasType, TypeVar

from rostra.config import Bytes, Config, ConfigError, ConfigSource, Duration, Secret

Item = TypeVar("Item")
Many = TypeAliasType("Many", list[Item] | Item, type_params=(Item,))
Port = TypeAliasType("Port", Annotated[int, "a port"])
One = TypeVar("One")
Other = TypeVar("Other")
Swapped = TypeAliasType("Swapped", dict[Other, One], type_params=(One, Other))


class Mode(enum.StrEnum):
    FAST = "fast"
    SLOW = "slow"


@attrs.frozen
class Bucket:
    kind: Literal["s3"]
    bucket: str
    region: str = "eu"


@attrs.frozen
class Folder:
    kind: Literal["disk", "tmp"]
    path: Path


@attrs.frozen
class Named:
    name: str


@attrs.frozen
class Sized:
    size: int
    most: int = 10


@attrs.frozen
class AlsoNamed:
    name: int


Store = Bucket | Folder


def holder(wanted: Any) -> type[Any]:
    return attrs.make_class("Holder", {"it": attrs.field(type=wanted)}, frozen=True)


def from_file(wanted: Any, value: Any) -> Any:
    return ConfigSource({"x": {"it": value}}).load(holder(wanted), "x").it


def from_text(wanted: Any, text: str) -> Any:
    return ConfigSource(env_prefix="APP", environ={"APP_X_IT": text}).load(holder(wanted), "x").it


def mistakes(wanted: Any, value: Any) -> list[str]:
    """What is wrong with a value, whether a file says it or a variable."""
    read = from_text if isinstance(value, str) else from_file
    with pytest.raises(ConfigError) as caught:
        read(wanted, value)
    return [f"{each.setting}: {each.reason}" for each in caught.value.mistakes]


TEXTS = [
    (int | str, "5", 5),
    (str | int, "five", "five"),
    (bool | int | str, "1", 1),
    (bool | int | str, "on", True),
    (bool | int | str, "x", "x"),
    (int | None, "", None),
    (Literal["a", "b"] | None, "", None),
    (Literal["1"] | int, "1", "1"),
    (Literal["auto"] | int, "5", 5),
    (Mode | str, "slow", Mode.SLOW),
    (Mode | str, "other", "other"),
    (Decimal | float, "1.10", Decimal("1.10")),
    (float | int, "5", 5),
    (float | int, "5.0", 5.0),
    (Duration | float, "5", Duration(5)),
    (Duration | int, "5", 5),
    (Duration | int, "5s", Duration(5)),
    (Bytes | str, "10MiB", Bytes(10 * 1024**2)),
    (dt.datetime | dt.date, "2025-01-02", dt.date(2025, 1, 2)),
    (dt.date | dt.datetime, "2025-01-02T03:00Z", dt.datetime(2025, 1, 2, 3, tzinfo=dt.UTC)),
    (ipaddress.IPv4Address | ipaddress.IPv6Address, "::1", ipaddress.IPv6Address("::1")),
    (Path | str, "a", Path("a")),
    (Path | dt.date, "2025-01-02", dt.date(2025, 1, 2)),
    (list[int] | str, "1,2", [1, 2]),
    (list[int] | str, "5", [5]),
    (list[int] | str, "auto", "auto"),
    (list[int] | int, "5", 5),
    (list[int] | int, "5,6", [5, 6]),
    (str | list[str], "a", ["a"]),
    (str | list[str], '["a"', ['["a"']),
    (str | dict[str, int], '{"a": 1}', {"a": 1}),
    (str | dict[str, int], "{a", "{a"),
    (str | Named, '{"name": "a"}', Named("a")),
    (Store, '{"kind": "s3", "bucket": "b"}', Bucket("s3", "b")),
    (Store | None, "", None),
    (Secret[int] | Literal["none"], "none", "none"),
    (Many[int], "5", 5),
    (Many[int], "5,6", [5, 6]),
    (Many[int] | None, "", None),
    (Port | str, "80", 80),
    (Swapped[int, str], '{"a": 1}', {"a": 1}),
]


@pytest.mark.parametrize(("wanted", "text", "expected"), TEXTS, ids=str)
def test_a_text_is_what_it_can_be_in_the_narrowest_sense(wanted: Any, text: str, expected: Any) -> None:
    found = from_text(wanted, text)

    assert found == expected
    assert type(found) is type(expected)


VALUES = [
    (int | str, "5", "5"),
    (Path | str, "a", "a"),
    (Path | int, "a", Path("a")),
    (dt.date | str, "2025-01-02", "2025-01-02"),
    (Mode | str, "fast", Mode.FAST),
    (float | str, 5, 5.0),
    (float | int, 5, 5),
    (bool | int, True, True),
    (bool | int, 1, 1),
    (list[int] | str, "1,2", "1,2"),
    (list[str] | str, ["a"], ["a"]),
    (tuple[int, ...] | str, [1, 2], (1, 2)),
    (list[int] | list[str], ["a"], ["a"]),
    (str | Named, '{"name": "a"}', '{"name": "a"}'),
    (int | Named, '{"name": "a"}', Named("a")),
    (Store, {"kind": "s3", "bucket": "b"}, Bucket("s3", "b")),
    (Store, {"kind": "tmp", "path": "/tmp"}, Folder("tmp", Path("/tmp"))),
    (Store, Folder("disk", Path("a")), Folder("disk", Path("a"))),
    (Named | Sized, {"size": 1}, Sized(1)),
    (Named | Sized, {"size": 1, "most": 2}, Sized(1, 2)),
    (Named | AlsoNamed, {"name": 1}, AlsoNamed(1)),
    (Named | AlsoNamed, {"name": "1"}, Named("1")),
    (Named | dict[str, int], {"a": 1}, {"a": 1}),
    (Named | dict[str, int], {"name": "a"}, Named("a")),
    (Store | dict[str, str], {"kind": "other"}, {"kind": "other"}),
    (list[Store], [{"kind": "disk", "path": "a"}], [Folder("disk", Path("a"))]),
]


@pytest.mark.parametrize(("wanted", "value", "expected"), VALUES, ids=str)
def test_what_has_a_type_already_is_the_alternative_of_that_type(
    wanted: Any, value: Any, expected: Any
) -> None:
    found = from_file(wanted, value)

    assert found == expected
    assert type(found) is type(expected)


WRONG = [
    (
        int | bool,
        "x",
        'x.it: expected a whole number or true or false (or yes, no, on, off, 1, 0), found "x"',
    ),
    (Literal["a"] | int, "c", 'x.it: expected a or a whole number, found "c"'),
    (Literal["a", "b"] | None, "c", 'x.it: expected one of a, b, found "c"'),
    (list[int] | str, '["x"]', 'x.it[0]: expected a whole number, found "x"'),
    (list[int] | list[bool], ["x"], "x.it: expected a list, found a list of 1"),
    (str | Named, '{"name": 5}', "x.it.name: expected text, found 5"),
    (str | int, [], "x.it: expected text or a whole number, found []"),
    (Store, {"kind": "s4"}, 'x.it.kind: expected one of s3, disk, tmp, found "s4"'),
    (Store, {"bucket": "b"}, "x.it.kind: missing; expected one of s3, disk, tmp"),
    (
        Store,
        {"kind": "s3", "bukket": "b"},
        "x.it.bucket: missing; expected text; x.it.bukket: unknown; did you mean bucket?",
    ),
    (Store, {"kind": "s3", "bucket": 5}, "x.it.bucket: expected text, found 5"),
    (Store, 5, "x.it: expected a table, found 5"),
    (Store | None, "disk", 'x.it: expected a table, found "disk"'),
    (Named | Sized, {"naem": "a"}, "x.it: expected the settings of Named (name) or Sized (size, most)"),
    (Named | Sized, {"size": "a"}, 'x.it.size: expected a whole number, found "a"'),
    (Named | Sized, {"size": 1, "moost": 1}, "x.it.moost: unknown; did you mean most?"),
    (Named | AlsoNamed, {"name": 1.5}, "x.it.name: expected text, found 1.5"),
    (Secret[int] | Named, '{"name": 5}', "x.it: expected a whole number or a table, found ***"),
    (Many[int], "a", 'x.it: expected a list or a whole number, found "a"'),
]


@pytest.mark.parametrize(("wanted", "value", "reasons"), WRONG, ids=str)
def test_what_fits_no_alternative_is_told_by_the_one_that_was_meant(
    wanted: Any, value: Any, reasons: str
) -> None:
    assert "; ".join(mistakes(wanted, value)) == reasons


def test_variables_reach_the_settings_of_every_class_of_a_union() -> None:
    @attrs.frozen
    class Files(Config, section="files"):
        store: Store

    environ = {"APP_FILES_STORE_KIND": "disk", "APP_FILES_STORE_PATH": "/srv"}

    loaded = ConfigSource(env_prefix="APP", environ=environ).load(Files)

    assert loaded.store == Folder("disk", Path("/srv"))


@pytest.mark.skipif(sys.version_info < (3, 12), reason="the type statement is new in Python 3.12")
def test_an_alias_may_stand_in_what_it_stands_for() -> None:
    known: dict[str, Any] = {}
    exec("type Json = dict[str, Json] | list[Json] | int | str | None; ManyJson = list[Json]", known)

    wanted = known["Json"]

    assert from_text(wanted, '{"a": [1, {"b": null}]}') == {"a": [1, {"b": None}]}
    assert from_text(known["ManyJson"], '[1, ["a"]]') == [1, ["a"]]
    assert mistakes(wanted, {"a": [1.5]}) == [
        "x.it.a[0]: expected a table or a list or a whole number or text, found 1.5"
    ]
