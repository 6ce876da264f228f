"""A whole application in one file: ``rostra run -c app.yml`` and nothing else, as real processes."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from command_line import ended, environment, write

STORE = """
    import attrs
    from rostra import config, plugin

    @attrs.frozen
    class StoreOptions:
        url: str
        password: config.Secret[str] | None = None

    class Store:
        def __init__(self, told):
            self.told = told

    async def prepare(options: plugin.Options):
        options.add(Store(options.load(StoreOptions)))
"""

WORK = """
    from store import Store

    async def work(db: Store):
        print(db.told.url, db.told)

    async def prepare():
        yield work
"""

APP_YML = """
    logging: {formatter: json, level: debug}
    plugins:
      - work
      - plugin: store
        alias: db
        options:
          url: "store://${STORE_HOST:-localhost}"
          password: ${STORE_PASSWORD:-planted}
"""

TABLE_YML = """
    plugins:
      work:
      db: {plugin: store, url: "store://localhost", password: planted}
"""

APP_TOML = """
    [[plugins]]
    plugin = "work"

    [[plugins]]
    plugin = "store"
    alias = "db"
    options = {url = "store://localhost", password = "planted"}
"""

TABLE_TOML = """
    [plugins]
    work = {}

    [plugins.db]
    plugin = "store"
    url = "store://localhost"
    password = "planted"
"""

APP_JSON = json.dumps(
    {"plugins": ["work", {"plugin": "store", "alias": "db", "options": {"url": "store://localhost"}}]}
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "run").mkdir()
    write(tmp_path, "store.py", STORE)
    write(tmp_path, "work.py", WORK)
    write(tmp_path, "app.yml", APP_YML)
    return tmp_path


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("app.yaml", APP_YML),
        ("app.yml", TABLE_YML),
        ("app.toml", APP_TOML),
        ("app.toml", TABLE_TOML),
        ("app.json", APP_JSON),
    ],
)
def test_the_file_is_the_whole_command(folder, name, text):
    write(folder, name, text)

    done = ended(folder, "run", "-c", name)

    assert (done.returncode, done.stdout.split()[0]) == (0, "store://localhost"), done.stderr
    assert "planted" not in done.stdout + done.stderr


def test_formatter_is_another_word_for_the_format_of_log_lines(folder):
    done = ended(folder, "run", "-c", "app.yml")

    lines = [json.loads(line) for line in done.stderr.splitlines()]
    assert "plugin.prepared" in [line["event"] for line in lines if line["level"] == "debug"]


def test_format_and_formatter_that_differ_are_a_mistake(folder):
    wrong = ended(folder, "run", "-c", "app.yml", "--set", "logging.format=text")

    assert wrong.returncode == 2
    assert "logging.formatter   refused: format is text, and both are the same setting" in wrong.stderr


def test_the_option_of_the_command_wins_over_both(folder):
    done = ended(folder, "run", "-c", "app.yml", "--log-format", "text")

    assert done.returncode == 0
    assert not done.stderr.startswith("{")


def test_without_any_plugin_both_ways_to_name_one_are_told(folder):
    wrong = ended(folder, "run")

    assert wrong.returncode == 2
    assert wrong.stderr == (
        "CommandLineError: there is no plugin to run\n"
        "  why     none was typed, and the settings list none\n"
        "  to fix  rostra run PLUGIN\n"
        '          or list them in a file: plugins = ["myapp"], and rostra run -c FILE\n'
    )


def test_a_list_of_plugins_under_a_misspelt_key_is_told_with_its_line_for_the_command_that_was_typed(folder):
    (folder / "app.yml").write_text("http:\n  port: 0\nplugin:\n  - shop\n")

    wrong = ended(folder, "check", "-c", "app.yml")

    assert wrong.returncode == 2
    assert wrong.stderr == (
        "CommandLineError: there is no plugin to look at\n"
        "  why     none was typed, and the settings list none\n"
        "  to fix  write plugins in place of plugin, at app.yml:3\n"
        "          or rostra check PLUGIN\n"
        '          or list them in a file: plugins = ["myapp"], and rostra check -c FILE\n'
    )


def test_what_an_installed_plugin_has_to_give_and_nobody_takes_is_no_news_where_a_file_lists_it(folder):
    (folder / "app.yml").write_text("http: {port: 0}\nplugins: [rostra_aiohttp]\n")

    checked = ended(folder, "check", "-c", "app.yml")

    assert checked.stdout == "rostra_aiohttp: all is in order\n"


def test_a_file_of_settings_in_place_of_a_plugin_is_told_how_to_be_given(folder):
    wrong = ended(folder, "run", "app.yml")

    assert wrong.returncode == 2
    assert "for settings: rostra run -c app.yml" in wrong.stderr


@pytest.mark.parametrize(
    ("arguments", "variables", "url"),
    [
        ([], {}, "store://localhost"),
        ([], {"STORE_HOST": "elsewhere"}, "store://elsewhere"),
        ([], {"APP_PLUGINS_DB_URL": "variable"}, "variable"),
        (["--set", "plugins.db.url=option"], {"APP_PLUGINS_DB_URL": "variable"}, "option"),
    ],
)
def test_single_options_are_set_from_outside_of_the_file(folder, arguments, variables, url):
    done = ended(folder, "run", "-c", "app.yml", "--env-prefix", "APP", *arguments, **variables)

    assert (done.returncode, done.stdout.split()[0]) == (0, url), done.stderr
    assert "settings.unread" not in done.stderr


@pytest.mark.parametrize(
    ("arguments", "variables"),
    [
        (["-c", "app.yml", "--set", "plugins=one,two"], {}),
        (["-c", "app.yml"], {"APP_PLUGINS": "one, two"}),
        ([], {"APP_PLUGINS": '["one", "two"]'}),
        (["two", "--set", "plugins=one"], {}),
        (["two"], {"APP_PLUGINS": "one,two"}),
    ],
)
def test_the_plugins_themselves_are_named_from_outside_of_the_file(folder, arguments, variables):
    for name in ("one", "two"):
        write(folder, f"{name}.py", f"async def prepare():\n    print({name!r})\n")

    done = ended(folder, "run", "--env-prefix", "APP", *arguments, **variables)

    assert (done.returncode, done.stdout.split()) == (0, ["one", "two"]), done.stderr


MISTAKES = {
    "plugins: [wrk, work]": """\
