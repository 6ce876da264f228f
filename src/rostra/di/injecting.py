"""What does ``@di.inject`` do at a call? It fills what the caller does not pass.

Where no scope is open it opens one for the call, so that what must be closed is closed when the call ends.
"""

import functools
import inspect
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from typing import Any, ParamSpec, TypeVar, overload

from rostra.components import Components
from rostra.di.adapters import captured_for
from rostra.di.answering import Answer
from rostra.di.asking import Promise, called, planned
from rostra.di.driving import check_now, driven
from rostra.di.plans import Failure
from rostra.di.recipes import At, Recipe, Ways, recipe_for, run_of
from rostra.di.registry import INJECTED, here
from rostra.di.scopes import OF_SCOPE, nearest_scope, scope
from rostra.di.signatures import Signature, read_signature

R = TypeVar("R")
P = ParamSpec("P")

_PLANS = object()
"""Under which a shape has the plans of ``@di.inject``."""
_NOTHING: Mapping[Any, Any] = {}
_OPENS: Any = object()
"""Stands for a plan where a scope has to be opened first."""


@overload
def inject(function: Callable[P, Coroutine[Any, Any, R]], /) -> Callable[..., Promise[R]]: ...
@overload
def inject(function: Callable[P, R], /) -> Callable[..., R]: ...
def inject(function: Callable[..., Any], /) -> Callable[..., Any]:
    """Let di fill the parameters that the caller does not pass.

    What the caller passes is for this function alone, not for what is built for it. Where no scope is open, what
    must be closed lives as long as the call. ``di.check`` starts from these functions, too.

    Args:
        function: A coroutine function, or a function for which nothing needs ``await``.
    """
    injected = Injected(function)

    @functools.wraps(function)
    async def awaiting(*args: Any, **kwargs: Any) -> Any:
        return await injected.call(args, kwargs)

    @functools.wraps(function)
    def calling(*args: Any, **kwargs: Any) -> Any:
        return injected.call_now(args, kwargs)

    wrapper: Callable[..., Any] = awaiting if inspect.iscoroutinefunction(function) else calling
    setattr(wrapper, INJECTED, wrapper)
    return wrapper


class Injected:
    """A function whose parameters are filled at each call.

    Args:
        function: The function.
    """

    __slots__ = ("_bindable", "_known", "function")

    def __init__(self, function: Callable[..., Any]) -> None:
        self.function = function
        self._known = read_signature(function, captured=captured_for(function))
        self._bindable = inspect.signature(function)

    async def call(self, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
        """Call a coroutine function."""
        layer, key = here(), (self, len(args), *kwargs)
        values = layer.values
        plan = values[0].shape.plans.get(_PLANS, _NOTHING).get(key)
        if plan is None:
            shape = layer.shape
            if nearest_scope(layer)[1] is not None:
                return await self._planned(layer, key, args, kwargs)
            shape.plans.setdefault(_PLANS, {})[key] = plan = _OPENS
        if plan is not _OPENS:
            return await plan(values, args, kwargs)
        key = (_OPENS, *key)
        own = scope()
        own.label = "call"
        lent = Components(layer, "call")
        lent.begin((own,), OF_SCOPE)
        try:
            values = lent.values
            plan = values[0].shape.plans.get(_PLANS, _NOTHING).get(key)
            if plan is None:
                result = await self._planned(lent, key, args, kwargs, is_alone=True)
            else:
                result = await plan(values, args, kwargs)
        except BaseException as error:
            await own.close(error)
            raise
        own.is_closed = True
        if own.steps is not None:
            await own.close()
        return result

    def _planned(
        self,
        layer: Components,
        key: Any,
        args: tuple[Any, ...],
        kwargs: Mapping[str, Any],
        *,
        is_alone: bool = False,
    ) -> Awaitable[Any]:
        at, recipe = self._recipe(layer, key, args, kwargs)
        plan = planned(at, (_PLANS,), key, recipe, {}, Ways(passes=True, is_alone=is_alone))
        if plan is not None:
            return plan(at[0], args, kwargs)  # type: ignore[no-any-return]  # generated
        return called(self.function, recipe, run_of(recipe, layer, {}), args, kwargs)

    def call_now(self, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
        """Call a function for which nothing need be awaited."""
        layer, key = here(), (self, len(args), *kwargs)
        values = layer.values
        plan = values[0].shape.plans.get(_PLANS, _NOTHING).get(key)
        if plan is not None:
            return plan(values, args, kwargs)
        at, recipe = self._recipe(layer, key, args, kwargs)
        plan = planned(at, (_PLANS,), key, recipe, {}, Ways(passes=True, can_wait=False))
        if plan is not None:
            return plan(at[0], args, kwargs)
        run = run_of(recipe, layer, {})
        check_now(run, recipe.wanted, recipe.plan.roots)
        positional, named = driven(run.passed(recipe.arguments))
        return self.function(*args, *positional, **kwargs, **named)

    def _recipe(
        self, layer: Components, key: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any]
    ) -> tuple[At, Recipe]:
        def asked() -> Signature:
            passed = self._bindable.bind_partial(*args, **kwargs).arguments
            return _remaining(self._known, frozenset(passed))

        return recipe_for(layer, (_PLANS, key), asked, {})


def _remaining(known: Signature, passed: frozenset[str]) -> Signature:
    """What is left of a function whose other parameters the caller passes."""
    return known._replace(parameters=tuple(each for each in known.parameters if each.name not in passed))


def without_what_callers_pass(found: Answer) -> tuple[Answer, tuple[str, ...]]:
    """The answer for a function that ``inject`` made, and hints: a parameter that no adapter is for is left to the caller."""
    passed = [failure for failure in found.failures if _is_left_to_caller(failure)]
    rest = tuple(failure for failure in found.failures if failure not in passed)
    hints = tuple(
        f"{found.wanted}: {each.subject} must be passed, {each.reason}"
        for each in passed
        if each.option and not each.is_name_only
    )
    return found._replace(failures=rest), hints


def _is_left_to_caller(failure: Failure) -> bool:
    return failure.through is None and not failure.others and not failure.is_circle
