"""No way in which settings can be wrong, whoever says them, gives a secret away to somebody who looks at the error."""

import asyncio
import dataclasses
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal, NamedTuple, Self

import attrs
import pytest
from planted import PLANTED, SAID, given_away

from rostra import config
from rostra.config import Bytes, Config, ConfigError, ConfigSource, Secret


def quote(*parts: Any) -> Any:
    raise ValueError(" ".join(f"{part!r} {part}" for part in parts))


def quote_it(_: object, __: object, value: Any) -> None:
    quote(value.reveal())


def quote_a_part_of_its_neighbour(self: Any, _: object, value: Any) -> None:
    quote("it begins with", self.password.reveal()[:6], value)


def shout_its_neighbour(self: Any, _: object, value: Any) -> None:
    raise LookupError(PLANTED.upper())


class Colour:
    @classmethod
    def from_config(cls, text: str) -> Self:
        return quote(text)  # type: ignore[no-any-return]


class Token(str):
    __slots__ = ()

    def __new__(cls, text: str) -> Self:
        return quote(text)  # type: ignore[no-any-return]


@attrs.frozen
class Login:
    user: int
    password: Secret[str]


@attrs.frozen
class Local:
    kind: Literal["local"]
    password: Secret[str]


@attrs.frozen
class Remote:
    kind: Literal["remote"]
    password: Secret[int]


@attrs.frozen
class Checked:
    password: Secret[str] = attrs.field(validator=quote_it)


@attrs.frozen
class Converted:
    password: Secret[str] = attrs.field(converter=lambda value: quote(value.reveal()))


@attrs.frozen
class Neighbour:
    password: Secret[str]
    it: int = attrs.field(default=5, validator=quote_a_part_of_its_neighbour)


@attrs.frozen
class LoudNeighbour:
    password: Secret[str]
    it: int = attrs.field(default=5, validator=shout_its_neighbour)


@attrs.frozen
class PostInit:
    password: Secret[str]

    def __attrs_post_init__(self) -> None:
        quote(self.password.reveal()[2:9])


@dataclasses.dataclass
class DataPostInit:
    password: Secret[str]
    nested: dict[str, Secret[str]] = dataclasses.field(default_factory=dict)

    def __post_init__(self) -> None:
        quote(self.password.reveal(), [each.reveal() for each in self.nested.values()])


class Pair(NamedTuple):
    user: int
    password: Secret[int]


@attrs.frozen
class Deep:
    logins: list[Login]
    by_name: dict[str, Login | None]
    first: Login | None = None


def one(wanted: Any) -> type[Any]:
    return attrs.make_class("One", {"it": attrs.field(type=wanted)}, frozen=True)


LOGIN = {"user": "me", "password": PLANTED}

WRONG: dict[str, tuple[type[Any], Any]] = {
    "a mistyped neighbour": (Login, LOGIN),
    "a secret that is no number": (one(Secret[int]), {"it": PLANTED}),
    "a secret that is no size": (one(Secret[Bytes] | None), {"it": PLANTED}),
    "a secret that is none of the options": (one(Secret[Literal["a"]]), {"it": PLANTED}),
    "a secret in a list": (one(list[Secret[int]]), {"it": [PLANTED]}),
    "a secret in a table": (one(dict[str, Secret[int]]), {"it": {"a": PLANTED}}),
    "a secret in a list in a table": (one(dict[str, list[Secret[int]] | None]), {"it": {"a": [PLANTED]}}),
    "a secret list": (one(Secret[list[int]]), {"it": [PLANTED]}),
    "a secret class": (one(Secret[Login]), {"it": LOGIN}),
    "a table that is none": (one(Login), {"it": PLANTED}),
    "a list that is none": (one(list[Login]), {"it": {"password": PLANTED}}),
    "JSON cut off": (one(Login), {"it": f'{{"user": 5, "password": "{PLANTED}"'}),
    "a pair": (one(Pair), {"it": ["me", PLANTED]}),
    "a misspelt key": (Login, {"user": 5, "pasword": PLANTED}),
    "a union": (one(Secret[int] | bool), {"it": PLANTED}),
    "a union of secrets": (one(Secret[int] | Secret[bool] | None), {"it": PLANTED}),
    "a union with a table": (one(Secret[int] | Local), {"it": f'{{"kind": "{PLANTED}"}}'}),
    "a union of classes": (one(Local | Remote), {"it": {"kind": "remote", "password": PLANTED}}),
    "a union of classes, unnamed": (one(Local | Remote), {"it": {"password": PLANTED}}),
    "a validator that quotes it": (Checked, {"password": PLANTED}),
    "a converter that quotes it": (Converted, {"password": PLANTED}),
    "a neighbour's validator that quotes a part": (Neighbour, {"password": PLANTED}),
    "a neighbour's validator that shouts it": (LoudNeighbour, {"password": PLANTED}),
    "a validator beside a mistyped setting": (Neighbour, {"password": PLANTED, "it": "x"}),
    "a class that quotes a part": (PostInit, {"password": PLANTED}),
    "a dataclass that quotes it": (DataPostInit, {"password": "x", "nested": {"a": PLANTED}}),
    "a class in a list": (one(list[PostInit]), {"it": [{"password": PLANTED}]}),
    "a type of one's own": (one(Secret[Colour]), {"it": PLANTED}),
    "a subclass of text": (one(list[Secret[Token]]), {"it": [PLANTED]}),
    "deep down": (Deep, {"logins": [LOGIN], "by_name": {"a": LOGIN}, "first": LOGIN}),
}


