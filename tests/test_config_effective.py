"""Settings as they are, one by one: whose they are, and that no secret is among what is shown."""

import asyncio
import json
import math
from pathlib import Path
from typing import Any, Literal

import any_settings
import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rostra.cli.settings_shown import as_data, as_toml, as_tree
from rostra.config import Config, ConfigSource, Secret
from rostra.config.effective import Effective, Reader, effective, readers_of, unclaimed

HIDDEN = "planted-"


@attrs.frozen
class Login:
    name: str
    word: Secret[str]
    port: int = 1


@attrs.frozen
class Token:
    kind: Literal["token"]
    value: Secret[str]


@attrs.frozen
class Open:
    kind: Literal["open"] = "open"
    note: str = ""


@attrs.frozen
class Box:
    single: Secret[str] | None = None
    optional: Login | None = None
    listed: list[Login] = attrs.field(factory=list)
    by_name: dict[str, Login] = attrs.field(factory=dict)
    secrets: dict[str, list[Secret[str]]] = attrs.field(factory=dict)
    whole: Secret[dict[str, str]] | None = None
    keys: dict[Secret[str], int] = attrs.field(factory=dict)
    either: str | Secret[str] | None = None
    union: Token | Open = attrs.field(factory=Open)
    revealed: Secret[str] | None = attrs.field(default=None, converter=lambda it: it and it.reveal())
    address: str = ""
    text: str = ""
    number: int = 0


def shown(source: ConfigSource, cls: type = Box) -> dict[str, Effective]:
    section = effective(Reader(cls, ("box",), source))
    return {".".join(map(str, each.path[1:])): each for each in section.settings}


def all_that_is_shown(source: ConfigSource) -> str:
    sections = [effective(Reader(Box, ("box",), source))]
    tree = as_tree("all", sections)
    return f"{tree} {as_toml(sections, source.hints())} {json.dumps(as_data(sections))}"


SAID: dict[str, Any] = {
    "single": f"{HIDDEN}1",
    "optional": {"name": "me", "word": f"{HIDDEN}2"},
    "listed": [{"name": "me", "word": f"{HIDDEN}3"}],
    "by_name": {"a": {"name": "me", "word": f"{HIDDEN}4"}},
    "secrets": {"a": [f"{HIDDEN}5"]},
    "whole": {"a": f"{HIDDEN}6"},
    "keys": {f"{HIDDEN}0": 1},
    "either": f"{HIDDEN}7",
    "union": {"kind": "token", "value": f"{HIDDEN}8"},
    "revealed": f"{HIDDEN}9",
    "address": f"amqp://guest:{HIDDEN}10@broker/x",
}


def test_a_secret_is_masked_wherever_it_stands() -> None:
    source = ConfigSource({"box": SAID})

    found = shown(source)

    assert {name: each.value for name, each in found.items()} == {
        "single": "***",
        "optional.name": "me",
        "optional.word": "***",
        "optional.port": 1,
        "listed": [{"name": "me", "word": "***", "port": 1}],
        "by_name": {"a": {"name": "me", "word": "***", "port": 1}},
        "secrets": {"a": ["***"]},
        "whole": "***",
        "keys": "***",
        "either": "***",
        "union.kind": "token",
        "union.value": "***",
        "revealed": "***",
        "address": "amqp://guest:***@broker/x",
        "text": "",
        "number": 0,
    }
    assert [name for name, each in found.items() if not each.is_secret] == [
        "optional.name", "optional.port", "union.kind", "text", "number",
    ]  # fmt: skip
    assert HIDDEN not in all_that_is_shown(source)


