"""How plugins are found, in whichever way they are named, and what is said where there are none."""

import asyncio
import pickle
import subprocess
import sys
import textwrap

import pytest
from importable import importable

from rostra import di, plugin
from rostra.errors import PluginError, PluginNotFoundError
from rostra.installed import names
from rostra.plugin.finding import LISTED

SAYING = """
    from rostra import context

    async def prepare():
        context.get("said").append(__name__)

    async def second():
        context.get("said").append(f"second of {__name__}")

    class Apps:
        @staticmethod
        async def third():
            context.get("said").append(f"third of {__name__}")
"""

SEEING = """
    import sys
    from rostra import context

    async def prepare():
        context.get("said").append({!r} in sys.modules)
"""

LOADING = """
    from rostra import plugin

    async def prepare(load: plugin.Loader):
        await load({!r})
"""


async def said_by(*plugins: object) -> list[str]:
    """What the plugins say while a stage prepares them."""
    stage = plugin.Stage(*plugins)
    said: list[str] = []
    stage.components.add(said, "said")
    async with stage:
        return said


async def refusal(*plugins: object, kind: type[Exception] = PluginNotFoundError) -> str:
    """What a stage says that cannot load them; it says the same after pickling."""
    with pytest.raises(kind) as caught:
        async with plugin.Stage(*plugins):
            pass
    assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)
    return str(caught.value)


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("shop", ["shop"]),
        ("shop.orders", ["shop.orders"]),
        ("shop.orders:prepare", ["shop.orders"]),
        ("shop.orders:second", ["second of shop.orders"]),
        ("shop:Apps.third", ["third of shop"]),
    ],
)
async def test_a_plugin_is_named_by_its_module_or_by_a_function_in_it(tmp_path, name, said):
    with importable(tmp_path, {"shop/__init__.py": SAYING, "shop/orders.py": SAYING}):
        assert await said_by(name) == said


@pytest.mark.asyncio
async def test_a_plugin_may_be_the_module_or_the_function_itself(tmp_path):
    said = []

    async def prepare():
        said.append("function")

    class Prepared:
        async def __call__(self):
            said.append("object")

        async def method(self):
            said.append("method")

    with importable(tmp_path, {"shop.py": SAYING}):
        import shop

        said += await said_by(prepare, Prepared(), Prepared().method, shop, shop.second)

    assert said == ["function", "object", "method", "shop", "second of shop"]


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("asker", "name", "said"),
    [
        ("shop/__init__.py", ".orders", "shop.orders"),
        ("shop/web.py", ".orders", "shop.orders"),
        ("shop/deep/web.py", "..orders", "shop.orders"),
        ("shop/deep/web.py", ".inner", "shop.deep.inner"),
        ("alone.py", ".beside", "beside"),
    ],
)
async def test_a_relative_name_is_relative_to_the_one_that_asks(tmp_path, asker, name, said):
    files = {
        "shop/__init__.py": "",
        "shop/orders.py": SAYING,
        "shop/deep/__init__.py": "",
        "shop/deep/inner.py": SAYING,
        "beside.py": SAYING,
        asker: LOADING.format(name),
    }
    asking = asker.removesuffix(".py").replace("/", ".").removesuffix(".__init__")

    with importable(tmp_path, files):
        assert await said_by(asking) == [said]


@pytest.mark.asyncio
async def test_relative_names_are_right_inside_gather(tmp_path):
    gathering = """
        import asyncio
        from rostra import plugin

        async def prepare(load: plugin.Loader):
            await asyncio.gather(load(".first"), load(".second"))
    """
    files = {"a/__init__.py": gathering, "b/__init__.py": gathering}
    files |= {f"{package}/{module}.py": SAYING for package in "ab" for module in ("first", "second")}
    both = "async def prepare(load): pass"

    async def prepare(load: plugin.Loader):
        await asyncio.gather(load("a"), load("b"))

    with importable(tmp_path, files | {"both.py": both}):
        assert await said_by(prepare) == ["a.first", "a.second", "b.first", "b.second"]


