"""A template says all about the settings of classes; loaded as it is, or with its settings taken out, it gives the defaults."""

import re
import tomllib
from typing import Annotated, Any

import any_settings
import attrs
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from typing_extensions import Doc

from rostra.config import ConfigSource, Duration, Secret
from rostra.config.described import described
from rostra.config.template import Format, template

PARSED = {"toml": tomllib.loads, "yaml": lambda text: yaml.safe_load(text) or {}}
FORMATS = pytest.mark.parametrize("written_as", PARSED)


def variable(path: tuple[Any, ...]) -> str:
    return "_".join(["APP", *map(str, path)]).upper()


def written(cls: type, written_as: Format = "toml") -> str:
    return template([described(cls, ("db",))], written_as, variable, "The settings of a test.")


def loaded(cls: type, text: str, written_as: str) -> Any:
    return ConfigSource(PARSED[written_as](text)).load(cls, "db")


def taken_out(text: str) -> str:
    """All settings, out of their comments."""
    return re.sub(r"^#(?!#)", "", text, flags=re.MULTILINE)


@attrs.frozen
class Pool:
    """How many connections there are.

    Args:
        size: At most so many.
    """

    size: int = 5


@attrs.frozen
class Db:
    """The database of the service.

    What is in ``conf.d`` wins::

        [db]
        url = "not shown"
    """

    url: str
    """Where it is,
    and as whom."""
    retries: Annotated[int, Doc("How often to try again.")] = 3
    patience: Duration = attrs.field(default=Duration(90), metadata={"doc": "How long to wait."})
    password: Secret[str] | None = None
    token: Secret[str] = attrs.field(default=Secret("planted"))
    pool: Pool = Pool(7)
    spare: Pool | None = None
    limit: int | None = None
    tags: list[str] = attrs.field(factory=list)
    host: str = attrs.field(factory=lambda: "made")


TOML = """\
## The settings of a test.
## A line with one # is a setting. If it has a default, that is shown: take the # away to change it.
## A line with two is about the setting below it.

## The database of the service.
##
## What is in `conf.d` wins:
[db]

## Where it is, and as whom.
## text; required; APP_DB_URL
#url = "..."

## How often to try again.
## a whole number; APP_DB_RETRIES
#retries = 3

## How long to wait.
## a duration such as 1m30s; APP_DB_PATIENCE
#patience = "1m30s"

## text or nothing; by default nothing; secret; APP_DB_PASSWORD
#password = "..."

## text; secret; APP_DB_TOKEN
#token = "..."

## pool: How many connections there are.

## At most so many.
## a whole number; APP_DB_POOL_SIZE
#pool.size = 7

## spare: How many connections there are.
## by default nothing, until one of the settings below is set

## At most so many.
## a whole number; APP_DB_SPARE_SIZE
#spare.size = 5

## a whole number or nothing; by default nothing; APP_DB_LIMIT
#limit = 0

## a list, each text; APP_DB_TAGS
#tags = []

## text; by default made by a function; APP_DB_HOST
#host = "..."
"""


def test_a_template_says_all_about_each_setting() -> None:
    assert written(Db) == TOML


def test_in_yaml_tables_are_indented_and_nothing_can_be_written() -> None:
    text = written(Db, "yaml")

    settings = [line for line in text.splitlines() if re.match(r"#[^#]", line)]

    assert settings == [
        "#db:",
        '#  url: "..."',
        "#  retries: 3",
        '#  patience: "1m30s"',
        '#  password: "..."',
        '#  token: "..."',
        "#  pool:",
        "#    size: 7",
        "#  spare:",
        "#    size: 5",
        "#  limit: null",
        "#  tags: []",
        '#  host: "..."',
    ]
    assert all(line.startswith("#") for line in text.splitlines() if line)


def test_sections_of_one_table_share_it() -> None:
    text = template(
        [described(Pool, ("db", "pool")), described(Pool, ("db",)), described(Pool, ("web",))],
        "yaml",
        variable,
    )

    assert yaml.safe_load(taken_out(text)) == {"db": {"size": 5, "pool": {"size": 5}}, "web": {"size": 5}}


def test_the_root_comes_first_and_has_no_table() -> None:
    text = template([described(Pool, ("pool",)), described(Pool, ())], "toml", variable)

    assert tomllib.loads(taken_out(text)) == {"size": 5, "pool": {"size": 5}}


@FORMATS
@given(cls=any_settings.classes(any_settings.SAID | any_settings.HIDDEN))
def test_a_template_as_it_is_gives_the_defaults(written_as: Format, cls: type) -> None:
    text = written(cls, written_as)

    assert loaded(cls, text, written_as) == cls()


@FORMATS
@given(cls=any_settings.classes(any_settings.SAID))
def test_a_template_whose_settings_are_taken_out_gives_the_defaults(written_as: Format, cls: type) -> None:
    text = taken_out(written(cls, written_as))

    assert loaded(cls, text, written_as) == cls()


@FORMATS
@given(secret=st.uuids().map(str))
def test_no_default_that_is_secret_is_in_a_template(written_as: Format, secret: str) -> None:
    cls = attrs.make_class(
        "Hiding",
        {
            "token": attrs.field(type=Secret[str], default=Secret(secret)),
            "tokens": attrs.field(type=list[Secret[str]], default=[Secret(secret)]),
            "login": attrs.field(
                type=any_settings.Login | None, default=any_settings.Login("me", Secret(secret))
            ),
        },
    )

    assert secret not in written(cls, written_as)
