"""Asking for things: ``nject``, ``now``, ``call``, ``inject``.

Each takes the context as it is when it is called, plans, and makes what was planned. ``nject`` and ``call`` are
plain functions that return a coroutine; whatever is wrong is raised where that is awaited.
"""

import functools
import inspect
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, ParamSpec, TypeVar, overload

from typing_extensions import TypeForm

from rostra.context import peek
from rostra.di.asking import CALLS, NOW, filled, found, found_now, raising
from rostra.di.registry import INJECTED

A = TypeVar("A")
B = TypeVar("B")
C = TypeVar("C")
D = TypeVar("D")
E = TypeVar("E")
F = TypeVar("F")
R = TypeVar("R")
P = ParamSpec("P")

Promise = Coroutine[Any, Any, R]


@overload
def nject(a: TypeForm[A], /, **given: Any) -> Promise[A]: ...
@overload
def nject(a: TypeForm[A], b: TypeForm[B], /, **given: Any) -> Promise[tuple[A, B]]: ...
@overload
def nject(a: TypeForm[A], b: TypeForm[B], c: TypeForm[C], /, **given: Any) -> Promise[tuple[A, B, C]]: ...
@overload
def nject(
    a: TypeForm[A], b: TypeForm[B], c: TypeForm[C], d: TypeForm[D], /, **given: Any
) -> Promise[tuple[A, B, C, D]]: ...
@overload
def nject(
    a: TypeForm[A], b: TypeForm[B], c: TypeForm[C], d: TypeForm[D], e: TypeForm[E], /, **given: Any
) -> Promise[tuple[A, B, C, D, E]]: ...
@overload
def nject(
    a: TypeForm[A],
    b: TypeForm[B],
    c: TypeForm[C],
    d: TypeForm[D],
    e: TypeForm[E],
    f: TypeForm[F],
    /,
    **given: Any,
) -> Promise[tuple[A, B, C, D, E, F]]: ...
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
def now(a: TypeForm[A], /, **given: Any) -> A: ...
@overload
def now(a: TypeForm[A], b: TypeForm[B], /, **given: Any) -> tuple[A, B]: ...
@overload
def now(a: TypeForm[A], b: TypeForm[B], c: TypeForm[C], /, **given: Any) -> tuple[A, B, C]: ...
@overload
def now(
    a: TypeForm[A], b: TypeForm[B], c: TypeForm[C], d: TypeForm[D], /, **given: Any
) -> tuple[A, B, C, D]: ...
@overload
def now(
    a: TypeForm[A], b: TypeForm[B], c: TypeForm[C], d: TypeForm[D], e: TypeForm[E], /, **given: Any
) -> tuple[A, B, C, D, E]: ...
@overload
def now(
    a: TypeForm[A],
    b: TypeForm[B],
    c: TypeForm[C],
    d: TypeForm[D],
    e: TypeForm[E],
    f: TypeForm[F],
    /,
    **given: Any,
) -> tuple[A, B, C, D, E, F]: ...
def now(target: Any, /, *more: Any, **given: Any) -> Any:
    """What ``await nject(...)`` gives, where nothing on the way needs ``await``.

    An object of the scope or the stage that is there already needs none. Nothing is built if something does.

    Args:
        target: As for ``nject``.
        more: As for ``nject``.
        given: As for ``nject``.

    Raises:
        NeedsAwaitError: Something needs ``await``.
        ResolveError: As for ``nject``.
        GivenError: As for ``nject``.
    """
    if not given and not more:
        try:
            values = peek().values
            slot = values[0].shape.at_hand[target]
            if slot:
                return values[slot]
            plan = values[0].shape.plans[NOW][target]
        except (LookupError, TypeError):  # as above
            pass
        else:
            return plan(values)
    return found_now((target, *more), given)


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
    from rostra.di.injecting import Injected  # most services call nothing by themselves

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
