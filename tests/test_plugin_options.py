"""Plugins that the settings list: in which order they are loaded, what they are told, and what is told of mistakes."""

import copy
import pickle
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import attrs
import pytest
from importable import importable

from rostra import context, plugin
from rostra.config import ConfigSource, Secret
from rostra.errors import ConfigError, PluginError, PluginNotFoundError

MONGO = """
    import attrs
    from rostra import config, context, plugin

    @attrs.frozen
    class MongoOptions:
        url: str = "mongodb://localhost"
        password: config.Secret[str] | None = None

    class Client:
        def __init__(self, url):
            self.url = url

    async def prepare(options: plugin.Options):
        context.get("said").append("mongo")
        context.add(options, plugin.Options, name="seen")
        options.add(Client(options.load(MongoOptions).url))
"""

SEEING = """
    from rostra import context, plugin

    async def prepare(options: plugin.Options):
        context.add(options, plugin.Options, name="seen")
"""

SAYING = """
    from rostra import context

    async def prepare():
        context.get("said").append(__name__)
"""

LOADING = """
    from rostra import context, plugin

    async def prepare(load: plugin.Loader):
        await load("shop.mongo")
        context.get("said").append(__name__)
"""

ADDING = """
    from rostra import context, plugin
    from shop.mongo import Client

    async def prepare(options: plugin.Options):
        options.add(Client("another"))
"""


@pytest.fixture(autouse=True)
def shop(tmp_path: Path) -> Iterator[Path]:
    files = {
        "shop/__init__.py": "",
        "shop/mongo.py": MONGO,
        "shop/web.py": SAYING,
        "shop/cron.py": SAYING,
        "shop/first.py": LOADING,
        "shop/adding.py": ADDING,
        "shop/seen.py": SEEING,
        "shop/broken.py": "import shop.nowhere",
        "shop/handling.py": "from rostra import di\n\n@di.adapter\ndef five() -> 'Five':\n    return Five()\n\nclass Five:\n    pass\n",
    }
    with importable(tmp_path, files):
        yield tmp_path


async def stage_of(*named: Any, **config: Any) -> plugin.Stage:
    """A stage that has prepared its plugins and was put away again."""
    stage = plugin.Stage(*named, config=ConfigSource(config, env_prefix="APP", environ={}))
    stage.components.add([], "said")
    async with stage:
        return stage


async def said(*named: Any, **config: Any) -> list[str]:
    found: list[str] = (await stage_of(*named, **config)).components.get("said")
    return found


async def refusal(*named: Any, kind: type[Exception] = ConfigError, **config: Any) -> str:
    with pytest.raises(kind) as caught:
        await stage_of(*named, **config)
    notes = getattr(caught.value, "__notes__", ())
    return "\n".join([str(caught.value), *notes])


@pytest.mark.asyncio
async def test_listed_plugins_are_loaded_in_their_order_before_those_named_in_code() -> None:
    assert await said("shop.cron", plugins=["shop.web", "shop.mongo"]) == ["shop.web", "mongo", "shop.cron"]


@pytest.mark.asyncio
async def test_a_plugin_that_is_listed_and_named_in_code_is_prepared_once() -> None:
    assert await said("shop.mongo", "shop.web", plugins=["shop.web", "shop.mongo"]) == ["shop.web", "mongo"]


@pytest.mark.asyncio
async def test_one_that_another_loads_before_its_turn_has_its_options_all_the_same() -> None:
    stage = await stage_of(
        plugins=["shop.first", {"plugin": "shop.mongo", "options": {"url": "mongodb://db"}}]
    )

    assert stage.components.get("said") == ["mongo", "shop.first"]
    assert stage.components.get(plugin.Options, name="seen").url == "mongodb://db"


@pytest.mark.asyncio
@pytest.mark.parametrize(
    "plugins",
    [
        [{"plugin": "shop.seen", "alias": "db", "options": {"url": "mongodb://db", "password": "planted"}}],
        {"db": {"plugin": "shop.seen", "url": "mongodb://db", "password": "planted"}},
    ],
)
async def test_options_are_read_by_key_by_dot_and_as_a_class(plugins: object) -> None:
    options = (await stage_of(plugins=plugins)).components.get(plugin.Options, name="seen")

    @attrs.frozen
    class Told:
        url: str
        password: Secret[str]

    assert (options.alias, options["url"], options.url, len(options)) == (
        "db",
        "mongodb://db",
        "mongodb://db",
        2,
    )
    assert options.load(Told).password.reveal() == "planted"
    assert "planted" not in repr(options) + repr(options.load(Told))
    with pytest.raises(AttributeError, match=r"there is no option urll for db; did you mean url\?"):
        _ = options.urll
    with pytest.raises(TypeError):
        options["url"] = "x"
    assert copy.copy(options) == pickle.loads(pickle.dumps(options)) == dict(options)