PluginNotFoundError: there is no plugin "wrk"
  where   listed as plugins[0], from app.yml:1
""",
    "plugins:\n  - plugin: work\n    options: {url: planted}\n": """\
ConfigError: 1 setting of plugins is wrong
  plugins.work.url   nobody reads it: prepare of plugin work takes no plugin.Options   from app.yml:3
  to fix  leave them out, or let the plugin take them: async def prepare(options: plugin.Options):
""",
    "plugins:\n  - work\n  - plugin: store\n    alias: db\n    options: {urll: planted}\n": """\
ConfigError: 2 settings of [plugins.db] are wrong
  plugins.db.url    missing; expected text       set url in [plugins.db]
  plugins.db.urll   unknown; did you mean url?   from app.yml:5
  while preparing plugin store, listed as plugins[1], from app.yml:3
""",
    "plugins:\n  - {plugin: work, alias: db}\n  - {plugin: store, alias: db}\n": """\
ConfigError: 1 setting of plugins is wrong
  plugins[1]   alias "db" is given twice; it is also that of plugins[0], from app.yml:2   from app.yml:3
""",
    "plugins: 5": """\
ConfigError: 1 setting of plugins is wrong
  plugins   expected a list or a table of plugins, found 5   from app.yml:1
""",
}


@pytest.mark.parametrize(("text", "told"), MISTAKES.items())
@pytest.mark.parametrize("command", ["run", "check"])
def test_a_mistake_in_the_file_ends_with_exit_code_2_and_its_line(folder, command, text, told):
    (folder / "app.yml").write_text(text)

    wrong = ended(folder, command, "-c", "app.yml")

    assert wrong.returncode == 2
    assert told in wrong.stderr
    assert "planted" not in wrong.stdout + wrong.stderr
    assert "Traceback" not in wrong.stderr


def test_rostra_check_looks_at_what_the_file_lists(folder):
    done = ended(folder, "check", "-c", "app.yml")

    assert (done.returncode, done.stdout) == (0, "work, store: all is in order\n")


def test_rostra_check_tells_what_is_wrong_with_each_of_them(folder):
    write(folder, "failing.py", "async def prepare():\n    raise ValueError('it fails')\n")
    (folder / "app.yml").write_text("plugins: [failing, wrk, {plugin: store, options: {urll: x}}]")

    wrong = ended(folder, "check", "-c", "app.yml")

    assert wrong.returncode == 1
    for told in ("ValueError: it fails", 'there is no plugin "wrk"', "unknown; did you mean url?"):
        assert told in wrong.stderr


def test_rostra_config_shows_the_options_of_listed_plugins_without_their_secrets(folder):
    write(
        folder,
        "app.yml",
        """
        plugins:
          - work
          - plugin: store
            alias: db
            options: {url: "${STORE_TOKEN}", password: planted}
        """,
    )

    shown = ended(folder, "config", "-c", "app.yml", "--format", "toml", STORE_TOKEN="planted")

    assert shown.returncode == 0, shown.stderr
    assert "[plugins.db]" in shown.stdout
    assert "app.yml:6" in shown.stdout
    assert "planted" not in shown.stdout + shown.stderr


@pytest.mark.parametrize("form", ["list", "table"])
def test_a_wrong_option_from_a_secret_is_told_without_it(folder, form):
    write(folder, "sized.py", """
        import attrs
        from rostra import plugin

        @attrs.frozen
        class Told:
            size: int

        async def prepare(options: plugin.Options):
            options.load(Told)
    """)  # fmt: skip
    text = "plugins: [{plugin: sized, options: {size: '${TOKEN}'}}]"
    if form == "table":
        text = "plugins: {sized: {size: '${TOKEN}'}}"
    (folder / "app.yml").write_text(text)

    wrong = ended(folder, "run", "-c", "app.yml", TOKEN="planted")

    assert wrong.returncode == 2
    assert "plugins.sized.size   expected a whole number, found" in wrong.stderr
    assert "from app.yml:1" in wrong.stderr


EVERYWHERE = """
    import asyncio, sys, threading
    import attrs
    from rostra import config, context, di, log, plugin

    class Clock:
        pass

    @attrs.frozen
    class ShopConfig(config.Config, section="shop"):
        name: str

    def seen():
        source = context.get(config.ConfigSource)
        log.get("shop").info("seen")
        same = source.load(ShopConfig) is source.load(ShopConfig)
        return source.shop.name, source.load(ShopConfig).name, type(context.get(Clock)).__name__, same

    async def job():
        return await asyncio.to_thread(seen)

    async def work():
        found = []
        thread = threading.Thread(target=lambda: found.append(seen()))
        thread.start()
        await asyncio.to_thread(thread.join)
        print(seen(), await job(), *found, sep="\\n")
        assert await di.nject(ShopConfig) is context.get(config.ConfigSource).load(ShopConfig)

    async def prepare():
        context.add(Clock())
        yield work
