"""What happens when something is asked for the first times? It is found out, interpreted, and then remembered.

What was remembered is looked up in ``calls``, which does nothing else. A function that is defined within another one is made
anew each time (``closures``), and so is a bound method: what is planned for one of them is right for the next.
"""

import inspect
from collections.abc import Callable, Coroutine, Mapping
from types import FunctionType, MethodType
from typing import Any

from rostra import errors
from rostra.components import Components, Shape
from rostra.di.adapters import captured_for
from rostra.di.annotations import Want, in_order, read
from rostra.di.answering import Answer
from rostra.di.functions import Captured
from rostra.di.plans import Load
from rostra.di.recipes import At, Recipe, Ways, foreseen, recipe_for, run_of
from rostra.di.registry import here
from rostra.di.running import Run, driven
from rostra.di.signatures import Signature, read_signature, signature
from rostra.di.views import View

NOW = object()
"""Under which a shape has the plans of ``di.now``."""
CALLS = object()
"""Under which a shape has the plans of ``di.call``."""
INJECTED = object()
"""Under which a shape has the plans of ``@di.inject``."""


def found(targets: tuple[Any, ...], given: Mapping[str, Any]) -> Coroutine[Any, Any, Any]:
    """What ``nject`` gives: its coroutine.

    Raises:
        RostraError: As ``nject`` does at its await.
    """
    layer, is_one = here(), len(targets) == 1
    key = question(targets, given)
    at, recipe = recipe_for(layer, _question(None, key), lambda: _wants(targets), given)
    if is_one and len(given) == 1:
        asked, name, kind = key
        plan = planned(at, (name, asked), kind, recipe, given, Ways())
    else:
        plan = planned(at, (), key, recipe, given, Ways(is_one))
    if plan is not None:
        return plan(at[0], *given.values())  # type: ignore[no-any-return]  # generated
    return _injected(run_of(recipe, layer, given), is_one=is_one)


def found_now(targets: tuple[Any, ...], given: Mapping[str, Any]) -> Any:
    """What ``now`` gives.

    Raises:
        RostraError: As ``now`` does.
    """
    layer, is_one = here(), len(targets) == 1
    key = question(targets, given)
    at, recipe = recipe_for(layer, _question(NOW, key), lambda: _wants(targets), given)
    values, shape, _ = at
    slot = _slot_of(recipe, shape) if is_one and not given else None
    if slot is not None:
        shape.at_hand[key] = slot
        return values[slot]
    plan = planned(at, (NOW,), key, recipe, given, Ways(is_one, can_wait=False))
    if plan is not None:
        if is_one and not given:
            shape.at_hand[key] = 0
        return plan(values, *given.values())
    run = run_of(recipe, layer, given)
    run.check_now(recipe.wanted, recipe.plan.roots)
    return driven(_injected(run, is_one=is_one))


def _slot_of(recipe: Recipe, shape: Shape) -> int | None:
    """Where the one thing that is asked for lies, if it is a component and will be so for all layers of this shape."""
    match recipe.plan.roots:
        case (Load() as load,) if recipe.is_known:
            return shape.find(load.key, load.name)
    return None


def filled(function: Callable[..., Any], given: Mapping[str, Any]) -> Coroutine[Any, Any, Any]:
    """What ``call`` gives: its coroutine.

    Raises:
        RostraError: As ``call`` does at its await.
    """
    layer, same = here(), alike(function)
    captured, is_lasting = _lasting(function, same)

    def known() -> Signature:
        return signature_of_all(function) if is_lasting else read_signature(function, captured=captured)

    key = (same, *given, *map(type, given.values()))
    at, recipe = recipe_for(layer, (CALLS, key) if is_lasting else None, known, given)
    told = () if same is function else (function,)
    plan = planned(at, (CALLS,), key, recipe, given, Ways(is_told_what_to_call=bool(told)))
    if plan is not None:
        return plan(at[0], *told, *given.values())  # type: ignore[no-any-return]  # generated
    return called(function, recipe, run_of(recipe, layer, given), (), {})


def foreseen_call(function: Callable[..., Any], view: View, wanted: str | None = None) -> Answer:
    """How a call with the given values of the view will be made; remembered for when that is done.

    Args:
        function: What will be called by ``call``.
        view: What may be used.
        wanted: What errors call the function, if not by its own name.
    """
    same = alike(function)
    _, is_lasting = _lasting(function, same)
    if not is_lasting:
        return foreseen(view, None, signature(function), wanted)
    key = (same, *view.given, *view.given.values())
    return foreseen(view, (CALLS, key), signature_of_all(function), wanted)