@pytest.mark.parametrize("wrong", WRONG)
@pytest.mark.parametrize("said", SAID)
def test_whoever_says_it_and_whatever_is_wrong_the_secret_is_nowhere(
    said: str, wrong: str, tmp_path: Path
) -> None:
    cls, section = WRONG[wrong]
    source = SAID[said](section, tmp_path)

    with pytest.raises(ConfigError) as caught:
        source.load(cls, "x")

    assert given_away(caught.value, __file__) == []
    assert caught.value.__context__ is None
    assert PLANTED.encode() not in pickle.dumps(caught.value)
    assert PLANTED not in repr(source)


PLAIN: dict[str, tuple[type[Any], Any]] = {
    "a number": (one(int), {"it": PLANTED}),
    "a list of numbers": (one(list[int]), {"it": [PLANTED]}),
    "a type of one's own": (one(Colour), {"it": PLANTED}),
    "a union": (one(bool | int), {"it": PLANTED}),
    "a neighbour's validator": (
        attrs.make_class(
            "Plain",
            {
                "it": attrs.field(type=str),
                "other": attrs.field(
                    type=int, default=5, validator=lambda self, _, value: quote(self.it[:8])
                ),
            },
        ),
        {"it": PLANTED},
    ),
    "a class": (
        dataclasses.make_dataclass(
            "Post", [("it", str)], namespace={"__post_init__": lambda self: quote(self.it)}
        ),
        {"it": PLANTED},
    ),
}


@pytest.mark.parametrize("wrong", PLAIN)
@pytest.mark.parametrize("said", ["secret files", "reference to a file"])
def test_what_comes_from_where_secrets_are_kept_is_not_shown_though_no_type_says_so(
    said: str, wrong: str, tmp_path: Path
) -> None:
    cls, section = PLAIN[wrong]
    source = SAID[said](section, tmp_path)

    with pytest.raises(ConfigError) as caught:
        source.load(cls, "x")

    assert given_away(caught.value, __file__) == []


@attrs.frozen
class Forgotten:
    """What ought to have been a ``Secret``."""

    db_password: int = 0
    tokens: list[int] = attrs.field(factory=list)
    port: int = 0


@pytest.mark.parametrize(
    "said", [{"db_password": PLANTED}, {"tokens": [PLANTED]}, {"port": "${DB_PASSWORD}"}], ids=str
)
def test_what_is_called_like_a_secret_is_not_shown_where_it_is_wrong(said: dict[str, Any]) -> None:
    source = ConfigSource({"x": said}, environ={"DB_PASSWORD": PLANTED})
    asyncio.run(source.resolve())

    with pytest.raises(ConfigError, match=r"expected a whole number, found \*\*\*") as caught:
        source.load(Forgotten, "x")

    assert given_away(caught.value, __file__) == []