@pytest.mark.asyncio
async def test_an_installed_plugin_is_named_by_its_entry_point(tmp_path):
    metadata = "Metadata-Version: 2.1\nName: shop\nVersion: 1\n"
    files = {
        "shop_plugin.py": SAYING,
        "shop-1.dist-info/METADATA": metadata,
        "shop-1.dist-info/entry_points.txt": "[rostra.plugins]\nshop = shop_plugin\nsecond-shop = shop_plugin:second\n",
    }

    with importable(tmp_path, files):
        assert await said_by("shop", "second-shop") == ["shop_plugin", "second of shop_plugin"]


@pytest.mark.parametrize("how", [["myapp.py"], ["-m", "myapp"]])
def test_the_name_of_the_running_script_is_the_script_itself(tmp_path, how):
    (tmp_path / "myapp.py").write_text(
        textwrap.dedent("""
        from rostra import plugin
        print("imported as", __name__)

        async def prepare():
            print("prepared", __name__)

        if __name__ == "__main__":
            plugin.stage("myapp", ".myapp" if False else "__main__")
        """)
    )

    ran = subprocess.run(
        [sys.executable, *how], cwd=tmp_path, capture_output=True, text=True, timeout=60, check=True
    )

    assert ran.stdout.splitlines() == ["imported as __main__", "prepared __main__"]


@pytest.mark.asyncio
async def test_all_that_are_named_are_imported_before_the_first_one_is_prepared(tmp_path):
    with importable(tmp_path, {"sees.py": SEEING.format("stalls"), "stalls.py": SAYING}):
        assert await said_by("sees", "stalls") == [True, "stalls"]


@pytest.mark.asyncio
async def test_what_stands_before_the_listed_ones_is_prepared_before_others_are_imported(tmp_path):
    """So workers hear their parent, and probes are answered, while plugins are imported."""
    with importable(tmp_path, {"hears.py": SEEING.format("late_one"), "late_one.py": SAYING}):
        assert await said_by("hears", LISTED, "late_one") == [False, "late_one"]


@pytest.mark.asyncio
async def test_nothing_is_prepared_where_one_that_is_named_is_not_there():
    prepared = []

    async def opens():
        prepared.append("a connection")

    await refusal(opens, "no_such_plugin")

    assert prepared == []


@pytest.mark.asyncio
async def test_one_plugin_by_several_names_is_prepared_once(tmp_path):
    with importable(tmp_path, {"shop.py": SAYING}):
        import shop

        assert await said_by("shop", shop, "shop:prepare", shop.prepare) == ["shop"]


@pytest.mark.asyncio
async def test_adapters_of_a_plugins_module_are_collected_but_not_those_it_imports(tmp_path):
    files = {
        "maker.py": """
            from rostra import di

            class Number: ...

            @di.adapter
            def number() -> Number:
                return Number()
        """,
        "shop.py": """
            from maker import number
            from rostra import di

            class Till: ...

            @di.adapter
            def till() -> Till:
                return Till()

            async def prepare(): ...
        """,
    }

    with importable(tmp_path, files):
        async with plugin.Stage("shop") as stage:
            made = {adapter.make.__name__ for adapter in stage.components.get(di.Registry).adapters}

    assert "till" in made
    assert "number" not in made


@pytest.mark.asyncio
async def test_a_module_with_adapters_only_is_a_plugin(tmp_path):
    with importable(tmp_path, {"made.py": "from rostra import di\n@di.adapter\nclass Till: ..."}):
        async with plugin.Stage("made") as stage:
            assert stage.phase is plugin.Phase.PREPARING


def test_what_a_module_registers_when_it_is_imported_is_there_in_the_next_stage_too(tmp_path):
    (tmp_path / "registering.py").write_text(
        "from rostra import di\nclass Till: ...\ndi.register(Till)\nasync def prepare(till: Till): ..."
    )
    twice = 'from rostra import plugin\nfor _ in range(2): plugin.stage("registering")'

    ended = subprocess.run(
        [sys.executable, "-c", twice], cwd=tmp_path, capture_output=True, text=True, check=False
    )

    assert ended.returncode == 0, ended.stderr


