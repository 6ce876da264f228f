"""Who has a say in the settings, in which order, and what remains of it: merging, files, options, environment."""

import copy
import itertools
import json
import pickle
import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import attrs
import pytest
import toml
from hypothesis import given
from hypothesis import strategies as st

from rostra.config import Config, ConfigError, ConfigSource, Secret


@attrs.frozen
class Pool:
    url: str = "sqlite://"
    size: int = 5


@attrs.frozen
class Greeter(Config, section="greeter"):
    greeting: str = "hello"
    port: int = 80
    pool: Pool = Pool()
    names: list[str] = attrs.Factory(list)


@attrs.frozen
class Root(Config, section=None):
    debug: bool = False


def wrong(load: Callable[[], object]) -> str:
    """The text of the error that comes of it."""
    with pytest.raises(ConfigError) as caught:
        load()
    return str(caught.value)


def outcome(read: Callable[[], object], refusal: type[Exception]) -> object:
    """What is read, or None if it is refused in this way."""
    try:
        return read()
    except refusal:
        return None


VALUES = st.one_of(st.integers(), st.booleans(), st.text(max_size=3), st.lists(st.integers(), max_size=2))
TABLES: st.SearchStrategy[dict[str, Any]] = st.recursive(
    st.dictionaries(st.sampled_from("abc"), VALUES, max_size=3),
    lambda inner: st.dictionaries(st.sampled_from("abc"), st.one_of(VALUES, inner), max_size=3),
    max_leaves=8,
)


