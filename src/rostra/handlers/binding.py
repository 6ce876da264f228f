"""Handlers of a stage: declared by modules, planned when all plugins are prepared, bound to their transports once."""

import functools
import inspect
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any, TypeAlias

from rostra import context, di
from rostra.components import Components
from rostra.errors import RostraError
from rostra.handlers import refusals
from rostra.handlers.collecting import Declared
from rostra.handlers.shapes import is_plain_mapping
from rostra.handlers.sources import Origin, Source, sources

_FILLED_BY_DI = (Origin.DI, Origin.PROVIDED)


class Bound:
    """A handler that knows where each of its parameters comes from.

    Args:
        declared: The handler.
        sources: Of its parameters, in order.
    """

    __slots__ = ("_asks_di", "_layer", "_needs", "_positional", "declared", "sources")

    def __init__(self, declared: Declared, sources: tuple[Source, ...], layer: Components) -> None:
        self.declared = declared
        self.sources = sources
        self._layer = layer
        own = _own_name(declared)
        self._needs = _needs(declared, sources, own)
        only = (source.name for source in sources if source.parameter.is_positional_only)
        self._positional = (*([own] if own else ()), *only)
        self._asks_di = own is not None or len(self.from_outside) < len(sources)

    @property
    def from_outside(self) -> tuple[Source, ...]:
        """What the transport has to give at each call."""
        return tuple(source for source in self.sources if source.origin not in _FILLED_BY_DI)

    def giver(self, source: Source) -> str:
        """Who gives a parameter its value, as people call it: ``path``, ``query``, ``header``, ``body``, ``di``."""
        if source.origin is Origin.MARKER and source.marker is not None:
            return _called(type(source.marker))
        if source.origin is not Origin.PAYLOAD:
            return source.origin.value
        of_payload = [each for each in self.declared.trigger.markers if getattr(each, "is_payload", False)]
        return _called(of_payload[0]) if len(of_payload) == 1 else source.origin.value

    @property
    def root(self) -> di.Root:
        """What ``di.check`` should know of it."""
        trigger = self.declared.trigger
        label = f"{trigger.describe()} → {self.declared.label}"
        return di.Root(self._needs, label, {}, trigger.provides, scoped=True)

    async def call(self, values: Mapping[str, Any], components: Iterable[object] = ()) -> Any:
        """Call the handler in a scope of its own, on top of the stage's layer.

        Args:
            values: By name: those of the parameters that come from outside. One that is left out takes its default.
                Only the handler sees them.
            components: Objects of the types that the trigger provides; adapters see them, too.

        Returns:
            What the handler returns. The scope has been closed then, so whatever it commits is committed.

        Raises:
            Exception: What the handler or the closing of its scope raises, as it is.
        """
        async with di.scope_above(self._layer):
            for component in components:
                context.add(component)
            named = {**values, **(await di.call(self._needs) if self._asks_di else {})}
            positional = [named.pop(name) for name in self._positional if name in named]
            result = self.declared.function(*positional, **named)
            return await result if inspect.isawaitable(result) else result


Bind: TypeAlias = Callable[[tuple[Bound, ...]], Awaitable[None] | None]
"""What a transport does with its handlers. It is called with those that are new; it may refuse by HandlerError."""


