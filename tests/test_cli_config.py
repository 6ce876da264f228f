"""``rostra config`` shows every setting with who said it, and no secret, whatever is wrong."""

import json
import tomllib
from pathlib import Path
from typing import Any

import pytest
from command_line import ROSTRA, ended, environment, write
from shop_settings import SECRETS, SETTINGS, SHOP
from terminal import shown


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write(tmp_path, "shop.py", SHOP)
    write(tmp_path, "config.toml", SETTINGS)
    (tmp_path / "run").mkdir()
    return tmp_path


def config(folder: Path, *arguments: str, **more: str) -> Any:
    return ended(
        folder, "config", "shop.py", "-c", "config.toml", "--env-prefix", "APP", *arguments, **SECRETS, **more
    )


TREE = """\
The settings of shop.py
├── [db]  shop.DbConfig
│   ├── url       "postgres://app:***@db/orders"  config.toml:3  ${DB_WORD}
│   ├── password  ***                             config.toml:4
│   ├── tokens    ["***", "***"]                  APP_DB_TOKENS
│   ├── names     {"a": "***"}                    config.toml:5
│   ├── pool
│   │   ├── size   7        APP_DB_POOL_SIZE
│   │   └── token  nothing  the default
│   ├── spare
│   │   ├── size   5    the default
│   │   └── token  ***  config.toml:9  ${DB_TOKEN}
│   ├── patience  "1m30s"                         the default
│   └── mode      "safe"                          config.toml:6
├── [logging]  rostra.log.setup.LogConfig
"""


def test_every_setting_is_shown_with_who_said_it(folder):
    shown_ = config(folder, "--set", "web.port=1")

    assert (shown_.returncode, shown_.stderr) == (0, "")
    assert shown_.stdout.startswith(TREE)
    assert shown_.stdout.endswith(
        "├── [mail]  shop.MailConfig\n"
        '│   └── host  "localhost"  the default\n'
        "└── [web]  shop.WebConfig\n"
        "    ├── port  1       --set web.port\n"
        '    └── name  "shop"  the default\n'
        "hint: nobody reads [dbb] of config.toml:11; did you mean [db]?\n"
        "hint: no setting reads APP_FOO; did you mean APP_DB_POOL?\n"
    )


def test_as_toml_it_is_a_file_with_the_origins_as_comments(folder):
    shown_ = config(folder, "--format", "toml")

    assert shown_.returncode == 0
    assert tomllib.loads(shown_.stdout)["db"] == {
        "pool": {"size": 7},
        "spare": {"size": 5},
        "patience": "1m30s",
        "mode": "safe",
    }
    assert '\n#password = "***"  # config.toml:4\n' in shown_.stdout
    assert '\nmode = "safe"  # config.toml:6\n' in shown_.stdout
    assert "\n#pool.token =  # the default\n" in shown_.stdout
    assert "\n# nobody reads [dbb] of config.toml:11; did you mean [db]?\n" in shown_.stdout


def test_as_toml_it_says_the_same_again(folder):
    (folder / "again.toml").write_text(config(folder, "--format", "toml").stdout)
    more = ("--format", "json", "--set", "db.url=x")
    first = config(folder, *more)

    again = ended(folder, "config", "shop.py", "-c", "again.toml", *more)

    assert again.returncode == 0
    assert values_of(again) == values_of(first)


BOAT = """
    from collections.abc import Mapping
    from typing import Any
    import attrs
    from rostra.config import Config, ConfigSource

    @attrs.frozen
    class Boat(Config, section="boat"):
        sails: Mapping[str, Any] = {}
        oars: Mapping[str, Any] = {}

    @attrs.frozen
    class Sails:
        count: int = 1

    async def prepare(boat: Boat, source: ConfigSource) -> None:
        source.load(Sails, "boat.sails")
        source.load(Sails, "boat.oars.left")
"""


@pytest.mark.parametrize("shape", ["toml", "tree"])
def test_a_table_of_anything_of_which_somebody_knows_more_is_shown_once(tmp_path: Path, shape: str) -> None:
    write(tmp_path, "boat.py", BOAT)
    write(tmp_path, "boat.toml", "[boat.sails]\ncount = 2\n[boat.oars.left]\ncount = 3\n")

    shown_ = ended(tmp_path, "config", "boat.py", "-c", "boat.toml", "--format", shape)

    assert shown_.returncode == 0
    if shape == "toml":
        boat = tomllib.loads(shown_.stdout)["boat"]
        assert boat == {"sails": {"count": 2}, "oars": {"left": {"count": 3}}}
    else:
        assert [shown_.stdout.count(name) for name in ("sails", "oars", "left")] == [1, 1, 1]


