"""What stands around handlers: middlewares whose parameters are injected, and answers to what went wrong.

Both are handlers: marked by decorators, collected, planned, checked and shown like all others. A stage loads this plugin
for them, and the server with it; a service that has none does not import it.
"""

from collections.abc import Awaitable, Callable, Container
from http import HTTPStatus
from typing import Any, TypeVar

from aiohttp import web

from rostra import context, di, errors, plugin
from rostra.components import name_of
from rostra.handlers import Bound, Handlers, mark, where_of
from rostra.values import Values
from rostra_aiohttp.endpoints import scope_of, step_of
from rostra_aiohttp.handling import Endpoint, Failures, Serving, described
from rostra_aiohttp.heads import forget_head
from rostra_aiohttp.problems import UnfitError, has_begun, instead
from rostra_aiohttp.routes import FromCookie, FromHeader, FromQuery

Function = TypeVar("Function", bound=Callable[..., Any])


class CallNext:
    """What a middleware calls to go on: the next middleware, or the handler. It gives the answer."""

    __slots__ = ("_handler", "_request")

    def __init__(self, request: web.Request, handler: Endpoint) -> None:
        self._request, self._handler = request, handler

    def __call__(self) -> Awaitable[web.StreamResponse]:
        """Go on."""
        return self._handler(self._request)


class _OfRequests:
    """What the triggers of this module have in common."""

    __slots__ = ()
    transport = "rostra_aiohttp.surroundings"
    path_names = frozenset[str]()
    markers = (FromQuery, FromHeader, FromCookie)
    takes_scalars = False
    takes_payload = False
    needs_payload = False


class Around(_OfRequests):
    """Every request."""

    __slots__ = ()
    provides = (web.Request, CallNext)

    def describe(self) -> str:
        """How people call it."""
        return "every request"


class _Asked(Values):
    kind: int | type[Exception]
    status: int


class Failure(_Asked, _OfRequests):
    """An answer to what went wrong.

    Args:
        kind: The status of an error, or the class of an exception.
        status: Of an answer that says none.
    """

    __slots__ = ()

    @property
    def provides(self) -> tuple[type, ...]:
        """The request, and the exception; or what would have been answered."""
        return (web.Request, web.Response if isinstance(self.kind, int) else self.kind)

    def describe(self) -> str:
        """How people call it: ``error 404``, ``error LookupError``."""
        return f"error {self.kind if isinstance(self.kind, int) else name_of(self.kind)}"


def middleware(function: Function) -> Function:
    """Let the function stand around every request, those that nobody answers included.

    It takes ``call_next: CallNext``, and returns what ``await call_next()`` gives, or any answer of its own. Its other
    parameters are filled like a handler's, in the scope that it shares with the handler, and which ends when the
    outermost middleware returns. Those of a module stand around each other in the order in which they are written.
    """
    return mark(function, Around())


def on_error(*kinds: int | type[Exception], status: int | None = None) -> Callable[[Function], Function]:
    """Let the function answer what went wrong.

    Args:
        kinds: Statuses, of answers that rostra or aiohttp would make: 404, 405, 413, 422, 500. The function may take
            that answer, ``response: web.Response``. Or classes of exceptions that nobody caught, where the nearest
            class wins: it may take that exception, and nothing is logged.
        status: Of an answer that says none: by default that of the error, and 500 for exceptions.

    Raises:
        HandlerError: A status is none of an error.
    """
    wrong = [kind for kind in kinds if isinstance(kind, int) and not 400 <= kind <= 599]  # noqa: PLR2004  (RFC 9110)
    if wrong or not kinds:
        raise errors.HandlerError(
            f"{wrong[0]} is no status of an error" if wrong else "on_error needs a status or a class",
            why=("those of errors are 400 to 599",),
            fix=("@on_error(404)", "@on_error(LookupError, status=404)"),
        )

    def marked(function: Function) -> Function:
        for kind in reversed(kinds):
            default = int(kind) if isinstance(kind, int) else HTTPStatus.INTERNAL_SERVER_ERROR
            function = mark(function, Failure(kind, int(status or default)))
        return function

    return marked


