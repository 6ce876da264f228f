"""``rostra graph`` shows what a stage is made of, as a tree and as JSON, without starting it."""

import json
import os
import re
import textwrap
from pathlib import Path

import house
import pytest
from command_line import ROSTRA, ended, environment, write
from terminal import shown

TIME = r"(?:\d+ ms|\d+\.\d s)"
TIMES = re.compile(rf"{TIME}( \({TIME} with what it loads\))?")
SHOP = """
    from collections.abc import AsyncIterator
    from rostra import config, context, di, plugin
    from rostra_aiohttp import Header, get, post
    import attrs

    @attrs.frozen
    class DbConfig(config.Config, section="db"):
        url: str = "sqlite:///orders.db"
        size: int = 3
        password: config.Secret[str] | None = None

    class Pool: ...
    class Basket: ...
    class Mailer: ...

    @attrs.frozen
    class Order:
        item: str

    @di.adapter(lifetime="stage", eager=True)
    async def pool(settings: DbConfig) -> AsyncIterator[Pool]:
        raise AssertionError("a graph builds nothing")
        yield Pool()

    @di.adapter
    def basket(pools: list[Pool], mailer: di.Lazy[Mailer], size: int = 3) -> Basket: ...

    @post("/orders/{number}")
    async def place(number: int, order: Order, basket: Basket, agent: Header[str] | None) -> None: ...

    @di.inject
    def report(mailer: Mailer, title: str): ...

    async def sweep(cancel: plugin.Cancel, pool: Pool):
        raise AssertionError("a graph starts nothing")

    async def prepare(load: plugin.Loader, settings: DbConfig):
        await load("parts")
        context.add(Mailer())
        context.add(Mailer(), name="bulk")
        yield plugin.task(sweep, background=True, restart="always")
"""
PARTS = """
    from rostra import di

    class Clock: ...

    async def prepare():
        di.register(Clock)
"""

