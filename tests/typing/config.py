"""What type checkers know about settings; run by nobody."""

from typing import Any, NewType, assert_type

import attrs

from rostra import config


@attrs.frozen
class DbConfig(config.Config, section="db"):
    url: str = "sqlite://"
    password: config.Secret[str] | None = None
    timeout: config.Duration = config.Duration("1m30s")
    cache: config.Bytes = config.Bytes("10MiB")
    debug: bool = config.bool_var(default=False)


@attrs.frozen
class Plain:
    size: int


def loading(source: config.ConfigSource) -> None:
    settings = source.load(DbConfig)

    assert_type(settings, DbConfig)
    assert_type(DbConfig.from_source(source), DbConfig)
    assert_type(source.load(Plain, "pool").size, int)
    assert_type(source.load_sections([DbConfig, Plain]), dict[type, Any])
    assert_type(settings.timeout + 1, float)
    assert_type(settings.cache * 2, int)
    assert_type(settings.debug, bool)
    assert_type(source.a.b.c, Any)
    assert_type(source["a"], Any)
    assert_type(source.origin("db.url"), config.Origin | None)
    assert_type(source.hints(), tuple[str, ...])
    assert_type(source.reload(), config.ConfigSource)
    source.check_options()


def revealing(settings: DbConfig) -> None:
    if settings.password is not None:
        assert_type(settings.password.reveal(), str)
    wider: config.Secret[object] = config.Secret("x")
    print(wider)


def making() -> None:
    DbConfig(url="x", password=config.Secret("x"), debug=True)
    config.ConfigSource.from_files("config.toml", env_prefix="APP", overrides=["db.url=x"])
    config.ConfigSource({"db": {}}, {}, env_prefix=None, environ={"APP_DB_URL": "x"})

    DbConfig(password="x")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]  (a text is no secret)
    DbConfig(timeout="1m")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]  (nor a duration)


class Color:
    def __init__(self, text: str) -> None:
        self.text = text


Port = NewType("Port", int)


@config.reads(Color, expected="a colour", schema={"type": "string"})
def parse(text: str) -> Color:
    return Color(text)


def teaching() -> None:
    assert_type(parse("red"), Color)
    config.reads(Color)(Color)
    config.reads(Port)(lambda value: Port(int(value)))

    config.reads(Color)(str)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]  (it makes another type)
