"""The asynchronous fixtures behind the pytest plugin, one of each for every loop that a test may run in.

Only the pytest plugin registers this module, when the first test asks for a stage. pytest-asyncio runs a fixture's
set-up and teardown and the test in tasks of their own; what the set-up does to the context is seen by the test.
"""

import asyncio
import functools
import inspect
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from typing import Any, Literal, TypeAlias

import pytest
import pytest_asyncio

from rostra import context, di
from rostra.components import Components
from rostra.config import ConfigSource
from rostra.errors import PytestMarkError
from rostra.plugin import Phase, Stage

LoopScope: TypeAlias = Literal["function", "class", "module", "package", "session"]

_MARK = "rostra_plugins"
_NO_COROUTINE = (
    "{0} asks for rostra_run, and tasks run only while the event loop does, which a test that is no coroutine "
    "function keeps from turning: write `async def {0}`"
)


def _stage_in(loop_scope: LoopScope) -> Any:
    @pytest_asyncio.fixture(loop_scope=loop_scope, name=f"_rostra_stage_in_{loop_scope}_loop")
    async def prepared(
        request: pytest.FixtureRequest, rostra_config_source: Any, rostra_context: Components
    ) -> AsyncIterator[Stage]:
        """The plugins of the marks are prepared, and the test sees a layer of its own on top of theirs."""
        plugins = _marked_plugins(request.node)
        config = _settings(rostra_config_source)
        async with Stage(*plugins, components=rostra_context, config=config) as stage:
            layer = stage.components.push(f"test {request.node.name}")
            layer.add(di.Unscoped())
            with context.use(layer):
                yield stage

    return prepared


def _run_in(loop_scope: LoopScope) -> Any:
    @pytest_asyncio.fixture(loop_scope=loop_scope, name=f"_rostra_run_in_{loop_scope}_loop")
    async def running(request: pytest.FixtureRequest, rostra_stage: Stage) -> AsyncIterator[Stage]:
        """The tasks run until the test ends; then the stage stops in order."""
        # hypothesis keeps the test's function in a place of its own
        holder, name = getattr(request.node.obj, "hypothesis", None), "inner_test"
        if holder is None:
            holder, name = request.node, "obj"
        body = getattr(holder, name)
        if not inspect.iscoroutinefunction(body):
            pytest.fail(_NO_COROUTINE.format(request.node.name), pytrace=False)
        await rostra_stage.start()
        setattr(holder, name, _unless_it_fails(body, rostra_stage))
        yield rostra_stage
        setattr(holder, name, body)

    return running


stage_in_function_loop, run_in_function_loop = _stage_in("function"), _run_in("function")
stage_in_class_loop, run_in_class_loop = _stage_in("class"), _run_in("class")
stage_in_module_loop, run_in_module_loop = _stage_in("module"), _run_in("module")
stage_in_package_loop, run_in_package_loop = _stage_in("package"), _run_in("package")
stage_in_session_loop, run_in_session_loop = _stage_in("session"), _run_in("session")


def _marked_plugins(test: pytest.Item) -> Iterator[Any]:
    """The plugins of all marks: the module's first, then the class's, then the test's."""
    for mark in reversed(list(test.iter_markers(_MARK))):
        if mark.kwargs:
            given = ", ".join(f"{key}=..." for key in mark.kwargs)
            reason = "it takes plugins and nothing else; settings come from the fixture rostra_config_source"
            raise PytestMarkError(f"{_MARK}(..., {given})", test.name, reason, f"{_MARK}(...)")
        yield from mark.args


def _unless_it_fails(
    body: Callable[..., Coroutine[Any, Any, None]], stage: Stage
) -> Callable[..., Coroutine[Any, Any, None]]:
    """The test's body, which is cancelled when a task of the stage fails: what it waits for would never come."""

    @functools.wraps(body)
    async def test(*args: Any, **kwargs: Any) -> None:
        running = asyncio.ensure_future(body(*args, **kwargs))
        end = asyncio.ensure_future(stage.lifecycle.wait_for(Phase.STOPPED))
        try:
            await asyncio.wait({running, end}, return_when=asyncio.FIRST_COMPLETED)
            if not running.done():
                await stage.run()  # it has ended: this only raises what went wrong
            await running
        finally:
            end.cancel()
            running.cancel()
            await asyncio.wait({running, end})

    return test


def _settings(source: Any) -> ConfigSource:
    return source if isinstance(source, ConfigSource) else ConfigSource(source)
