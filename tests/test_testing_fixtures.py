"""The mark and the fixtures of the pytest plugin, used as any application's tests would.

``test_testing_pytest.py`` runs this file a second time, in the auto mode of pytest-asyncio.
"""

import asyncio

import attrs
import pytest
import pytest_asyncio
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rostra import config, context, di, plugin
from rostra.testing import Journal, checkpoint


class Shelf(list[str]): ...


@attrs.frozen
class ShelfConfig(config.Config, section="shelf"):
    size: int = 3


async def fill(shelf: Shelf) -> None:
    shelf.append("a book")
    await asyncio.Event().wait()


async def shop(shelf_settings: ShelfConfig, teardown: plugin.Teardown):
    shelf = context.add(Shelf())
    journal = context.find(Journal).get(None)
    if journal is not None:
        journal.open("shelf")
        teardown.add(lambda: journal.close("shelf"))
    assert shelf == []
    yield plugin.task(fill, background=True)


on_stage = pytest.mark.rostra_plugins.with_args(shop)


@on_stage
async def test_the_test_sees_what_the_plugins_of_its_mark_have_made():
    assert context.get(Shelf) == []
    assert await di.nject(ShelfConfig) == ShelfConfig(size=3)


@on_stage
def test_a_test_that_is_no_coroutine_function_sees_it_too():
    assert context.get(Shelf) == []


@pytest.mark.rostra_plugins
async def test_a_stage_may_be_without_plugins():
    with pytest.raises(LookupError):
        context.get(Shelf)


@on_stage
@pytest.mark.parametrize("number", [1, 2])
async def test_each_test_runs_in_a_layer_of_its_own(number: int, rostra_plugin_context):
    labels = [layer.label for layer in context.current_context().layers()]

    assert labels[0] == f"test test_each_test_runs_in_a_layer_of_its_own[{number}]"
    assert labels[1:] == ["stage", "test context"]
    assert context.find(Journal) == {}
    context.add(Journal())
    assert rostra_plugin_context.find(Journal) == {}
    assert rostra_plugin_context.get(Shelf) is context.get(Shelf)


@on_stage
async def test_a_test_is_in_no_scope(rostra_stage: plugin.Stage):
    async def resource():
        yield Journal()

    resource.__annotations__["return"] = "AsyncIterator[Journal]"
    assert isinstance(context.get(di.Scope), di.Unscoped)
    assert not isinstance(rostra_stage.components.get(di.Scope), di.Unscoped)


class Order(list[str]): ...


def adds(name: str):
    async def prepare() -> None:
        (context.find(Order).get(None) or context.add(Order())).append(name)

    return prepare


@pytest.mark.rostra_plugins.with_args(adds("class"))
class TestMarksAddUp:
    @pytest.mark.rostra_plugins(adds("test"), adds("second"))
    async def test_from_the_outermost_to_the_tests_own(self):
        assert context.get(Order) == ["class", "test", "second"]

    async def test_that_of_the_class_alone(self):
        assert context.get(Order) == ["class"]

    @staticmethod
    async def test_in_a_static_method():
        assert context.get(Order) == ["class"]

    def test_without_a_coroutine_function(self):
        assert context.get(Order) == ["class"]


class TestSettings:
    @pytest.fixture
    def rostra_config_source(self):
        return {"shelf": {"size": 7}}

    @on_stage
    async def test_come_from_a_dict(self):
        assert await di.nject(ShelfConfig) == ShelfConfig(size=7)

    class TestAgain:
        @pytest.fixture
        def rostra_config_source(self, rostra_config_source):
            return config.ConfigSource(rostra_config_source, {"shelf": {"size": 8}})

        @on_stage
        async def test_come_from_a_source(self):
            assert await di.nject(ShelfConfig) == ShelfConfig(size=8)


@pytest.fixture(scope="module")
def catalogue():
    return "all books"


class TestOrderOfFixtures:
    @pytest.fixture(autouse=True)
    def journal(self, rostra_context):
        journal = rostra_context.add(Journal())
        yield
        assert journal.closed == journal.opened

    @pytest.fixture
    def shelf(self):
        return context.get(Shelf)

    @on_stage
    async def test_the_stage_is_after_those_used_by_all_and_before_those_the_test_names(
        self, catalogue, shelf
    ):
        assert shelf == []
        assert context.get(Journal).still_open == ["shelf"]


