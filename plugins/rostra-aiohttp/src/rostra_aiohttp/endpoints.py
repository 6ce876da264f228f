"""Handlers on the routes of aiohttp: bound once, when all is known that will be needed at a request."""

import functools
from collections.abc import Awaitable, Callable
from types import MappingProxyType
from typing import Any, NamedTuple, TypeAlias

from aiohttp import hdrs, web

from rostra import context, di
from rostra.components import Components
from rostra.context import peek
from rostra.di import LateScope
from rostra.errors import AnnotationError, HandlerError
from rostra.handlers import Bound, where_of
from rostra_aiohttp.answers import UnsayableError, answer_to, may_say_status
from rostra_aiohttp.handling import Endpoint
from rostra_aiohttp.reading import Reader, reader_of
from rostra_aiohttp.routes import Route
from rostra_aiohttp.table import BOUND, described, shape, taken


async def bind(chosen: tuple[Bound, ...]) -> None:
    """Put handlers on the routes of the stage's application.

    Raises:
        HandlerError: Two answer the same, a parameter cannot be read, or it is too late. Several are raised as an
            ExceptionGroup.
    """
    application = await di.nject(web.Application)
    known = taken(application)
    problems = []
    for bound in chosen:
        try:
            _bind(application, bound, known)
        except HandlerError as problem:
            problems.append(problem)
    if len(problems) == 1:
        raise problems[0]
    if problems:
        raise ExceptionGroup("handlers cannot be bound", problems)


def _bind(application: web.Application, bound: Bound, known: dict[tuple[str, str], str]) -> None:
    route = _route(bound)
    if application.frozen:
        raise _too_late(bound)
    endpoint = _endpoint(bound, context.current_context())
    resource = application.router.add_resource(route.path)
    path = shape(resource)
    other = known.get((route.method, path)) or known.get((hdrs.METH_ANY, path))
    if other is not None:
        raise _twice(bound, other)
    resource.add_route(route.method, endpoint)
    known[route.method, path] = described(bound)
    if route.method == hdrs.METH_GET and (hdrs.METH_HEAD, path) not in known:
        resource.add_route(hdrs.METH_HEAD, endpoint)


Take: TypeAlias = Callable[[web.Request], Awaitable[Any]]


class Step(NamedTuple):
    """A handler or a guard, and how a request becomes a call of it.

    Args:
        bound: It.
        reader: Of what comes from the request; None if nothing does.
        passed: The names under which it takes the request itself.
        status: Of an answer that says none.
        has_status: Whether a pair that begins with a number says its status.
    """

    bound: Bound
    reader: Reader | None
    passed: tuple[str, ...]
    status: int | None
    has_status: bool

    async def take(self, request: web.Request) -> Any:
        """Read what it needs, and call it."""
        values = {} if self.reader is None else await self.reader.read(request)
        if self.passed:
            values = {**values, **dict.fromkeys(self.passed, request)}
        return await self.bound.invoke(values)

    def answer(self, request: web.Request, result: Any) -> web.StreamResponse:
        """What it returned, as an answer.

        Raises:
            HandlerError: It cannot be answered.
        """
        try:
            return answer_to(request, result, self.status, has_status=self.has_status)
        except UnsayableError as error:
            unsayable = _unsayable(self.bound, error)
        raise unsayable


def _endpoint(bound: Bound, layer: Components) -> Endpoint:
    """Calls the handler in the scope of the request, which ends before the answer is on its way."""
    if di.signature(bound.declared.function).is_generator:
        raise _yields(bound)
    last = _step(bound, _route(bound).status)
    respond, take = last.answer, _taking(last, tuple(_step(each, None) for each in bound.guards))

    async def endpoint(request: web.Request) -> web.StreamResponse:
        scope = peek(None)
        if scope.__class__ is not LateScope:
            scope = _scope(layer, request)
        scope.hold()
        try:
            result = await take(request)
        except BaseException as error:
            if (closing := scope.let_go()) is not None:
                await closing.close(error)
            raise
        if (closing := scope.let_go()) is not None:
            await closing.close()
        return respond(request, result)

    setattr(endpoint, BOUND, bound)
    return endpoint


def _step(bound: Bound, status: int | None) -> Step:
    reader = reader_of(bound) if bound.from_outside else None
    return Step(bound, reader, tuple(bound.passed), status, _may_say_status(bound))


def _taking(last: Step, guards: tuple[Step, ...]) -> Take:
    """The shortest way from a request to what is to be answered."""
    if guards:
        return functools.partial(_guarded, last, guards)
    if last.reader is not None or last.passed:
        return last.take
    invoke, nothing = last.bound.invoke, MappingProxyType[str, Any]({})
    return lambda _: invoke(nothing)


async def _guarded(last: Step, guards: tuple[Step, ...], request: web.Request) -> Any:
    for guard in guards:
        result = await guard.take(request)
        if result is not None:
            return guard.answer(request, result)
    return await last.take(request)


def _scope(layer: Components, request: web.Request) -> LateScope:
    """The scope of the request, where a middleware has opened a layer on top of it, or where there is none."""
    for each in (context.peek(None) or layer).layers():
        if isinstance(each, LateScope):
            return each
    scope = LateScope(layer, (request,))
    context.enter(scope)
    return scope


def _may_say_status(bound: Bound) -> bool:
    try:
        returned = di.signature(bound.declared.function).returns(context.get(di.Registry).names)
    except AnnotationError:  # nothing else depends on it
        return True
    return may_say_status(returned)


def _route(bound: Bound) -> Route:
    route = bound.declared.trigger
    assert isinstance(route, Route), "only these are bound here"  # noqa: S101  (for type checkers)
    return route


def _twice(bound: Bound, other: str) -> HandlerError:
    return HandlerError(
        f"{_route(bound).describe()} is answered twice",
        (other, described(bound)),
        ("only one can answer",),
        ("give one of them another path or method",),
    )


def _yields(bound: Bound) -> HandlerError:
    return HandlerError(
        f"{bound.declared.label} yields, and a handler returns its answer",
        where_of(bound.declared),
        ("it is a generator, and answers in parts are not made from one yet",),
        ("return a list", "for a stream, prepare an aiohttp.web.StreamResponse, write to it and return it"),
    )


def _unsayable(bound: Bound, error: UnsayableError) -> HandlerError:
    return HandlerError(
        f"{bound.declared.label} returned {error.what}", where_of(bound.declared), (error.why,), (error.fix,)
    )


def _too_late(bound: Bound) -> HandlerError:
    return HandlerError(
        f"{_route(bound).describe()} comes too late",
        where_of(bound.declared),
        ("the server runs already, and its routes are fixed then",),
        ("load its plugin in a prepare, before the server starts",),
    )
