"""The pytest plugin: a mark and fixtures that put a test on a stage.

``@pytest.mark.rostra_plugins("myapp")`` prepares the plugin before the test and runs the test's body in a layer
of its own on top of the stage. pytest-asyncio gives the event loop, in strict and in auto mode. Suites that use
none of this are left alone: there is no autouse fixture, and what is needed is imported when a test asks for it.
"""

import inspect
from collections.abc import Awaitable, Callable, Generator, Iterator, Mapping
from typing import Any

import pytest

_MARK = "rostra_plugins"
_LINE = (
    "rostra_plugins(*plugins): run the test on a stage that has prepared these plugins; implies asyncio. "
    "A single callable is given as rostra_plugins.with_args(prepare)."
)


def pytest_configure(config: pytest.Config) -> None:
    """Make the mark known."""
    config.addinivalue_line("markers", _LINE)


@pytest.hookimpl(wrapper=True)
def pytest_generate_tests(metafunc: pytest.Metafunc) -> Generator[None]:
    """Let pytest-asyncio see an asyncio test when it asks for loop factories."""
    _imply_asyncio(metafunc.definition)
    return (yield)


@pytest.hookimpl(wrapper=True, trylast=True)
def pytest_pycollect_makeitem(
    collector: pytest.Module | pytest.Class, name: str, obj: object
) -> Generator[None, Any, Any]:
    """Give marked tests the stage and the asyncio mark.

    This is the innermost wrapper: pytest-asyncio's, which turns what bears its mark into tests of its own kind,
    comes after it.
    """
    if inspect.iscoroutine(obj) or inspect.isasyncgen(obj):
        _refuse_decorated_plugin(collector, name, obj)
    made = yield
    for item in made if isinstance(made, list) else [made]:
        if isinstance(item, pytest.Function) and item.get_closest_marker(_MARK):
            _imply_asyncio(item)
            _imply_stage(item)
    return made


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """Explain the TypeError that a module ends with whose mark decorated a plugin instead of naming it."""
    report = yield
    call = getattr(report, "call", None)
    if call is not None and call.excinfo is not None and call.excinfo.errisinstance(TypeError):
        for decorated in _decorated_plugins(call.excinfo.traceback[-1].frame.f_globals):
            if f"{decorated.__qualname__}()" in str(call.excinfo.value):
                report.sections.append(("rostra", str(_mistaken_mark(decorated.__name__, "the test"))))
    return report


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Show of a test on a stage that failed what its author has written, unless pytest is to show all."""
    if call.excinfo is not None and item.get_closest_marker(_MARK) and not item.config.getoption("fulltrace"):
        from rostra.testing.frames import leave_out_ours

        error = call.excinfo.value
        leave_out_ours(error)
        call.excinfo = pytest.ExceptionInfo.from_exception(error)
    return (yield)


@pytest.fixture
def rostra_config_source() -> Any:
    """The settings of the test's stage: none. Override it with a dict or a ConfigSource of your own."""
    from rostra.config import ConfigSource

    return ConfigSource()


@pytest.fixture
def rostra_context() -> Iterator[Any]:
    """The layer under the stage: what is added to it before the stage prepares is seen by its plugins."""
    from rostra import context

    with context.child("test context") as layer:
        yield layer


@pytest.fixture
def rostra_stage(request: pytest.FixtureRequest) -> Any:
    """The stage that has prepared the plugins of the mark. Its tasks do not run; see rostra_run."""
    return request.getfixturevalue(_in_the_loop_of(request, "rostra_stage"))


@pytest.fixture
def rostra_plugin_context(rostra_stage: Any) -> Any:
    """The stage's own layer: what its plugins added, and what its tasks and handlers see."""
    return rostra_stage.components


@pytest.fixture
def rostra_load(rostra_stage: Any) -> Callable[..., Awaitable[None]]:
    """The way to have more plugins on the test's stage: it is called with them, and awaited."""
    from rostra.plugin import Loader

    load: Callable[..., Awaitable[None]] = rostra_stage.components.get(Loader)
    return load