"""

WATCHED = """
import sys
from pathlib import Path
opened = []
sys.addaudithook(lambda event, arguments: opened.append(str(arguments[0])) if event == "open" else None)
from rostra.cli import main
sys.argv = ["rostra", "run", "-c", "app.yml"]
try:
    main()
finally:
    print("opened", [Path(each).name for each in opened].count("app.yml"))
"""


def test_settings_logger_and_components_are_seen_from_tasks_and_plain_threads_and_the_file_is_read_once(
    folder,
):
    write(folder, "everywhere.py", EVERYWHERE)
    (folder / "app.yml").write_text("shop: {name: The corner shop}\nplugins: [everywhere]\n")

    done = subprocess.run(
        [sys.executable, "-c", WATCHED],
        cwd=folder, env=environment(folder), capture_output=True, text=True, timeout=30, check=False,
    )  # fmt: skip

    seen = "('The corner shop', 'The corner shop', 'Clock', True)"
    assert done.stdout.splitlines() == [seen, seen, seen, "opened 1"], done.stderr
    assert done.stderr.count('"event": "seen"') == 3


def test_a_plugin_of_a_list_that_is_not_there_is_not_taken_for_the_alias_of_another(folder):
    write(folder, "ord_b.py", "async def prepare(): ...\n")
    write(folder, "list.toml", 'plugins = ["ord_b", "ord_c"]\n')
    write(folder, "table.toml", "[plugins.ord_b]\n[plugins.ord_c]\nurl = 1\n")

    listed = ended(folder, "check", "-c", "list.toml")
    by_alias = ended(folder, "check", "-c", "table.toml")

    assert listed.stderr.endswith('  to fix  did you mean "ord_b"?\n')
    assert by_alias.stderr.endswith(
        '  to fix  did you mean "ord_b"?\n          or did you mean plugins.ord_b?\n'
    )
