"""What is read at a glance, since it has its type already, is what careful reading says; and nothing of it is shared."""

import enum
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Literal

import attrs
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from rostra.config import ConfigError, ConfigSource, Secret, careful
from rostra.config import classes as classes_of
from rostra.config.classes import read
from rostra.config.declared import settings_of
from rostra.config.hooks import WrongError
from rostra.config.tree import Text


class Color(enum.Enum):
    RED = "red"
    FIVE = 5


@attrs.frozen
class Pool:
    url: str
    size: int = 5
    tags: list[str] = attrs.Factory(list)


@attrs.frozen
class Service:
    name: str
    port: int = 80
    ratio: float = 0.5
    debug: bool = False
    raw: bytes = b""
    token: str | None = None
    limit: int | float | None = None
    color: Color = Color.RED
    mode: Literal["a", 1] | None = None
    path: Path = Path()
    secret: Secret[str] | None = None
    hosts: list[str] = attrs.Factory(list)
    ports: tuple[int, ...] = ()
    pair: tuple[int, str] | None = None
    names: frozenset[str] = frozenset()
    labels: dict[str, str] = attrs.Factory(dict)
    weights: Mapping[str, float | None] = attrs.Factory(dict)
    by_port: dict[int, str] = attrs.Factory(dict)
    pool: Pool | None = None
    pools: list[Pool] = attrs.Factory(list)
    anything: Any = None


@attrs.frozen
class Choosy:
    """One that refuses what has the right type."""

    name: str = attrs.field(validator=attrs.validators.min_len(1))
    size: int = attrs.field(default=1, converter=abs)


class OddText(str):
    __slots__ = ()


class OddNumber(int):
    pass


class OddTable(dict[Any, Any]):
    pass


WORDS = st.sampled_from(["", "a", "red", "5", "on", "a,b", "[1]", '{"url": "x"}', "sqlite://"])
SINGLE = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-3, 6),
    st.sampled_from([0.5, 1.0, float("inf")]),
    WORDS,
    WORDS.map(Text),
    WORDS.map(OddText),
    st.integers(0, 3).map(OddNumber),
    st.binary(max_size=2),
    st.sampled_from([*Color]),
)
KEYS = st.one_of(st.sampled_from(["url", "size", "tags", "a"]), st.integers(0, 2), WORDS.map(OddText))
NESTED = st.recursive(
    SINGLE,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.lists(inner, max_size=3).map(tuple),
        st.sets(WORDS, max_size=2),
        st.dictionaries(KEYS, inner, max_size=3),
        st.dictionaries(KEYS, inner, max_size=2).map(OddTable),
        st.fixed_dictionaries({"url": WORDS}, optional={"size": inner, "tags": inner}),
    ),
    max_leaves=5,
)
LIKELY: Mapping[str, st.SearchStrategy[Any]] = {
    "name": WORDS,
    "port": st.integers(1, 9),
    "ratio": st.floats(0, 1),
    "debug": st.booleans(),
    "token": st.none() | WORDS,
    "hosts": st.lists(WORDS, max_size=3),
    "labels": st.dictionaries(WORDS, WORDS, max_size=2),
    "weights": st.dictionaries(WORDS, st.none() | st.floats(0, 1), max_size=2),
    "pool": st.fixed_dictionaries({"url": WORDS}, optional={"tags": st.lists(WORDS)}),
}


def tables(cls: type, likely: Mapping[str, st.SearchStrategy[Any]]) -> st.SearchStrategy[dict[Any, Any]]:
    """Tables with all, some or too many of the settings, most of them as they should be."""
    wild = {each.name: likely.get(each.name, NESTED) | NESTED for each in settings_of(cls)}
    return st.fixed_dictionaries(
        {}, optional={**wild, "nam": NESTED, "port_": NESTED}
    ) | st.fixed_dictionaries(dict(likely))


def outcome(reading: Callable[[], Any]) -> tuple[Any, Any]:
    """What is made and of which types, or what is wrong."""
    try:
        made = reading()
    except WrongError as wrong:
        return None, wrong.faults
    return made, [*kinds(made)]


def kinds(made: Any) -> Iterator[Any]:
    """The types of all values: 1, 1.0 and True are equal, and what is no plain text may be."""
    yield type(made)
    if isinstance(made, Secret):
        yield from kinds(made.reveal())
    elif attrs.has(type(made)):
        for field in attrs.fields(type(made)):
            yield from kinds(getattr(made, field.name))
    elif isinstance(made, dict):
        for key, value in made.items():
            yield from (*kinds(key), *kinds(value))
    elif isinstance(made, list | tuple):
        for each in made:
            yield from kinds(each)