@pytest.fixture
def rostra_run(request: pytest.FixtureRequest) -> Any:
    """The stage with its tasks running until the test ends. A task that fails ends the test, and fails it."""
    return request.getfixturevalue(_in_the_loop_of(request, "rostra_run"))


def _in_the_loop_of(request: pytest.FixtureRequest, fixture: str) -> str:
    """The name of the asynchronous fixture that lives in the same event loop as the test.

    A fixture's loop is fixed where it is defined, so there is one for each scope that a loop can have. They are
    defined when the first test asks for a stage.
    """
    plugins = request.config.pluginmanager
    if not plugins.hasplugin("asyncio"):
        from rostra.errors import AsyncioMissingError

        pytest.fail(str(AsyncioMissingError(request.node.name)), pytrace=False)
    if not plugins.hasplugin("rostra_stages"):
        from rostra.testing import stages

        plugins.register(stages, "rostra_stages")
    asyncio_mark = request.node.get_closest_marker("asyncio")
    default = request.config.getini("asyncio_default_test_loop_scope")
    loop_scope = (asyncio_mark and asyncio_mark.kwargs.get("loop_scope")) or default
    return f"_{fixture}_in_{loop_scope}_loop"


def _imply_asyncio(item: pytest.Function) -> None:
    """Mark an asynchronous test as one of pytest-asyncio's, unless it is or there is no pytest-asyncio."""
    if (
        item.get_closest_marker(_MARK)
        and not item.get_closest_marker("asyncio")
        and item.config.pluginmanager.hasplugin("asyncio")
        and _is_async(item.obj)
    ):
        item.add_marker("asyncio")


def _is_async(test: Any) -> bool:
    function = getattr(test, "__func__", test)
    hypothesis = getattr(function, "hypothesis", None)
    return inspect.iscoroutinefunction(getattr(hypothesis, "inner_test", function))


def _imply_stage(item: pytest.Function) -> None:
    """Let the test use ``rostra_stage``: after the fixtures that are used by all, before those it names itself."""
    names = item.fixturenames
    if "rostra_stage" in names:
        return
    fixtures = item._fixtureinfo  # noqa: SLF001  (a test's own fixtures, by scope, are told nowhere else)
    named = (
        place
        for place, name in enumerate(names)
        if name in fixtures.argnames
        and not any(each.scope != "function" for each in fixtures.name2fixturedefs.get(name, ())[-1:])
    )
    names.insert(next(named, len(names)), "rostra_stage")


def _refuse_decorated_plugin(collector: pytest.Collector, name: str, obj: Any) -> None:
    """Report a test that ``@mark.rostra_plugins(prepare)`` has replaced by what ``prepare(test)`` returned."""
    module = getattr(collector.getparent(pytest.Module), "obj", collector)
    for decorated in _decorated_plugins(vars(module)):
        if decorated.__qualname__ == obj.__qualname__:
            if inspect.iscoroutine(obj):
                obj.close()
            raise pytest.Collector.CollectError(str(_mistaken_mark(decorated.__name__, name)))


def _decorated_plugins(module: Mapping[str, Any]) -> Iterator[Any]:
    """Functions in a module, or in the modules it imports, that bear the mark without being given any plugin."""
    named = list(module.values())
    for candidate in (
        *named,
        *(each for other in filter(inspect.ismodule, named) for each in vars(other).values()),
    ):
        marks = getattr(candidate, "pytestmark", ()) if inspect.isfunction(candidate) else ()
        if any(getattr(mark, "name", None) == _MARK and not mark.args for mark in marks):
            yield candidate


def _mistaken_mark(plugin: str, test: str) -> Exception:
    from rostra.errors import PytestMarkError

    reason = f"pytest takes a mark's only argument, if that is a function, for the test: it marked {plugin}"
    return PytestMarkError(f"{_MARK}({plugin})", test, reason, f"{_MARK}.with_args({plugin})")
