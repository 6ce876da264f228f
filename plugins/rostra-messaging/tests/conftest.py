"""A running stage whose handlers are given as functions, and who tells how each message ended."""

import asyncio
import itertools
import sys
import types
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any, TypeAlias

import attrs
import pytest

from rostra import context, di, plugin
from rostra.clock import Clock
from rostra.components import Components
from rostra.metrics import Metrics, Spec
from rostra.testing import ManualClock
from rostra_messaging import Broker, Brokers, DeadLetter, Publisher

PATIENCE = 20.0

_names = itertools.count()


@attrs.define(eq=False)
class Endings:
    """How messages ended, one after another: an exporter of metrics."""

    seen: "asyncio.Queue[tuple[str, str]]" = attrs.field(factory=asyncio.Queue)

    def record(self, spec: Spec, value: float, labels: Mapping[str, str]) -> None:
        if spec.name == "message_handling_seconds":
            self.seen.put_nowait((labels["queue"], labels["outcome"]))

    async def next(self, count: int = 1) -> list[tuple[str, str]]:
        """The queue and the outcome of the next tries."""
        async with asyncio.timeout(PATIENCE):
            return [await self.seen.get() for _ in range(count)]


@attrs.define(eq=False)
class Running:
    """A stage that runs."""

    stage: plugin.Stage
    publisher: Publisher
    endings: Endings

    @property
    def publish(self) -> Callable[..., Any]:
        return self.publisher.publish

    async def get(self, kind: Any) -> Any:
        with context.use(self.stage.components):
            return await di.nject(kind)

    async def broker(self) -> Broker:
        found: Brokers = await self.get(Brokers)
        return found.get()

    async def dead(self, queue: str) -> Sequence[DeadLetter]:
        return await (await self.broker()).dead_letters(queue).list()


Run: TypeAlias = Callable[..., AbstractAsyncContextManager[Running]]


@pytest.fixture
def module(monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    """Makes a module of functions and classes, as if they stood in a file of its own, and returns its name."""

    def made(*items: Any) -> str:
        module = types.ModuleType(f"shop_{next(_names)}")
        for item in items:
            item.__module__ = module.__name__
            setattr(module, item.__name__, item)
        monkeypatch.setitem(sys.modules, module.__name__, module)
        return module.__name__

    return made


@pytest.fixture
def run(module: Callable[..., str]) -> Run:
    """Runs a stage with what is given, as if it stood in a module of its own."""

    @asynccontextmanager
    async def running(
        *items: Any, components: Components | None = None, stop_timeout: float = 25, **settings: Any
    ) -> AsyncIterator[Running]:
        endings = Endings()
        stage = plugin.Stage(
            "rostra_messaging",
            module(*items),
            config={"messaging": settings},
            components=components,
            stop_timeout=stop_timeout,
        )
        async with stage:
            with stage.components.get(Metrics).exported(endings):
                await stage.start()
                with context.use(stage.components):
                    publisher = await di.nject(Publisher)
                yield Running(stage, publisher, endings)
                stage.stop()
                await stage.lifecycle.wait_for(plugin.Phase.STOPPED)

    return running


class StoppedClock(ManualClock):
    """A clock that a test moves, and the components of a stage that goes by it."""

    @property
    def components(self) -> Components:
        layer = Components(None, "test")
        layer.add(self, Clock)
        return layer


@pytest.fixture
def stopped_clock() -> StoppedClock:
    return StoppedClock()
