"""Who brought what into the stage, and how long did it take? Noted while plugins are prepared, for tools.

What a ``prepare`` adds is its plugin's, and so is what the tasks add that it starts. Only the layer of a stage
takes notes: in all others, such as those of requests, nothing is done for this.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TypeVar

from rostra import di
from rostra.components import Components, Key, canonical
from rostra.handlers import Declared
from rostra.plugin.tasks import Task

Item = TypeVar("Item")


class Brought:
    """What a plugin brought into the stage, in the order in which it did.

    Attributes:
        components: What each one is found by, its type as a rule, and its name.
        adapters: Those defined in its module, and those that it registered.
        handlers: Those defined in its module.
        tasks: What its ``prepare`` yielded or returned.
    """

    __slots__ = ("adapters", "components", "handlers", "tasks")

    def __init__(self) -> None:
        self.components: dict[tuple[Key, str | None], None] = {}
        self.adapters: list[di.Adapter] = []
        self.handlers: list[Declared] = []
        self.tasks: list[Task] = []


_by: ContextVar[Brought | None] = ContextVar("rostra_brought", default=None)


def note_here(brought: Brought) -> None:
    """From now on the running task, and what it starts, brings this."""
    _by.set(brought)


def note_adapter(adapter: di.Adapter) -> None:
    """One more adapter was registered on the stage."""
    if (brought := _by.get()) is not None:
        brought.adapters.append(adapter)


class StageLayer(Components):
    """The layer of a stage."""

    __slots__ = ()

    def add(self, item: Item, namespace: Key | None = None, *, name: str | None = None) -> Item:
        """Put ``item`` into this layer, and note who did."""
        added = super().add(item, namespace, name=name)
        if (brought := _by.get()) is not None:
            brought.components[type(item) if namespace is None else canonical(namespace), name] = None
        return added


class Elapsed:
    """How long a plugin took, and how much of that it only waited for others.

    Args:
        now: Seconds of a clock that never runs backwards.
    """

    __slots__ = ("_now", "_since", "_waited", "_waits", "seconds")

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._waits = 0
        self._since = 0.0
        self._waited = 0.0
        self.seconds = 0.0

    @property
    def own_seconds(self) -> float:
        """Without the time in which it waited for plugins that it loads; several at once count once."""
        return max(0.0, self.seconds - self._waited)

    def count_since(self, begun: float) -> None:
        """Count the time since a moment, too."""
        self.seconds += self._now() - begun

    @contextmanager
    def waiting(self) -> Iterator[None]:
        """The body waits for another plugin."""
        if not self._waits:
            self._since = self._now()
        self._waits += 1
        try:
            yield
        finally:
            self._waits -= 1
            if not self._waits:
                self._waited += self._now() - self._since
