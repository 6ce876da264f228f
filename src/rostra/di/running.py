"""Making what a plan says.

One call makes each node once, in the order of parameters, depth first; what the scope or the stage keeps is taken
from there. Nothing is decided here. ``di.now`` runs the same code as ``await di.nject``: it refuses a plan that
would have to wait, and so the code never does. A generator is left when its scope closes, by the task that owns the
scope, never by the collector.
"""

from collections.abc import Iterable, Mapping
from contextlib import asynccontextmanager, contextmanager
from typing import Any

from rostra.components import Components, name_of
from rostra.di.closing import Stack
from rostra.di.keeping import Kept
from rostra.di.offers import Offer, Way, add_note, check
from rostra.di.plans import (
    Argument,
    Build,
    Collect,
    Constant,
    Flawed,
    Given,
    Load,
    Node,
    Plan,
    Postponed,
    StageObject,
)
from rostra.di.scopes import Scope, StageObjects


class Run:
    """One call: its plan, the values that it was given, and the context as it was when it began.

    Args:
        plan: How everything is made.
        given: The given values by name.
        layer: The layer of the context from which it was asked.
        scope: The scope at hand, if one is open.
        stage: The objects of the stage, if one runs.
        closing: Where this call's resources are pushed; the scope's, or that of an object of the stage.
        is_stage: It makes an object of the stage.
    """

    __slots__ = ("_loaded", "_made", "closing", "given", "is_stage", "layer", "plan", "scope", "stage")

    def __init__(
        self,
        plan: Plan,
        given: Mapping[str, Any],
        layer: Components,
        scope: Scope | None,
        stage: StageObjects | None,
        closing: Stack | None,
        is_stage: bool = False,
    ) -> None:
        self.plan = plan
        self.given = given
        self.layer = layer
        self.scope = scope
        self.stage = stage
        self.closing = closing
        self.is_stage = is_stage
        self._made = Kept()
        self._loaded = {
            node: layer.get(node.key, name=node.name)
            for node in plan.nodes()
            if isinstance(node, Load) and node.is_stage is is_stage
        }

    async def values(self) -> list[Any]:
        """What was asked for, in order."""
        return [await self.value(root) for root in self.plan.roots]

    async def value(self, node: Node, way: Way = ()) -> Any:
        """What ``node`` stands for, made now if need be."""
        match node:
            case Given():
                return self.given[node.name]
            case Load():
                return self._loaded[node]
            case Constant():
                return node.value
            case Collect():
                return [await self.value(each, way) for each in node.nodes]
            case Postponed():
                return node.lazy(self, self.plan.lazies[node.key])
            case StageObject():
                return await self._of_stage(node.build, way)
            case Build():
                return await self._made.take(node, lambda _: self._of_scope(node, way), _label(node))
            case Flawed():
                raise node.error

    async def passed(self, arguments: Iterable[Argument], way: Way = ()) -> tuple[list[Any], dict[str, Any]]:
        """The values of arguments: those passed by position, and those passed by name."""
        positional: list[Any] = []
        named: dict[str, Any] = {}
        for argument in arguments:
            value = await self.value(argument.node, way)
            if argument.parameter.is_positional_only:
                positional.append(value)
            else:
                named[argument.parameter.name] = value
        return positional, named

    def waits_for(self, node: Node) -> Way:
        """The adapters on the way to the first that needs ``await``; what is there already needs none."""
        seen: set[Node] = set()
        stack: list[tuple[Node, Way, bool]] = [(node, (), False)]
        while stack:
            node, way, is_done = stack.pop()
            if is_done:
                if way[-1].signature.needs_await:
                    return way
            elif node not in seen and not self._is_at_hand(node):
                seen.add(node)
                if isinstance(node, Build):
                    way = (*way, node.offer)
                    stack.append((node, way, True))
                stack += [(each, way, False) for each in reversed(self.plan.inside(node))]
        return ()

    def _is_at_hand(self, node: Node) -> bool:
        """True for what is there already, and for what is made later, if at all."""
        match node:
            case StageObject():
                return self.stage is not None and self.stage.kept.has(node.build.offer.product)
            case Build() if node in self.plan.kept and self.scope is not None:
                return self.scope.kept.has(node.offer.product)
            case _:
                return isinstance(node, Postponed)

    async def _of_scope(self, node: Build, way: Way) -> Any:
        """What lives in a scope is kept there, unless it was made of what others in the scope do not see."""
        if self.scope is None or node.offer.adapter.lifetime != "scope":
            return await self._built(node, way)
        self.scope.check_open()
        if node not in self.plan.kept:
            return await self._built(node, way)
        return await self.scope.kept.take(node.offer.product, lambda _: self._built(node, way), _label(node))

    async def _of_stage(self, node: Build, way: Way) -> Any:
        assert self.stage is not None, "planned on a stage"  # noqa: S101  (planning saw to it)
        stage, plan = self.stage, Plan((node,), self.plan.lazies)

        async def make(closing: Stack) -> Any:
            run = Run(plan, {}, stage.layer, None, stage, closing, is_stage=True)
            return await run._built(node, way)

        waits = bool(self.waits_for(node))
        grows = any(isinstance(each, Postponed) for each in plan.nodes())
        return await stage.take(node.offer.product, _label(node), make, waits=waits, grows=grows)

    async def _built(self, node: Build, way: Way) -> Any:
        way = (*way, node.offer)
        positional, named = await self.passed(node.arguments, way)
        try:
            made = await self._called(node.offer, positional, named)
            check(node.offer, made)
        except Exception as error:
            add_note(error, way)
            raise
        return made

    async def _called(self, offer: Offer, positional: list[Any], named: dict[str, Any]) -> Any:
        """Call the adapter; a generator is entered, and left when the scope or the stage is closed."""
        made = offer.make(*positional, **named)
        style = offer.signature.style
        if style == "plain":
            return made
        if style == "awaitable":
            return await made
        assert self.closing is not None, "planned where a scope is open"  # noqa: S101  (planning saw to it)
        label = offer.adapter.label
        if style == "generator":
            return opened_now(self.closing, made, label)
        return await opened(self.closing, made, label)


def _label(node: Build) -> str:
    return name_of(node.offer.made)


def opened_now(stack: Stack, made: Any, label: str) -> Any:
    """Enter what a generator function gave: a generator, or the context manager that a decorator made of it."""
    manager = made if hasattr(made, "__enter__") else contextmanager(lambda: made)()
    return stack.enter_now(manager, label)


async def opened(stack: Stack, made: Any, label: str) -> Any:
    """The same for an asynchronous one."""
    manager = made if hasattr(made, "__aenter__") else asynccontextmanager(lambda: made)()
    return await stack.enter(manager, label)
