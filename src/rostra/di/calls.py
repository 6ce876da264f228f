"""Asking for things: ``nject``, ``now``, ``call``, ``inject``.

Each takes the context as it is when it is called, plans, and makes what was planned. ``nject`` and ``call`` are
plain functions that return a coroutine; whatever is wrong is raised where that is awaited.
"""

import functools
import inspect
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Mapping
from contextlib import asynccontextmanager
from typing import Any, NamedTuple, ParamSpec, TypeVar, overload

from typing_extensions import TypeForm

from rostra.components import Components
from rostra.di.adapters import captured_for
from rostra.di.annotations import Want, read
from rostra.di.answering import Answer, Asked, answer
from rostra.di.closing import Closing
from rostra.di.drawing import unused
from rostra.di.registry import INJECTED, here
from rostra.di.running import Run, driven
from rostra.di.scopes import Scope, nearest_scope
from rostra.di.signatures import Signature, read_signature, signature
from rostra.di.suggesting import missing
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
        ready = prepared(here(), _wants(targets), given)
    except Exception as error:  # noqa: BLE001  (raised at the await)
        return _raising(error)
    return _injected(ready, is_one=len(targets) == 1)


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
    ready = prepared(here(), _wants(targets), given)
    ready.check_now()
    return driven(_injected(ready, is_one=len(targets) == 1))


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
        ready = prepared(here(), known, given)
    except Exception as error:  # noqa: BLE001  (raised at the await)
        return _raising(error)
    return _called(function, ready, (), {})


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
        return known._replace(parameters=tuple(each for each in known.parameters if each.name not in passed))

    @functools.wraps(function)
    async def awaiting(*args: Any, **kwargs: Any) -> Any:
        async with _scoped(here()) as layer:
            return await _called(function, prepared(layer, remaining(args, kwargs), {}), args, kwargs)

    @functools.wraps(function)
    def calling(*args: Any, **kwargs: Any) -> Any:
        ready = prepared(here(), remaining(args, kwargs), {})
        ready.check_now()
        positional, named = driven(ready.run.passed(ready.answer.arguments))
        return function(*args, *positional, **kwargs, **named)

    wrapper: Callable[..., Any] = awaiting if inspect.iscoroutinefunction(function) else calling
    setattr(wrapper, INJECTED, wrapper)
    return wrapper


class Ready(NamedTuple):
    """What was asked for, planned and ready to be made."""

    answer: Answer
    run: Run

    def check_now(self) -> None:
        """Refuse what would have to wait."""
        self.run.check_now(self.answer.wanted, self.answer.plan.roots)


def prepared(layer: Components, asked: Asked, given: Mapping[str, Any]) -> Ready:
    """Plan, from the context as it is now.

    Raises:
        ResolveError: Something cannot be had.
        GivenError: A given value cannot be used as it is.
    """
    view = view_from(layer, {name: type(value) for name, value in given.items()})
    found = answer(view, asked)
    for failure in found.failures:
        raise missing(found, failure)
    for flaw in found.flaws:
        raise flaw
    for name in found.unused:
        raise unused(found.wanted, name, found.view, found.plan.takes())
    closing = view.scope.closing if view.scope else None
    return Ready(found, Run(found.plan, given, layer, view.scope, view.stage_objects, closing))


def _wants(targets: tuple[Any, ...]) -> tuple[Want, ...]:
    for target in targets:
        if isinstance(target, str):
            reason = "it is a string, not a type"
            raise ResolveError(repr(target), reason, ((repr(target), reason),), fixes=(f"nject({target})",))
    return tuple(map(read, targets))


async def _injected(ready: Ready, *, is_one: bool) -> Any:
    values = await ready.run.values()
    return values[0] if is_one else tuple(values)


async def _called(
    function: Callable[..., Any], ready: Ready, args: tuple[Any, ...], kwargs: Mapping[str, Any]
) -> Any:
    positional, named = await ready.run.passed(ready.answer.arguments)
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