WRONG: list[Any] = [
    {"number": "many"},
    {"pasword": f"{HIDDEN}11"},
    {"single": {"a": f"{HIDDEN}12"}},
    {"optional": f"{HIDDEN}13"},
    {"optional": {"name": 1, "word": f"{HIDDEN}14", "wrod": f"{HIDDEN}15"}},
    {"listed": [{"nam": f"{HIDDEN}16", "word": f"{HIDDEN}17"}]},
    {"listed": f"{HIDDEN}18"},
    {"by_name": f"{HIDDEN}19"},
    {"keys": {f"{HIDDEN}19": "many"}},
    {"by_name": {"a": {"word": [f"{HIDDEN}20"]}}},
    {"secrets": [f"{HIDDEN}21"]},
    {"union": {"kind": "tokn", "value": f"{HIDDEN}22"}},
    {"union": f"{HIDDEN}23"},
    {"text": {"a": f"{HIDDEN}24"}},
    {"number": [{"a": f"{HIDDEN}25"}]},
    f"{HIDDEN}26",
    [f"{HIDDEN}27"],
]


@pytest.mark.parametrize("wrong", WRONG, ids=str)
def test_where_a_section_is_wrong_nothing_that_could_be_a_secret_is_shown(wrong: Any) -> None:
    source = ConfigSource({"box": SAID}, {"box": wrong})

    section = effective(Reader(Box, ("box",), source))

    assert section.mistakes
    assert HIDDEN not in all_that_is_shown(source)


@pytest.mark.parametrize(
    "wrong",
    [each for each in WRONG if isinstance(each, dict) and not {"text", "number"} & each.keys()],
    ids=str,
)
def test_nor_when_variables_say_it(wrong: dict[str, Any]) -> None:
    variables = {f"APP_BOX_{name.upper()}": json.dumps(value) for name, value in {**SAID, **wrong}.items()}
    source = ConfigSource({"box": {"nothing": 1}}, env_prefix="APP", environ=variables)

    assert HIDDEN not in all_that_is_shown(source)


@attrs.frozen
class Counts:
    counts: list[int]


def test_a_wrong_list_of_numbers_that_json_does_not_know_is_shown_as_texts() -> None:
    source = ConfigSource({"box": {"counts": [math.inf, 1]}})

    [counts] = effective(Reader(Counts, ("box",), source)).settings

    assert counts.value == ["inf", 1]


@given(
    cls=any_settings.classes(any_settings.SAID | any_settings.HIDDEN),
    said=st.dictionaries(any_settings.NAMES, any_settings.JSON_VALUES, max_size=3),
)
def test_whatever_is_said_can_be_shown(cls: type, said: dict[str, Any]) -> None:
    names = [each.name for each in attrs.fields(cls)]
    source = ConfigSource({"box": said | dict(zip(names, said.values(), strict=False))})

    sections = [effective(Reader(cls, ("box",), source))]

    assert {each.path[1] for each in sections[0].settings} == set(names)
    json.dumps(as_data(sections), allow_nan=False)
    as_tree("all", sections)
    ConfigSource(toml(as_toml(sections, ())))


def toml(text: str) -> dict[str, Any]:
    import tomllib

    return tomllib.loads(text)


@given(cls=any_settings.classes(any_settings.SAID))
def test_what_is_written_as_toml_loads_as_the_same(cls: type) -> None:
    source = ConfigSource({})

    text = as_toml([effective(Reader(cls, ("box",), source))], ())

    again = ConfigSource(toml(text))
    asyncio.run(again.resolve())
    assert again.load(cls, "box") == source.load(cls, "box")


