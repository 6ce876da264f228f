"""What YAML says, what it may not say, and where; with libyaml and without it."""

import math
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import attrs
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from rostra.config import ConfigSource, Duration
from rostra.config.formats import Said, UnreadableError, settings_in
from rostra.config.formats.yaml_format import yaml_settings
from rostra.config.tree import Text


@pytest.fixture(params=["libyaml", "PyYAML"])
def parser(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if request.param == "PyYAML":
        monkeypatch.delattr(yaml, "CSafeLoader")


both_parsers = pytest.mark.usefixtures("parser")


def said_by(text: str) -> Said:
    return yaml_settings(text, "app.yaml")


def mistakes_in(text: str) -> list[str]:
    with pytest.raises(UnreadableError) as caught:
        said_by(text)
    return [f"{each.setting} {each.reason}" for each in caught.value.mistakes]


@both_parsers
@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("true", True), ("False", False), ("TRUE", True), ("~", None), ("", None), ("Null", None),
        ("12", 12), ("-0", 0), ("+12", 12), ("0o17", 15), ("0x1F", 31),
        ("1.5", 1.5), ("-.5e3", -500.0), ("1.", 1.0), ("1e3", 1000.0), (".inf", math.inf), ("-.INF", -math.inf),
        ("!!str 12", "12"), ("! 12", "12"), ("!!int '12'", 12), ("!!float 12", 12), ("!!bool true", True),
        ("!!null ''", None), ("'true'", "true"), ('"\\x41"', "A"), ("!!seq [1]", [1]), ("!!map {a: 1}", {"a": 1}),
        ("|\n  a\n  b\n", "a\nb\n"), (">-\n  a\n  b\n", "a b"),
    ],
)  # fmt: skip
def test_a_value_means_what_the_core_schema_says(written: str, value: object) -> None:
    found = said_by(f"key: {written}").values["key"]

    assert found == value
    assert type(found) is (int if written == "!!float 12" else type(value))


@both_parsers
@pytest.mark.parametrize(
    "word",
    [
        "no",
        "on",
        "yes",
        "off",
        "y",
        "1:30",
        "0777",
        "1_000",
        "2024-01-01",
        "1m30s",
        "=",
        "08",
        "00.5",
        "0b1",
        "tRue",
    ],
)
def test_a_word_that_older_yaml_gave_a_meaning_is_a_text_for_the_settings_type_to_read(word: str) -> None:
    assert said_by(f"key: {word}").values == {"key": word}
    assert type(said_by(f"key: {word}").values["key"]) is Text
    assert type(said_by(f"key: '{word}'").values["key"]) is str


def test_the_type_of_a_setting_says_what_a_word_means(tmp_path: Path) -> None:
    @attrs.frozen
    class Server:
        debug: bool
        umask: str
        port: int
        timeout: Duration

    file = tmp_path / "app.yml"
    file.write_text("debug: yes\numask: 0022\nport: 08080\ntimeout: 1m30s\n")

    assert ConfigSource.from_files(file).load(Server) == Server(True, "0022", 8080, 90)  # type: ignore[arg-type]


@both_parsers
@pytest.mark.parametrize("text", ["", "\n\n", "# nothing\n", "---\n", "--- # nothing\n...\n", "~"])
def test_a_file_without_anything_says_nothing(text: str) -> None:
    assert said_by(text).values == {}


@both_parsers
def test_every_value_has_the_line_of_its_key_and_an_item_that_of_its_own() -> None:
    said = said_by(
        "# ours\ndb:\n  url:\n    x\n  hosts:\n    - a\n    - name: b\n      port: 1\nempty: [\n1,\n2]\n"
    )

    lines = {
        ("db",): 2,
        ("db", "url"): 3,
        ("db", "hosts"): 5,
        ("db", "hosts", 1): 7,
        ("db", "hosts", 1, "port"): 8,
        ("empty", 1): 11,
        ("missing",): None,
        ("db", "url", "x"): None,
        ("db", "hosts", 2): None,
        (): None,
    }
    assert {path: said.lines(path) for path in lines} == lines


@both_parsers
def test_merge_keys_give_what_the_table_does_not_say_and_keep_their_lines() -> None:
    said = said_by(
        "base: &base\n  a: 1\n  b: 1\nmore: &more {b: 2, c: 2}\nboth:\n  b: 3\n  <<: [*more, *base]\n"
    )

    assert said.values["both"] == {"a": 1, "b": 3, "c": 2}
    assert [said.lines(("both", key)) for key in "abc"] == [2, 6, 4]


@both_parsers
def test_a_quoted_merge_key_is_a_key() -> None:
    assert said_by("'<<': {a: 1}").values == {"<<": {"a": 1}}


@both_parsers
def test_an_alias_says_what_its_anchor_said() -> None:
    said = said_by(
        "a: &x [1, {b: 2}]\nc: *x\n*y : 1\n".replace("*y ", "&y d").replace("d:", "d :") + "e: *y\n"
    )

    assert said.values["c"] == [1, {"b": 2}]
    assert said.lines(("c",)) == 2
    assert said.lines(("c", 1, "b")) == 1


