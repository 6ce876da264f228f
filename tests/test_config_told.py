"""One error with a mistake of every sort, each from another source: its whole text."""

import datetime as dt
import enum
import ipaddress
import re
from pathlib import Path
from typing import Literal

import attrs
import pytest

from rostra.config import Bytes, Config, ConfigError, ConfigSource, Duration, Secret


class Color:
    @classmethod
    def from_config(cls, text: str) -> "Color":
        raise ValueError("it has no #")

    expected_in_config = "a colour such as #ff0000"


class Mode(enum.Enum):
    FAST = "fast"
    SLOW = "slow"


@attrs.frozen
class Bucket:
    kind: Literal["s3"]
    bucket: str


@attrs.frozen
class Folder:
    kind: Literal["disk"]
    path: Path


@attrs.frozen
class Everything(Config, section="all"):
    port: int
    url: str
    timeout: Duration
    size: Bytes
    debug: bool
    ratio: float
    mode: Mode
    level: Literal["low", "high"]
    day: dt.date
    address: ipaddress.IPv4Address
    pattern: re.Pattern[str]
    color: Color
    store: Bucket | Folder
    either: int | Duration
    ports: list[int]
    limits: dict[str, int]
    pair: tuple[int, str]
    token: Secret[int]
    pin: int
    nothing: str
    workers: int = attrs.field(default=0, validator=attrs.validators.ge(1))


def test_every_mistake_is_told_with_who_made_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("config.toml").write_text(
        """
        [all]
        url = 5
        mode = "medium"
        ports = [80, "x"]
        limits = {soft = 1, hard = 1.5}
        pair = [1]
        tokn = 5
        [all.store]
        kind = "ftp"
        """
    )
    Path("more.yaml").write_text("all:\n  level: middle\n  day: 2025-13-01\n")
    Path(".env").write_text("APP_ALL_DEBUG=maybe\n")
    Path("pin").write_text("hunter2\n")
    environ = {
        "APP_ALL_PORT": "80a",
        "APP_ALL_TIMEOUT": "5 parsecs",
        "APP_ALL_PIN_FILE": "pin",
        "APP_ALL_TOKEN": "x",
    }
    overrides = ["all.size=10 MB/s", "all.address=localhost", "all.pattern=a(", "all.color=red"]
    files = ConfigSource.from_files("config.toml", "more.yaml", ".env", overrides=overrides)
    source = ConfigSource({"all": {"ratio": "1,5", "either": []}}, files, env_prefix="APP", environ=environ)

    with pytest.raises(ConfigError) as caught:
        source.load(Everything)

    assert str(caught.value) == TOLD


TOLD = """\
22 settings of [all] are wrong
  all.port          expected a whole number, found "80a"                                from APP_ALL_PORT
  all.url           expected text, found 5                                              from config.toml:3
  all.timeout       expected a duration such as 1m30s, found "5 parsecs"                from APP_ALL_TIMEOUT
  all.size          expected a size such as 10MiB, found "10 MB/s"                      from --set all.size
  all.debug         expected true or false (or yes, no, on, off, 1, 0), found "maybe"   from .env:1
  all.ratio         expected a number, found "1,5"                                      from mapping 1
  all.mode          expected one of fast, slow, found "medium"                          from config.toml:4
  all.level         expected one of low, high, found "middle"                           from more.yaml:2
  all.day           expected a date such as 2025-12-31, found "2025-13-01"              from more.yaml:3
  all.address       expected an IPv4 address such as 192.0.2.1, found "localhost"       from --set all.address
  all.pattern       expected a regular expression, found "a("                           from --set all.pattern
  all.color         expected a colour such as #ff0000, found "red": it has no #         from --set all.color
  all.store.kind    expected one of s3, disk, found "ftp"                               from config.toml:10
  all.either        expected a whole number or a duration such as 1m30s, found []       from mapping 1
  all.ports[1]      expected a whole number, found "x"                                  from config.toml:5
  all.limits.hard   expected a whole number, found 1.5                                  from config.toml:6
  all.pair          expected 2 items, found a list of 1                                 from config.toml:7
  all.token         expected a whole number, found ***                                  from APP_ALL_TOKEN
  all.pin           expected a whole number, found ***                                  from pin (APP_ALL_PIN_FILE)
  all.nothing       missing; expected text                                              set APP_ALL_NOTHING, or nothing in [all]
  all.tokn          unknown; did you mean token?                                        from config.toml:8
  all.workers       refused: 'workers' must be >= 1: 0                                  from the default"""
