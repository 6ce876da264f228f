"""What is a stage made of? Plain values for ``rostra graph``: parts that refer to each other by id.

Their names are those of ``--format json``. There are no settings' values among them.
"""

from collections.abc import Iterator, Sequence
from typing import TypeVar

import attrs

__all__ = [
    "AdapterPart",
    "Chart",
    "ComponentPart",
    "FunctionPart",
    "HandlerPart",
    "Input",
    "Part",
    "PluginPart",
    "SectionPart",
    "Taker",
    "TaskPart",
]


@attrs.frozen
class Input:
    """A parameter, and where its value comes from.

    Args:
        name: Of the parameter.
        type: As it is annotated; empty if it is not.
        source: Of a handler's: ``path``, ``query``, ``header`` and the like, ``body`` or ``payload``, ``provided`` (an
            object that comes with the call); of any function's: ``component``, ``adapter``, ``section``, ``list`` (all
            that there are), ``lazy`` (made when it is asked for), ``given`` (by rostra, or by the caller), ``default``,
            ``nothing`` (None, because nothing gives it), ``missing``.
        of: The ids of what gives it.
        reason: Why it is missing, or ambiguous.
    """

    name: str
    type: str
    source: str
    of: tuple[str, ...] = ()
    reason: str = ""


@attrs.frozen(kw_only=True)
class Part:
    """Something that a stage is made of.

    Args:
        id: What others refer to it by.
        plugin: The id of the plugin that brought it; None if none did.
    """

    id: str
    plugin: str | None


@attrs.frozen(kw_only=True)
class Taker(Part):
    """A part that takes others.

    Args:
        place: File and line of its function; empty if that cannot be told.
        parameters: What it takes.
    """

    place: str
    parameters: tuple[Input, ...] = ()


@attrs.frozen(kw_only=True)
class PluginPart(Taker):
    """A plugin; its ``plugin`` is the one that loaded it, its parameters are those of its ``prepare``.

    Args:
        name: How messages call it.
        state: ``prepared``, ``failed``, or ``unfinished``: its ``prepare`` did not end in time.
        seconds: For importing and preparing it, with what it loads.
        own_seconds: Without what it loads.
        error: The first line of what it failed by.
        alias: What the settings call it that list it.
    """

    name: str
    state: str
    seconds: float
    own_seconds: float
    error: str | None = None
    alias: str | None = None


@attrs.frozen(kw_only=True)
class SectionPart(Part):
    """A section of the settings; its ``plugin`` is the one in whose module or package the class is defined.

    Args:
        name: Its table, with dots; empty for the root.
        type: The class that it is read as.
        needed_by: The ids of what takes it.
    """

    name: str
    type: str
    needed_by: tuple[str, ...] = ()


@attrs.frozen(kw_only=True)
class ComponentPart(Part):
    """A component.

    Args:
        type: What it is found by.
        name: Tells several of one type apart.
        needed_by: The ids of what takes it.
    """

    type: str
    name: str | None
    needed_by: tuple[str, ...] = ()


@attrs.frozen(kw_only=True)
class AdapterPart(Taker):
    """An adapter.

    Args:
        label: What messages call it.
        type: The type that it declares to make.
        name: The name of what it makes, if it declares one.
        lifetime: One object per ``call``, ``scope`` or ``stage``.
        eager: It is built before tasks start.
        needed_by: The ids of what takes what it makes.
    """

    label: str
    type: str
    name: str | None
    lifetime: str
    eager: bool
    needed_by: tuple[str, ...] = ()


@attrs.frozen(kw_only=True)
class HandlerPart(Taker):
    """A handler. Its parameters are empty, too, where a problem keeps them from being told.

    Args:
        label: The function: ``place``, ``Shop.place``.
        trigger: How people call what sets it off: ``GET /orders``.
        transport: The plugin that serves it.
    """

    label: str
    trigger: str
    transport: str


@attrs.frozen(kw_only=True)
class TaskPart(Taker):
    """A task.

    Args:
        name: How messages and the log call it.
        intake: It takes work from outside.
        background: It does not keep the stage alive.
        restart: ``on-failure`` or ``always``; None if it is not started again.
        workers: ``all`` or ``one``.
    """

    name: str
    intake: bool
    background: bool
    restart: str | None
    workers: str


@attrs.frozen(kw_only=True)
class FunctionPart(Taker):
    """A function that ``@di.inject`` fills.

    Args:
        label: Its name.
    """

    label: str


AnyPart = TypeVar("AnyPart", bound=Part)


@attrs.frozen
class Chart:
    """A stage.

    Args:
        plugins: In the order in which they were first asked for.
        sections: By name.
        components: What plugins added, and what of rostra's own somebody takes.
        adapters: In the order in which they were registered.
        handlers: In the order of their definition.
        tasks: In the order in which they were yielded.
        functions: Those that ``@di.inject`` fills.
    """

    plugins: tuple[PluginPart, ...]
    sections: tuple[SectionPart, ...]
    components: tuple[ComponentPart, ...]
    adapters: tuple[AdapterPart, ...]
    handlers: tuple[HandlerPart, ...]
    tasks: tuple[TaskPart, ...]
    functions: tuple[FunctionPart, ...]

    def parts(self) -> Iterator[Part]:
        """All of them."""
        for each in attrs.astuple(self, recurse=False):
            yield from each

    def takers(self) -> Iterator[Taker]:
        """Those that take others."""
        return (part for part in self.parts() if isinstance(part, Taker))


def brought_by(plugin: PluginPart | None, parts: Sequence[AnyPart]) -> list[AnyPart]:
    """Those of the parts that a plugin brought, or those that none did."""
    wanted = None if plugin is None else plugin.id
    return [part for part in parts if part.plugin == wanted]
