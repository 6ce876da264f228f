"""What an error proposes: what brings a class that is missing, and what the one who asks can write."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Annotated, Any, Protocol

import pytest
from di_stage import a_stage

from rostra import di, plugin
from rostra.di.suggesting import plugin_of
from rostra.errors import ResolveError
from rostra.installed import EntryPoint

LENDING = """
    from rostra import context

    class Book:
        def __init__(self, title: str) -> None:
            self.title = title

    class Shelf:
        def __init__(self, book: Book) -> None: ...

    async def prepare():
        {adds}
"""


@pytest.fixture
def lending(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """Installs a plugin, named ``lending``, and gives its module."""

    def install(name: str, adds: str = "context.add(Book('Walden'))") -> Any:
        lines = LENDING.format(adds=adds).splitlines()
        (tmp_path / f"{name}.py").write_text("\n".join(line.removeprefix("    ") for line in lines))
        about = tmp_path / f"{name}-1.0.dist-info"
        about.mkdir()
        (about / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        (about / "entry_points.txt").write_text(f"[rostra.plugins]\nlending = {name}\n")
        monkeypatch.syspath_prepend(tmp_path)
        return __import__(name)

    return install


def reader_of(cls: type) -> Any:
    async def prepare(needed: Any) -> None: ...

    prepare.__annotations__ = {"needed": cls, "return": None}
    return prepare


def fix_of(*plugins: Any) -> str:
    with pytest.raises(ResolveError) as caught:
        plugin.stage(*plugins)
    (fix,) = caught.value.fixes
    return fix


def test_a_plugin_that_is_installed_and_not_loaded_is_named(lending) -> None:
    lent = lending("lending_unloaded")

    assert fix_of(reader_of(lent.Book)) == (
        'await load("lending_unloaded") first, or run it before this one: rostra run lending ...'
    )
    assert "await load" in fix_of(reader_of(lent.Shelf))  # also what could be made if it were registered


def test_what_is_proposed_helps(lending) -> None:
    lent = lending("lending_helps")

    plugin.stage("lending", reader_of(lent.Book))


def test_a_plugin_that_is_loaded_already_is_not_named(lending) -> None:
    lent = lending("lending_nothing", adds="pass")

    assert fix_of("lending", reader_of(lent.Book)).endswith("context.add(Book(...))")


@pytest.mark.asyncio
async def test_where_no_stage_runs_no_plugin_is_named(lending) -> None:
    lent = lending("lending_alone")

    with pytest.raises(ResolveError) as caught:
        await di.nject(lent.Book)

    assert "load(" not in caught.value.fixes[0]


def test_what_rostra_itself_has_is_not_brought_by_its_plugins() -> None:
    assert "load(" not in fix_of(reader_of(EntryPoint))


@pytest.mark.parametrize(
    ("module", "name"),
    [
        ("shop", "near"),
        ("shop.models", "near"),
        ("shop.http", "http"),
        ("shop.http.pages", "http"),
        ("shop.https", "near"),
        ("shopping", None),
        ("other.shop", None),
    ],
)
def test_of_several_plugins_of_a_package_the_nearest_is_meant(module: str, name: str | None) -> None:
    installed = [
        EntryPoint("near", "shop:prepare", "shop"),
        EntryPoint("http", "shop.http", "shop"),
        EntryPoint("others", "others", "others"),
    ]

    found = plugin_of(module, installed)

    assert (found.name if found else None) == name


def test_a_plugin_beside_the_module_will_do() -> None:
    found = plugin_of("shop.models", [EntryPoint("shop", "shop.service:prepare", "shop")])

    assert found is not None
    assert found.name == "shop"


class Store: ...


class Address(Protocol): ...


def taking(needed: Any) -> Any:
    async def task(it: Any) -> None: ...

    task.__annotations__ = {"it": needed, "return": None}
    return task


def of_task(needed: Any, *adapters: Any) -> str:
    """What is proposed for a task that needs this."""

    async def prepare() -> AsyncIterator[Any]:
        di.register(*adapters)
        yield taking(needed)

    return fix_of(prepare)


def test_who_is_called_by_rostra_is_told_to_give_no_value() -> None:
    assert of_task(Store) == "in prepare: di.register(Store) or context.add(Store(...))"
    assert of_task(Address) == (
        "mark a function -> Address with @di.adapter, or in prepare: context.add(Address(...))"
    )
    assert fix_of(reader_of(Store)) == (
        "in a prepare before this one: di.register(Store) or context.add(Store(...))"
    )


def test_a_class_of_the_plugin_may_be_marked_where_it_stands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(tmp_path)
    lines = (
        "class Shelf: ...",
        "async def stock(shelf: Shelf): ...",
        "async def prepare():",
        "    yield stock",
    )
    (tmp_path / "shelving.py").write_text("\n".join(lines))

    assert fix_of("shelving") == (
        "mark the class with @di.adapter, or in prepare: di.register(Shelf) or context.add(Shelf(...))"
    )


def test_a_builtin_that_nobody_can_give_needs_another_type_or_a_default() -> None:
    class Pool:
        def __init__(self, url: str) -> None: ...

    assert of_task(Pool, Pool) == (
        "give the parameter a default, or let it take a section of the settings, or a type of your own"
    )


@pytest.mark.asyncio
async def test_who_asks_by_hand_is_told_how_to_give_the_value() -> None:
    class Shop:
        def __init__(self, store: Store) -> None: ...

    def sell(store: Store) -> None: ...

    injected = di.inject(sell)
    fixes = []
    async with a_stage(Shop) as layer:
        layer.get(di.Registry).add_root(di.Root(injected, "sell"))
        for ask in (lambda: di.nject(Shop), lambda: di.call(taking(Store)), injected):
            with pytest.raises(ResolveError) as caught:
                await ask()
            fixes.append(caught.value.fixes[0].rpartition(", or ")[2])

    assert fixes == ["nject(..., store=...)", "di.call(..., it=...)", "sell(..., store=...)"]


@pytest.mark.asyncio
async def test_an_adapter_as_it_is_proposed_gives_what_has_a_name() -> None:
    wanted = Annotated[Store, di.Named("replica")]
    made = Store()

    def store() -> Annotated[Store, di.Named("replica")]:
        return made

    async with a_stage():
        with pytest.raises(ResolveError, match=r'Annotated\[Store, di.Named\("replica"\)\]'):
            await di.nject(wanted)
        di.register(store)

        assert await di.nject(wanted) is made
