"""Asking for things: ``nject`` and ``call``. The first times it is found out how they are made, and remembered.

Each takes the context as it is when it is called, plans, and makes what was planned. Both are plain functions that return
a coroutine; whatever is wrong is raised where that is awaited. A function that is defined within another one is made anew
each time (``closures``), and so is a bound method: what is planned for one of them is right for the next.
"""

import inspect
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from types import FunctionType, MethodType
from typing import Any, TypeVar, overload

from typing_extensions import TypeForm

from rostra import errors
from rostra.components import Components
from rostra.context import peek
from rostra.di.adapters import captured_for
from rostra.di.annotations import Want, in_order, read
from rostra.di.answering import Answer
from rostra.di.functions import Captured
from rostra.di.recipes import At, Recipe, Ways, foreseen, recipe_for, run_of
from rostra.di.registry import here
from rostra.di.running import Run
from rostra.di.signatures import Signature, read_signature, signature
from rostra.di.views import View

CALLS = object()
"""Under which a shape has the plans of ``di.call``."""

A = TypeVar("A")
B = TypeVar("B")
C = TypeVar("C")
D = TypeVar("D")
E = TypeVar("E")
F = TypeVar("F")
R = TypeVar("R")

Promise = Coroutine[Any, Any, R]


# What a type checker is told stands in quotes: to make sense of it takes every start longer than all the rest here.
@overload
def nject(a: "TypeForm[A]", /, **given: Any) -> "Promise[A]": ...
@overload
def nject(a: "TypeForm[A]", b: "TypeForm[B]", /, **given: Any) -> "Promise[tuple[A, B]]": ...
@overload
def nject(
    a: "TypeForm[A]", b: "TypeForm[B]", c: "TypeForm[C]", /, **given: Any
) -> "Promise[tuple[A, B, C]]": ...
@overload
def nject(
    a: "TypeForm[A]", b: "TypeForm[B]", c: "TypeForm[C]", d: "TypeForm[D]", /, **given: Any
) -> "Promise[tuple[A, B, C, D]]": ...
@overload
def nject(
    a: "TypeForm[A]", b: "TypeForm[B]", c: "TypeForm[C]", d: "TypeForm[D]", e: "TypeForm[E]", /, **given: Any
) -> "Promise[tuple[A, B, C, D, E]]": ...
@overload
def nject(
    a: "TypeForm[A]",
    b: "TypeForm[B]",
    c: "TypeForm[C]",
    d: "TypeForm[D]",
    e: "TypeForm[E]",
    f: "TypeForm[F]",
    /,
    **given: Any,
) -> "Promise[tuple[A, B, C, D, E, F]]": ...
def nject(target: Any, /, *more: Any, **given: Any) -> Promise[Any]:
    """Something of this type: a component of the context, or what an adapter makes of what there is.

    One call makes one object per type, in the order of parameters, depth first, and works on the context as it is when
    it begins. Nothing that nobody registered is built.

    Args:
        target: A type: a class, Protocol, NewType, ``Repo[User]``, ``X | None``, ``list[X]`` for all,
            ``Annotated[X, di.Named("replica")]``, ``di.Lazy[X]``.
        more: Further types; then a tuple is given.
        given: Values for parameters of whatever is built: by name, then by type. A value that serves a parameter
            of its name serves nothing else.

    Raises:
        ResolveError: It cannot be built; drawn as a path to what is missing. ConflictError, if several adapters
            are equally near; CycleError, if something needs itself.
        GivenError: A given value serves nobody, or two serve one parameter.
    """
    try:
        values = peek().values
        plans = values[0].shape.plans
        if more:
            plan = plans[(target, *more), *given, *map(type, given.values())]
            return plan(values, *given.values())  # type: ignore[no-any-return]  # generated
        if not given:
            return plans[target](values)  # type: ignore[no-any-return]  # as above
        if len(given) == 1:
            name, value = given.popitem()  # takes half the time of looking at it
            try:
                return plans[name][target][type(value)](values, value)  # type: ignore[no-any-return]  # as above
            except (KeyError, TypeError):
                given[name] = value
                raise
        plan = plans[target, *given, *map(type, given.values())]
        return plan(values, *given.values())  # type: ignore[no-any-return]  # as above
    except (LookupError, TypeError):  # no context, not planned yet, or no key of a dictionary
        pass
    try:
        return found((target, *more), given)
    except Exception as error:  # noqa: BLE001  (raised at the await)
        return raising(error)