def deeply_merged(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    """Two dicts as one, as everybody would write it."""
    merged = dict(below)
    for key, value in above.items():
        both = isinstance(value, dict) and isinstance(merged.get(key), dict)
        merged[key] = deeply_merged(merged[key], value) if both else value
    return merged


@given(TABLES, TABLES)
def test_two_mappings_are_merged_table_by_table(below: dict[str, Any], above: dict[str, Any]) -> None:
    source = ConfigSource(below, above)

    assert source == deeply_merged(below, above)


@given(TABLES, TABLES, TABLES)
def test_merging_is_associative(a: dict[str, Any], b: dict[str, Any], c: dict[str, Any]) -> None:
    left_first = ConfigSource(ConfigSource(a, b), c)
    right_first = ConfigSource(a, ConfigSource(b, c))

    assert left_first == right_first == ConfigSource(a, b, c)


@given(TABLES)
def test_nothing_and_the_same_again_change_nothing(table: dict[str, Any]) -> None:
    assert ConfigSource({}, table) == ConfigSource(table, {}) == ConfigSource(table, table) == table


def test_a_list_is_replaced_not_joined() -> None:
    source = ConfigSource({"hosts": ["a", "b"]}, {"hosts": ["c"]})

    assert source["hosts"] == ["c"]


def test_tables_are_read_with_dots_and_with_brackets() -> None:
    source = ConfigSource({"a": {"b": {"c": 1}}})

    assert source.a.b.c == source["a"]["b"]["c"] == 1
    assert isinstance(source, dict)
    assert isinstance(source.a, dict)


def test_a_key_that_is_not_there_is_an_attribute_error_with_the_closest_match() -> None:
    source = ConfigSource({"db": {"url": "x"}})

    with pytest.raises(AttributeError, match="there is no setting ulr here; did you mean url"):
        _ = source.db.ulr
    with pytest.raises(KeyError):
        source["db"]["ulr"]
    assert not hasattr(source, "greeter")


def test_what_was_given_can_change_without_changing_the_settings() -> None:
    given_one: dict[str, Any] = {"a": {"b": [1, {"c": 2}]}}
    source = ConfigSource(given_one)

    given_one["a"]["b"][1]["c"] = 3
    given_one["a"]["d"] = 4

    assert source == {"a": {"b": [1, {"c": 2}]}}


@pytest.mark.parametrize(
    "change",
    [
        lambda source: source.update(a=1),
        lambda source: source.pop("a"),
        lambda source: source.setdefault("b", 1),
        lambda source: source.clear(),
        lambda source: source.a.popitem(),
        lambda source: source.__setitem__("a", 1),
        lambda source: source.a.__delitem__("b"),
    ],
)
def test_settings_do_not_change(change: Callable[[ConfigSource], object]) -> None:
    source = ConfigSource({"a": {"b": 1}})

    with pytest.raises(TypeError, match="settings do not change"):
        change(source)
    assert source == {"a": {"b": 1}}


def test_a_copy_is_a_plain_dict() -> None:
    source = ConfigSource({"a": {"b": [1]}})

    copies = [copy.deepcopy(source), pickle.loads(pickle.dumps(source)), json.loads(json.dumps(source))]

    assert [type(each) for each in copies] == [dict] * 3
    assert all(each == source for each in copies)


def test_a_source_shows_its_tables_but_no_values() -> None:
    source = ConfigSource({"db": {"password": "hunter2"}, "debug": True})

    assert repr(source) == str(source) == "<ConfigSource of db, debug>"
    assert repr(source.db) == "<View of password>"
    assert repr(ConfigSource()) == "<ConfigSource of nothing>"


def test_what_is_no_mapping_is_a_type_error() -> None:
    with pytest.raises(
        TypeError, match=r"settings are mappings, not a str; ConfigSource\.from_files reads files"
    ):
        ConfigSource("config.toml")  # type: ignore[arg-type]  # (this is what is refused)


def test_a_mapping_that_contains_itself_is_refused() -> None:
    circle: dict[str, Any] = {}
    circle["again"] = circle
    loop: list[Any] = []
    loop.append(loop)

    assert (
        wrong(lambda: ConfigSource({}, circle))
        == "mapping 2 is nested deeper than 64 tables, or contains itself"
    )
    assert wrong(lambda: ConfigSource({"a": loop})) == (
        "a mapping is nested deeper than 64 tables, or contains itself"
    )


def test_what_toml_load_returns_is_a_mapping_like_any_other(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_text('[greeter]\ngreeting = "hi"\npool = {size = 3}\n')

    loaded = ConfigSource(toml.load(file)).load(Greeter)

    assert loaded == Greeter("hi", pool=Pool(size=3))


# files


def test_later_files_win(tmp_path: Path) -> None:
    (tmp_path / "base.toml").write_text('[greeter]\ngreeting = "hi"\nport = 1\n')
    (tmp_path / "site.toml").write_text("[greeter]\nport = 2\n[greeter.pool]\nsize = 3\n")

    source = ConfigSource.from_files(tmp_path / "base.toml", str(tmp_path / "site.toml"))

    assert source.load(Greeter) == Greeter("hi", 2, Pool(size=3))


def test_a_file_may_begin_with_a_byte_order_mark_and_have_any_newlines(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_bytes(b"\xef\xbb\xbf[greeter]\r\nport = 2\r\n")

    assert ConfigSource.from_files(file).greeter.port == 2


def test_everything_wrong_with_files_and_options_is_told_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("settings.xml").write_text("")
    Path("broken.toml").write_text("[greeter]\nport = \n")
    Path("open.toml").write_text('greeting = "hi')
    Path("twice.toml").write_text("a = 1\na = 2")
    Path("binary.toml").write_bytes(b"\xff\xfe\x00")
    Path("deep.toml").write_text("a = " + "[" * 100 + "]" * 100)
    Path("deeper.toml").write_text("a = " + "[" * 100_000)
    Path("dotted.toml").write_text(".".join("a" * 100) + " = 1")
    Path("number.toml").write_text("a = " + "9" * 5000)
    files = [str(file) for file in sorted(Path().iterdir())] + ["missing.toml", "nul\0.toml", "missing.xml"]

    text = wrong(lambda: ConfigSource.from_files(*files, overrides=["a.b=1", "a", "=1", "a..b=1"]))

    assert text.splitlines()[1:] == [
        "  binary.toml        holds binary data, not text in UTF-8",
        "  broken.toml:2:8    is not TOML: Invalid value",
        "  deep.toml          nested deeper than 64 tables",
        "  deeper.toml        is not TOML: nested too deeply",
        "  dotted.toml:1      nested deeper than 64 tables",
        "  number.toml        is not TOML: a number or a date is out of range",
        "  open.toml:1:15     is not TOML: Unterminated string",
        (
            "  settings.xml       nobody here reads such files; known are"
            " *.cfg, *.ini, *.json, *.toml, *.yaml, *.yml, .env and folders"
        ),
        "  twice.toml:2:6     is not TOML: Cannot overwrite a value",
        "  missing.toml       cannot be read: No such file or directory",
        "  nul\0.toml          cannot be read: no file can have this name",
        "  missing.xml        cannot be read: No such file or directory",
        "  --set (number 2)   expected KEY=VALUE, such as db.port=5432",
        "  --set (number 3)   expected KEY=VALUE, such as db.port=5432",
        "  --set (number 4)   expected KEY=VALUE, such as db.port=5432",
    ]


def test_an_unreadable_file_is_told(tmp_path: Path) -> None:
    """A loop of links, since a file without permissions is readable to root."""
    file = tmp_path / "config.toml"
    file.symlink_to(file)

    text = wrong(lambda: ConfigSource.from_files(file))

    assert text.endswith("cannot be read: Too many levels of symbolic links")


def test_a_huge_file_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    with file.open("wb") as writer:
        writer.truncate(17 * 1024**2)

    assert wrong(lambda: ConfigSource.from_files(file)).endswith("is larger than 16 MiB")


TOML_PIECES = st.sampled_from(
    [
        *'[]{}=."#,\n\\ \t',
        '"""',
        "'''",
        "a",
        "[a]\n",
        "a.b = 1\n",
        "1979-05-27",
        "0x1F",
        "1e9",
        "nan",
        "true",
        "\0",
        "é",
    ]
)


@given(
    st.one_of(
        st.binary(max_size=60), st.lists(TOML_PIECES, max_size=30).map(lambda all_: "".join(all_).encode())
    )
)
def test_any_file_is_read_or_told(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    file = tmp_path_factory.getbasetemp() / "fuzzed.toml"
    file.write_bytes(content)

    read = outcome(lambda: dict(ConfigSource.from_files(file)), ConfigError)
    expected = outcome(lambda: tomllib.loads(content.decode("utf-8-sig")), ValueError)

    assert json.dumps(read, default=str) == json.dumps(expected, default=str)


# options


def test_an_option_reaches_any_depth_and_keeps_what_is_beside_it() -> None:
    source = ConfigSource.from_files(
        overrides=["greeter.pool.size=3", "greeter.greeting=a=b", "greeter.names=a, b"]
    )

    assert source.load(Greeter) == Greeter("a=b", pool=Pool(size=3), names=["a", "b"])
    assert source.greeter.pool.size == "3"


def test_an_option_may_hold_a_whole_table_and_later_ones_reach_into_it() -> None:
    source = ConfigSource.from_files(
        overrides=["greeter.port=1", 'greeter={"greeting": "hi", "pool": {"size": 2}}', "greeter.pool.url=x"]
    )

    assert source.load(Greeter) == Greeter("hi", pool=Pool("x", 2))


# the environment


def environ(**variables: str) -> dict[str, str]:
    return variables


def test_without_a_prefix_no_variable_is_read() -> None:
    variables = environ(APP_GREETER_PORT="1", GREETER_PORT="2", _GREETER_PORT="3")

    for prefix in (None, ""):
        assert ConfigSource(env_prefix=prefix, environ=variables).load(Greeter).port == 80


@pytest.mark.parametrize("prefix", ["APP", "app", "APP_"])
def test_variables_reach_nested_classes(prefix: str) -> None:
    variables = environ(
        APP_GREETER_PORT="1", APP_GREETER_POOL_SIZE="2", APP_GREETER_NAMES="a, b", PATH="/bin"
    )

    loaded = ConfigSource(env_prefix=prefix, environ=variables).load(Greeter)

    assert loaded == Greeter(port=1, pool=Pool(size=2), names=["a", "b"])


def test_the_environment_of_the_process_is_copied_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("APP_GREETER_PORT", "1")
    source = ConfigSource(env_prefix="APP")

    monkeypatch.setenv("APP_GREETER_PORT", "2")

    assert source.load(Greeter).port == 1


def test_a_variable_may_hold_a_whole_table_and_others_reach_into_it() -> None:
    variables = environ(APP_GREETER_POOL='{"url": "x", "size": 2}', APP_GREETER_POOL_SIZE="3")
    source = ConfigSource({"greeter": {"pool": {"url": "y"}}}, env_prefix="APP", environ=variables)

    assert source.load(Greeter).pool == Pool("x", 3)


def test_variables_of_the_root_have_no_section_in_their_name() -> None:
    source = ConfigSource(env_prefix="APP", environ=environ(APP_DEBUG="yes"))

    assert source.load(Root) == Root(debug=True)


@pytest.mark.parametrize("prefix", ["1APP", "A-B", "A=", "ä ö"])
def test_a_prefix_that_no_variable_can_have_is_refused(prefix: str) -> None:
    assert "cannot begin the name of a variable" in wrong(lambda: ConfigSource(env_prefix=prefix))


def test_a_variable_names_a_file_with_the_value(tmp_path: Path) -> None:
    file = tmp_path / "greeting"
    file.write_text("hi \n\r\n")
    variables = environ(APP_GREETER_GREETING_FILE=str(file), APP_GREETER_GREETING="hey")

    source = ConfigSource(env_prefix="APP", environ=variables)

    assert source.load(Greeter).greeting == "hi "
    assert str(source.origin("greeter.greeting")) == f"{file} (APP_GREETER_GREETING_FILE)"


def test_what_is_wrong_with_such_a_file_is_told_without_its_name(tmp_path: Path) -> None:
    """Somebody may have put the secret itself there."""
    (tmp_path / "binary").write_bytes(b"\xff\xfe")
    (tmp_path / "nul").write_bytes(b"a\0b")
    (tmp_path / "huge").write_bytes(b"a" * (1024**2 + 1))
    variables = environ(
        APP_GREETER_GREETING_FILE="hunter2",
        APP_GREETER_PORT_FILE=str(tmp_path),
        APP_GREETER_POOL_URL_FILE=str(tmp_path / "binary"),
        APP_GREETER_POOL_SIZE_FILE=str(tmp_path / "nul"),
        APP_GREETER_NAMES_FILE=str(tmp_path / "huge"),
    )

    text = wrong(lambda: ConfigSource(env_prefix="APP", environ=variables).load(Greeter))

    assert [" ".join(line.split()) for line in text.splitlines()] == [
        "5 settings of [greeter] are wrong",
        (
            "greeter.greeting the file that it names cannot be read: No such file or directory"
            " from APP_GREETER_GREETING_FILE"
        ),
        "greeter.port the file that it names cannot be read: Is a directory from APP_GREETER_PORT_FILE",
        (
            "greeter.pool.url the file that it names holds binary data, not text in UTF-8"
            " from APP_GREETER_POOL_URL_FILE"
        ),
        "greeter.pool.size the file that it names holds binary data, not text from APP_GREETER_POOL_SIZE_FILE",
        "greeter.names the file that it names is larger than 1 MiB from APP_GREETER_NAMES_FILE",
    ]


@attrs.frozen
class Tls(Config, section="tls"):
    key: str = ""
    key_file: str = ""


def test_a_setting_that_is_called_file_beats_the_rule_of_files() -> None:
    source = ConfigSource(env_prefix="APP", environ=environ(APP_TLS_KEY_FILE="/no/such/file"))

    assert source.load(Tls) == Tls("", "/no/such/file")


# precedence and origins


SOURCES = ("default", "mapping", "file", "second file", "variable", "secret file", "option")


def made_of(sources: tuple[str, ...], folder: Path) -> tuple[type[Any], ConfigSource]:
    """A class and a source of which each has set ``port`` to its rank."""
    rank = {name: number for number, name in enumerate(SOURCES)}

    @attrs.frozen
    class Server(Config, section="server"):
        port: int = rank["default"] if "default" in sources else -1

    for name in ("file", "second file"):
        text = f"[server]\nport = {rank[name]}\n" if name in sources else ""
        (folder / f"{name}.toml").write_text(text)
    (folder / "secret").write_text(f"{rank['secret file']}\n")
    variables = {"APP_SERVER_PORT": str(rank["variable"])} if "variable" in sources else {}
    if "secret file" in sources:
        variables["APP_SERVER_PORT_FILE"] = str(folder / "secret")
    files = ConfigSource.from_files(folder / "file.toml", folder / "second file.toml")
    options = ConfigSource.from_files(
        overrides=[f"server.port={rank['option']}"] if "option" in sources else []
    )
    mapping = {"server": {"port": rank["mapping"]}} if "mapping" in sources else {}
    return Server, ConfigSource(mapping, files, options, env_prefix="APP", environ=variables)


@pytest.mark.parametrize("pair", list(itertools.combinations(SOURCES, 2)), ids="<".join)
def test_of_each_pair_the_later_source_wins(pair: tuple[str, str], tmp_path: Path) -> None:
    server, source = made_of(pair, tmp_path)

    loaded = source.load(server)

    origin = source.origin("server.port")
    assert SOURCES[loaded.port] == pair[1]
    assert origin is not None
    assert origin.kind == pair[1].removeprefix("second ") or pair[1] == "secret file" == origin.kind


def test_a_table_in_an_option_wins_over_a_variable_for_its_part() -> None:
    source = ConfigSource.from_files(
        overrides=['greeter.pool={"size": 1}'],
        env_prefix="APP",
        environ=environ(APP_GREETER_POOL_SIZE="2", APP_GREETER_POOL_URL="x"),
    )

    assert source.load(Greeter).pool == Pool("sqlite://", 1)


def test_every_value_knows_its_origin(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_text("[greeter]\nnames = []\n[greeter.pool]\nsize = 1")
    source = ConfigSource.from_files(
        file, env_prefix="APP", environ=environ(APP_GREETER_PORT="1"), overrides=["greeter.pool.url=x"]
    )

    before = source.origin("greeter.port")
    source.load(Greeter)

    settings = ["names", "pool.size", "port", "pool.url", "greeting", "shout"]
    origins = [source.origin(f"greeter.{setting}") for setting in settings]
    assert before is None
    assert [str(origin) for origin in origins] == [
        f"{file}:2",
        f"{file}:4",
        "APP_GREETER_PORT",
        "--set greeter.pool.url",
        "the default",
        "None",
    ]


def test_a_source_within_a_source_keeps_its_origins() -> None:
    inner = ConfigSource.from_files(overrides=["greeter.port=1"])

    source = ConfigSource({"greeter": {"port": 2, "greeting": "hi"}}, inner)

    assert str(source.origin("greeter.port")) == "--set greeter.port"
    assert str(source.origin("greeter.greeting")) == "mapping 1"
    assert str(ConfigSource(source.greeter).origin("port")) == "--set greeter.port"


# hints


def test_what_nobody_reads_is_a_hint_with_the_closest_match() -> None:
    source = ConfigSource(
        {"greter": {"port": 1}, "greeter": {"port": 1}, "debug": True, "other": {"x": 1}},
        env_prefix="APP",
        environ=environ(
            APP_GREETER_PROT="1",
            APP_GREETER_PORT="2",
            APP_XYZ="3",
            APP_GREETER_PORT_FILES="x",
            APP_GREETER_POOL="{}",
        ),
    )

    source.load(Greeter)

    assert source.hints() == (
        "nobody reads [greter] of a mapping; did you mean [greeter]?",
        "nobody reads debug of a mapping",
        "nobody reads [other] of a mapping",
        "no setting reads APP_GREETER_PROT; did you mean APP_GREETER_PORT?",
        "no setting reads APP_XYZ",
        "no setting reads APP_GREETER_PORT_FILES; did you mean APP_GREETER_PORT_FILE?",
    )


def test_what_the_root_and_inner_sections_read_is_no_hint() -> None:
    @attrs.frozen
    class Inner(Config, section="greeter.inner"):
        x: int = 1

    source = ConfigSource({"debug": True, "greeter": {"inner": {"x": 2}, "outer": {}}})

    loaded = source.load_sections([Root, Inner])

    assert loaded == {Root: Root(debug=True), Inner: Inner(2)}
    assert source.hints() == ("nobody reads [greeter.outer] of a mapping; did you mean [greeter.inner]?",)


def test_what_is_read_as_a_dict_is_no_hint() -> None:
    source = ConfigSource({"a": {"b": 1}, "c": {"d": 1}, "e": 1, "f": 1})

    asked = [source.a, source["c"], source.get("e"), source.get("g")]

    assert asked == [{"b": 1}, {"d": 1}, 1, None]
    assert source.hints() == ("nobody reads f of a mapping",)


def test_an_option_that_nobody_reads_is_an_error() -> None:
    options = ["greter.port=1", "greeter.port=1", "debug=on", "a.b=1", "greeter={}", "x.y=2", "e.f=1"]
    source = ConfigSource(ConfigSource.from_files(overrides=options), {"x": {"z": 1}, "e": {"f": 1}})
    source.load_sections([Root, Greeter])
    assert source.a.b == "1"

    assert wrong(source.check_options) == (
        "3 settings of the options are read by nobody\n"
        "  greter.port   nobody asks for it; did you mean greeter.port?   from --set greter.port\n"
        "  x.y           nobody asks for it                               from --set x.y\n"
        "  e.f           nobody asks for it                               from --set e.f"
    )
    assert source.hints() == ("nobody reads [x] of mapping 2", "nobody reads [e] of mapping 2")


def test_a_secret_of_a_file_stays_one_in_the_section_only(tmp_path: Path) -> None:
    @attrs.frozen
    class Db(Config, section="db"):
        password: Secret[str]

    source = ConfigSource({"db": {"password": "hunter2"}})

    assert "hunter2" not in repr(source.load(Db)) + repr(source) + repr(source.db)
    assert source.load(Db).password.reveal() == source.db.password == "hunter2"
