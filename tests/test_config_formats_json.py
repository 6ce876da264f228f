"""What JSON and INI files say, what is wrong with them, and on which line."""

import configparser
import io
import json
import math
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rostra.config.formats import Said, UnreadableError, settings_in
from rostra.config.formats.ini_format import ini
from rostra.config.formats.json_format import json_settings
from rostra.config.tree import Text


def mistakes_in(read: Callable[[str, str], Said], text: str) -> list[str]:
    with pytest.raises(UnreadableError) as caught:
        read(text, "app")
    return [f"{each.setting} {each.reason}" for each in caught.value.mistakes]


def paths(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    parts = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, part in parts:
        yield (*path, key)
        yield from paths(part, (*path, key))


def test_json_says_its_values_and_on_which_lines() -> None:
    said = json_settings('{"a":\n [\n1, {"b": 2},\n[]], "x":\n"\\"}]",\n\n"c": {"d": null}}', "app.json")

    assert said.values == {"a": [1, {"b": 2}, []], "x": '"}]', "c": {"d": None}}
    assert {path: said.lines(path) for path in paths(said.values)} == {
        ("a",): 1,
        ("a", 0): 3,
        ("a", 1): 3,
        ("a", 1, "b"): 3,
        ("a", 2): 4,
        ("x",): 4,
        ("c",): 7,
        ("c", "d"): 7,
    }
    assert said.lines(("a", 3)) is None


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=12,
)


@given(st.dictionaries(st.text(max_size=3), VALUES, max_size=4))
def test_every_value_of_json_has_the_line_on_which_it_was_written(values: dict[str, Any]) -> None:
    written = json.dumps(values, indent=1)

    said = json_settings(written, "app.json")

    assert said.values == values
    expected = enumerate(
        paths(values), 2
    )  # with an indent there is a line for each, and one for each bracket
    lines = [said.lines(path) for path in paths(values)]
    assert lines == sorted(set(lines), key=lambda line: line or 0)
    assert all(line is not None and line >= least for line, (least, _) in zip(lines, expected, strict=True))
    rows = written.split("\n")
    for path, line in zip(paths(values), lines, strict=True):
        assert isinstance(path[-1], int) or rows[(line or 0) - 1].strip().startswith(json.dumps(path[-1]))


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", ["app:1:1 is not JSON: Expecting value"]),
        ("[1]", ["app:1 expected an object in braces at the top"]),
        ("NaN", ["app:1 expected an object in braces at the top"]),
        ('{"a": "hunter2\n"}', ["app:1:15 is not JSON: Invalid control character"]),
        ('{"a": "\\x"}', ["app:1:8 is not JSON: Invalid \\escape"]),
        ('{\n"a" hunter2}', ["app:2:5 is not JSON: Expecting ':' delimiter"]),
        ('{"a": hunter2}', ["app:1:7 is not JSON: Expecting value"]),
        ('{"a": 1}\nx', ["app:2:1 is not JSON: Extra data"]),
        ('{"a": 1 // x\n}', ["app:1:9 is not JSON: Expecting ',' delimiter"]),
        (
            '{"a": {"b": 1},\n "a": {"b": 2, "b": {"c": 1}},\n"d": [{"e": 1,\n"e": 2}]}',
            ["app:2:2 the same key stands in line 1", "app:4:1 the same key stands in line 3"],
        ),
        (
            '{"a": NaN,\n"b": [-Infinity, 1e999],\n"c": %s, "d": -1e-999}' % ("9" * 5000),
            [
                "app:1:2 JSON has no NaN and no Infinity",
                "app:2:7 JSON has no NaN and no Infinity",
                "app:2:18 a number is out of range",
                "app:3:1 a number is out of range",
            ],
        ),
        (
            '{"a": "\\ud800",\n"\\udfff": 1, "b": ["\\uD83D\\uDE00", "\\uD83D"]}',
            [f"app:{place} half of a surrogate pair is no character" for place in ("1:2", "2:1", "2:36")],
        ),
        ('["\\ud800"]', ["app:1:2 half of a surrogate pair is no character"]),
        ('"\\ud800"', ["app:1 expected an object in braces at the top"]),
        ('{"a": NaN, {', ["app:1:2 JSON has no NaN and no Infinity"]),
        ('{"a": ' + "[" * 100_000, ["app:1:71 nested deeper than 64 tables"]),
        ('{"a": ' * 100_000, ["app:1:386 nested deeper than 64 tables"]),
    ],
)  # fmt: skip
def test_what_is_wrong_with_json_is_told_with_its_place_and_without_what_it_holds(
    text: str, told: list[str]
) -> None:
    assert mistakes_in(json_settings, text) == told


