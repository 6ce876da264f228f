"""Single values, from text and from JSON."""

import datetime as dt
import enum
import json
import math
from decimal import Decimal
from ipaddress import IPv4Address, IPv6Address
from pathlib import PurePosixPath
from typing import Any, Literal
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rostra.config import Bytes, Duration
from rostra.documents import MismatchError
from rostra.documents.scalars import from_json, from_text, is_scalar_class


class Colour(enum.Enum):
    RED = "red"
    BLUE = "blue"


class Size(enum.IntEnum):
    SMALL = 1
    LARGE = 2


TEXTS: list[tuple[str, Any, Any]] = [
    ("tea", str, "tea"),
    ("", str, ""),
    ("12", int, 12),
    ("-12", int, -12),
    ("1e3", float, 1000.0),
    (".5", float, 0.5),
    ("on", bool, True),
    ("False", bool, False),
    ("12.50", Decimal, Decimal("12.50")),
    ("red", Colour, Colour.RED),
    ("2", Size, Size.LARGE),
    ("2", Literal[1, 2], 2),
    ("b", Literal["a", "b"], "b"),
    ("2026-01-31", dt.date, dt.date(2026, 1, 31)),
    ("12:30:00", dt.time, dt.time(12, 30)),
    ("2026-01-31T12:00:00Z", dt.datetime, dt.datetime(2026, 1, 31, 12, tzinfo=dt.UTC)),
    ("1m30s", dt.timedelta, dt.timedelta(seconds=90)),
    ("1m30s", Duration, Duration(90.0)),
    ("12", Bytes, Bytes(12)),
    ("6f1b6a9e-7e5c-4b0e-8f0a-000000000001", UUID, UUID("6f1b6a9e-7e5c-4b0e-8f0a-000000000001")),
    ("a/b", PurePosixPath, PurePosixPath("a/b")),
    ("127.0.0.1", IPv4Address, IPv4Address("127.0.0.1")),
    ("::1", IPv6Address, IPv6Address("::1")),
]

WRONG_TEXTS: list[tuple[str, Any, str]] = [
    ("1.0", int, 'expected a whole number, found "1.0"'),
    ("1_0", int, 'expected a whole number, found "1_0"'),
    (" 1", int, 'expected a whole number, found " 1"'),
    ("\u0661", int, 'expected a whole number, found "\u0661"'),
    ("", int, 'expected a whole number, found ""'),
    ("9" * 5000, int, f'expected a whole number, found "{"9" * 59}…'),
    ("nan", float, 'expected a number, found "nan"'),
    ("1e999", float, 'expected a number, found "1e999"'),
    ("NaN", Decimal, 'expected a number, found "NaN"'),
    ("maybe", bool, 'expected true or false, found "maybe"'),
    ("green", Colour, 'expected "red" or "blue", found "green"'),
    ("3", Size, 'expected "1" or "2", found "3"'),
    ("c", Literal["a", "b", "x"], 'expected "a", "b" or "x", found "c"'),
    ("31.1.2026", dt.date, 'expected a date such as 2026-01-31, found "31.1.2026"'),
    ("soon", dt.datetime, 'expected a date and time such as 2026-01-31T12:00:00Z, found "soon"'),
    ("25:00", dt.time, 'expected a time such as 12:30:00, found "25:00"'),
    ("long", dt.timedelta, 'expected a duration such as 1m30s, found "long"'),
    ("1", UUID, 'expected a UUID, found "1"'),
    ("1.2.3", IPv4Address, 'expected an IPv4 address, found "1.2.3"'),
]

JSON: list[tuple[Any, Any, Any]] = [
    ("tea", str, "tea"),
    (12, int, 12),
    (12, float, 12.0),
    (1.5, float, 1.5),
    (True, bool, True),
    (1.5, Decimal, Decimal("1.5")),
    ("1.50", Decimal, Decimal("1.50")),
    ("red", Colour, Colour.RED),
    (2, Size, Size.LARGE),
    (90, Duration, Duration("1m30s")),
    ("1KiB", Bytes, Bytes(1024)),
    ("dGVh", bytes, b"tea"),
    ("2026-01-31", dt.date, dt.date(2026, 1, 31)),
]

WRONG_JSON: list[tuple[Any, Any, str]] = [
    ("12", int, 'expected a whole number, found "12"'),
    (1.9, int, "expected a whole number, found 1.9"),
    (1.0, int, "expected a whole number, found 1.0"),
    (True, int, "expected a whole number, found true"),
    (10**400, float, f"expected a number that is not so large, found 1{'0' * 59}…"),
    ("1.5", float, 'expected a number, found "1.5"'),
    (False, float, "expected a number, found false"),
    ("false", bool, 'expected true or false, found "false"'),
    (1, bool, "expected true or false, found 1"),
    ([], str, "expected a text, found a list"),
    ({}, str, "expected a text, found an object"),
    (None, str, "expected a text, found null"),
    (1, str, "expected a text, found 1"),
    ("%%%", bytes, 'expected a text in base64, found "%%%"'),
    ("2", Size, 'expected 1 or 2, found "2"'),
    (True, Literal[1, 2], "expected 1 or 2, found true"),
    (20260131, dt.date, "expected a date such as 2026-01-31, found 20260131"),
    (-1, Duration, "expected a duration such as 1m30s, found -1"),
    (True, Decimal, "expected a number, found true"),
]


@pytest.mark.parametrize(("text", "kind", "value"), TEXTS, ids=str)
def test_a_text_says_a_value(text, kind, value):
    assert is_scalar_class(kind)
    assert from_text(text, kind) == value
    assert type(from_text(text, kind)) is type(value)


@pytest.mark.parametrize(("text", "kind", "problem"), WRONG_TEXTS, ids=lambda value: str(value)[:40])
def test_a_text_that_says_no_such_value_is_refused(text, kind, problem):
    with pytest.raises(MismatchError) as caught:
        from_text(text, kind)

    assert str(caught.value) == problem


@pytest.mark.parametrize(("value", "kind", "meant"), JSON, ids=str)
def test_json_says_a_value(value, kind, meant):
    assert from_json(value, kind) == meant
    assert type(from_json(value, kind)) is type(meant)


@pytest.mark.parametrize(("value", "kind", "problem"), WRONG_JSON, ids=lambda value: str(value)[:40])
def test_json_that_says_no_such_value_is_refused(value, kind, problem):
    with pytest.raises(MismatchError) as caught:
        from_json(value, kind)

    assert str(caught.value) == problem


@given(st.integers())
def test_every_whole_number_survives_its_way_through_text_and_json(number):
    assert from_text(str(number), int) == number
    assert from_json(json.loads(json.dumps(number)), int) == number


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_every_number_survives_its_way_through_text_and_json(number):
    assert from_text(repr(number), float) == number
    assert from_json(json.loads(json.dumps(number)), float) == number


@given(
    st.text(),
    st.sampled_from([int, float, bool, Decimal, Colour, Size, dt.date, dt.datetime, UUID, dt.timedelta]),
)
def test_any_text_is_a_value_or_is_refused_and_nothing_else_happens(text, kind):
    try:
        value = from_text(text, kind)
    except MismatchError:
        return

    assert isinstance(value, kind)
    assert not isinstance(value, float) or math.isfinite(value)