def test_origins_are_those_of_each_setting(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text('[box]\ntext = "a"\nnumber = 1\n[box.optional]\nname = "x"\n')
    (tmp_path / "word").write_text("hidden\n")
    source = ConfigSource.from_files(
        tmp_path / "a.toml",
        env_prefix="APP",
        environ={"APP_BOX_OPTIONAL_WORD_FILE": str(tmp_path / "word"), "APP_BOX_ADDRESS": "x"},
        overrides=["box.number=2"],
    )

    found = shown(source)

    origins = {name: str(each.origin).replace(f"{tmp_path}/", "") for name, each in found.items()}
    assert origins["text"] == "a.toml:2"
    assert origins["number"] == "--set box.number"
    assert origins["optional.name"] == "a.toml:5"
    assert origins["optional.word"] == "word (APP_BOX_OPTIONAL_WORD_FILE)"
    assert origins["address"] == "APP_BOX_ADDRESS"
    assert origins["single"] == "the default"
    assert found["optional.word"].variable == "APP_BOX_OPTIONAL_WORD"


def test_references_are_told_and_what_resolvers_give_is_not() -> None:
    source = ConfigSource(
        {
            "box": {
                "text": "at ${PLACE} for ${USER_NAME:-me}",
                "address": "${DB_PASSWORD}",
                "number": "${PORT}",
            }
        },
        environ={"PLACE": "home", "DB_PASSWORD": f"{HIDDEN}28", "PORT": "8"},
    )
    asyncio.run(source.resolve())

    found = shown(source)

    assert (found["text"].value, found["text"].references) == ("at home for me", ("${PLACE}", "${USER_NAME}"))
    assert (found["address"].value, found["address"].references) == ("***", ("${DB_PASSWORD}",))
    assert (found["number"].value, found["number"].references) == (8, ("${PORT}",))


@attrs.frozen
class Careless:
    password: str = "guest"
    api_key: str = ""
    token: str = ""
    tokens_per_minute: int = 5
    secrets: list[str] = attrs.field(factory=list)
    host: str = ""


def test_a_text_that_is_called_like_a_secret_is_masked_unless_it_is_the_default() -> None:
    said = {
        "token": f"{HIDDEN}30",
        "api_key": f"{HIDDEN}31",
        "tokens_per_minute": 6,
        "secrets": [f"{HIDDEN}32"],
    }
    source = ConfigSource({"box": said})

    values = {name: each.value for name, each in shown(source, Careless).items()}

    assert values == {
        "password": "guest", "api_key": "***", "token": "***", "tokens_per_minute": 6, "secrets": "***", "host": "",
    }  # fmt: skip


@attrs.frozen
class Loose:
    options: dict[str, Any] = attrs.field(factory=dict)


def test_a_text_that_is_called_like_a_secret_is_masked_in_a_mapping_of_anything_too() -> None:
    said = {"tls": {"key_password": f"{HIDDEN}34", "verify": True}, "many": [{"token": f"{HIDDEN}35"}]}
    source = ConfigSource({"box": {"options": said}})

    options = shown(source, Loose)["options"].value

    assert options == {"tls": {"key_password": "***", "verify": True}, "many": [{"token": "***"}]}


def test_what_a_file_for_secrets_says_is_masked(tmp_path: Path) -> None:
    (tmp_path / "host").write_text(f"{HIDDEN}33")
    source = ConfigSource(env_prefix="APP", environ={"APP_BOX_HOST_FILE": str(tmp_path / "host")})

    host = shown(source, Careless)["host"]

    assert (host.value, host.is_secret, host.origin and host.origin.kind) == ("***", True, "secret file")


@attrs.frozen
class DbConfig(Config, section="db"):
    url: str = ""


@attrs.frozen
class RootConfig(Config, section=None):
    debug: bool = False


def test_who_reads_sections_is_known_and_what_nobody_reads_is_told_without_values() -> None:
    source = ConfigSource({"debug": True, "db": {"url": "x"}, "other": {"word": f"{HIDDEN}29", "n": [1]}})
    source.load(RootConfig)

    readers = [(each.cls, each.place) for each in readers_of(source, [DbConfig])]

    assert readers == [(RootConfig, ()), (DbConfig, ("db",))]
    assert [(path, kind) for path, kind, _ in unclaimed(source)] == [
        (("db", "url"), "text"),
        (("other", "word"), "text"),
        (("other", "n"), "a list"),
    ]


@attrs.frozen
class Both:
    """Two words for one setting."""

    format: str = "auto"
    formatter: str | None = None

    def __attrs_post_init__(self) -> None:
        object.__setattr__(self, "format", self.formatter or self.format)


@pytest.mark.parametrize(("said", "origin"), [({}, "the default"), ({"formatter": "json"}, "its class")])
def test_what_a_class_makes_of_a_default_is_not_called_the_default(said: dict[str, str], origin: str) -> None:
    shown_ = effective(Reader(Both, ("box",), ConfigSource({"box": said})))

    assert str(shown_.settings[0].origin) == origin