@both_parsers
@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("- 1\n", ["app.yaml:1 expected a table at the top: name: value"]),
        ("\njust words", ["app.yaml:2 expected a table at the top: name: value"]),
        ("a: 1\n---\nb: 1\n---\n", ["app.yaml:2:1 a second document begins here, and a file is one"]),
        (
            "a: 1\nb:\n  c: 1\n  c: 2\na: 2\n<<: {}\n<<: {}\n",
            [
                "app.yaml:4:3 the same key stands in line 3",
                "app.yaml:5:1 the same key stands in line 1",
                "app.yaml:7:1 the same key stands in line 6",
            ],
        ),
        (
            "80: a\n? [x]\n: b\n~: 3\ntrue: 4\n",
            [f"app.yaml:{place} a key is no text: put it in quotes" for place in ("1:1", "2:3", "4:1", "5:1")],
        ),
        ("a: *x\n", ["app.yaml:1:4 no anchor of this alias stands above it"]),
        ("a: &x [*x]\n", ["app.yaml:1:8 an alias stands within what it stands for"]),
        ("a: 1\n<<: 1\n", ["app.yaml:2:5 << takes a table, or a list of tables"]),
        ("<<: [{a: 1}, 1]\n", ["app.yaml:1:5 << takes a table, or a list of tables"]),
        (
            ("a: !env hunter2\nb: !!binary aGk=\nc: !!set {x}\nd: !!python/name:os.system ''\n"
             "e: !!timestamp 2024-01-01\nf: !!omap [a: 1]\ng: !x [1]\nh: !!map [1]\n"),
            [f"app.yaml:{line}:4 a tag that settings do not have" for line in range(1, 9)],
        ),
        (
            "a: !!int hunter2\nb: !!bool 1\nc: !!int true\nd: !!null 0\n",
            [f"app.yaml:{line}:4 it is not what its tag says" for line in range(1, 5)],
        ),
        (f"a: {'9' * 5000}\nb: 1e999", [f"app.yaml:{line}:4 a number is out of range" for line in (1, 2)]),
        ("a: \x00", ["app.yaml:1:4 is not YAML: it holds a character that cannot be printed"]),
        ("a: 'hunter2", ["app.yaml:1:4 is not YAML: quotes that open here are never closed"]),
        ("a: !hunter2!x 1", ["app.yaml:1:4 is not YAML: found undefined tag handle"]),
        ("a: " + "[" * 65, ["app.yaml:1:68 nested deeper than 64 tables"]),
        ("a: " + "[" * 100_000, ["app.yaml:1:68 nested deeper than 64 tables"]),
    ],
)  # fmt: skip
def test_everything_wrong_is_told_with_its_place_and_without_what_it_holds(
    text: str, told: list[str]
) -> None:
    assert mistakes_in(text) == told


@both_parsers
@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("a:\n\tb: 1", "2:1 is not YAML: a tab cannot indent a line; use blanks"),
        ("a: @hunter2", "1:4 is not YAML: a text that begins with @ needs quotes"),
        ("a: hunter2: c", '1:11 is not YAML: a text with ": " in it needs quotes'),
        ("a:\n  b: 1\n   c: 2", "3:5 is not YAML: the line above has no colon, or is less indented than this one"),
        ("a\nb: 2", "2:2 is not YAML: the line above has no colon, or is less indented than this one"),
        ("a: 1\nb:1\nc: [\n]", '2:1 is not YAML: a key needs a colon and a blank behind it: "key: value"'),
        ("a:\n    b: 1\n  c: 2",
         "3:3 is not YAML: its indentation fits neither the table of line 1 nor one within it"),
        ("a: 'hunter2' b",
         "1:14 is not YAML: a value has ended before this; a text with quotes in it needs quotes around all of it"),
        ("a:\n  - b\n  c:", '3:3 is not YAML: the list of line 2 goes on here without "- ", or with another indentation'),
        ("a: {b: 1\nc: 2}", "2:2 is not YAML: { of line 1 is not closed by }, or a comma is missing"),
        ("a: [1\nb: 2", "2:2 is not YAML: [ of line 1 is not closed by ], or a comma is missing"),
        ("a: {b: ${B}}", '1:9 is not YAML: a reference within {} needs quotes around it: "${NAME}"'),
        ("a: [${B}, 2]", '1:6 is not YAML: a reference within [] needs quotes around it: "${NAME}"'),
        ('a: "\\q"', "1:5 is not YAML: a backslash in double quotes begins an escape; double it, or use single quotes"),
        ("a: [\n- b",
         "2:1 is not YAML: a value is expected here; perhaps a bracket above is not closed, or a text needs quotes"),
    ],
)  # fmt: skip
def test_what_is_no_yaml_is_told_in_words_about_the_text(text: str, told: str) -> None:
    (mistake,) = mistakes_in(text)

    assert mistake == f"app.yaml:{told}"


