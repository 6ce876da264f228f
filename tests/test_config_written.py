"""What is written down reads back as it was, whatever it holds."""

import datetime as dt
import json
import re
import subprocess
import sys
import tomllib
from collections import deque
from decimal import Decimal
from enum import Enum, Flag
from pathlib import Path
from typing import Any

import attrs
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from rostra.config import Bytes, Duration, Secret
from rostra.config.references import escaped
from rostra.config.showing import without_password
from rostra.config.written import UnwritableError, in_json, in_toml, in_yaml, key, plain

TEXTS = st.text(st.characters(exclude_categories=["Cs"]))
SINGLE = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXTS
VALUES = st.recursive(
    SINGLE,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=6,
)


def with_escapes(value: Any) -> Any:
    """The same, as a file has to say it, in which ``${`` begins a reference."""
    if isinstance(value, str):
        return escaped(value)
    if isinstance(value, list):
        return [with_escapes(each) for each in value]
    return {name: with_escapes(each) for name, each in value.items()} if isinstance(value, dict) else value


def has_null(value: Any) -> bool:
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return value is None or any(map(has_null, inner))


@given(value=VALUES.filter(lambda value: not has_null(value)), name=TEXTS)
def test_toml_reads_it_back(value: Any, name: str) -> None:
    assert tomllib.loads(f"{key(name)} = {in_toml(value)}") == {name: with_escapes(value)}


@given(value=VALUES)
def test_yaml_reads_it_back(value: Any) -> None:
    assert yaml.safe_load(f"it: {in_yaml(value)}") == {"it": with_escapes(value)}


@given(value=VALUES)
def test_json_reads_it_back(value: Any) -> None:
    assert json.loads(in_json(value)) == value


def test_what_a_format_cannot_say_is_refused() -> None:
    with pytest.raises(UnwritableError, match="TOML has no null"):
        in_toml({"a": None})
    with pytest.raises(UnwritableError, match="bytes that are no text"):
        in_toml("\ud800")
    assert in_json("\ud800") == r'"\ud800"'


class Access(Flag):
    READ = 1
    WRITE = 2


class Odd(Enum):
    PAIR = (1, 2)
    PLAIN = "plain"


@attrs.frozen
class Login:
    user: str
    word: Secret[str]
    _spare: int = 3


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (dt.timedelta(days=1, seconds=90, microseconds=1500), "1d1m30s1ms500us"),
        (dt.timedelta(seconds=-90), "-1m30s"),
        (dt.timedelta(0), "0s"),
        (Duration(90), "1m30s"),
        (Bytes(10 * 1024**2), "10MiB"),
        (float("inf"), "inf"),
        (b"abc", "abc"),
        (b"\xff", "base64:/w=="),
        (b"base64:abc", "base64:YmFzZTY0OmFiYw=="),
        (Access.READ | Access.WRITE, "READ|WRITE"),
        (Odd.PAIR, "PAIR"),
        (Odd.PLAIN, "plain"),
        (Decimal("1.10"), "1.10"),
        (re.compile("a+"), "a+"),
        (Path("a/b"), "a/b"),
        (deque([1]), [1]),
        (frozenset({2, 1}), [1, 2]),
        (Login("me", Secret("planted")), {"user": "me", "word": "***", "spare": 3}),
        ([Secret("planted"), {"a": Secret("planted")}], ["***", {"a": "***"}]),
        (None, None),
    ],
    ids=str,
)
def test_values_are_written_as_settings_say_them(value: Any, written: Any) -> None:
    assert plain(value) == written


def test_a_value_without_a_text_is_refused() -> None:
    with pytest.raises(UnwritableError, match="an object"):
        plain(object())


@pytest.mark.parametrize(
    ("wanted", "value"),
    [
        (Secret[str], "planted"),
        (Secret[str] | None, "planted"),
        (str | Secret[str], "planted"),
        (dict[str, Secret[str]], {"a": "planted"}),
        (dict[Secret[str], str], {"planted": "a"}),
        (list[Secret[str]], ["planted"]),
        (tuple[int, Secret[str]], (1, "planted")),
        (Secret[dict[str, str]], {"a": "planted"}),
    ],
    ids=str,
)
def test_what_the_type_says_is_secret_is_masked_though_the_value_does_not_show_it(
    wanted: Any, value: Any
) -> None:
    assert "planted" not in str(plain(value, wanted))


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("amqp://guest:secret@broker/x", "amqp://guest:***@broker/x"),
        ("amqp://guest:se@cr:et@broker/x", "amqp://guest:***@broker/x"),
        ("amqp://guest:se/cr@et@broker/x", "amqp://guest:***@broker/x"),
        ("amqp://guest:se?cr#et/@broker:5672/x", "amqp://guest:***@broker:5672/x"),
        ("amqp://a:se/c@b,amqp://d:se/f@e", "amqp://a:***@b,amqp://d:***@e"),
        ("redis://:secret@host", "redis://:***@host"),
        ("a postgres://a:b@c and https://d:e@f", "a postgres://a:***@c and https://d:***@f"),
        ("pg://db/x?user=a&password=secret&ssl=1", "pg://db/x?user=a&password=***&ssl=1"),
        ("https://h?api_key=secret", "https://h?api_key=***"),
        ("host=db sslpassword=secret port=1", "host=db sslpassword=*** port=1"),
        ("https://h?tokens=5", "https://h?tokens=5"),
        ("http://host:8080/a@b", "http://host:8080/a@b"),
        ("mailto:a@b", "mailto:a@b"),
    ],
)
def test_an_address_is_shown_without_its_password(address: str, shown: str) -> None:
    assert without_password(address) == shown


def test_who_runs_a_service_imports_nothing_of_this() -> None:
    program = (
        "import sys\nfrom rostra import config, plugin\nconfig.ConfigSource({'a': 1})\nprint(*sys.modules)"
    )
    loaded = subprocess.run(
        [sys.executable, "-c", program], check=True, capture_output=True, text=True
    ).stdout.split()

    tools = {
        "documented",
        "described",
        "written",
        "template",
        "schema",
        "schema_types",
        "bounds",
        "effective",
    }
    assert {f"rostra.config.{tool}" for tool in tools}.isdisjoint(loaded)