@pytest.mark.asyncio
async def test_a_plugin_that_is_not_listed_has_no_options_and_its_name_for_an_alias() -> None:
    components = (await stage_of("shop.mongo")).components

    options = components.get(plugin.Options, name="seen")

    assert (options.alias, dict(options)) == ("shop.mongo", {})


@pytest.mark.asyncio
@pytest.mark.parametrize(
    "text",
    [
        '[[plugins]]\nplugin = "shop.seen"\nalias = "db"\noptions = {url = "a", user = "b"}',
        '[plugins.db]\nplugin = "shop.seen"\nurl = "a"\nuser = "b"',
    ],
)
async def test_the_environment_and_the_command_set_single_options_in_both_forms(
    text: str, tmp_path: Path
) -> None:
    @attrs.frozen
    class Told:
        url: str
        user: str
        size: int
        password: Secret[str] | None = None

    (tmp_path / "app.toml").write_text(text)
    (tmp_path / "secret").write_text("planted\n")
    environ = {
        "APP_PLUGINS_DB_URL": "c",
        "APP_PLUGINS_DB_SIZE": "3",
        "APP_PLUGINS_DB_PASSWORD_FILE": str(tmp_path / "secret"),
    }
    overrides = ["plugins.db.user=d"]
    source = ConfigSource.from_files(
        tmp_path / "app.toml", env_prefix="APP", environ=environ, overrides=overrides
    )

    async with plugin.Stage(config=source) as stage:
        told = stage.components.get(plugin.Options, name="seen").load(Told)

    assert (told.url, told.user, told.size) == ("c", "d", 3)
    assert told.password is not None
    assert told.password.reveal() == "planted"
    assert source.hints() == ()


@pytest.mark.asyncio
async def test_a_variable_names_the_plugins_instead_of_the_files() -> None:
    environ = {"APP_PLUGINS": "shop.cron, shop.web"}
    source = ConfigSource({"plugins": ["shop.mongo"]}, env_prefix="APP", environ=environ)
    stage = plugin.Stage(config=source)
    stage.components.add([], "said")

    async with stage:
        pass

    assert stage.components.get("said") == ["shop.cron", "shop.web"]
    assert source.hints() == ()


@pytest.mark.asyncio
async def test_a_variable_leaves_one_plugin_out() -> None:
    source = ConfigSource(
        {"plugins": ["shop.cron", {"plugin": "shop.web", "alias": "web"}]},
        env_prefix="APP",
        environ={"APP_PLUGINS_WEB": "off"},
    )
    stage = plugin.Stage(config=source)
    stage.components.add([], "said")

    async with stage:
        pass

    assert stage.components.get("said") == ["shop.cron"]


@pytest.mark.asyncio
async def test_wrong_options_are_told_as_those_of_a_section_with_file_and_line(tmp_path: Path) -> None:
    (tmp_path / "app.toml").write_text(
        '[[plugins]]\nplugin = "shop.mongo"\nalias = "db"\n\n'
        '[plugins.options]\nurl = 3\npasword = "planted"\n'
    )
    source = ConfigSource.from_files(tmp_path / "app.toml")
    stage = plugin.Stage(config=source)
    stage.components.add([], "said")

    with pytest.raises(ConfigError) as caught:
        async with stage:
            pass

    file = tmp_path / "app.toml"
    assert str(caught.value).splitlines()[1:] == [
        f"  plugins.db.url       expected text, found 3            from {file}:6",
        f"  plugins.db.pasword   unknown; did you mean password?   from {file}:7",
    ]
    assert caught.value.__notes__ == [
        f"while preparing plugin shop.mongo, listed as plugins[0], from {file}:1"
    ]


@pytest.mark.asyncio
async def test_a_missing_option_is_told_with_what_sets_it() -> None:
    @attrs.frozen
    class Told:
        url: str

    options = (await stage_of(plugins={"db": "shop.seen"})).components.get(plugin.Options, name="seen")

    with pytest.raises(ConfigError) as caught:
        options.load(Told)

    assert str(caught.value) == (
        "1 setting of [plugins.db] is wrong\n"
        "  plugins.db.url   missing; expected text   set APP_PLUGINS_DB_URL, or url in [plugins.db]"
    )