def test_what_stands_above_a_mistake_of_the_syntax_is_told_as_well() -> None:
    assert mistakes_in("a: 1\na: 2\nb: [") == [
        "app.yaml:2:1 the same key stands in line 1",
        (
            "app.yaml:3:5 is not YAML: "
            "a value is expected here; perhaps a bracket above is not closed, or a text needs quotes"
        ),
    ]


def laughs(levels: int, width: int) -> str:
    """A list of lists of lists, each an alias: width to the power of levels."""
    rows = ["l0: &l0 [" + ", ".join(["lol"] * width) + "]"]
    rows += [f"l{n}: &l{n} [{', '.join([f'*l{n - 1}'] * width)}]" for n in range(1, levels)]
    return "\n".join(rows)


@both_parsers
@pytest.mark.parametrize(
    "bomb",
    [
        laughs(9, 9),
        laughs(60, 2),
        "a: &a {b: &b [x, x], c: *b}\n" + "".join(f"m{n}: [{'*a, ' * 2000}]\n" for n in range(20)),
        "l0: &l0 {a: 1, b: 2}\n"
        + "".join(f"l{n}: &l{n} {{<<: *l{n - 1}, x{n}: *l{n - 1}, y{n}: *l{n - 1}}}\n" for n in range(1, 40)),
    ],
    ids=["billion laughs", "doubling", "many", "merged"],
)
def test_aliases_stand_for_no_more_values_than_a_file_may_hold(bomb: str) -> None:
    (told,) = mistakes_in(bomb)

    assert told.endswith(" holds more than 100000 values, with those that aliases stand for")


@both_parsers
def test_aliases_of_aliases_are_nested_no_deeper_than_anything_else() -> None:
    text = "l0: &l0 [x]\n" + "".join(f"l{n}: &l{n} [*l{n - 1}]\n" for n in range(1, 99))

    assert mistakes_in(text) == ["app.yaml:64:12 nested deeper than 64 tables"]


def test_without_pyyaml_it_is_told_how_to_get_it(tmp_path: Path) -> None:
    (tmp_path / "app.yaml").write_text("a: 1")
    program = (
        "import sys; sys.modules['yaml'] = None\n"
        "from rostra.config import ConfigSource\n"
        "ConfigSource.from_files('app.yaml')"
    )

    done = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False
    )

    assert done.stderr.splitlines()[-1].split() == (
        [
            "app.yaml",
            "PyYAML",
            "is",
            "not",
            "installed,",
            "which",
            "reads",
            "YAML:",
            "pip",
            "install",
            '"rostra[yaml]"',
        ]
    )


# Without digits, of which the YAML 1.1 that PyYAML writes and the core schema of 1.2 make different numbers.
WORDS = st.text(
    st.characters(min_codepoint=32, max_codepoint=126, exclude_characters="0123456789"), max_size=8
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | WORDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=3),
    max_leaves=12,
)


@given(st.dictionaries(WORDS, VALUES, max_size=4), st.booleans())
def test_what_pyyaml_writes_is_read_as_it_was(values: dict[str, Any], is_flow: bool) -> None:
    written = yaml.safe_dump(values, default_flow_style=is_flow)

    assert said_by(written).values == values


def paths(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    parts = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, part in parts:
        yield (*path, key)
        yield from paths(part, (*path, key))


@given(st.dictionaries(st.text("ab", min_size=1), VALUES, max_size=4))
def test_a_key_stands_on_the_line_that_is_told(values: dict[str, Any]) -> None:
    written = yaml.safe_dump(values, default_flow_style=False)
    said = said_by(written)

    rows = written.split("\n")
    for path in paths(values):
        line = said.lines(path)
        assert line is not None
        assert len(path) > 1 or rows[line - 1].startswith(f"{path[0]}:")


PIECES = st.sampled_from(
    [
        *"abc:-?[]{},&*!|>'\"%@#\n ~1",
        "a: ",
        "- ",
        "\n  ",
        "&x ",
        "*x",
        "<<: ",
        "!!int ",
        "---\n",
        "...\n",
        "%YAML 1.2\n",
    ]
)


@given(st.lists(PIECES, max_size=30).map("".join) | st.text(max_size=30))
def test_both_parsers_read_the_same_or_refuse(text: str) -> None:
    def outcome() -> Any:
        try:
            return said_by(text).values
        except UnreadableError as error:
            lines = [int(each.setting.split(":")[1]) for each in error.mistakes]
            assert all(1 <= line <= text.count("\n") + text.count("\r") + 1 for line in lines)
            return None

    with_libyaml = outcome()
    with pytest.MonkeyPatch.context() as patch:
        patch.delattr(yaml, "CSafeLoader")
        without = outcome()

    assert with_libyaml is None or without is None or repr(with_libyaml) == repr(without)


def test_a_file_is_read_from_the_disk(tmp_path: Path) -> None:
    file = tmp_path / "app.yaml"
    file.write_bytes(b"\xef\xbb\xbfdb: {port: 1}\r\n")

    ((name, said),) = settings_in(file)

    assert (name, said.values, said.lines(("db",))) == (str(file), {"db": {"port": 1}}, 1)
