"""Making what a plan says.

One call makes each node once, in the order of parameters, depth first; what the scope or the stage keeps is taken
from there. Nothing is decided here. ``di.now`` runs the same code as ``await di.nject``: it refuses a plan that
would have to wait, and so the code never does.
"""

import typing
from collections.abc import Coroutine, Mapping
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import attrs

from rostra.components import Components, name_of
from rostra.di.closing import Closing
from rostra.di.drawing import step_of
from rostra.di.keeping import Flight, Kept
from rostra.di.markers import Lazy
from rostra.di.plans import (
    Argument,
    Build,
    Collect,
    Constant,
    Given,
    Load,
    Node,
    Plan,
    Postponed,
    StageObject,
)
from rostra.di.registry import Offer
from rostra.di.scopes import Scope
from rostra.di.stage_objects import StageObjects
from rostra.errors import WrongProductError

_NOTE = "while building "
Path = tuple[Offer, ...]


@attrs.define(eq=False)
class Run:
    """One call: its plan, the values it was given, and the context as it was when it began.

    Args:
        plan: How everything is made.
        given: The given values by name.
        layer: The layer of the context from which it was asked.
        scope: The scope at hand, if one is open.
        stage: The objects of the stage, if one runs.
        closing: Where resources of this call are pushed; that of the scope, or of a stage object.
    """

    plan: Plan
    given: Mapping[str, Any]
    layer: Components
    scope: Scope | None
    stage: StageObjects | None
    closing: Closing | None
    is_stage: bool = False
    _loaded: dict[Node, Any] = attrs.field(factory=dict, init=False)
    _made: Kept = attrs.field(factory=Kept, init=False)

    def __attrs_post_init__(self) -> None:
        for node in self.plan.nodes():
            if isinstance(node, Load) and node.is_stage is self.is_stage:
                self._loaded[node] = self.layer.get(node.key, name=node.name)

    async def value(self, node: Node, path: Path = ()) -> Any:
        """What ``node`` stands for, made now if need be."""
        match node:
            case Given():
                return self.given[node.name]
            case Load():
                return self._loaded[node]
            case Constant():
                return node.value
            case Collect():
                return [await self.value(each, path) for each in node.nodes]
            case Postponed():
                return Lazy(Later(self, node.key))
            case StageObject():
                return await self._on_stage(node.build, path)
            case Build():
                return await self._made.take(node, lambda _: self._kept(node, path), name_of(node.offer.made))
            case _:
                raise AssertionError(node)

    async def passed(
        self, arguments: tuple[Argument, ...], path: Path = ()
    ) -> tuple[list[Any], dict[str, Any]]:
        """The values of arguments: those passed by position, and those passed by name."""
        positional: list[Any] = []
        named: dict[str, Any] = {}
        for argument in arguments:
            value = await self.value(argument.node, path)
            if argument.parameter.is_positional_only:
                positional.append(value)
            else:
                named[argument.parameter.name] = value
        return positional, named

    def waits(self, node: Node) -> str | None:
        """Which adapter on the way to ``node`` needs ``await``, if one does and is not there already."""
        match node:
            case StageObject() if self.stage is not None and self.stage.kept.has(node.build.offer.identity):
                return None
            case Build() if (
                node.is_kept and self.scope is not None and self.scope.kept.has(node.offer.identity)
            ):
                return None
            case Build() if node.offer.signature.style in ("awaitable", "async generator"):
                return node.offer.adapter.label
            case Postponed():
                return None
            case _:
                return next(filter(None, map(self.waits, self.plan.inside(node))), None)

    async def _kept(self, node: Build, path: Path) -> Any:
        if node.offer.adapter.lifetime == "scope" and self.scope is not None:
            self.scope.closing.check_open()
        if not node.is_kept or self.scope is None:
            return await self._build(node, path)
        label = name_of(node.offer.made)
        return await self.scope.kept.take(node.offer.identity, lambda _: self._build(node, path), label)

    async def _on_stage(self, build: Build, path: Path) -> Any:
        stage = self.stage
        assert stage is not None, "planned on a stage"

        async def make(closing: Closing) -> Any:
            plan = Plan((build,), self.plan.lazies)
            run = Run(plan, {}, stage.layer, None, stage, closing, is_stage=True)
            return await run._build(build, path)  # noqa: SLF001  (another run)

        label = name_of(build.offer.made)
        return await stage.take(build.offer.identity, label, make, waits=self.waits(build) is not None)

    async def _build(self, node: Build, path: Path) -> Any:
        path = (*path, node.offer)
        positional, named = await self.passed(node.arguments, path)
        try:
            made = await self._called(node.offer, positional, named)
        except Exception as error:
            _note(error, path)
            raise
        _check(node.offer, made)
        return made

    async def _called(self, offer: Offer, positional: list[Any], named: dict[str, Any]) -> Any:
        made = offer.make(*positional, **named)
        style = offer.signature.style
        if style == "plain":
            return made
        if style == "awaitable":
            return await made
        assert self.closing is not None, "planned where a scope is open"
        label = offer.adapter.label
        if style == "generator":
            manager = made if hasattr(made, "__enter__") else contextmanager(lambda: made)()
            return self.closing.enter_now(manager, label)
        manager = made if hasattr(made, "__aenter__") else asynccontextmanager(lambda: made)()
        return await self.closing.enter(manager, label)


@attrs.frozen(eq=False)
class Later:
    """What a ``Lazy`` resolves by: the call that made it goes on."""

    run: Run
    key: Any

    async def resolve(self) -> Any:
        """Make it."""
        return await self.run.value(self.run.plan.lazies[self.key])

    def resolve_now(self) -> Any:
        """Make it without waiting."""
        node = self.run.plan.lazies[self.key]
        return driven(self.run.value(node))


def driven(coroutine: Coroutine[Any, Any, Any]) -> Any:
    """The result of a coroutine that never waits."""
    try:
        coroutine.send(None)
    except StopIteration as done:
        return done.value
    coroutine.close()
    msg = "it had to wait"
    raise RuntimeError(msg)


def _check(offer: Offer, made: Any) -> None:
    cls = typing.get_origin(offer.made) or offer.made
    if offer.is_override or not isinstance(cls, type) or getattr(cls, "_is_protocol", False):
        return
    if not isinstance(made, cls):
        adapter = offer.adapter
        raise WrongProductError(adapter.label, adapter.place, name_of(offer.made), name_of(type(made)))


def _note(error: Exception, path: Path) -> None:
    """Say once for whom something was built: the innermost call knows best."""
    if any(note.startswith(_NOTE) for note in getattr(error, "__notes__", ())):
        return
    steps = (f"{'  ' * depth}└ {step_of(offer)}   {offer.adapter.place}" for depth, offer in enumerate(path))
    error.add_note("\n  ".join((f"{_NOTE}{name_of(path[0].made)}", *steps)))
