"""Settings from a mapping, the environment and an option; a wrong one is told with who said it."""

import attrs

from rostra import config


@attrs.frozen
class DbConfig(config.Config, section="db"):
    url: str = "sqlite://"
    password: config.Secret[str] | None = None
    timeout: config.Duration = config.Duration("1m30s")
    replicas: list[str] = attrs.Factory(list)


environment = {"APP_DB_PASSWORD": "hunter2", "APP_DB_REPLICAS": "east, west"}
source = config.ConfigSource({"db": {"url": "postgres://db"}}, env_prefix="APP", environ=environment)

settings = source.load(DbConfig)
assert settings.replicas == ["east", "west"]
assert str(settings.password) == "***"
assert str(source.origin("db.url")) == "a mapping"
assert source.db.url == "postgres://db"

wrong = config.ConfigSource({"db": {"timeout": "soon", "ulr": "x"}}, env_prefix="APP", environ={})
try:
    wrong.load(DbConfig)
except config.ConfigError as error:
    print(error)