class Handlers:
    """The handlers of a stage. A component.

    Modules declare theirs, transports say in their ``prepare`` what binds those of their triggers. When all plugins
    are prepared, the stage plans and then binds; what is declared later is planned and bound later.
    """

    def __init__(self) -> None:
        self._declared: list[Declared] = []
        self._planned: list[Bound] = []
        self._known: list[Bound] = []
        self._bound: list[Bound] = []
        self._binders: dict[type, Bind] = {}

    def declare(self, declared: Iterable[Declared]) -> None:
        """Keep handlers until they are bound."""
        self._declared.extend(declared)

    def on(self, trigger: type[Any], bind: Bind) -> None:
        """Let ``bind`` have the handlers whose trigger is of this very type."""
        self._binders[trigger] = bind

    @property
    def bound(self) -> tuple[Bound, ...]:
        """Those that are bound, in the order of their declaration."""
        return tuple(self._bound)

    @property
    def planned(self) -> tuple[Bound, ...]:
        """Those of which it is known where their parameters come from, whether they are bound or not."""
        return tuple(self._known)

    def plan(self) -> tuple[Exception, ...]:
        """Find out where the parameters of what was declared since the last time come from.

        What ``di`` has to give is from then on part of ``di.check``. Classes whose methods are handlers become
        objects of the stage, unless somebody registered them.

        Returns:
            What is wrong; to be raised together with what else is.
        """
        layer = context.current_context()
        registry = layer.get(di.Registry)
        declared, self._declared = self._declared, []
        for owner in {each.owner for each in declared if each.owner}:
            _register(registry, owner)
        problems: list[Exception] = []
        for each in declared:
            try:
                bound = _planned(each, layer, registry)
            except RostraError as problem:
                problems.append(problem)
            else:
                self._planned.append(bound)
                self._known.append(bound)
        return tuple(problems)

    async def bind_all(self) -> None:
        """Bind what was declared since the last time, each to its transport.

        Raises:
            HandlerError: A handler cannot be bound. Several problems are raised as an ExceptionGroup.
        """
        problems = list(self.plan())
        planned, self._planned = self._planned, []
        for kind in dict.fromkeys(type(bound.declared.trigger) for bound in planned):
            chosen = tuple(bound for bound in planned if type(bound.declared.trigger) is kind)
            problems += await self._bind(kind, chosen)
        if len(problems) == 1:
            raise problems[0]
        if problems:
            raise ExceptionGroup("handlers cannot be bound", problems)
        self._bound += planned

    async def _bind(self, kind: type, chosen: tuple[Bound, ...]) -> list[Exception]:
        bind = self._binders.get(kind)
        if bind is None:
            return [refusals.no_transport(bound.declared) for bound in chosen]
        try:
            binding = bind(chosen)
            if inspect.isawaitable(binding):
                await binding
        except RostraError as problem:
            return [problem]
        except ExceptionGroup as group:
            return list(group.exceptions)
        return []


def _planned(declared: Declared, layer: Components, registry: di.Registry) -> Bound:
    gives = functools.partial(_gives, layer, registry)
    bound = Bound(declared, sources(declared, gives, registry.names), layer)
    registry.add_root(bound.root)
    return bound


def _gives(layer: Components, registry: di.Registry, parameter: di.Parameter) -> bool:
    """Whether there is a component or an adapter for it; whether that can be built is for ``di.check`` to say."""
    want = parameter.read(registry.names)
    items = [want.options[0]._replace(key=want.many)] if want.many is not None else []
    return any(
        _has_component(layer, option.key, (parameter.name, option.name)) or registry.offers(option)
        for option in (*want.options, *items)
    ) or any(layer.find(item.key) for item in items)


def _has_component(layer: Components, key: Any, names: Iterable[str | None]) -> bool:
    """Settings are a dict, too, so an object that only descends from one is not what ``dict[str, Any]`` means."""
    found = [layer.get(key, name=name, default=None) for name in names]
    is_mapping = is_plain_mapping(key)
    return any(each is not None and (not is_mapping or type(each) is dict) for each in found)


def _register(registry: di.Registry, owner: type) -> None:
    if not any(adapter.make is owner for adapter in registry.adapters):
        registry.register(owner, lifetime="stage")


def _called(marker: type) -> str:
    """``header`` for ``Header`` and for ``FromHeader``."""
    return marker.__name__.removeprefix("From").lower()


def _own_name(declared: Declared) -> str | None:
    return di.signature(declared.function).parameters[0].name if declared.owner else None


def _needs(
    declared: Declared, found: tuple[Source, ...], own_name: str | None
) -> Callable[..., Mapping[str, Any]]:
    """A function of the parameters that ``di`` fills, which returns them by name.

    The others are left out, and with them the danger that an adapter takes a path value for its own.
    """
    keyword = inspect.Parameter.KEYWORD_ONLY
    wanted = [
        inspect.Parameter(
            source.name, keyword, default=source.parameter.default, annotation=source.annotation
        )
        for source in found
        if source.origin in _FILLED_BY_DI
    ]
    if own_name is not None:
        wanted.insert(0, inspect.Parameter(own_name, keyword, annotation=declared.owner))

    @functools.wraps(declared.function)
    def needs(**values: Any) -> Mapping[str, Any]:
        return values

    needs.__signature__ = inspect.Signature(wanted)  # type: ignore[attr-defined]  # inspect reads it
    return needs
