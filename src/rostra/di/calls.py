"""Asking for things: ``nject``, ``now``, ``call``, ``inject``.

Each takes the context as it is when it is called, plans, and makes what was planned. ``nject`` and ``call`` are
plain functions that return a coroutine; whatever is wrong is raised where that is awaited.
"""

import functools
import inspect
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Mapping
from contextlib import asynccontextmanager
from typing import Any, ParamSpec, TypeVar, overload

import attrs
from typing_extensions import TypeForm

from rostra.components import Components
from rostra.di.adapters import captured_for
from rostra.di.annotations import Want, read
from rostra.di.closing import Closing
from rostra.di.drawing import drawn, unused
from rostra.di.planning import Answer, answer
from rostra.di.plans import Flawed, Given
from rostra.di.registry import INJECTED, here
from rostra.di.running import Run, driven
from rostra.di.scopes import Scope, nearest_scope
from rostra.di.signatures import Signature, read_signature, signature
from rostra.di.views import view_from
from rostra.errors import ResolveError

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
def nject(*targets: Any, **given: Any) -> Promise[Any]:
    """Something of this type: a component of the context, or what an adapter makes of what there is.

    One call makes one object per type, and works on the context as it is when it begins. Nothing that nobody
    registered is built.

    Args:
        targets: Types: classes, Protocols, NewTypes, ``Repo[User]``, ``X | None``, ``list[X]`` for all,
            ``Annotated[X, di.Named("replica")]``, ``di.Lazy[X]``. Several give a tuple.
        given: Values for parameters of whatever is built: by name, then by type. A value that serves a parameter
            of its name serves nothing else.

    Raises:
        ResolveError: It cannot be built; drawn as a path to what is missing. ConflictError, if several adapters
            are equally near; CycleError, if something needs itself.
        GivenError: A given value serves nobody, or two serve one parameter.
    """
    try:
        asked = prepared(here(), _wants(targets), given)
    except Exception as error:  # noqa: BLE001  (raised at the await)
        return _raising(error)
    return _injected(asked, is_one=len(targets) == 1)


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
def now(*targets: Any, **given: Any) -> Any:
    """What ``await nject(...)`` gives, where nothing on the way needs ``await``.

    An object of the scope or the stage that is there already needs none. Nothing is built if something does.

    Args:
        targets: As for ``nject``.
        given: As for ``nject``.

    Raises:
        NeedsAwaitError: Something needs ``await``.
        ResolveError: As for ``nject``.
        GivenError: As for ``nject``.
    """
    asked = prepared(here(), _wants(targets), given)
    asked.run.check_now(asked.wanted, asked.run.plan.roots)
    return driven(_injected(asked, is_one=len(targets) == 1))


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
    try:
        captured = captured_for(function)
        known = read_signature(function, captured=captured) if captured else signature(function)
        asked = prepared(here(), known, given)
    except Exception as error:  # noqa: BLE001  (raised at the await)
        return _raising(error)
    return _called(function, asked, (), {})


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
    known = read_signature(function, captured=captured_for(function))
    bindable = inspect.signature(function)

    def remaining(args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Signature:
        passed = bindable.bind_partial(*args, **kwargs).arguments
        return attrs.evolve(
            known, parameters=tuple(each for each in known.parameters if each.name not in passed)
        )

    @functools.wraps(function)
    async def awaiting(*args: Any, **kwargs: Any) -> Any:
        async with _scoped(here()) as layer:
            return await _called(function, prepared(layer, remaining(args, kwargs), {}), args, kwargs)

    @functools.wraps(function)
    def calling(*args: Any, **kwargs: Any) -> Any:
        asked = prepared(here(), remaining(args, kwargs), {})
        asked.run.check_now(asked.wanted, asked.run.plan.roots)
        positional, named = driven(asked.run.passed(asked.answer.arguments))
        return function(*args, *positional, **kwargs, **named)

    wrapper: Callable[..., Any] = awaiting if inspect.iscoroutinefunction(function) else calling
    setattr(wrapper, INJECTED, wrapper)
    return wrapper


@attrs.frozen(eq=False)
class Asked:
    """What was asked for, planned and ready to be made."""

    wanted: str
    answer: Answer
    run: Run


def prepared(layer: Components, asked: tuple[Want, ...] | Signature, given: Mapping[str, Any]) -> Asked:
    """Plan, from the context as it is now.

    Raises:
        ResolveError: Something cannot be had.
        GivenError: A given value cannot be used as it is.
    """
    wanted = asked.label if isinstance(asked, Signature) else ", ".join(map(str, asked))
    view = view_from(layer, {name: type(value) for name, value in given.items()})
    found = answer(view, asked)
    if found.failures:
        raise drawn(wanted, found.failures[0], asked if isinstance(asked, Signature) else None, found.view)
    check_given(wanted, found)
    closing = view.scope.closing if view.scope else None
    return Asked(wanted, found, Run(found.plan, given, layer, view.scope, view.stage_objects, closing))


def check_given(wanted: str, found: Answer) -> None:
    """Raise what is ambiguous in a plan, and complain of given values that it has no use for."""
    nodes = list(found.plan.nodes())
    for node in nodes:
        if isinstance(node, Flawed):
            raise node.error
    used = {node.name for node in nodes if isinstance(node, Given)}
    for name in found.view.given:
        if name not in used:
            takes = {argument.parameter.name for node in nodes for argument in getattr(node, "arguments", ())}
            raise unused(wanted, name, found.view, sorted(takes))


def _wants(targets: tuple[Any, ...]) -> tuple[Want, ...]:
    for target in targets:
        if isinstance(target, str):
            reason = "it is a string, not a type"
            raise ResolveError(repr(target), reason, ((repr(target), reason),), fixes=(f"nject({target})",))
    return tuple(map(read, targets))


async def _injected(asked: Asked, *, is_one: bool) -> Any:
    values = await asked.run.values()
    return values[0] if is_one else tuple(values)


async def _called(
    function: Callable[..., Any], asked: Asked, args: tuple[Any, ...], kwargs: Mapping[str, Any]
) -> Any:
    positional, named = await asked.run.passed(asked.answer.arguments)
    result = function(*args, *positional, **kwargs, **named)
    return await result if inspect.isawaitable(result) else result


async def _raising(error: Exception) -> Any:
    raise error


@asynccontextmanager
async def _scoped(layer: Components) -> AsyncIterator[Components]:
    """The layer, or where no scope is open one on top of it that is a scope."""
    if nearest_scope(layer)[1] is not None:
        yield layer
        return
    lent = layer.push("call")
    async with Closing("call") as closing:
        lent.add(Scope(lent, closing))
        yield lent
