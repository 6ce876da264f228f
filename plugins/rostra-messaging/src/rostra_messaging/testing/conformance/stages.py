"""Stages whose handlers are the functions of a case, on the broker of its trial."""

import asyncio
import itertools
import sys
import types
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import attrs

from rostra import context, di, health, plugin
from rostra.metrics import Metrics, Spec
from rostra_messaging import Brokers, DeadLetter, Publisher
from rostra_messaging.testing.conformance.trial import Trial

_names = itertools.count()
_LOOK_AGAIN = 0.01


@attrs.define(eq=False)
class Book:
    """What handlers did; a case waits for it.

    Args:
        patience: Seconds.
    """

    patience: float
    notes: list[Any] = attrs.field(factory=list)
    _more: asyncio.Event = attrs.field(factory=asyncio.Event)

    def note(self, what: Any) -> None:
        """Write it down."""
        self.notes.append(what)
        self._more.set()

    async def wait(self, count: int) -> list[Any]:
        """All notes, when there are so many at least."""
        async with asyncio.timeout(self.patience):
            while len(self.notes) < count:
                self._more.clear()
                await self._more.wait()
        return self.notes


@attrs.frozen
class _Ends:
    """Notes how each try ended and was settled: an exporter of metrics."""

    book: Book

    def record(self, spec: Spec, value: float, labels: Mapping[str, str]) -> None:  # noqa: ARG002  (exporters get it)
        if spec.name == "message_handling_seconds":
            self.book.note((labels["queue"], labels["outcome"]))


@attrs.frozen
class Shop:
    """A stage that runs.

    Args:
        stage: It.
        publisher: Of it.
        ends: The queue and the outcome of each try that was settled.
        patience: Seconds to wait for what has to come.
    """

    stage: plugin.Stage
    publisher: Publisher
    ends: Book
    patience: float

    async def publish(self, topic: str, *bodies: Any, **about: Any) -> None:
        """Publish one after the other."""
        for body in bodies:
            await self.publisher.publish(topic, body, **about)

    async def dead(self, queue: str, count: int = 1) -> Sequence[DeadLetter]:
        """The dead letters of a queue, when so many messages have died; one may have died twice."""
        with context.use(self.stage.components):
            letters = (await di.nject(Brokers)).get().dead_letters(queue)
        async with asyncio.timeout(self.patience):
            while _messages_in(found := await letters.list()) < count:  # noqa: ASYNC110  (no broker tells)
                await asyncio.sleep(_LOOK_AGAIN)
        return found

    async def is_ready(self) -> bool:
        """Whether all that it looks at is well."""
        return (await self.stage.components.get(health.Checks).ready()).is_well


def _messages_in(letters: Sequence[DeadLetter]) -> int:
    return len({each.parcel.id for each in letters})


@asynccontextmanager
async def stage(
    trial: Trial, *functions: Any, stop_timeout: float = 25, **settings: Any
) -> AsyncIterator[Shop]:
    """A stage that runs with these handlers and adapters; at the end of the body it is stopped, and has stopped."""
    under = trial.under
    with _module(*functions) as modules:
        running = plugin.Stage(
            "rostra_messaging",
            *modules,
            config={
                "messaging": {
                    "url": under.url,
                    "prefix": trial.prefix,
                    "options": under.settings,
                    "unroutable": "log",
                    **settings,
                }
            },
            components=context.current_context(),
            start_timeout=under.patience,
            stop_timeout=stop_timeout,
        )
        ends = Book(under.patience)
        async with running:
            with running.components.get(Metrics).exported(_Ends(ends)):
                await running.start()
                with context.use(running.components):
                    publisher = await di.nject(Publisher)
                yield Shop(running, publisher, ends, under.patience)


@contextmanager
def _module(*functions: Any) -> Iterator[Sequence[str]]:
    """The name of a module in which these stand, as if it were a file; it is gone after the body."""
    if not functions:
        yield ()
        return
    module = types.ModuleType(f"conformance_shop_{next(_names)}")
    for function in functions:
        function.__module__ = module.__name__
        setattr(module, function.__name__, function)
    sys.modules[module.__name__] = module
    try:
        yield (module.__name__,)
    finally:
        del sys.modules[module.__name__]
