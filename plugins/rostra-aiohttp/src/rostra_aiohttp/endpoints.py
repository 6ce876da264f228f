"""Handlers on the routes of aiohttp: bound once, when all is known that will be needed at a request."""

import functools
import inspect
from collections.abc import Awaitable, Callable
from types import MappingProxyType
from typing import Any, TypeAlias

from aiohttp import hdrs, web

from rostra import context, di, errors
from rostra.components import Components
from rostra.context import peek
from rostra.di import LateScope
from rostra.errors import together
from rostra.handlers import Bound, Origin
from rostra.values import Values
from rostra_aiohttp.handling import BOUND, Endpoint, Take, described, shape, taken
from rostra_aiohttp.heads import known_head
from rostra_aiohttp.routes import Route
from rostra_aiohttp.settings import HttpConfig
from rostra_aiohttp.stamps import TEXT, stamp


async def bind(chosen: tuple[Bound, ...]) -> None:
    """Put handlers on the routes of the stage's application.

    Raises:
        HandlerError: Two answer the same, a parameter cannot be read, or it is too late. Several are raised as an
            ExceptionGroup.
    """
    application = await di.nject(web.Application)
    settings = await di.nject(HttpConfig)
    known = taken(application)
    problems = []
    for bound in sorted(chosen, key=lambda each: _route(each).method != hdrs.METH_HEAD):  # so GET leaves it
        try:
            _bind(application, bound, known, settings)
        except errors.HandlerError as problem:
            problems.append(problem)
    if problems:
        raise together("handlers cannot be bound", problems)


def _bind(
    application: web.Application, bound: Bound, known: dict[tuple[str, str], str], settings: HttpConfig
) -> None:
    route = _route(bound)
    if application.frozen:
        from rostra_aiohttp import refusals

        raise refusals.too_late(bound)
    endpoint = _endpoint(bound, application, settings)
    resource = application.router.add_resource(route.path)
    path = shape(resource)
    other = known.get((route.method, path)) or known.get((hdrs.METH_ANY, path))
    if other is not None:
        from rostra_aiohttp import refusals

        raise refusals.twice(bound, other)
    resource.add_route(route.method, endpoint, expect_handler=_expecting(bound))
    known[route.method, path] = described(bound)
    if route.method == hdrs.METH_GET and (hdrs.METH_HEAD, path) not in known:
        resource.add_route(hdrs.METH_HEAD, endpoint)


Respond: TypeAlias = Callable[[web.Request, Any], web.StreamResponse]


class Step(Values):
    """A handler or a guard, and how a request becomes a call of it.

    Args:
        bound: It.
        reader: Of what comes from the request, a ``reading.Reader``, which is not imported where nothing does; then it is
            None.
        passed: The names under which it takes the request itself.
        status: Of an answer that says none.
        has_status: Whether a pair that begins with a number says its status.
    """

    bound: Bound
    reader: Any
    passed: tuple[str, ...]
    status: int | None
    has_status: bool

    async def take(self, request: web.Request) -> Any:
        """Read what it needs, and call it."""
        values = {} if self.reader is None else await self.reader.read(request)
        if self.passed:
            values = {**values, **dict.fromkeys(self.passed, request)}
        return await self.bound.invoke(values)

    def answer(self, request: web.Request, result: Any, *, packs: bool = False) -> web.StreamResponse:
        """What it returned, as an answer.

        Raises:
            HandlerError: It cannot be answered.
        """
        try:
            return _answering()(request, result, self.status, has_status=self.has_status, packs=packs)
        except _unsayable() as error:
            from rostra_aiohttp import refusals

            unsayable = refusals.unsayable(self.bound, error)
        raise unsayable


def _endpoint(bound: Bound, application: web.Application, settings: HttpConfig) -> Endpoint:
    """Calls the handler in the scope of the request, which ends before the answer is on its way; only streams are sent
    within.
    """
    layer, last = context.current_context(), step_of(bound, _route(bound).status)
    respond = _negotiating(last) if settings.msgpack else _responding(last)
    take = _with_more(last, _taking(last, tuple(map(step_of, bound.guards))), application, settings)

    async def endpoint(request: web.Request) -> web.StreamResponse:
        scope = peek(None)
        if type(scope) is not LateScope:
            scope = scope_of(layer, request)
        scope.holders += 1
        try:
            result = await take(request)
        except BaseException as error:
            if (closing := scope.let_go()) is not None:
                await closing.close(error)
            raise
        if scope.closing is None and scope.holders == 1:
            scope.is_over = True
        elif (closing := scope.let_go()) is not None:
            await closing.close()
        return respond(request, result)

    setattr(endpoint, BOUND, bound)
    return endpoint


