"""What validators, converters and classes themselves refuse is told as other mistakes are: all at once, with who said it."""

import dataclasses
from pathlib import Path
from typing import Any

import attrs
import pytest

from rostra.config import Config, ConfigError, ConfigSource, Secret

PLANTED = "Xq7-correct-horse-Zz9"


def told(source: ConfigSource, cls: type[Any], section: str = "x") -> list[str]:
    """The lines of the error, with single spaces."""
    with pytest.raises(ConfigError) as caught:
        source.load(cls, section)
    assert caught.value.__context__ is None
    return [" ".join(line.split()) for line in str(caught.value).splitlines()]


def strip(value: str) -> str:
    if not value.strip():
        raise ValueError("nothing is left")
    return value.strip()


def below_most(self: "Pool", _: object, value: int) -> None:
    if value > self.most:
        raise ValueError(f"{value} is more than most, which is {self.most}")


@attrs.frozen
class Pool:
    size: int = attrs.field(default=5, validator=below_most)
    most: int = attrs.field(default=10, validator=attrs.validators.ge(1))
    name: str = attrs.field(default="main", converter=strip)


@attrs.frozen
class Server(Config, section="server"):
    port: int = attrs.field(validator=[attrs.validators.ge(1), attrs.validators.le(65535)])
    host: str = "localhost"
    pool: Pool = attrs.field(factory=Pool)
    pools: list[Pool] = attrs.field(factory=list)
    by_name: dict[str, Pool] = attrs.field(factory=dict)
    other: Pool | None = None


def test_all_refusals_and_all_other_mistakes_are_told_at_once_with_who_said_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("config.toml").write_text(
        "[server]\nhost = 5\n\n[server.pool]\nsize = 50\nname = ' '\n\n"
        "[[server.pools]]\nmost = 0\n\n[[server.pools]]\nsize = 'x'\nmost = -1\n\n[server.by_name.a]\nname = ''\n"
    )
    (tmp_path / "most").write_text("3\n")
    environ = {"APP_SERVER_PORT": "70000", "APP_SERVER_OTHER_MOST_FILE": "most"}
    source = ConfigSource.from_files(
        "config.toml", env_prefix="APP", environ=environ, overrides=["server.other.size=4"]
    )

    with pytest.raises(ConfigError) as caught:
        source.load(Server)

    assert str(caught.value) == (
        "10 settings of [server] are wrong\n"
        "  server.host             expected text, found 5                       from config.toml:2\n"
        "  server.pool.name        refused: nothing is left                     from config.toml:6\n"
        "  server.pool.size        refused: 50 is more than most, which is 10   from config.toml:5\n"
        "  server.pools[0].size    refused: 5 is more than most, which is 0     from the default\n"
        "  server.pools[0].most    refused: 'most' must be >= 1: 0              from config.toml:9\n"
        '  server.pools[1].size    expected a whole number, found "x"           from config.toml:12\n'
        "  server.pools[1].most    refused: 'most' must be >= 1: -1             from config.toml:13\n"
        "  server.by_name.a.name   refused: nothing is left                     from config.toml:16\n"
        "  server.other.size       refused: 4 is more than most, which is 3     from --set server.other.size\n"
        "  server.port             refused: 'port' must be <= 65535: 70000      from APP_SERVER_PORT"
    )


def test_a_validator_that_wants_to_see_what_could_not_be_read_is_not_heard() -> None:
    source = ConfigSource({"x": {"size": 50, "most": "many"}})

    assert told(source, Pool)[1:] == ['x.most expected a whole number, found "many" from a mapping']


def test_a_default_that_its_own_class_refuses_is_told_as_one() -> None:
    @attrs.frozen
    class Bad:
        it: int = attrs.field(default=0, validator=attrs.validators.ge(1))

    assert told(ConfigSource({"x": {}}), Bad)[1:] == ["x.it refused: 'it' must be >= 1: 0 from the default"]


def test_converters_that_take_the_instance_and_the_field_are_asked_so() -> None:
    def convert(value: int, self: Any, field: Any) -> int:
        raise ValueError(f"{field.name} is {value} beside {self.other}")

    @attrs.frozen
    class Taking:
        other: int = 3
        it: int = attrs.field(
            default=5, converter=attrs.Converter(convert, takes_self=True, takes_field=True)
        )
        made: list[int] = attrs.Factory(lambda self: [self.other], takes_self=True)

    assert told(ConfigSource({"x": {"it": 1}}), Taking)[1:] == [
        "x.it refused: it is 1 beside 3 from a mapping"
    ]


def test_an_attribute_that_is_no_setting_is_told_by_its_class() -> None:
    @attrs.frozen
    class Derived:
        it: int
        half: int = attrs.field(init=False)
        third: int = attrs.field(init=False, default=0, validator=attrs.validators.ge(1))

    assert told(ConfigSource({"x": {"it": 1}}), Derived)[1:] == [
        "x refused: 'third' must be >= 1: 0 from a mapping"
    ]