def values_of(shown_: Any) -> dict[str, Any]:
    rows = json.loads(shown_.stdout)["settings"]
    return {each["setting"]: each["value"] for each in rows if not each["secret"] and each["value"]}


def test_as_json_each_setting_has_all_that_is_known_about_it(folder):
    found = json.loads(config(folder, "--format", "json").stdout)

    rows = {each["setting"]: each for each in found["settings"]}
    assert rows["db.spare.token"] == {
        "setting": "db.spare.token",
        "value": "***",
        "origin": {"kind": "file", "name": "config.toml", "line": 9},
        "references": ["${DB_TOKEN}"],
        "type": "text or nothing",
        "section": "db",
        "class": "shop.DbConfig",
        "secret": True,
        "variable": "APP_DB_SPARE_TOKEN",
        "documentation": "",
    }
    assert rows["db.pool.size"]["value"] == 7
    assert rows["db.pool.size"]["origin"] == {"kind": "variable", "name": "APP_DB_POOL_SIZE", "line": None}
    assert rows["db.url"]["documentation"] == "Where it is."
    assert (found["version"], found["mistakes"], found["problems"]) == (1, [], [])
    assert found["hints"] == [
        "nobody reads [dbb] of config.toml:11; did you mean [db]?",
        "no setting reads APP_FOO; did you mean APP_DB_POOL?",
    ]


def test_as_json_problems_are_told_in_the_object_also_where_the_settings_cannot_be_read(folder):
    write(folder, "broken.py", "async def prepare():\n    raise LookupError('no shelf')\n")
    write(folder, "broken.toml", "[db\n")

    failed = config(folder, "broken.py", "--format", "json")
    unreadable = config(folder, "-c", "broken.toml", "--format", "json")

    assert (failed.returncode, failed.stderr, unreadable.returncode, unreadable.stderr) == (1, "", 2, "")
    found = json.loads(failed.stdout)
    assert [(each["type"], each["what"]) for each in found["problems"]] == [("LookupError", "no shelf")]
    assert "db.url" in {each["setting"] for each in found["settings"]}
    assert json.loads(unreadable.stdout)["problems"][0]["type"] == "ConfigError"


WRONG = """\
The settings of shop.py
├── [db]  shop.DbConfig
│   ├── url       "postgres://app:***@db/orders"  config.toml:3  ${DB_WORD}
│   ├── password  ***                             config.toml:4
│   ├── tokens    ***                             APP_DB_TOKENS
│   ├── names     {"a": "***"}                    config.toml:5
│   ├── pool
│   │   ├── size   "many"   --set db.pool.size
│   │   │   └── expected a whole number, found "many"
│   │   └── token  nothing  the default
│   ├── spare
│   │   ├── size   5    the default
│   │   └── token  ***  config.toml:9  ${DB_TOKEN}
│   ├── patience  "1m30s"                         the default
│   ├── mode      "safe"                          config.toml:6
│   └── db.pasword: unknown; did you mean password?  from --set db.pasword
"""


def test_wrong_sections_are_shown_with_their_mistakes_and_exit_code_2(folder):
    wrong = ("--set", "db.pool.size=many", "--set", "db.pasword=planted-8", "--set", "web.port=80a")

    shown_ = config(folder, *wrong)

    assert (shown_.returncode, shown_.stderr) == (2, "")
    assert shown_.stdout.startswith(WRONG)
    assert '└── expected a whole number, found "80a"\n' in shown_.stdout
    told = json.loads(config(folder, *wrong, "--format", "json").stdout)["mistakes"]
    assert told[0] == {
        "setting": "db.pool.size",
        "reason": 'expected a whole number, found "many"',
        "origin": "from --set db.pool.size",
    }
    assert [each["setting"] for each in told] == ["db.pool.size", "db.pasword", "web.port"]
    tomllib.loads(config(folder, *wrong, "--format", "toml").stdout)


@pytest.mark.parametrize("wrong", [[], ["--set", "db.mode=slow", "--set", "db.pasword=planted-8"]], ids=str)
@pytest.mark.parametrize(
    "shape", ["", "--format=toml", "--format=json", "--env", "--json-schema", "--template"]
)
def test_a_planted_secret_is_found_nowhere(folder, wrong, shape):
    shown_ = config(folder, *wrong, *filter(None, [shape]))

    assert "planted" not in shown_.stdout + shown_.stderr
    assert shown_.returncode in (0, 2)


