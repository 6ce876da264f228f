"""In which order plugins are prepared: against a model, over random graphs of who loads whom."""

import asyncio
import itertools
import pickle
import textwrap

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rostra import plugin
from rostra.errors import PluginCycleError, PluginError
from rostra.plugin.loading import path_between

NUMBERS = st.integers(0, 6)
GRAPHS = st.dictionaries(NUMBERS, st.lists(NUMBERS, max_size=4), max_size=7)


class World:
    """Plugins that load each other as a graph says, and when each began and ended."""

    def __init__(self, graph: dict[int, list[int]]) -> None:
        self.graph = graph
        self.begun: list[int] = []
        self.ended: list[int] = []
        self.one_by_one = {number: self._one_by_one(number) for number in range(7)}
        self.at_once = {number: self._at_once(number) for number in range(7)}

    def _one_by_one(self, number: int):
        async def prepare(load: plugin.Loader):
            self.begun.append(number)
            for other in self.graph.get(number, ()):
                await load(self.one_by_one[other])
            self.ended.append(number)

        prepare.__qualname__ = f"p{number}"
        return prepare

    def _at_once(self, number: int):
        async def prepare(load: plugin.Loader):
            self.begun.append(number)
            await asyncio.gather(*(load(self.at_once[other]) for other in self.graph.get(number, ())))
            self.ended.append(number)

        prepare.__qualname__ = f"p{number}"
        return prepare


async def staged(prepare) -> PluginCycleError | None:
    """Prepare it in a stage; the circle, if there is one."""
    try:
        async with plugin.Stage(prepare):
            return None
    except PluginCycleError as circle:
        return circle


def modelled(graph: dict[int, list[int]], root: int) -> tuple[list[int], list[int], bool]:
    """Which plugins begin and end, in order, and whether there is no circle: a plain search in depth."""
    begun: list[int] = []
    ended: list[int] = []

    def visit(number: int, above: tuple[int, ...]) -> bool:
        begun.append(number)
        for other in graph.get(number, ()):
            if (
                other != number
                and other not in ended
                and (other in above or not visit(other, (*above, number)))
            ):
                return False
        ended.append(number)
        return True

    return begun, ended, visit(root, ())


def reaches_a_circle(graph: dict[int, list[int]], root: int) -> bool:
    return not modelled(graph, root)[2]


@given(GRAPHS)
def test_one_by_one_plugins_are_prepared_as_a_search_in_depth_finds_them(graph):
    world = World(graph)
    begun, ended, is_sound = modelled(graph, 0)

    circle = asyncio.run(staged(world.one_by_one[0]))

    assert (world.begun, world.ended, circle is None) == (begun, ended, is_sound)


@given(GRAPHS)
def test_at_once_each_is_prepared_once_and_whole_before_whoever_loads_it_goes_on(graph):
    world = World(graph)

    circle = asyncio.run(staged(world.at_once[0]))

    assert (circle is not None) == reaches_a_circle(graph, 0)
    assert len(set(world.begun)) == len(world.begun)
    for number in world.ended:
        for other in graph.get(number, ()):
            assert other == number or world.ended.index(other) < world.ended.index(number)


@given(GRAPHS, st.booleans())
def test_the_path_of_a_circle_is_one_in_the_graph(graph, at_once):
    world = World(graph)

    circle = asyncio.run(staged((world.at_once if at_once else world.one_by_one)[0]))

    if circle is not None:
        path = [int(name.rpartition("p")[2]) for name in circle.path]
        assert path[0] == path[-1]
        assert all(after in graph[before] for before, after in itertools.pairwise(path))


@given(GRAPHS, NUMBERS, NUMBERS)
def test_a_path_of_waiting_is_found_exactly_if_there_is_one(graph, start, goal):
    reached, frontier = {start}, [start]
    while frontier:
        frontier = [after for node in frontier for after in graph.get(node, ()) if after not in reached]
        reached.update(frontier)

    path = path_between(start, goal, lambda node: graph.get(node, ()))

    assert (path is not None) == (goal in reached)
    if path is not None:
        assert (path[0], path[-1]) == (start, goal)
        assert all(after in graph[before] for before, after in itertools.pairwise(path))


