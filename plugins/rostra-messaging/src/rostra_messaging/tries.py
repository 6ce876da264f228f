"""One try: a message is handed to its handler, in a scope of its own, and what becomes of it is found out.

What the handler returns is published before that. Whatever is raised on the way is an outcome; only that nobody waits
any longer is none.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Mapping
from contextvars import ContextVar
from typing import Any, NamedTuple, Protocol, TypeAlias

from rostra import context, di, log
from rostra.clock import Clock
from rostra.components import Components
from rostra.handlers import Bound
from rostra_messaging.binding import Step, Subscribed
from rostra_messaging.brokers import Failure, Parcel
from rostra_messaging.deadlines import Deadlines
from rostra_messaging.errors import Reject, UndecodableError
from rostra_messaging.messages import REQUEST, Message
from rostra_messaging.middlewares import CallNext, raise_if_forgotten
from rostra_messaging.outcomes import DONE, Again, Dead, Outcome, outcome_of
from rostra_messaging.reading import message_of

Values: TypeAlias = tuple[Mapping[str, Any], ...]
"""What the guards and then the handler take of the payload, each by name."""
Call: TypeAlias = Callable[[Message, Values], Awaitable[Any]]

current: ContextVar[Message | None] = ContextVar("rostra_message", default=None)
"""The message that is being handled, for what is published meanwhile."""

_log = log.get("rostra.messaging")


class Tried(NamedTuple):
    """A try that has ended.

    Args:
        outcome: What is to become of the message.
        message: It; None if it could not even be decoded.
    """

    outcome: Outcome
    message: Message | None


class Answer(Protocol):
    """Publishes what a handler returned, as far as anybody wants it; it is safe when this returns."""

    def __call__(self, message: Message, result: Any) -> Awaitable[None]:
        """Raises PublishError if it is not known to be safe."""
        ...


class Tries:
    """How the messages of one subscription are tried.

    Args:
        subscribed: The handler.
        around: What stands around it, in the order in which it is called.
        answer: Takes what the handler returned.
        layer: Of the stage.
        clock: By which failures have a time.
        blocked: Told for how many seconds the loop was blocked while something was tried.

    ``is_cut`` says that whoever is cancelled from now on has not failed.
    """

    __slots__ = ("_answer", "_call", "_clock", "_deadlines", "_layer", "is_cut", "subscribed")

    def __init__(
        self,
        subscribed: Subscribed,
        around: tuple[Bound, ...],
        answer: Answer,
        layer: Components,
        clock: Clock,
        blocked: Callable[[float], object] = lambda _: None,
    ) -> None:
        self.subscribed = subscribed
        self.is_cut = False
        self._answer = answer
        self._layer = layer
        self._clock = clock
        self._call = _chained(subscribed, around)
        seconds = subscribed.subscription.deadline
        self._deadlines = None if seconds is None else Deadlines(seconds, blocked)

    def close(self) -> None:
        """Nothing is tried any more."""
        if self._deadlines is not None:
            self._deadlines.close()

    async def attempt(self, parcel: Parcel, *, is_redelivered: bool = False) -> Tried:
        """Hand the message to the handler, once. This task should be the message's own.

        Raises:
            CancelledError: The task was cancelled because nobody waits any longer.
        """
        message, is_read, subscribed = None, False, self.subscribed
        try:
            message = message_of(parcel, subscribed.envelope, is_redelivered=is_redelivered)
            log.bind_late(keys_of, message)
            wanted = subscribed.subscription.filter
            if wanted is not None and not wanted(message):
                return Tried(DONE, message)
            values = tuple(step.values(message) for step in subscribed.steps)
            is_read = True
            current.set(message)
            trying = self._in_scope(message, values)
            await self._answer(message, await (self._deadlines.bound(trying) if self._deadlines else trying))
        except BaseException as error:
            if isinstance(error, GeneratorExit) or (
                isinstance(error, asyncio.CancelledError) and self.is_cut
            ):
                raise  # nobody waits any more, or nobody ever will
            await _forget_cancellation()
            outcome = self._outcome(parcel, error, is_read=is_read)
            self._tell(outcome, error)
            return Tried(outcome, message)
        return Tried(DONE, message)

    def _outcome(self, parcel: Parcel, error: BaseException, *, is_read: bool) -> Outcome:
        now = self._clock.now()
        if isinstance(error, UndecodableError) and not is_read:
            return Dead(Failure(error.reason, now))
        return outcome_of(error, parcel.attempt, self.subscribed.subscription.retry, now)

    async def _in_scope(self, message: Message, values: Values) -> Any:
        scope = di.LateScope(self._layer, (message,))
        context.enter(scope)
        try:
            result = await self._call(message, values)
        except BaseException as error:
            if (closing := scope.end()) is not None:
                await closing.close(error)
            raise
        if (closing := scope.end()) is not None:
            await closing.close()
        return result

    def _tell(self, outcome: Outcome, error: BaseException) -> None:
        handler = self.subscribed.handler.bound.declared.label
        match outcome:
            case Again(delay, failure):
                _log.warning(
                    "message.failed", handler=handler, reason=failure.reason, again_in=delay, exc_info=error
                )
            case Dead(failure):
                is_told = isinstance(error, Reject | UndecodableError)  # by the reason alone
                trace = None if is_told else error
                _log.error("message.died", handler=handler, reason=failure.reason, exc_info=trace)
            case _:
                pass


def _chained(subscribed: Subscribed, around: tuple[Bound, ...]) -> Call:
    """The handler with its guards before it, and the middlewares around both."""
    *guards, handler = subscribed.steps
    call: Call = _guarded(tuple(guards), handler) if guards else _alone(handler)
    for middleware in reversed(around):
        call = _surrounded(middleware, call)
    return call


def _alone(handler: Step) -> Call:
    return lambda message, values: handler.call(message, values[-1])


def _guarded(guards: tuple[Step, ...], handler: Step) -> Call:
    async def guarded(message: Message, values: Values) -> Any:
        for guard, its in zip(guards, values, strict=False):
            instead = await guard.call(message, its)
            if instead is not None:
                return instead
        return await handler.call(message, values[-1])

    return guarded


def _surrounded(middleware: Bound, inner: Call) -> Call:
    async def around(message: Message, values: Values) -> Any:
        call_next = CallNext(lambda: inner(message, values))
        result = await middleware.invoke(middleware.taken({}, (message, call_next)))
        raise_if_forgotten(call_next.begun, middleware)
        return result

    return around


async def _forget_cancellation() -> None:
    """Go on in a task that somebody cancelled who had no business with it, also if that has not arrived yet."""
    task = asyncio.current_task()
    if task is None or not task.cancelling():
        return
    with contextlib.suppress(asyncio.CancelledError):
        await asyncio.sleep(0)
    while task.cancelling():
        task.uncancel()


def keys_of(message: Message) -> dict[str, Any]:
    """What all lines of a message have in the log."""
    keys: dict[str, Any] = {"message": message.id, "topic": message.topic, "attempt": message.attempt}
    request = message.attributes.get(REQUEST)
    return keys if request is None else {**keys, "request": request}