SOURCES: dict[str, Callable[[Path], object]] = {
    "a section that is a text": lambda _: ConfigSource({"x": PLANTED}).load(Login, "x"),
    "a mapping too deep": lambda _: ConfigSource({"a": PLANTED, "b": nested(80)}),
    "a mapping too deep in a list": lambda _: ConfigSource({"a": [PLANTED], "b": nested(80)}, {"c": PLANTED}),
    "no mapping": lambda _: ConfigSource({"a": PLANTED}, PLANTED),  # type: ignore[arg-type]
    "a prefix that is none": lambda _: ConfigSource({"a": PLANTED}, env_prefix="1", environ={"A": PLANTED}),
    "a file that is none": lambda folder: ConfigSource.from_files(
        broken(folder, "config.toml"), environ={"A": PLANTED}
    ),
    "YAML that is none": lambda folder: ConfigSource.from_files(broken(folder, "config.yaml")),
    "JSON that is none": lambda folder: ConfigSource.from_files(broken(folder, "config.json")),
    "INI that is none": lambda folder: ConfigSource.from_files(broken(folder, "config.ini")),
    "dotenv that is none": lambda folder: ConfigSource.from_files(broken(folder, ".env")),
    "an option that is none": lambda _: ConfigSource.from_files(
        overrides=[f"x:{PLANTED}"], environ={"A": PLANTED}
    ),
    "options and a prefix that is none": lambda _: ConfigSource.from_files(
        overrides=[f"x={PLANTED}"], env_prefix="1", environ={"A": PLANTED}
    ),
    "a variable that names no file": lambda _: ConfigSource(
        env_prefix="APP", environ={"APP_X_PASSWORD_FILE": PLANTED, "APP_X_USER": "5"}
    ).load(Login, "x"),
    "a class that is none": lambda _: ConfigSource({"a": PLANTED}).load(int, "a"),
    "two classes for one section": lambda _: twice(ConfigSource({"x": {"user": 5, "password": PLANTED}})),
    "a type that nobody knows": lambda _: ConfigSource({"x": {"it": PLANTED}}).load(one("Unknown"), "x"),
    "what does not exist": lambda _: ConfigSource({"x": {"it": PLANTED}}).y,
    "a change": lambda _: ConfigSource({"x": {"it": PLANTED}}).update(x=1),
}


def nested(levels: int) -> Any:
    return {"a": nested(levels - 1)} if levels else PLANTED


def broken(folder: Path, name: str) -> Path:
    begin = PLANTED if name == "config.ini" else "[x]"
    (folder / name).write_text(f'{begin}\npassword = "{PLANTED}\nother: {{"{PLANTED}: [')
    return folder / name


def twice(source: ConfigSource) -> None:
    source.load(Login, "x")
    source.load(attrs.make_class("Other", ["user", "password"]), "x")


@pytest.mark.parametrize("wrong", SOURCES)
def test_a_source_that_cannot_be_made_or_asked_gives_nothing_away(wrong: str, tmp_path: Path) -> None:
    with pytest.raises((ConfigError, TypeError, AttributeError)) as caught:
        SOURCES[wrong](tmp_path)

    assert given_away(caught.value, __file__) == []
    assert caught.value.__context__ is None


def test_the_search_itself_finds_what_is_hidden_deep_in_an_error() -> None:
    def fail(password: str) -> None:
        raise LookupError

    errors: list[Exception] = []
    for error in (
        LookupError(["a", (PLANTED,)]),
        LookupError({"a": Secret(PLANTED)}),
        LookupError(PLANTED.upper()),
    ):
        error.add_note("harmless")
        errors.append(error)

    found = [bool(given_away(error, __file__)) for error in errors]
    with pytest.raises(LookupError) as caught:
        exec(compile("fail(planted)", "elsewhere.py", "exec"), {"fail": fail, "planted": PLANTED})

    assert found == [True, False, True]
    assert given_away(caught.value, "another_test.py")


def test_a_registered_function_that_fails_quotes_no_secret() -> None:
    class Key(Config, section="x"):
        it: Secret[Colour]

    @config.reads(Key)
    def read(text: str) -> Key:
        raise RuntimeError(text)

    with pytest.raises(ConfigError) as caught:
        ConfigSource({"y": {"it": {"a": [PLANTED]}}}).load(one(dict[str, Secret[Key]]), "y")

    assert given_away(caught.value, __file__) == []
