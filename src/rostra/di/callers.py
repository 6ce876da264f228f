"""Calling one function again and again, with a part of its parameters filled: for transports.

What a call needs is found out once for all layers of one shape. A call that needs nothing of its own scope does not
even open it.
"""

import inspect
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from rostra.components import Components, Shape
from rostra.context import peek
from rostra.di.asking import called, planned
from rostra.di.plans import Build, Collect, Constant, Load, Node, Plan, StageObject
from rostra.di.recipes import At, Recipe, Ways, plans_of, recipe_for, run_of
from rostra.di.registry import here
from rostra.di.scopes import LateScope
from rostra.di.signatures import Signature


class _Way:
    """How it is called: under this a shape has the plan, and under ``in_scope`` those for scopes on a layer of the shape.

    Args:
        passes: With further values besides those that di fills.
    """

    __slots__ = ("in_scope", "passes")

    def __init__(self, passes: bool) -> None:
        self.passes = passes
        self.in_scope = object()


class Caller:
    """A function and the parameters of it that di fills.

    Args:
        function: What is called.
        known: Its signature, with those parameters that di fills and no others. All of them can be passed by name.
    """

    __slots__ = ("_alone", "_known", "_passing", "_question", "function")

    def __init__(self, function: Callable[..., Any], known: Signature) -> None:
        self.function = function
        self._known = known._replace(target=function)
        self._alone, self._passing = _Way(passes=False), _Way(passes=True)
        self._question = (Caller, self)

    def call(self, named: Mapping[str, Any]) -> Awaitable[Any]:
        """Call it here and now, with what di fills and the ``named`` values, which only the function sees.

        Raises:
            ResolveError: A parameter cannot be filled.
            Exception: What was raised in making what it takes, at once if nothing on the way needs ``await``.
        """
        layer, way = peek(None) or here(), self._passing if named else self._alone
        if type(layer) is LateScope and layer.closing is None:
            below = layer.below
            values = below.values
            plans = values[0].shape.plans.get(way.in_scope)
            plan = None if plans is None else plans.get(_kinds(layer.items))
            if plan is not None:
                return plan(values, (), named) if named else plan(values)  # type: ignore[no-any-return]  # generated
            layer.opened()
        values = layer.values
        plan = values[0].shape.plans.get(way)
        if plan is None:
            return self._found(layer, way, named)
        return plan(values, (), named) if named else plan(values)  # type: ignore[no-any-return]  # generated

    def _found(self, layer: Components, way: _Way, named: Mapping[str, Any]) -> Awaitable[Any]:
        below = layer.below.shape if isinstance(layer, LateScope) else None
        plans = {} if below is None else plans_of(below, layer)
        at, recipe = recipe_for(layer, self._question, lambda: self._known, {})
        plan = self._planned(at, way, recipe)
        if plan is None:
            return called(self.function, recipe, run_of(recipe, layer, {}), (), named)
        is_above = at.shape.level.below is below
        # What reads nothing of the scope's layer finds the same in the layer below, at the same places. So it does in
        # the next scope, if that comes with things of the same types.
        if isinstance(layer, LateScope) and is_above and _is_below(recipe.plan, at.shape):
            plans.setdefault(way.in_scope, {})[_kinds(layer.items)] = plan
        return plan(at.values, (), named) if named else plan(at.values)  # type: ignore[no-any-return]  # generated

    def _planned(self, at: At, way: _Way, recipe: Recipe) -> Callable[..., Any] | None:
        """The plan; one that awaits nothing itself gives what the function gives, which is a coroutine less.

        What a scope keeps may have to be waited for.
        """
        if inspect.iscoroutinefunction(self.function) and not recipe.plan.kept:
            plan = planned(at, (), way, recipe, {}, Ways(passes=way.passes, can_wait=False))
            if plan is not None:
                return plan
        return planned(at, (), way, recipe, {}, Ways(passes=way.passes))


def _kinds(items: tuple[object, ...]) -> Any:
    """Of which types they are; as a rule there is one, and no time for more than that."""
    return type(items[0]) if len(items) == 1 else tuple(map(type, items))


def _is_below(plan: Plan, shape: Shape) -> bool:
    """Whether all that a plan reads lies below the topmost layer, and nothing of it lives in a scope."""
    stack: list[Node] = list(plan.roots)
    while stack:
        node = stack.pop()
        match node:
            case Build() if node.offer.adapter.lifetime == "call" and not node.offer.signature.is_generator:
                stack += plan.inside(node)
            case Collect():
                stack += plan.inside(node)
            case Load():
                slot = shape.find(node.key, node.name)
                if slot is None or slot >= shape.level.base:
                    return False
            case Constant() | StageObject():
                pass
            case _:
                return False
    return True
