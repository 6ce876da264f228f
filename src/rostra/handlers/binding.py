"""Handlers of a stage: declared by modules, planned when all plugins are prepared, bound to their transports once."""

import functools
import inspect
from collections.abc import Awaitable, Callable, Iterable
from typing import Any, TypeAlias

from rostra import context, di
from rostra.components import Components
from rostra.errors import RostraError, together
from rostra.handlers.bound import Bound, Source
from rostra.handlers.declaring import Declared, guards_of

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
        if problems:
            raise together("handlers cannot be bound", problems)
        self._bound += planned

    async def _bind(self, kind: type, chosen: tuple[Bound, ...]) -> list[Exception]:
        bind = self._binders.get(kind)
        if bind is None:
            from rostra.handlers.refusals import no_transport

            return [no_transport(bound.declared) for bound in chosen]
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
    guards = tuple(
        Bound(each, _sources(each, layer, registry, is_guard=True), layer) for each in _guards(declared)
    )
    bound = Bound(declared, _sources(declared, layer, registry), layer, guards)
    for each in (*guards, bound):
        registry.add_root(each.root)
    return bound


def _sources(
    declared: Declared, layer: Components, registry: di.Registry, *, is_guard: bool = False
) -> tuple[Source, ...]:
    """Where its parameters come from. Of a handler that neither has nor needs any, nothing is to be found out."""
    trigger = declared.trigger
    if not (declared.parameters or trigger.path_names or trigger.needs_payload):
        return ()
    from rostra.handlers.sources import gives, sources

    return sources(declared, functools.partial(gives, layer, registry), registry.names, is_guard=is_guard)


def _guards(declared: Declared) -> list[Declared]:
    functions = (*guards_of(declared.owner), *guards_of(declared.function))
    return [Declared(declared.trigger, function) for function in functions]


def _register(registry: di.Registry, owner: type) -> None:
    if not any(adapter.make is owner for adapter in registry.adapters):
        registry.register(owner, lifetime="stage")