def step_of(bound: Bound, status: int | None = None) -> Step:
    """How a request becomes a call of a handler, a guard or whatever is around them."""
    return Step(bound, _reader(bound), tuple(bound.passed), status, _may_say_status(_returned(bound)))


def _returned(bound: Bound) -> Any:
    """The return annotation, or what stands for none where it cannot be read: nothing else depends on it."""
    try:
        return di.signature(bound.declared.function).returns(context.get(di.Registry).names)
    except errors.AnnotationError:
        return inspect.Parameter.empty


def _may_say_status(promised: Any) -> bool:
    """Whether a pair that begins with a whole number says the status; who promises a text returns none."""
    if promised is str:
        return False
    from rostra_aiohttp.promises import may_say_status

    return may_say_status(promised)


def _unsayable() -> Any:
    """The class of what says that a result is nothing to be sent. Who raises it has imported it."""
    from rostra.documents import UnsayableError

    return UnsayableError


@functools.cache
def _answering() -> Callable[..., web.StreamResponse]:
    """What makes answers of all that is no text, which not every service has."""
    from rostra_aiohttp.answers import answer_to

    return answer_to


def _reader(bound: Bound) -> Any:
    if not bound.from_outside:
        return None
    from rostra_aiohttp.reading import reader_of

    return reader_of(bound)


def _taking(last: Step, guards: tuple[Step, ...]) -> Take:
    """The shortest way from a request to what is to be answered."""
    if guards:
        return functools.partial(_guarded, last, guards)
    if last.reader is not None or last.passed:
        return last.take
    function = last.bound.declared.function
    if not last.bound.sources and last.bound.declared.owner is None and inspect.iscoroutinefunction(function):
        return lambda _: function()
    invoke, nothing = last.bound.invoke, MappingProxyType[str, Any]({})
    return lambda _: invoke(nothing)


def _with_more(last: Step, take: Take, application: web.Application, settings: HttpConfig) -> Take:
    """The same with what is around it where a handler yields or takes a body, or where the settings say so."""
    bound, promised = last.bound, _returned(last.bound)
    is_generator = di.signature(bound.declared.function).is_generator
    if settings.validate_results and not is_generator:
        from rostra_aiohttp.conforming import checking

        take = checking(bound, take, promised)
    if promised is not str or is_generator:
        from rostra_aiohttp.promises import item_of_stream

        _answering()  # so that no request waits for its import
        if (item := item_of_stream(promised, is_generator=is_generator)) is not None:
            from rostra_aiohttp.streams import sending

            take = sending(bound, take, item, last.status, application, settings)
    if last.reader is not None and last.reader.body is not None:
        from rostra_aiohttp.bodies import within

        take = within(last.reader.body, take, application, settings.uploads)
    return take


def _responding(last: Step) -> Respond:
    """The shortest way from what was returned to an answer."""
    if last.status is not None and not 200 <= last.status <= 203:  # noqa: PLR2004  (others may have no body)
        return last.answer
    texts, other = stamp(last.status or 200, TEXT), last.answer

    def respond(request: web.Request, result: Any) -> web.StreamResponse:
        if result.__class__ is str and known_head(request) is None:
            return texts.answer(result.encode())
        return other(request, result)

    return respond


def _negotiating(last: Step) -> Respond:
    from rostra_aiohttp.negotiation import negotiating

    return negotiating(last.answer)


async def _guarded(last: Step, guards: tuple[Step, ...], request: web.Request) -> Any:
    for guard in guards:
        result = await guard.take(request)
        if result is not None:
            return guard.answer(request, result)
    return await last.take(request)


def scope_of(layer: Components, request: web.Request) -> LateScope:
    """The scope of the request, where a middleware has opened a layer on top of it, or where there is none."""
    for each in (context.peek(None) or layer).layers():
        if isinstance(each, LateScope):
            return each
    scope = LateScope(layer, (request,))
    context.enter(scope)
    return scope


def _expecting(bound: Bound) -> Callable[[web.Request], Awaitable[None]] | None:
    """What says 100 Continue where a client waits for it; None is aiohttp, which says so at once."""
    if not any(source.origin is Origin.PAYLOAD for source in bound.from_outside):
        return None
    from rostra_aiohttp.bodies import expect_later

    return expect_later


def _route(bound: Bound) -> Route:
    route = bound.declared.trigger
    assert isinstance(route, Route), "only these are bound here"  # noqa: S101  (for type checkers)
    return route