@pytest.mark.asyncio
async def test_a_circle_is_drawn_with_the_places_where_it_is_closed():
    async def first(load: plugin.Loader):
        await load(second)

    async def second(load: plugin.Loader):
        await load(third)

    async def third(load: plugin.Loader):
        await load(first)

    with pytest.raises(PluginCycleError) as caught:
        async with plugin.Stage(first):
            pass

    lines = [each.__code__.co_firstlineno + 1 for each in (first, second, third)]
    assert str(caught.value) == textwrap.dedent(f"""\
        plugins load each other in a circle: tests.test_plugin_order:first → tests.test_plugin_order:second → \
tests.test_plugin_order:third → tests.test_plugin_order:first
          tests.test_plugin_order:first           tests/test_plugin_order.py:{lines[0]}
          └ loads tests.test_plugin_order:second  tests/test_plugin_order.py:{lines[1]}
          └ loads tests.test_plugin_order:third   tests/test_plugin_order.py:{lines[2]}
          └ loads tests.test_plugin_order:first
          why     each would have to be prepared before the other
          to fix  move what both need into a plugin of its own, and load that from both""")
    assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)


@pytest.mark.asyncio
async def test_loading_oneself_is_nothing():
    said = []

    async def prepare(load: plugin.Loader):
        await load(prepare)
        said.append("went on")

    async with plugin.Stage(prepare):
        pass

    assert said == ["went on"]


@pytest.mark.asyncio
async def test_several_names_are_loaded_one_after_the_other_and_give_nothing():
    order = []

    async def first():
        order.append("first begins")
        await asyncio.sleep(0)
        order.append("first ends")

    async def second():
        order.append("second")

    async def prepare(load: plugin.Loader):
        order.append(await load(first, second))

    async with plugin.Stage(prepare):
        pass

    assert order == ["first begins", "first ends", "second", None]


@pytest.mark.asyncio
async def test_loading_one_that_is_being_prepared_waits_for_it():
    order = []
    free = asyncio.Event()

    async def slow():
        await free.wait()
        order.append("slow")

    async def one(load: plugin.Loader):
        await load(slow)
        order.append("one")

    async def other(load: plugin.Loader):
        free.set()
        await load(slow)
        order.append("other")

    async def prepare(load: plugin.Loader):
        await asyncio.gather(load(one), load(other))

    async with plugin.Stage(prepare):
        pass

    assert order == ["slow", "one", "other"]


@pytest.mark.asyncio
async def test_whoever_loads_a_plugin_that_failed_gets_what_it_raised():
    caught = []

    async def broken():
        raise ValueError("no")

    async def prepare(load: plugin.Loader):
        for _ in range(2):
            try:
                await load(broken)
            except ValueError as error:
                caught.append(error)

    async with plugin.Stage(prepare):
        pass

    assert caught[0] is caught[1]
    assert caught[0].__notes__ == [
        "while preparing plugin tests.test_plugin_order:broken, loaded by tests.test_plugin_order:prepare"
    ]


@pytest.mark.asyncio
async def test_a_load_that_is_given_up_ends_the_preparation():
    order = []

    async def slow():
        try:
            await asyncio.Event().wait()
        finally:
            order.append("slow ended")

    async def prepare(load: plugin.Loader):
        loading = asyncio.ensure_future(load(slow))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        loading.cancel()
        await asyncio.wait([loading])
        order.append("went on")

    async with plugin.Stage(prepare):
        pass

    assert order == ["slow ended", "went on"]


@pytest.mark.asyncio
async def test_a_load_that_is_given_up_goes_on_for_another_that_waits():
    order = []
    free = asyncio.Event()

    async def slow():
        await free.wait()
        order.append("slow")

    async def prepare(load: plugin.Loader):
        given_up, kept = asyncio.ensure_future(load(slow)), asyncio.ensure_future(load(slow))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        given_up.cancel()
        free.set()
        await kept
        order.append("went on")

    async with plugin.Stage(prepare):
        pass

    assert order == ["slow", "went on"]


@pytest.mark.asyncio
async def test_a_preparation_that_nobody_awaits_is_whole_before_tasks_start():
    order = []
    begun = asyncio.Event()

    async def slow():
        begun.set()
        await asyncio.sleep(0)
        order.append("slow")

    async def run():
        order.append("task")

    keep = []

    async def prepare(load: plugin.Loader):
        keep.append(asyncio.ensure_future(load(slow)))
        await begun.wait()
        yield run

    async with plugin.Stage(prepare) as stage:
        await stage.run()

    assert order == ["slow", "task"]


@pytest.mark.asyncio
async def test_a_preparation_that_ends_cancelled_though_nobody_cancelled_it_is_an_error():
    async def lost():
        raise asyncio.CancelledError

    async def prepare(load: plugin.Loader):
        await load(lost)

    with pytest.raises(PluginError, match="ended cancelled, though nobody cancelled it") as caught:
        async with plugin.Stage(prepare):
            pass

    assert str(caught.value) == (
        "preparing plugin tests.test_plugin_order:lost, loaded by tests.test_plugin_order:prepare "
        "ended cancelled, though nobody cancelled it"
    )