def planned(
    at: At, under: tuple[Any, ...], key: Any, recipe: Recipe, given: Mapping[str, Any], ways: Ways
) -> Callable[..., Any] | None:
    """The plan as a function, kept where ``calls`` will find it; None if this call is to be interpreted.

    Args:
        at: Where it is asked, as it was when ``recipe`` was found out.
        under: Through which dictionaries to go from that of the plans.
        key: Its key in the last of them.
        recipe: What was found out.
        given: The given values.
        ways: How it is called.
    """
    if not recipe.is_known:
        return None
    plans = at.plans
    for each in under:
        plans = plans.setdefault(each, {})
    function: Callable[..., Any] | None = plans.get(key)
    if function is None:
        from rostra.di.compiling import function_of  # most processes that start and stop need none of it

        function = function_of(recipe, at, given, ways)
        if function is not None:
            plans[key] = function
    return function


async def called(
    function: Callable[..., Any], recipe: Recipe, run: Run, args: tuple[Any, ...], kwargs: Mapping[str, Any]
) -> Any:
    """Make the arguments of a function and call it."""
    positional, named = await run.passed(recipe.arguments)
    result = function(*args, *positional, **kwargs, **named)
    return await result if inspect.isawaitable(result) else result


async def values_of(layer: Components, wants: tuple[Want, ...]) -> list[Any]:
    """What is asked for from ``layer``, in order."""
    _, recipe = recipe_for(layer, None, lambda: wants, {})
    return await run_of(recipe, layer, {}).values()


async def raising(error: Exception) -> Any:
    """Raise at the await."""
    raise error


def remaining(known: Signature, passed: frozenset[str]) -> Signature:
    """What is left of a function whose other parameters the caller passes."""
    return known._replace(parameters=tuple(each for each in known.parameters if each.name not in passed))


def _lasting(function: Callable[..., Any], same: Any) -> tuple[Captured | None, bool]:
    """The local names that its annotations need, and whether what is planned for it is right for a later call, too."""
    captured = _captured(function) if same is None or same is function else None
    return captured, same is not None and captured is None


def _captured(function: Callable[..., Any]) -> Captured | None:
    """The local names of the code that calls, if the annotations of ``function`` cannot be read without them."""
    captured = captured_for(function)
    if captured is None or "<locals>" in getattr(function, "__qualname__", "<locals>"):
        return captured
    try:
        for parameter in signature(function).parameters:
            _ = parameter.want
    except errors.AnnotationError:
        return captured
    return None


def question(targets: tuple[Any, ...], given: Mapping[str, Any]) -> Any:
    """The key of ``nject`` and ``now``: the target, or a tuple of it, the names and the types of given values."""
    targets = tuple(map(in_order, targets))
    asked = targets[0] if len(targets) == 1 else targets
    return (asked, *given, *map(type, given.values())) if given or len(targets) > 1 else asked


def _question(kind: Any, key: Any) -> Any:
    """The key under which an answer is remembered; None for what no dictionary can tell from others."""
    try:
        hash(key)
    except TypeError:
        return None
    return kind, key


def _wants(targets: tuple[Any, ...]) -> tuple[Want, ...]:
    for target in targets:
        if isinstance(target, str):
            reason = "it is a string, not a type"
            raise errors.ResolveError(
                repr(target), reason, ((repr(target), reason),), fixes=(f"nject({target})",)
            )
    return tuple(map(read, targets))


async def _injected(run: Run, *, is_one: bool) -> Any:
    values = await run.values()
    return values[0] if is_one else tuple(values)


def alike(function: Any) -> Any:
    """What is equal for all functions that one plan serves; None for what is like no other.

    It holds nothing of what a function closes over, nor the object that a method is bound to.
    """
    if isinstance(function, MethodType):
        inner, owner = function.__func__, function.__self__
        same = alike(inner) if isinstance(inner, FunctionType) else None
        return None if same is None else (owner if isinstance(owner, type) else type(owner), same)
    if not isinstance(function, FunctionType):
        return None
    if function.__closure__ is None and "<locals>" not in function.__qualname__:
        return function
    from rostra.di.closures import by_code  # most functions stand in a module

    return by_code(function)


def signature_of_all(function: Any) -> Signature:
    """The signature of all that are ``alike``, which holds nothing of this one that the others do not have."""
    if isinstance(function, MethodType):
        inner = function.__func__
        if isinstance(inner, FunctionType):
            function = MethodType(_of_nobody(inner), function.__self__)
        return read_signature(function)._replace(target=function.__func__)
    of_nobody = _of_nobody(function)
    return signature(function) if of_nobody is function else read_signature(of_nobody)


def _of_nobody(function: FunctionType) -> FunctionType:
    """The function without what it closes over; itself, if it is not made anew each time."""
    is_made_anew = alike(function) is not function
    if not is_made_anew:
        return function
    from rostra.di.closures import twin

    return twin(function)