ODD = """
    import functools
    from typing import Annotated, Generic, NewType, Protocol, TypeVar
    from rostra import config, context, di, plugin
    import attrs

    T = TypeVar("T")
    Url = NewType("Url", str)

    class Speaks(Protocol): ...
    class User: ...
    class Made: ...

    class Repo(Generic[T]):
        def __init__(self, kind: type[T]): ...

    class Maker:
        def make(self) -> Made: ...

    class Base:
        @di.adapter
        @classmethod
        def build(cls) -> "Base": ...

    class Child(Base): ...

    @attrs.frozen
    class Root(config.Config, section=None):
        debug: bool = False

    @di.adapter
    def url(root: Root) -> Annotated[Url, di.Named("main")]: ...

    def speaking(size: int, made: Made) -> Speaks: ...

    async def sweep(repo: Repo[User], main: Annotated[Url, di.Named("main")], child: Child, speaks: Speaks): ...

    async def nap(): ...

    async def prepare(teardown: plugin.Teardown):
        di.register(Repo, Maker().make, functools.partial(speaking, 3))
        context.add(5, "answer")
        yield sweep, sweep
        yield nap()
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write(tmp_path, "shop.py", SHOP)
    write(tmp_path, "parts.py", PARTS)
    (tmp_path / "run").mkdir()
    return tmp_path


def without_transports(text: str) -> str:
    """A tree without our own plugins, which their tests show, and without times."""
    kept = re.sub(
        r"^.*── plugin rostra_\w+ .*\n(?:(?:│   |    )(?:│|├|└|    ).*\n)*", "", text, flags=re.MULTILINE
    )
    return TIMES.sub("N ms", kept)


def graph_of(folder: Path, *arguments: str) -> dict:
    found = ended(folder, "graph", *arguments, "--format", "json")
    assert found.stderr == ""
    return json.loads(found.stdout)


def test_the_tree_shows_what_each_plugin_brought_and_where_every_parameter_comes_from(folder):
    told = ended(folder, "graph", "shop.py")

    assert (told.returncode, told.stderr) == (0, "")
    assert without_transports(told.stdout) == (
        "plugin shop  N ms  shop.py:38\n"
        "├── settings: DbConfig  section [db]\n"
        "├── section [db] DbConfig\n"
        "│   └── needed by plugin shop, adapter pool\n"
        "├── component Mailer\n"
        "│   └── needed by adapter basket, function report\n"
        '├── component Mailer "bulk"\n'
        "│   └── nothing needs it\n"
        "├── adapter pool → Pool  one per stage, built at the start  shop.py:21\n"
        "│   ├── settings: DbConfig  section [db]\n"
        "│   └── needed by adapter basket, task sweep\n"
        "├── adapter basket → Basket  one per call  shop.py:26\n"
        "│   ├── pools: list[Pool]     list adapter pool\n"
        "│   ├── mailer: Lazy[Mailer]  lazy component Mailer\n"
        "│   ├── size: int             default\n"
        "│   └── needed by handler POST /orders/{number}\n"
        "├── handler POST /orders/{number} → place  shop.py:29\n"
        "│   ├── number: int        path\n"
        "│   ├── order: Order       body\n"
        "│   ├── basket: Basket     adapter basket\n"
        "│   └── agent: str | None  header\n"
        "├── task sweep  background, restart always  shop.py:35\n"
        "│   ├── cancel: Cancel  component Cancel\n"
        "│   └── pool: Pool      adapter pool\n"
        "├── function report  shop.py:32\n"
        "│   └── mailer: Mailer  component Mailer\n"
        "└── plugin parts  N ms  parts.py:6\n"
        "    └── adapter Clock  one per call  parts.py:4\n"
        "        └── nothing needs it\n"
    )


def test_json_has_the_parts_with_ids_by_which_others_refer_to_them(folder):
    found = graph_of(folder, "shop.py")

    assert found["version"] == 1
    assert list(found) == [
        "version", "plugins", "sections", "components", "adapters", "handlers", "tasks", "functions", "problems", "hints",
    ]  # fmt: skip
    handler = found["handlers"][0]
    assert handler == {
        "id": "handler:shop:place:POST /orders/{number}",
        "plugin": "plugin:shop",
        "place": "shop.py:29",
        "parameters": [
            {"name": "number", "type": "int", "source": "path", "of": [], "reason": ""},
            {"name": "order", "type": "Order", "source": "body", "of": [], "reason": ""},
            {
                "name": "basket",
                "type": "Basket",
                "source": "adapter",
                "of": ["adapter:shop:basket"],
                "reason": "",
            },
            {"name": "agent", "type": "str | None", "source": "header", "of": [], "reason": ""},
        ],
        "label": "place",
        "trigger": "POST /orders/{number}",
        "transport": "rostra_aiohttp",
    }
    (parts,) = (each for each in found["plugins"] if each["name"] == "parts")
    assert parts["plugin"] == "plugin:shop"
    assert parts["seconds"] >= parts["own_seconds"] >= 0


def test_every_id_in_json_is_there_once_and_every_reference_has_one(folder):
    found = graph_of(folder, "shop.py")

    parts = [part for kind in found.values() if isinstance(kind, list) for part in kind if "id" in part]
    ids = [part["id"] for part in parts]
    referred = {each for part in parts for given in part.get("parameters", ()) for each in given["of"]}
    referred |= {each for part in parts for each in part.get("needed_by", ())}
    referred |= {part["plugin"] for part in parts if part["plugin"]}

    assert len(ids) == len(set(ids))
    assert referred - set(ids) == set()


def test_two_runs_differ_in_nothing_but_the_times(folder):
    first, second = (graph_of(folder, "shop.py") for _ in range(2))

    for each in (*first["plugins"], *second["plugins"]):
        del each["seconds"], each["own_seconds"]
    assert first == second


def test_settings_are_not_shown_whatever_the_form(folder):
    write(folder, "config.toml", '[db]\nurl = "sqlite:///planted-url"\npassword = "planted-secret"\n')

    for form in ("tree", "mermaid", "dot", "json"):
        told = ended(folder, "graph", "shop.py", "-c", "config.toml", "--format", form)

        assert told.returncode == 0
        assert "planted" not in told.stdout + told.stderr


def test_a_plugin_that_fails_is_shown_with_its_error_and_the_others_all_the_same(folder):
    write(folder, "broken.py", "async def prepare():\n    raise LookupError('no shelf')\n")
    write(
        folder,
        "outer.py",
        "async def prepare(load: 'Loader'):\n    await load('.broken')\nfrom rostra.plugin import Loader\n",
    )

    told = ended(folder, "graph", "outer", "parts")

    assert told.returncode == 1
    assert TIMES.sub("N ms", told.stdout) == (
        "plugin outer  N ms  outer.py:1  failed: broken failed\n"
        "└── plugin broken  N ms  broken.py:1  failed: LookupError: no shelf\n"
        "plugin parts  N ms  parts.py:6\n"
        "└── adapter Clock  one per call  parts.py:4\n"
        "    └── nothing needs it\n"
    )
    assert told.stderr.endswith("LookupError: no shelf\nwhile preparing plugin broken, loaded by outer\n")


def test_what_is_missing_is_shown_where_it_is_missing(folder):
    write(
        folder,
        "lacking.py",
        """
        class Missing:
            def __init__(self, name: str): ...

        async def sweep(missing: Missing, perhaps: Missing | None): ...

        async def prepare():
            yield sweep
        """,
    )

    told = ended(folder, "graph", "lacking")

    assert told.returncode == 1
    assert "    ├── missing: Missing         missing: nothing gives a Missing\n" in told.stdout
    assert "    └── perhaps: Missing | None  nothing\n" in told.stdout
    assert told.stderr.startswith("ResolveError: cannot build task sweep of plugin lacking\n")


def test_a_prepare_that_never_ends_is_shown_as_unfinished(folder):
    write(folder, "hanging.py", "import asyncio\nasync def prepare():\n    await asyncio.Event().wait()\n")

    told = ended(folder, "graph", "parts", "hanging", "--start-timeout", "0.2")

    assert told.returncode == 1
    assert "plugin parts" in told.stdout
    assert re.search(r"^plugin hanging  .* hanging.py:2  unfinished$", told.stdout, re.MULTILINE)
    assert told.stderr.startswith("StartTimeoutError: the stage did not start within 0.2 s\n")


def test_wrong_settings_are_exit_code_2_and_in_json_among_the_problems(folder):
    write(folder, "config.toml", '[db]\nsize = "many"\n[dbb]\n')

    wrong = ended(folder, "graph", "shop.py", "-c", "config.toml", "--format", "json")

    found = json.loads(wrong.stdout)
    problem, following = found["problems"]

    assert (wrong.returncode, wrong.stderr) == (2, "")
    assert following["notes"] == ["it may follow from what failed; check again when that is mended"]
    assert problem == {
        "type": "ConfigError",
        "what": "1 setting of [db] is wrong",
        "where": ["from config.toml:2"],
        "why": ['db.size: expected a whole number, found "many"'],
        "fix": [],
        "settings": [
            {
                "setting": "db.size",
                "reason": 'expected a whole number, found "many"',
                "origin": "from config.toml:2",
            }
        ],
        "notes": ["while preparing plugin shop"],
    }
    assert found["hints"] == ["nobody reads [dbb] of config.toml:3; did you mean [db]?"]


def test_what_cannot_even_be_imported_is_shown_too(folder):
    write(folder, "unreadable.py", "import nothing_of_this_name\n")

    told = ended(folder, "graph", "unreadable", "shopp", "parts")

    assert told.returncode == 1
    assert told.stdout.endswith(
        "plugin unreadable  failed: ModuleNotFoundError: No module named 'nothing_of_this_name'\n"
        'plugin shopp  failed: PluginNotFoundError: there is no plugin "shopp"\n'
    )
    assert "plugin parts" in told.stdout


def test_a_file_that_cannot_be_read_is_told_in_the_form_that_was_asked_for(folder):
    wrong = ended(folder, "graph", "shop.py", "-c", "absent.toml", "--format", "json")

    assert (wrong.returncode, wrong.stderr) == (2, "")
    assert [problem["type"] for problem in json.loads(wrong.stdout)["problems"]] == ["ConfigError"]


def test_parts_of_every_kind_are_shown(folder):
    write(folder, "shape.py", ODD)

    told = ended(folder, "graph", "shape")

    assert (told.returncode, told.stderr) == (0, "")
    assert TIMES.sub("N ms", told.stdout) == (
        "plugin shape  N ms  shape.py:40\n"
        "├── teardown: Teardown  component Teardown\n"
        "├── section the root Root\n"
        "│   └── needed by adapter url\n"
        '├── component "answer"\n'
        "│   └── nothing needs it\n"
        "├── adapter Base.build → Base  one per call  shape.py:21\n"
        "│   └── needed by task sweep, task sweep\n"
        '├── adapter url → Url "main"  one per call  shape.py:31\n'
        "│   ├── root: Root  section the root\n"
        "│   └── needed by task sweep, task sweep\n"
        "├── adapter Repo → Repo[T]  one per call  shape.py:14\n"
        "│   └── needed by task sweep, task sweep\n"
        "├── adapter Maker.make → Made  one per call  shape.py:18\n"
        "│   └── needed by adapter speaking\n"
        "├── adapter speaking → Speaks  one per call  shape.py:34\n"
        "│   ├── made: Made  adapter Maker.make\n"
        "│   └── needed by task sweep, task sweep\n"
        "├── task sweep  shape.py:36\n"
        "│   ├── repo: Repo[User]        adapter Repo\n"
        '│   ├── main: Url named "main"  adapter url\n'
        "│   ├── child: Child            adapter Base.build\n"
        "│   └── speaks: Speaks          adapter speaking\n"
        "├── task sweep  shape.py:36\n"
        "│   ├── repo: Repo[User]        adapter Repo\n"
        '│   ├── main: Url named "main"  adapter url\n'
        "│   ├── child: Child            adapter Base.build\n"
        "│   └── speaks: Speaks          adapter speaking\n"
        "└── task nap  shape.py:38\n"
    )


def test_ids_are_names_with_a_number_where_two_are_alike(folder):
    write(folder, "shape.py", ODD)

    found = graph_of(folder, "shape")

    assert [task["id"] for task in found["tasks"]] == [
        "task:shape:sweep",
        "task:shape:sweep#2",
        "task:shape:nap",
    ]
    assert [component["id"] for component in found["components"]] == [
        'component:"answer"',
        "component:rostra.plugin.Teardown",
    ]


def test_the_example_is_shown_whole():
    told = ended(house.ROOT, "graph", "examples/orders", "-c", "examples/orders/config.toml")

    assert told.returncode == 0
    assert without_transports(told.stdout) == (
        "plugin orders  N ms  examples/orders/__init__.py:11\n"
        "├── plugin orders.storage  N ms  examples/orders/storage.py\n"
        "│   ├── section [storage] StorageConfig\n"
        "│   │   └── needed by adapter database\n"
        "│   ├── adapter database → Database  one per stage  examples/orders/storage.py:80\n"
        "│   │   ├── settings: StorageConfig  section [storage]\n"
        "│   │   └── needed by adapter orders\n"
        "│   └── adapter orders → Orders  one per scope  examples/orders/storage.py:143\n"
        "│       ├── database: Database  adapter database\n"
        "│       ├── clock: Clock        component Clock\n"
        "│       └── needed by handler POST /orders, handler GET /orders, "
        "handler GET /orders/{number}, handler POST /orders/{number}/payment, handler GET /report, "
        "handler orders.placed as billing, handler GET /bills\n"
        "├── plugin orders.routes  N ms  examples/orders/routes.py\n"
        "│   ├── section [shop] ShopConfig\n"
        "│   │   └── needed by handler GET /, handler POST /orders\n"
        "│   ├── handler GET / → welcome  examples/orders/routes.py:24\n"
        "│   │   └── shop: ShopConfig  section [shop]\n"
        "│   ├── handler POST /orders → place  examples/orders/routes.py:29\n"
        "│   │   ├── new: NewOrder         body\n"
        "│   │   ├── shop: ShopConfig      section [shop]\n"
        "│   │   ├── orders: Orders        adapter orders\n"
        "│   │   └── publisher: Publisher  adapter publisher\n"
        "│   ├── handler GET /orders → listing  examples/orders/routes.py:43\n"
        "│   │   ├── orders: Orders       adapter orders\n"
        "│   │   └── state: State | None  query\n"
        "│   ├── handler GET /orders/{number} → show  examples/orders/routes.py:48\n"
        "│   │   ├── number: int     path\n"
        "│   │   └── orders: Orders  adapter orders\n"
        "│   ├── handler POST /orders/{number}/payment → pay  examples/orders/routes.py:56\n"
        "│   │   ├── number: int     path\n"
        "│   │   └── orders: Orders  adapter orders\n"
        "│   ├── handler GET /report → report  examples/orders/routes.py:64\n"
        "│   │   ├── orders: Lazy[Orders]  lazy adapter orders\n"
        "│   │   └── seconds: float        query\n"
        "├── plugin orders.expiry  N ms  examples/orders/expiry.py:34\n"
        "│   ├── section [expiry] ExpiryConfig\n"
        "│   │   └── needed by task expire\n"
        "│   └── task expire  background  examples/orders/expiry.py:25\n"
        "│       ├── cancel: Cancel          component Cancel\n"
        "│       ├── settings: ExpiryConfig  section [expiry]\n"
        "│       └── clock: Clock            component Clock\n"
        "└── plugin orders.billing  N ms  examples/orders/billing.py\n"
        "    ├── section [billing] BillingConfig\n"
        "    │   └── needed by handler orders.placed as billing\n"
        "    ├── handler orders.placed as billing → bill  examples/orders/billing.py:31\n"
        "    │   ├── placed: Order            payload\n"
        "    │   ├── orders: Orders           adapter orders\n"
        "    │   └── settings: BillingConfig  section [billing]\n"
        "    ├── handler GET /bills → bills  examples/orders/billing.py:43\n"
        "    │   └── orders: Orders  adapter orders\n"
        "    ├── handler GET /bills/failed → failed  examples/orders/billing.py:48\n"
        "    │   └── brokers: Brokers  adapter brokers\n"
        "    ├── handler POST /bills/failed/again → again  examples/orders/billing.py:55\n"
        "    │   └── brokers: Brokers  adapter brokers\n"
    )


@pytest.mark.parametrize("columns", [80, 140])
@pytest.mark.parametrize("command", ["graph", "check"])
def test_on_a_terminal_the_example_fits_with_the_same_words(columns, command, tmp_path):
    (tmp_path / "run").mkdir()
    arguments = [ROSTRA, command, "examples/orders"]
    surroundings = {**environment(tmp_path), "TERM": "xterm"}
    surroundings = {key: value for key, value in surroundings.items() if key not in {"NO_COLOR", "COLUMNS"}}

    seen = shown(arguments, house.ROOT, columns, surroundings)
    plain = shown([*arguments, "--no-color"], house.ROOT, columns, surroundings)

    assert (seen.returncode, seen.has_colours, plain.has_colours) == (0, True, False)
    assert max(map(len, seen.text.splitlines())) <= columns
    assert words(seen.text) == words(plain.text) == words(ended(house.ROOT, *map(str, arguments[1:])).stdout)


def words(text: str) -> list[str]:
    """The words of a tree, without its lines and without the times."""
    return re.sub(r"[│├└─]", " ", TIMES.sub("N ms", " ".join(text.split()))).split()


def test_without_a_terminal_no_escape_sequence_is_written(folder):
    told = ended(folder, "graph", "shop.py", TERM="xterm", COLUMNS=os.environ.get("COLUMNS", "80"))

    assert "\x1b" not in told.stdout


PAGE = house.ROOT / "docs/how-to/stage-made-of.rst"


def test_the_page_shows_what_the_command_writes(tmp_path):
    text = PAGE.read_text()
    program, *sessions = re.findall(
        r"code-block:: (?:python\n   :caption: shop.py|console)\n\n((?:   .*\n|\n)+)", text
    )
    whole, lacking, _pictures, for_programs = map(textwrap.dedent, sessions)
    (tmp_path / "shop.py").write_text(textwrap.dedent(program))

    told = ended(tmp_path, "graph", "shop.py").stdout
    needed_by = next(
        each for each in graph_of(tmp_path, "shop.py")["adapters"] if each["type"] == "Database"
    )["needed_by"]
    (tmp_path / "shop.py").write_text(textwrap.dedent(program).replace("    di.register(Orders)\n", "\n"))
    told_then = ended(tmp_path, "graph", "shop.py").stdout

    shown = TIMES.sub("N ms", whole.partition("shop.py\n")[2].partition("└── plugin")[0])
    assert TIMES.sub("N ms", told).startswith(shown)
    assert lacking.strip().removeprefix("$ rostra graph shop.py\n...\n").removesuffix("...") in told_then
    assert for_programs.strip().endswith("\n".join(needed_by))