@pytest.mark.asyncio
async def test_options_of_plugins_that_take_none_are_mistakes_all_told_before_any_is_prepared() -> None:
    text = await refusal(
        plugins={"db": {"plugin": "shop.web", "url": "planted", "size": 3}, "shop.handling": {"port": 8080}}
    )

    assert text == (
        "3 settings of plugins are wrong\n"
        "  plugins.db.url               nobody reads it: prepare of plugin shop.web takes no plugin.Options"
        "   from a mapping\n"
        "  plugins.db.size              nobody reads it: prepare of plugin shop.web takes no plugin.Options"
        "   from a mapping\n"
        "  plugins.shop.handling.port   nobody reads it: plugin shop.handling has no prepare"
        "                  from a mapping\n"
        "  to fix  leave them out, or let the plugin take them: async def prepare(options: plugin.Options):"
    )


@pytest.mark.asyncio
async def test_an_unknown_plugin_is_told_with_its_place_and_what_comes_close() -> None:
    text = await refusal(plugins=["shop.web", "shop.mungo"], kind=PluginNotFoundError)

    assert text == (
        'there is no plugin "shop.mungo"\n'
        "  where   listed as plugins[1], from a mapping\n"
        "  why     No module named 'shop.mungo'\n"
        '  to fix  did you mean "shop.mongo"?'
    )


@pytest.mark.asyncio
async def test_a_misspelt_alias_is_told_which_one_comes_close(tmp_path: Path) -> None:
    (tmp_path / "app.toml").write_text('plugins = [{plugin = "shop.web", alias = "mongo"}]')
    source = ConfigSource.from_files(tmp_path / "app.toml", overrides=["plugins.mungo.url=x"])

    with pytest.raises(PluginNotFoundError) as caught:
        async with plugin.Stage(config=source):
            pass

    assert "listed as plugins.mungo, from --set plugins.mungo.url" in str(caught.value)
    assert str(caught.value).endswith("or did you mean plugins.mongo?")


@pytest.mark.asyncio
async def test_everything_wrong_with_the_list_is_told_together() -> None:
    with pytest.raises(ExceptionGroup) as caught:
        await stage_of(plugins=["shop.mungo", "shop.nowhere", {"plugin": "shop.web", "options": {"a": 1}}])

    assert [str(each).splitlines()[0] for each in caught.value.exceptions] == [
        'there is no plugin "shop.mungo"',
        'there is no plugin "shop.nowhere"',
        "1 setting of plugins is wrong",
    ]


@pytest.mark.asyncio
async def test_what_an_import_raises_says_where_it_is_listed() -> None:
    text = await refusal(plugins=["shop.broken"], kind=ModuleNotFoundError)

    assert text.splitlines() == [
        "No module named 'shop.nowhere'",
        "while importing plugin shop.broken",
        "listed as plugins[0], from a mapping",
    ]


@pytest.mark.asyncio
async def test_one_plugin_under_two_names_is_listed_twice() -> None:
    text = await refusal(plugins=["shop.web", {"plugin": "shop.web:prepare", "alias": "other"}])

    assert text == (
        "1 setting of plugins is wrong\n"
        '  plugins[1]   plugin "shop.web" is listed twice; it is also plugins[0], from a mapping   from a mapping'
    )


@pytest.mark.asyncio
async def test_a_component_has_the_alias_for_its_name_or_none_if_there_is_no_alias() -> None:
    from shop.mongo import Client

    named = (await stage_of(plugins={"db": "shop.mongo"})).components
    nameless = (await stage_of(plugins=["shop.mongo"])).components

    assert named.find(Client).keys() == {"db"}
    assert nameless.find(Client).keys() == {None}


@pytest.mark.asyncio
async def test_two_plugins_that_add_the_same_by_their_options_are_both_named() -> None:
    text = await refusal(plugins=["shop.mongo", "shop.adding"], kind=PluginError)

    assert text == (
        "two plugins add a Client without a name\n"
        "  where   plugin shop.adding, plugins[1], from a mapping\n"
        "          plugin shop.mongo, plugins[0], from a mapping\n"
        "  why     components are found by their type and name: the second would hide the first\n"
        "  to fix  give one of them an alias, in the settings that list it\n"
        "while preparing plugin shop.adding, listed as plugins[1], from a mapping"
    )


@pytest.mark.asyncio
async def test_with_an_alias_for_one_of_them_both_are_there() -> None:
    components = (await stage_of(plugins=["shop.mongo", {"plugin": "shop.adding", "alias": "b"}])).components

    from shop.mongo import Client

    assert {name: each.url for name, each in components.find(Client).items()} == {
        None: "mongodb://localhost",
        "b": "another",
    }


@pytest.mark.asyncio
async def test_a_section_of_the_same_place_is_refused() -> None:
    @attrs.frozen
    class Mine:
        a: int = 1

    async def prepare() -> None:
        context.get(ConfigSource).load(Mine, "plugins")

    text = await refusal(prepare, plugins=["shop.web"])

    assert text.startswith(
        "1 name is claimed twice\n  [plugins]   claimed by two classes: rostra.plugin.options.Options and"
    )
