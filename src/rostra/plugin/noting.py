"""What is known of each plugin of a stage? Where the settings list it, how far it is, what it brought, and how long that took.

What a ``prepare`` adds is its plugin's, and so is what the tasks add that it starts. Only the layer of a stage
takes notes: in all others, such as those of requests, nothing is done for this.
"""

import asyncio
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, TypeVar

from rostra import di
from rostra.components import Components, Key, canonical
from rostra.config.layers import Layer, folded
from rostra.config.tree import Path, dotted
from rostra.handlers import Declared
from rostra.plugin.finding import Call, Plugin
from rostra.plugin.tasks import Task
from rostra.values import Values

Item = TypeVar("Item")

SETTING = "plugins"
"""The setting that lists plugins, and has their options."""


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

    def count_waited(self, seconds: float) -> None:
        """Count what a plugin took that it loads, though it took that before."""
        self.seconds += seconds
        self._waited += seconds

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


class Listed(Values):
    """A plugin that the settings name.

    Args:
        name: Of the plugin, as it was written.
        alias: What its options and components are called by; its name if it was given none.
        place: The path of its entry, where it was listed first.
        said: By whom, for messages: ``from app.yml:3``.
        layers: What is said about its options, lowest first.
    """

    name: str
    alias: str
    place: Path
    said: str
    layers: tuple[Layer, ...] = ()

    def __str__(self) -> str:
        """Where it is listed: ``plugins[1], from app.yml:3``."""
        return f"{dotted(self.place)}, {self.said}"

    @property
    def section(self) -> Path:
        """The path of the settings that its options are, in both forms."""
        return (SETTING, *self.alias.split("."))

    @property
    def options(self) -> Mapping[str, Any]:
        """What it is told; values may be secrets."""
        options: dict[str, Any] = folded(self.layers)
        return options


class Record:
    """One plugin of the stage, and how far its preparation is.

    Args:
        plugin: What was found.
        asked_by: The plugin that asked for it first, or None if it was named to the stage.
        elapsed: How long its import and its preparation took.
        brought: What it brought into the stage.
        listed: Where the settings list it, if they do.

    ``hears_cancel`` says whether its ``prepare``, or what was built for that, took a Cancel, which its tasks
    may know.
    """

    __slots__ = (
        "asked_by",
        "brought",
        "elapsed",
        "failure",
        "hears_cancel",
        "is_prepared",
        "is_told",
        "listed",
        "plugin",
        "running",
        "waiting",
        "waits_for",
    )

    def __init__(
        self, plugin: Plugin, asked_by: "Record | None", elapsed: Elapsed, listed: Listed | None = None
    ) -> None:
        self.plugin = plugin
        self.asked_by = asked_by
        self.elapsed = elapsed
        self.listed = listed
        self.brought = Brought()
        self.running: asyncio.Task[None] | None = None
        self.is_prepared = False
        self.failure: BaseException | None = None
        self.waiting: list[asyncio.Future[None]] = []
        self.is_told = False
        self.hears_cancel = False
        self.waits_for: list[tuple[Record, Call | str]] = []

    def count_ahead(self, seconds: float) -> None:
        """Count the time in which it was imported before anybody asked for it, as if that had been done when it was asked for."""
        self.elapsed.seconds += seconds
        asker = self.asked_by
        while asker is not None:
            asker.elapsed.count_waited(seconds)
            asker = asker.asked_by

    @property
    def name(self) -> str:
        """How messages call the plugin."""
        return self.plugin.name

    @property
    def lineage(self) -> str:
        """The plugin and those through which it was asked for, or where the settings list it."""
        names = [self.name]
        first = self
        while first.asked_by is not None:
            first = first.asked_by
            names.append(first.name)
        return ", loaded by ".join(names) + (f", listed as {first.listed}" if first.listed else "")