@pytest.mark.asyncio
async def test_a_name_that_is_nearly_right_gets_the_closest_one(tmp_path):
    async def prepare(load: plugin.Loader):
        await load("shop.ordesr")

    with importable(tmp_path, {"shop/__init__.py": "", "shop/orders.py": SAYING}):
        text = await refusal(prepare)

    line = prepare.__code__.co_firstlineno + 1
    assert text == textwrap.dedent(f"""\
        there is no plugin "shop.ordesr"
          where   loaded by tests.test_plugin_loading:prepare, tests/test_plugin_loading.py:{line}
          why     No module named 'shop.ordesr'
          to fix  did you mean "shop.orders"?""")


@pytest.mark.asyncio
async def test_a_name_that_nothing_has_says_where_was_looked():
    installed = ", ".join(sorted(names("rostra.plugins") or ()))

    assert await refusal("rostra_aiohtp") == textwrap.dedent(f"""\
        there is no plugin "rostra_aiohtp"
          why     no module: No module named 'rostra_aiohtp'
                  no entry point of rostra.plugins: there are {installed}
          to fix  did you mean "rostra_aiohttp"?""")


@pytest.mark.asyncio
async def test_a_name_like_no_other_says_how_plugins_get_there():
    text = await refusal("qqqqqqqqqqqq")

    assert (
        text.splitlines()[-1]
        == "  to fix  install it, or start in the folder where it lies, or name that in PYTHONPATH"
    )


@pytest.mark.asyncio
async def test_what_can_be_imported_and_is_neither_of_the_project_nor_a_plugin_is_not_proposed():
    for near in ("opcod", "asyncoi", "pytset", "attrss"):
        assert "did you mean" not in await refusal(near)