async def prepare(load: plugin.Loader, handlers: Handlers) -> None:
    """Take the handlers that stand around others, and let the server serve them."""
    await load("rostra_aiohttp")
    handlers.on(Around, _bind_middlewares)
    handlers.on(Failure, _bind_failures)


async def _bind_middlewares(chosen: tuple[Bound, ...]) -> None:
    """Put them around what the stage's application has."""
    application = await di.nject(web.Application)
    for bound in chosen:
        application.middlewares.append(_around(bound))


async def _bind_failures(chosen: tuple[Bound, ...]) -> None:
    """Let them answer.

    Raises:
        HandlerError: Two answer the same.
    """
    serving = context.get(Serving)
    known: dict[int | type[Exception], Bound] = {}
    for bound in chosen:
        trigger = bound.declared.trigger
        assert isinstance(trigger, Failure), "only these are bound here"  # noqa: S101  (for type checkers)
        if trigger.kind in known:
            raise _twice(bound, known[trigger.kind])
        known[trigger.kind] = bound
    serving.failures = _answering(known)


def _around(bound: Bound) -> Any:
    step, layer = step_of(bound), context.current_context()

    @web.middleware
    async def around(request: web.Request, handler: Endpoint) -> web.StreamResponse:
        scope = scope_of(layer, request)
        scope.holders += 1
        try:
            values = {} if step.reader is None else await step.reader.read(request)
            result = await bound.invoke(bound.taken(values, (request, CallNext(request, handler))))
            if result is None:
                raise _nothing(bound)  # noqa: TRY301  (the scope is to know)
            response = step.answer(request, result)
        except BaseException as error:
            if (closing := scope.let_go()) is not None:
                await closing.close(error)
            raise
        if (closing := scope.let_go()) is not None:
            await closing.close()
        return response

    return around


def _answering(known: dict[int | type[Exception], Bound]) -> Failures:
    steps = {kind: step_of(bound, bound.declared.trigger.status) for kind, bound in known.items()}  # type: ignore[attr-defined]  # a Failure has one

    async def said(kind: int | type[Exception], request: web.Request, about: object) -> web.StreamResponse:
        step = steps[kind]
        values = {} if step.reader is None else await step.reader.read(request)
        return step.answer(request, await step.bound.call(values, (request, about)))

    async def answered(request: web.Request, error: BaseException) -> web.StreamResponse:
        if has_begun(request) or not isinstance(error, Exception):
            return instead(request, error)
        forget_head(request)
        kind = _kind_of(error, steps)
        try:
            if kind is not None:
                return await said(kind, request, error)
            response = instead(request, error)
            return await said(response.status, request, response) if response.status in steps else response
        except web.HTTPException as refused:
            return instead(request, refused)
        except Exception as failure:  # noqa: BLE001  (logged, and answered by 500)
            return instead(request, failure)

    return answered


def _kind_of(error: Exception, known: Container[int | type[Exception]]) -> type[Exception] | None:
    """The nearest class that is known. Answers that are raised are no failures, but for who names their class."""
    is_answer = isinstance(error, web.HTTPException | UnfitError)
    lowest = web.HTTPException if is_answer else Exception
    return next((each for each in type(error).__mro__ if issubclass(each, lowest) and each in known), None)


def _twice(bound: Bound, other: Bound) -> "errors.HandlerError":
    return errors.HandlerError(
        f"{bound.declared.trigger.describe()} is answered twice",
        (described(other), described(bound)),
        ("only one can answer",),
        ("let one of them answer another status or exception",),
    )


def _nothing(bound: Bound) -> "errors.HandlerError":
    return errors.HandlerError(
        f"{bound.declared.label} returned nothing, and a middleware returns an answer",
        where_of(bound.declared),
        ("it returned None",),
        ("return await call_next()",),
    )
