"""However sources are put together, the same settings come of it; and of all that is said, the highest counts."""

import enum
import itertools
import json
from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any, Literal
from uuid import UUID

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rostra.config import Bytes, Config, ConfigSource, Duration, Origin, Secret
from rostra.config.layers import of_mapping
from rostra.config.leaves import leaves
from rostra.config.tree import Text
from rostra.config.view import View, bearing

# merging


VALUES = st.one_of(
    st.integers(),
    st.text(max_size=3),
    st.lists(st.integers(), max_size=2),
    st.sampled_from(['{"a": 1}', "{}"]),
)
TABLES: st.SearchStrategy[dict[str, Any]] = st.recursive(
    st.dictionaries(st.sampled_from("abc"), VALUES, max_size=3),
    lambda inner: st.dictionaries(st.sampled_from("abc"), st.one_of(VALUES, inner), max_size=3),
    max_leaves=8,
)
PATHS = st.lists(st.sampled_from("abc"), min_size=1, max_size=3).map(".".join)
OPTIONS = st.tuples(PATHS, st.sampled_from(["x", '{"a": 1, "b": {"c": 2}}', "{}"])).map("=".join)


def mappings(table: dict[str, Any], number: int) -> ConfigSource:
    return ConfigSource(bearing([of_mapping(table, f"mapping {number}")]))


def options(option: str, _number: int) -> ConfigSource:
    return ConfigSource.from_files(overrides=[option])


SOURCES = st.lists(
    st.one_of(
        TABLES.map(lambda table: (mappings, table)),
        OPTIONS.map(lambda option: (options, option)),
    ),
    min_size=1,
    max_size=5,
).map(lambda made: [make(said, number) for number, (make, said) in enumerate(made)])  # type: ignore[operator]


@given(SOURCES, st.randoms(use_true_random=False))
def test_sources_are_the_same_settings_in_whatever_groups_they_are_merged(sources: Any, random: Any) -> None:
    flat = ConfigSource(*sources)

    groups = list(sources)
    while len(groups) > 1:
        at = random.randrange(len(groups) - 1)
        groups[at : at + 2] = [ConfigSource(*groups[at : at + 2])]

    assert groups[0] == flat
    assert leaves(groups[0]) == leaves(flat)


@given(SOURCES)
def test_a_table_within_is_laid_over_others_like_any_source(sources: Any) -> None:
    source = ConfigSource({"a": {}}, *sources)

    for table in (each for each in source.values() if isinstance(each, View)):
        merged = ConfigSource({"other": 1}, table)

        assert merged == {"other": 1, **table}
        assert {leaf.path for leaf in leaves(merged)} == set(paths_in(merged))