@pytest.mark.asyncio
async def test_a_file_that_lies_in_the_working_directory_is_proposed(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", ["", *sys.path])

    with importable(tmp_path, {"shop.py": SAYING}):
        assert (await refusal("shopp")).endswith('to fix  did you mean "shop"?')


@pytest.mark.parametrize("name", ["shop.pyy", "shop.py.bak", "shop.web.orders"])
@pytest.mark.asyncio
async def test_a_name_below_a_module_that_is_no_package_gets_that_module(tmp_path, name):
    with importable(tmp_path, {"shop.py": SAYING}):
        text = await refusal(name)

    assert text.endswith('to fix  did you mean "shop"? That is a module, in which there are no others')


@pytest.mark.asyncio
async def test_a_plugin_without_prepare_is_named_as_a_whole(tmp_path):
    giving = """
        from rostra import di

        class Pool: ...

        @di.adapter
        def pool() -> Pool: ...
    """
    with importable(tmp_path, {"shop.py": giving, "empty.py": "from shop import pool"}):
        given, empty = await refusal("shop:prepare"), await refusal("empty:prepare")

    assert given.splitlines()[-1] == '  to fix  name the whole module: "shop"'
    assert empty.splitlines()[-1] == "  to fix  name one of its functions"


@pytest.mark.asyncio
async def test_a_function_named_like_a_module_says_how_functions_are_named(tmp_path):
    with importable(tmp_path, {"shop.py": SAYING}):
        assert await refusal("shop.prepare") == textwrap.dedent("""\
            there is no plugin "shop.prepare"
              why     No module named 'shop.prepare'; 'shop' is not a package
              to fix  did you mean "shop:prepare"?""")


@pytest.mark.asyncio
async def test_a_function_that_is_not_there_gets_the_closest_one(tmp_path):
    with importable(tmp_path, {"shop.py": SAYING}):
        assert await refusal("shop:secnod") == textwrap.dedent("""\
            there is no plugin "shop:secnod"
              why     shop has no secnod
              to fix  did you mean "shop:second"?""")


@pytest.mark.asyncio
async def test_a_class_in_the_place_of_a_function_is_refused(tmp_path):
    with importable(tmp_path, {"shop.py": SAYING}):
        assert await refusal("shop:Apps") == textwrap.dedent("""\
            there is no plugin "shop:Apps"
              why     shop:Apps is the class Apps, not a function
              to fix  name a coroutine function or an async generator function""")


@pytest.mark.asyncio
async def test_an_import_error_inside_the_plugin_keeps_its_type_and_says_whose_it_is(tmp_path):
    files = {"broken.py": "import not_there_at_all", "shop.py": LOADING.format("broken")}

    with importable(tmp_path, files), pytest.raises(ModuleNotFoundError, match="not_there_at_all") as caught:
        async with plugin.Stage("shop"):
            pass

    assert caught.value.__notes__ == [
        "while importing plugin broken, loaded by shop",
        "while preparing plugin shop",
    ]


@pytest.mark.asyncio
async def test_a_plugin_may_be_optional(tmp_path):
    said = []

    async def prepare(load: plugin.Loader):
        try:
            await load("not_there_at_all")
        except PluginNotFoundError:
            said.append("went on")

    async with plugin.Stage(prepare):
        pass

    assert said == ["went on"]


@pytest.mark.asyncio
async def test_a_module_with_nothing_in_it_is_no_plugin(tmp_path):
    with importable(tmp_path, {"empty.py": "x = 1"}):
        assert await refusal("empty", kind=PluginError) == textwrap.dedent("""\
            module empty is no plugin
              where   plugin empty
              why     it has no prepare, and defines neither handlers nor adapters
              to fix  write in it: async def prepare(...):""")


@pytest.mark.asyncio
async def test_a_prepare_that_is_no_coroutine_function_is_refused(tmp_path):
    with importable(tmp_path, {"shop.py": LOADING.format(".sync"), "sync.py": "prepare = 5"}):
        assert await refusal("shop", kind=PluginError) == textwrap.dedent(f"""\
            prepare of plugin sync is no async function
              where   plugin sync
                      loaded by shop, {tmp_path}/shop.py:5
              why     found 5
              to fix  write it as: async def prepare(...):""")


@pytest.mark.asyncio
async def test_a_prepare_without_async_is_refused_with_its_line(tmp_path):
    with importable(tmp_path, {"sync.py": "\ndef prepare():\n    yield print"}):
        assert await refusal("sync", kind=PluginError) == textwrap.dedent(f"""\
            prepare of plugin sync is no async function
              where   plugin sync
                      {tmp_path}/sync.py:2
              why     it is written with def alone
              to fix  write it as: async def prepare(...):""")


@pytest.mark.asyncio
async def test_everything_that_cannot_be_loaded_is_told_together_before_anything_is_prepared(tmp_path):
    said: list[str] = []
    files = {"right.py": SAYING, "sync.py": "def prepare(): ...", "broken.py": "1 / 0"}

    async def prepare() -> None:
        said.append("prepared")

    with importable(tmp_path, files), pytest.raises(ExceptionGroup) as caught:
        async with plugin.Stage(prepare, "right", "sync", "broken", "not_there_at_all"):
            pass

    assert [type(each) for each in caught.value.exceptions] == [
        PluginError,
        ZeroDivisionError,
        PluginNotFoundError,
    ]
    assert said == []


@pytest.mark.asyncio
async def test_what_is_neither_a_name_nor_callable_is_refused():
    assert await refusal(5, kind=PluginError) == textwrap.dedent("""\
        5 is no plugin
          why     it is neither a name, a module nor a function
          to fix  name a module: "myapp", "myapp.storage" or "myapp:prepare"; or pass the function itself""")


@pytest.mark.asyncio
async def test_a_transport_that_is_not_there_is_asked_for_by_the_handler(tmp_path, monkeypatch):
    text = """
        import attrs
        from rostra.handlers import mark

        @attrs.frozen
        class Knock:
            transport: str = "not_installed"

        def answer(): ...

        mark(answer, Knock())
    """
    monkeypatch.chdir(tmp_path)

    with importable(tmp_path, {"door.py": text}):
        refused = await refusal("door")

    assert refused.splitlines()[:2] == [
        'there is no plugin "not_installed"',
        "  where   loaded by door, door.py:9",
    ]