def test_a_file_with_very_many_mistakes_tells_the_first_hundred() -> None:
    told = mistakes_in(json_settings, "{" + ",\n".join(['"a": NaN'] * 500_000) + "}")

    assert told[-2:] == [
        "app:51:1 the same key stands in line 1",
        "app more than 100 mistakes: the others are not shown",
    ]
    assert len(told) == 101


@given(st.text(st.sampled_from('{}[]:,"\\ab01-.eNI\n \0'), max_size=40))
def test_json_is_read_as_it_is_everywhere_or_refused(text: str) -> None:
    try:
        said = json_settings(text, "app.json")
    except UnreadableError as error:
        mistakes = error.mistakes
    else:
        assert said.values == json.loads(text)
        assert all(said.lines(path) for path in paths(said.values))
        assert all(not isinstance(each, float) or math.isfinite(each) for each in said.values.values())
        return
    assert mistakes


def test_escapes_that_are_no_surrogates_are_characters() -> None:
    assert json_settings('{"\\u00e9": "\\\\ud800 \\ud83d\\ude00"}', "app.json").values == {
        "\u00e9": "\\ud800 \U0001f600"
    }


INI = """\
# Ours
Debug = yes
; theirs
[db]
url: sqlite://%(x)s:1  ; no comment
hosts = a
  b
  c

[db.Pool]
size=5
[DEFAULT]
empty =
"""


def test_ini_says_texts_in_tables_and_on_which_lines(tmp_path: Path) -> None:
    for name in ("app.ini", "app.cfg"):
        (tmp_path / name).write_text(INI.replace("\n", "\r\n"), newline="")
        ((_, said),) = settings_in(tmp_path / name)

        assert said.values == {
            "Debug": "yes",
            "db": {"url": "sqlite://%(x)s:1  ; no comment", "hosts": "a\nb\nc", "Pool": {"size": "5"}},
            "DEFAULT": {"empty": ""},
        }
        assert type(said.values["db"]["Pool"]["size"]) is Text
        assert [said.lines(path) for path in paths(said.values)] == [2, 4, 5, 6, 10, 11, 12, 13]
        assert said.lines(("db", "missing")) is None


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (
            "hunter2\n[a]\nk = 1\nhunter2\n[]\n",
            [f"app:{line} expected [section] or key = value" for line in (1, 4, 5)],
        ),
        ("[a]\n[b]\nk = 1\n[a]\n", ["app:4 the same section stands in line 1"]),
        ("x = 1\nk = 1\n\nk: 2\n", ["app:4 the same key stands in line 2"]),
        (
            "db = 1\n[db]\nx = 1\n[a.b]\n[a]\nb = 1\n[a . b]\n",
            [
                "app:2 the same name stands in line 1",
                "app:6 the same name stands in line 4",
                "app:7 the same section stands in line 4",
            ],
        ),
        ("[a.]\n[.]\n[a..b]\n", [f"app:{line} a section has no name beside a dot" for line in (1, 2, 3)]),
        (f"[{'.'.join('a' * 65)}]\nx = 1", ["app:1 nested deeper than 64 tables"]),
        ("a = \0", ["app holds binary data, not text"]),
        ("\n".join(["x"] * 200), [*(f"app:{line} expected [section] or key = value" for line in range(1, 101)),
                                  "app more than 100 mistakes: the others are not shown"]),
    ],
)  # fmt: skip
def test_what_is_wrong_with_ini_is_told_with_its_line_and_without_what_it_holds(
    text: str, told: list[str]
) -> None:
    assert mistakes_in(ini, text) == told


INI_PIECES = [
    "[a]\n", "[b.c]\n", "  [a]\n", "[x]y] z\n", "]\n", "[]\n", "k = v\n", "K: x\n", "l=1", "k\n", "=\n", " m = a = b:c\n",
    "\tn : d=e\n", "  more\n", "\tmore\n", "\n", "  \n", "# no\n", "\t; no = 1\n", "\x0c", " ", "\r\n", "\r", "\u2028",
]  # fmt: skip


@given(st.lists(st.sampled_from(INI_PIECES), max_size=12))
def test_ini_is_read_as_configparser_reads_it(pieces: list[str]) -> None:
    text = "".join(pieces)
    theirs = configparser.RawConfigParser(default_section="", empty_lines_in_values=False)
    theirs.optionxform = str  # type: ignore[assignment,method-assign]
    try:
        theirs.read_file(io.StringIO("[root]\n" + text, newline=None))
    except configparser.Error:
        assert mistakes_in(ini, text)
        return

    said = ini(text, "app.ini")

    rows = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    for section in theirs.sections():
        path = () if section == "root" else tuple(section.split("."))
        for key, value in theirs.items(section):
            found: Any = said.values
            for part in (*path, key):
                found = found[part]
            assert found == value
            line = said.lines((*path, key)) or 0
            assert rows[line - 1].strip().startswith((f"{key} ", f"{key}:", f"{key}="))