@pytest_asyncio.fixture
async def book():
    context.get(Shelf).append("a book")
    yield asyncio.get_running_loop()
    context.get(Shelf).remove("a book")


@on_stage
async def test_asynchronous_fixtures_live_in_the_loop_and_see_the_layer(book):
    assert context.get(Shelf) == ["a book"]
    assert book is asyncio.get_running_loop()


loops: dict[str, set[asyncio.AbstractEventLoop]] = {}


async def notes_its_loop(request: "Asked") -> None:
    loops.setdefault(request.scope, set()).add(asyncio.get_running_loop())


@attrs.frozen
class Asked:
    scope: str


class LoopScopes:
    @pytest.fixture(autouse=True)
    def asked(self, rostra_context, request):
        self.scope = rostra_context.add(
            Asked(request.node.get_closest_marker("asyncio").kwargs["loop_scope"])
        ).scope

    @pytest.mark.rostra_plugins.with_args(notes_its_loop)
    async def test_the_stage_lives_in_the_loop_of_the_test(self):
        assert loops[self.scope] == {asyncio.get_running_loop()}

    @pytest.mark.rostra_plugins.with_args(notes_its_loop)
    async def test_so_do_its_tasks(self, rostra_run):
        assert loops[self.scope] == {asyncio.get_running_loop()}


@pytest.mark.asyncio(loop_scope="class")
class TestLoopOfClass(LoopScopes): ...


@pytest.mark.asyncio(loop_scope="module")
class TestLoopOfModule(LoopScopes): ...


@pytest.mark.asyncio(loop_scope="package")
class TestLoopOfPackage(LoopScopes): ...


@pytest.mark.asyncio(loop_scope="session")
class TestLoopOfSession(LoopScopes): ...


@on_stage
async def test_tasks_do_not_run_on_a_stage_that_is_only_prepared(rostra_stage: plugin.Stage):
    for _ in range(20):
        await checkpoint()

    assert context.get(Shelf) == []
    assert rostra_stage.phase is plugin.Phase.PREPARING


async def serve(started: plugin.Started, cancel: plugin.Cancel, journal: Journal) -> None:
    started()
    with journal.held("served"):
        await cancel.wait()


async def server():
    yield serve


@pytest.fixture
def journal(rostra_context):
    journal = rostra_context.add(Journal())
    yield journal
    assert journal.closed == journal.opened[::-1] == ["served", "shelf"]


@pytest.mark.usefixtures("journal")
@pytest.mark.rostra_plugins(shop, server)
async def test_tasks_run_during_a_test_that_asks_for_it_and_stop_in_order(rostra_run: plugin.Stage):
    assert rostra_run.phase is plugin.Phase.RUNNING
    assert context.get(Shelf) == ["a book"]


@pytest.mark.usefixtures("journal")
@pytest.mark.rostra_plugins(shop, server)
async def test_a_test_goes_on_when_the_stage_was_stopped_in_order(rostra_run: plugin.Stage):
    rostra_run.stop()
    await rostra_run.lifecycle.wait_for(plugin.Phase.STOPPED)
    await checkpoint()

    assert context.get(Journal).still_open == []


@pytest.mark.rostra_plugins
async def test_more_plugins_are_loaded_during_the_test(rostra_load):
    await rostra_load(shop)

    assert context.get(Shelf) == []


@pytest.mark.asyncio
async def test_they_start_at_once_where_tasks_run(rostra_run, rostra_load):
    await rostra_load(shop)

    while context.get(Shelf) != ["a book"]:
        await checkpoint()


async def job():
    yield checkpoint


@pytest.mark.rostra_plugins.with_args(job)
async def test_a_test_goes_on_when_all_tasks_are_done(rostra_run: plugin.Stage):
    for _ in range(20):
        await checkpoint()

    assert rostra_run.phase is plugin.Phase.RUNNING


@on_stage
@settings(max_examples=5, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers())
async def test_properties_are_tested_on_a_stage(number: int):
    assert context.get(Shelf) == []


@on_stage
@settings(max_examples=5, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(number=st.integers())
async def test_properties_are_tested_while_tasks_run(rostra_run: plugin.Stage, number: int):
    assert context.get(Shelf) == ["a book"]


def test_the_context_can_be_had_without_a_stage(rostra_context):
    journal = rostra_context.add(Journal())

    assert context.get(Journal) is journal