def test_a_missing_setting_is_shown_with_where_to_set_it(folder):
    write(folder, "empty.toml", "")

    shown_ = ended(folder, "config", "shop.py", "-c", "empty.toml", "--env-prefix", "APP")

    assert shown_.returncode == 2
    assert (
        "│   ├── url       missing\n"
        "│   │   └── missing; expected text  set APP_DB_URL, or url in [db]\n"
        "│   ├── password  nothing  the default\n"
    ) in shown_.stdout


def test_a_plugin_that_cannot_be_prepared_does_not_hide_the_settings_of_others(folder):
    write(folder, "broken.py", "async def prepare():\n    raise LookupError('no shelf')\n")

    shown_ = config(folder, "broken.py")

    assert shown_.returncode == 1
    assert "├── [db]  shop.DbConfig\n" in shown_.stdout
    assert "LookupError: no shelf" in shown_.stderr


def test_two_classes_for_one_section_are_told(folder):
    write(
        folder,
        "second.py",
        """
        import attrs
        from rostra import config

        @attrs.frozen
        class OtherConfig(config.Config, section="web"):
            port: int = 1

        async def sweep(web: OtherConfig): ...

        async def prepare():
            yield sweep
        """,
    )

    shown_ = config(folder, "second.py")

    assert shown_.returncode == 2
    assert "[web]   claimed by two classes: second.OtherConfig and shop.WebConfig" in shown_.stderr


def test_what_handlers_and_adapters_lack_is_not_told_here(folder):
    write(
        folder,
        "lacking.py",
        "class Missing: ...\nasync def sweep(missing: Missing): ...\nasync def prepare():\n    yield sweep\n",
    )

    shown_ = config(folder, "lacking.py")

    assert (shown_.returncode, shown_.stderr) == (0, "")


def test_the_files_may_name_the_plugins_and_their_options(folder):
    write(
        folder,
        "mongo.py",
        """
        import attrs
        from rostra import config, plugin

        @attrs.frozen
        class MongoOptions:
            url: str
            password: config.Secret[str] | None = None

        async def prepare(options: plugin.Options):
            options.load(MongoOptions)
        """,
    )
    write(
        folder,
        "app.toml",
        """
        [[plugins]]
        plugin = "mongo"
        alias = "orders"
        options = {url = "mongodb://x", password = "planted-9"}
        """,
    )

    shown_ = ended(folder, "config", "-c", "app.toml")

    assert shown_.returncode == 0
    assert shown_.stdout.startswith("The settings of mongo\n")
    assert (
        "└── [plugins.orders]  mongo.MongoOptions\n"
        '    ├── url       "mongodb://x"  app.toml:5\n'
        "    └── password  ***            app.toml:5\n"
    ) in shown_.stdout


def test_without_plugins_it_is_told_what_is_said_but_no_value(folder):
    shown_ = ended(folder, "config", "-c", "config.toml", "--set", "web.port=80", **SECRETS)

    assert shown_.returncode == 0
    assert "planted" not in shown_.stdout
    assert shown_.stdout.endswith(
        "setting          value            said by\n"
        "db.url           text             config.toml:3\n"
        "db.password      text             config.toml:4\n"
        "db.names.a       text             config.toml:5\n"
        "db.mode          text             config.toml:6\n"
        "db.spare.token   text             config.toml:9\n"
        "dbb.size         a whole number   config.toml:12\n"
        "web.port         text             --set web.port\n"
    )


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["--env"], "No variables are read without a prefix"),
        (["--env", "--template"], "--template and --env each write something of their own"),
        (["--template", "--format", "json"], "--format json says nothing about --template."),
        (["--env", "--env-prefix", "APP", "--format", "toml"], "--format toml says nothing about --env."),
        (["--format", "xml"], "'xml' is not one of"),
    ],
)
def test_what_makes_no_sense_together_is_refused(folder, arguments, reason):
    refused = ended(folder, "config", "shop.py", *arguments)

    assert (refused.returncode, refused.stdout) == (2, "")
    assert reason in refused.stderr


@pytest.mark.parametrize("columns", [80, 140])
def test_on_a_terminal_it_fits_and_has_colours(folder, columns):
    environ = environment(folder, TERM="xterm-256color", **SECRETS)
    environ.pop("NO_COLOR", None)

    seen = shown([ROSTRA, "config", "shop.py", "-c", "config.toml"], folder, columns, environ)

    assert seen.returncode == 0
    assert seen.has_colours
    assert seen.widest <= columns
    assert not shown(
        [ROSTRA, "config", "shop.py", "-c", "config.toml", "--no-color"], folder, columns, environ
    ).has_colours