@overload
def call(function: Callable[..., Awaitable[R]], /, **given: Any) -> Promise[R]: ...
@overload
def call(function: Callable[..., R], /, **given: Any) -> Promise[R]: ...
def call(function: Callable[..., Any], /, **given: Any) -> Promise[Any]:
    """Fill the parameters of ``function`` and call it; what can be awaited is awaited.

    Args:
        function: Any function; it need not be registered. ``*args`` and ``**kwargs`` stay empty.
        given: Values for its parameters and those of whatever is built for it, as for ``nject``.

    Raises:
        ResolveError: A parameter cannot be filled.
        GivenError: As for ``nject``.
        TypeError: It is no function, or Python does not know its parameters.
    """
    layer = peek(None)
    if layer is not None:
        values = layer.values
        plans = values[0].shape.plans.get(CALLS)
        if plans is not None:
            try:
                plan = plans[function, *given, *map(type, given.values())]
                return plan(values, *given.values())  # type: ignore[no-any-return]  # generated
            except (KeyError, TypeError):  # as above
                pass
    try:
        return filled(function, given)
    except Exception as error:  # noqa: BLE001  (raised at the await)
        return raising(error)


def found(targets: tuple[Any, ...], given: Mapping[str, Any]) -> Coroutine[Any, Any, Any]:
    """What ``nject`` gives: its coroutine.

    Raises:
        RostraError: As ``nject`` does at its await.
    """
    layer, is_one = here(), len(targets) == 1
    key, at, recipe = asked(layer, None, targets, given)
    if is_one and len(given) == 1:
        target, name, kind = key
        plan = planned(at, (name, target), kind, recipe, given, Ways())
    else:
        plan = planned(at, (), key, recipe, given, Ways(is_one))
    if plan is not None:
        return plan(at[0], *given.values())  # type: ignore[no-any-return]  # generated
    return made(run_of(recipe, layer, given), is_one=is_one)


def asked(
    layer: Components, kind: Any, targets: tuple[Any, ...], given: Mapping[str, Any]
) -> tuple[Any, At, Recipe]:
    """The key of a question, where it is asked, and what is remembered of it or found out now.

    Args:
        layer: Where it is asked.
        kind: Under what its answer is remembered besides its key.
        targets: The types that are asked for.
        given: The given values.

    Raises:
        RostraError: As ``nject`` does at its await.
    """
    ordered = tuple(map(in_order, targets))
    key: Any = ordered[0] if len(ordered) == 1 else ordered
    if given or len(ordered) > 1:
        key = (key, *given, *map(type, given.values()))
    question: Any = (kind, key)
    try:
        hash(key)
    except TypeError:  # what no dictionary can tell from others is not remembered
        question = None
    return key, *recipe_for(layer, question, lambda: _wants(targets), given)


async def made(run: Run, *, is_one: bool) -> Any:
    """What was asked for: one object, or a tuple of them."""
    values = await run.values()
    return values[0] if is_one else tuple(values)


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
    """The plan as a function, kept where the next call will find it; None if this call is to be interpreted.

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


def _wants(targets: tuple[Any, ...]) -> tuple[Want, ...]:
    for target in targets:
        if isinstance(target, str):
            reason = "it is a string, not a type"
            raise errors.ResolveError(
                repr(target), reason, ((repr(target), reason),), fixes=(f"nject({target})",)
            )
    return tuple(map(read, targets))


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