def carefully(table: dict[Any, Any], cls: type) -> Any:
    """As what is wrong is read: setting by setting."""
    plan = classes_of._plan(cls, lambda wanted: pytest.fail(f"nobody has read {wanted} before"), {})
    return careful.carefully(table, cls, plan.settings, plan.read, cls)


def without_types(value: Any) -> Any:
    """The same, but nothing has exactly the type that it should have, so that each value is asked what it is."""
    if type(value) is str:
        return OddText(value)
    if type(value) is int:
        return OddNumber(value)
    if isinstance(value, dict):
        return OddTable({without_types(key): without_types(each) for key, each in value.items()})
    if isinstance(value, list):
        return [without_types(each) for each in value]
    return value


@pytest.fixture(autouse=True, scope="module")
def _known() -> None:
    read({"name": "a"}, Service)
    read({"url": "a"}, Pool)
    read({"name": "a"}, Choosy)


@given(tables(Service, LIKELY))
@settings(max_examples=400)
@example({"name": "a", "port": True})
@example({"name": Text("a")})
@example({"name": "a", "labels": {1: "a"}})
def test_a_table_read_at_once_is_what_careful_reading_makes_of_it(table: dict[Any, Any]) -> None:
    at_once = outcome(lambda: read(table, Service))

    assert at_once == outcome(lambda: carefully(table, Service))


@given(tables(Choosy, {"name": WORDS, "size": st.integers(-2, 2)}))
def test_what_a_class_refuses_is_told_as_careful_reading_tells_it(table: dict[Any, Any]) -> None:
    at_once = outcome(lambda: read(table, Choosy))

    assert at_once == outcome(lambda: carefully(table, Choosy))


@given(st.fixed_dictionaries(dict(LIKELY)))
def test_values_of_the_right_type_are_what_any_others_of_that_meaning_become(table: dict[Any, Any]) -> None:
    odd = {key: without_types(each) for key, each in table.items()}

    assert outcome(lambda: read(table, Service)) == outcome(lambda: read(odd, Service))


@given(tables(Service, LIKELY))
@example({"name": "a", "anything": [{"a"}, ({"b"},)]})
@example({"name": "a", "anything": {"b"}})
def test_what_is_loaded_shares_nothing_that_changes_with_its_source_and_its_mapping(
    table: dict[Any, Any],
) -> None:
    source = ConfigSource({"service": table})
    try:
        made = source.load(Service, "service")
    except ConfigError:
        return

    theirs = {*map(id, changeable(table)), *map(id, changeable(source["service"]))}
    assert not [each for each in changeable(made) if id(each) in theirs]


def changeable(value: Any) -> Iterator[Any]:
    """All lists and tables in a value."""
    if isinstance(value, dict | list | set):
        yield value
    if attrs.has(type(value)):
        value = [getattr(value, field.name) for field in attrs.fields(type(value))]
    for each in (
        value.values() if isinstance(value, dict) else value if isinstance(value, list | tuple) else ()
    ):
        yield from changeable(each)


def test_what_has_its_type_is_loaded_without_what_reads_texts_and_tells_mistakes() -> None:
    for_texts = {"reading", "scalars", "text"}
    for_others = {
        "copies",
        "foreign",
        "given",
        "namespaces",
        "speakers",
        "standard",
        "summaries",
        "choices",
        "containers",
        "unions",
        "careful",
        "mistakes",
        "showing",
        "hints",
        "apart",
        "files",
    }

    of_mapping = modules_after("{}")
    of_variable = modules_after('{"APP_SERVICE_PORT": "80"}')

    assert of_mapping & (for_texts | for_others) == set()
    assert of_variable & (for_texts | for_others) == for_texts


def modules_after(environ: str) -> set[str]:
    """The modules of this room that are there when a section has been loaded and nothing was left unread."""
    program = f"""
        import sys
        from rostra.config import Config, ConfigSource, frozen

        @frozen
        class Service(Config, section="service"):
            port: int = 8080
            levels: dict[str, str] | None = None

        source = ConfigSource({{"service": {{"port": 80}}}}, env_prefix="APP", environ={environ})
        assert source.load(Service).port == 80
        source.check_options()
        assert source.hints() == ()
        print(*sys.modules)
        """
    run = [sys.executable, "-c", textwrap.dedent(program)]
    done = subprocess.run(run, capture_output=True, text=True, timeout=60, check=True)
    room = "rostra.config."
    return {name.removeprefix(room) for name in done.stdout.split() if name.startswith(room)}