def test_validators_that_are_switched_off_refuse_nothing() -> None:
    source = ConfigSource({"x": {"most": 0, "name": 5}})

    with attrs.validators.disabled():
        found = told(source, Pool)

    assert found[1:] == ["x.name expected text, found 5 from a mapping"]


class SilentError(Exception):
    def __str__(self) -> str:
        raise RuntimeError


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (ValueError("too small"), "too small"),
        (ValueError("too small\nby far"), "too small"),
        (ValueError(), "ValueError"),
        (ValueError("x" * 500), "x" * 160),
        (KeyError("it"), "it"),
        (OSError(2, "No such file"), "[Errno 2] No such file"),
        (LookupError("it", 5), "it"),
        (SilentError(), "SilentError"),
        (ExceptionGroup("two things", [ValueError("a"), ValueError("b")]), "two things"),
        (AssertionError(), "AssertionError"),
        (ValueError("no broker at amqp://me:hunter2@broker/"), "no broker at amqp://me:***@broker/"),
    ],
    ids=repr,
)
def test_a_class_that_refuses_is_told_with_its_first_line(error: Exception, said: str) -> None:
    @attrs.frozen
    class OfAttrs:
        it: int

        def __attrs_post_init__(self) -> None:
            raise error

    @dataclasses.dataclass
    class OfDataclasses:
        it: int

        def __post_init__(self) -> None:
            raise error

    @attrs.frozen
    class Outer:
        them: list[OfDataclasses]

    source = ConfigSource({"x": {"it": 1}, "y": {"them": [{"it": 1}, {"it": "x"}]}})

    assert told(source, OfAttrs)[1:] == [f"x refused by OfAttrs: {said} from a mapping"]
    assert told(source, Outer, "y")[1:] == [
        f"y.them[0] refused by OfDataclasses: {said} from a mapping",
        'y.them[1].it expected a whole number, found "x" from a mapping',
    ]


@pytest.mark.parametrize(
    ("words", "is_told"),
    [
        ("the port must be even", True),
        (f"it is {PLANTED}", False),
        (f"it is {PLANTED.upper()}", False),
        ("it begins with Xq7-", False),
        ("no horses here", False),
        ("it ends with 9", True),
        (f"the first line\n{PLANTED}", True),
    ],
)
def test_what_a_validator_says_is_told_unless_it_holds_a_part_of_a_secret(words: str, is_told: bool) -> None:
    def refuse(_: object, __: object, ___: int) -> None:
        raise ValueError(words)

    @attrs.frozen
    class Login:
        passwords: dict[str, list[Secret[str]]]
        port: int = attrs.field(validator=refuse)

    found = told(ConfigSource({"x": {"passwords": {"a": [PLANTED]}, "port": 5}}), Login)

    line = words.splitlines()[0]
    expected = f"refused: {line}" if is_told else "refused, for a reason that may tell a secret"
    assert found[1:] == [f"x.port {expected} from a mapping"]


def test_a_secret_of_few_letters_is_not_told_either() -> None:
    def refuse(_: object, __: object, ___: int) -> None:
        raise ValueError("the pin 42 is wrong")

    @attrs.frozen
    class Login:
        pin: Secret[int]
        port: int = attrs.field(default=5, validator=refuse)

    found = told(ConfigSource({"x": {"pin": 42}}), Login)

    assert found[1:] == ["x.port refused, for a reason that may tell a secret from the default"]


def test_an_empty_secret_hides_nothing() -> None:
    @attrs.frozen
    class Login:
        password: Secret[str] = attrs.field(default=Secret(""))
        port: int = attrs.field(default=5, validator=attrs.validators.ge(6))

    assert told(ConfigSource({"x": {}}), Login)[1:] == [
        "x.port refused: 'port' must be >= 6: 5 from the default"
    ]


def test_a_default_secret_is_not_told_either() -> None:
    @attrs.frozen
    class Login:
        password: Secret[str] = attrs.field(factory=lambda: Secret(PLANTED))
        fixed: Secret[str] = attrs.field(default=Secret("another-one"))
        port: int = attrs.field(default=5)

        @port.validator
        def _(self, _: object, __: int) -> None:
            raise ValueError(f"{self.password.reveal()} {self.fixed.reveal()}")

    assert told(ConfigSource({"x": {}}), Login)[1:] == [
        "x.port refused, for a reason that may tell a secret from the default"
    ]


def test_a_default_that_is_no_secret_hides_nothing() -> None:
    @dataclasses.dataclass
    class Login:
        password: Secret[str] | None = None

        def __post_init__(self) -> None:
            raise ValueError("a password is needed")

    assert told(ConfigSource({"x": {}}), Login)[1:] == [
        "x refused by Login: a password is needed from a mapping"
    ]


def test_a_default_secret_of_a_dataclass_is_not_told_either() -> None:
    @dataclasses.dataclass
    class Login:
        made: Secret[str] = dataclasses.field(default_factory=lambda: Secret(PLANTED))

        def __post_init__(self) -> None:
            raise ValueError(self.made.reveal()[:6])

    assert told(ConfigSource({"x": {}}), Login)[1:] == [
        "x refused by Login, for a reason that may tell a secret from a mapping"
    ]