def paths_in(table: Mapping[str, Any], path: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    """The paths of all that is no table."""
    found = []
    for key, each in table.items():
        found += paths_in(each, (*path, key)) if isinstance(each, dict) else [(*path, key)]
    return found


@given(SOURCES)
def test_each_value_is_said_by_the_highest_that_says_anything_there(sources: Any) -> None:
    merged = ConfigSource(*sources)

    for leaf in leaves(merged):
        ranked = sorted(sources, key=lambda source: is_option(source.origin(".".join(map(str, leaf.path)))))
        origins = [origin for each in ranked if (origin := each.origin(".".join(map(str, leaf.path))))]
        assert leaf.origin == origins[-1]


def is_option(origin: Origin | None) -> bool:
    return origin is not None and origin.kind == "option"


# who wins


class Color(enum.Enum):
    RED = "red"
    GREEN = "green"


@attrs.frozen
class Inner:
    x: int = 0
    y: str = ""


SAMPLES: dict[Any, list[tuple[str, Any]]] = {
    str: [("a", "a"), ("b c", "b c")],
    bool: [("on", True), ("false", False)],
    int: [("1", 1), ("-20", -20)],
    float: [("1.5", 1.5), ("inf", float("inf"))],
    bytes: [("a", b"a"), ("base64:AAE=", b"\0\1")],
    Path: [("/tmp", Path("/tmp")), ("a/b", Path("a/b"))],
    timedelta: [("1m30s", timedelta(seconds=90)), ("2", timedelta(seconds=2))],
    Duration: [("1m30s", Duration(90)), ("250ms", Duration(0.25))],
    Bytes: [("10MiB", Bytes(10 * 1024**2)), ("5", Bytes(5))],
    date: [("2025-12-31", date(2025, 12, 31)), ("2026-01-01", date(2026, 1, 1))],
    datetime: [("2025-12-31T23:59:00", datetime(2025, 12, 31, 23, 59)), ("2026-01-01", datetime(2026, 1, 1))],  # noqa: DTZ001  (so they are written)
    time: [("23:59", time(23, 59)), ("00:00:01", time(0, 0, 1))],
    UUID: [(str(UUID(int=1)), UUID(int=1)), (str(UUID(int=2)), UUID(int=2))],
    Color: [("red", Color.RED), ("GREEN", Color.GREEN)],
    Literal["a", 1]: [("a", "a"), ("1", 1)],
    list[int]: [("1, 2", [1, 2]), ("[3]", [3])],
    tuple[str, ...]: [("a,b", ("a", "b")), ('["c"]', ("c",))],
    tuple[int, bool]: [("1,on", (1, True)), ("2,no", (2, False))],
    set[int]: [("1,2", {1, 2}), ("3", {3})],
    frozenset[str]: [("a,b", frozenset("ab")), ("c", frozenset("c"))],
    dict[str, int]: [('{"a": 1}', {"a": 1}), ('{"a": 2}', {"a": 2})],
    Inner: [('{"x": 1, "y": "a"}', Inner(1, "a")), ('{"x": 2, "y": "b"}', Inner(2, "b"))],
    int | None: [("1", 1), ("2", 2)],
    int | str: [("y", "y"), ("x", "x")],
    Secret[str]: [("hunter2", Secret("hunter2")), ("hunter3", Secret("hunter3"))],
}
"""Two texts of each type, and what they mean."""

KINDS = ("mapping", "file", "dotenv", "variable", "secret file", "option")


def source_of(said: Mapping[str, str], folder: Path) -> ConfigSource:
    """A source in which each kind says a text about ``[server] it``."""
    files = []
    for name, suffix, line in (
        ("file", "toml", "[server]\nit = {}\n"),
        ("dotenv", "env", "APP_SERVER_IT={}\n"),
    ):
        if name in said:
            file = folder / f"{name}.{suffix}"
            file.write_text(line.format(json.dumps(said[name])))
            files.append(file)
    variables = {"APP_SERVER_IT": said["variable"]} if "variable" in said else {}
    if "secret file" in said:
        (folder / "secret").write_text(said["secret file"] + "\n")
        variables["APP_SERVER_IT_FILE"] = str(folder / "secret")
    overrides = [f"server.it={said['option']}"] if "option" in said else []
    mapping = {"server": {"it": said["mapping"]}} if "mapping" in said else {}
    return ConfigSource(
        mapping,
        ConfigSource.from_files(*files, overrides=overrides),
        env_prefix="APP",
        environ=variables,
    )


@pytest.mark.parametrize("wanted", SAMPLES, ids=str)
def test_of_each_pair_of_kinds_the_higher_wins_whatever_the_type(wanted: Any, tmp_path: Path) -> None:
    server = attrs.make_class("Server", {"it": attrs.field(type=wanted)}, frozen=True)
    (low, _), (high, meant) = SAMPLES[wanted]

    for lower, higher in itertools.combinations(KINDS, 2):
        source = source_of({lower: low, higher: high}, tmp_path)

        loaded: Any = source.load(server, "server")

        origin = source.origin("server.it")
        assert (loaded.it, origin and origin.kind) == (meant, higher)


@given(st.data())
def test_of_all_that_speak_the_highest_wins(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    wanted = data.draw(st.sampled_from(list(SAMPLES)))
    said = data.draw(st.dictionaries(st.sampled_from(KINDS), st.sampled_from(SAMPLES[wanted]), min_size=1))
    server = attrs.make_class("Server", {"it": attrs.field(type=wanted)}, frozen=True)

    texts = {kind: text for kind, (text, _) in said.items()}
    loaded: Any = source_of(texts, tmp_path_factory.getbasetemp()).load(server, "server")

    highest = max(said, key=KINDS.index)
    assert loaded.it == said[highest][1]


def test_an_option_wins_over_a_mapping_that_was_given_later() -> None:
    source = ConfigSource(ConfigSource.from_files(overrides=["a=1", "b.c=2"]), {"a": 3, "b": {"d": 4}})

    assert source == {"a": "1", "b": {"d": 4, "c": "2"}}


# what tools ask


@attrs.frozen
class Greeter(Config, section="greeter"):
    greeting: str = "hello"
    port: int = 80
    inner: Inner = Inner()


def test_tools_see_every_value_with_its_origin(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_text("names = ['a']\n[greeter]\nport = 1\n[greeter.inner]\nx = 2\n[empty]\n")
    source = ConfigSource.from_files(
        file,
        env_prefix="APP",
        environ={"APP_GREETER_PORT": "3", "APP_GREETER_INNER_Y": "y"},
        overrides=["greeter.greeting=hi"],
    )

    before = leaves(source)
    source.load(Greeter)

    assert [(leaf.path, leaf.value) for leaf in before] == [
        (("names",), ["a"]),
        (("greeter", "port"), 1),
        (("greeter", "inner", "x"), 2),
        (("greeter", "greeting"), "hi"),
    ]
    assert {leaf.path: (leaf.value, leaf.origin.kind) for leaf in leaves(source)} == {
        ("names",): (["a"], "file"),
        ("greeter", "port"): ("3", "variable"),
        ("greeter", "inner", "x"): (2, "file"),
        ("greeter", "inner", "y"): ("y", "variable"),
        ("greeter", "greeting"): ("hi", "option"),
    }


def test_an_origin_with_a_line_is_written_as_editors_understand_it() -> None:
    assert str(Origin("file", "config.toml", 12)) == "config.toml:12"
    assert str(Origin("variable", "APP_DB_URL")) == "APP_DB_URL"


# what is given away


@attrs.define
class Loose(Config, section="loose"):
    anything: Any
    table: dict[str, Any]
    names: list[str]


def test_what_a_section_holds_is_its_own_and_plain() -> None:
    said = {"anything": {"a": [{"b": 1}]}, "table": {"c": {"d": 2}}, "names": ["e"]}
    source = ConfigSource({"loose": said})
    loaded = source.load(Loose)

    loaded.anything["a"][0]["b"] = 5
    loaded.table["c"]["d"] = 5
    loaded.names.append("f")

    assert source == {"loose": said}
    assert type(loaded.anything) is type(loaded.table) is type(loaded.table["c"]) is dict


def test_keys_that_are_no_names_and_texts_without_a_type_are_shown_as_strings() -> None:
    source = ConfigSource({"ports": {80: {"to": [Text("8080")]}}})

    assert source == {"ports": {"80": {"to": ["8080"]}}}
    assert type(source.ports["80"].to[0]) is str
    assert ConfigSource(source.ports) == source.ports
