"""How is something waited for that another task is making, and who may?

Tasks that would wait for each other for ever are told so, and so is who cannot wait at all.
"""

import asyncio
import inspect
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any, TypeAlias

from rostra import errors

Kept: TypeAlias = Any
"""What is kept, a ``Kept`` of ``keeping``, which imports this when somebody waits."""
Flight: TypeAlias = Any
"""A ``Flight`` of the same."""


async def landed(kept: Kept, key: Any, label: str) -> Any:
    """What is kept under ``key``, once another task has made it; ``MISSING`` if none does.

    Raises:
        CycleError: Whoever makes it waits, in the end, for the task that asks.
    """
    while not kept.has(key) and (ahead := kept.flights.get(key)) is not None:
        error = await _ended(kept, key, ahead, label)
        if isinstance(error, Exception):  # anything else has ended who made it, and not what was made
            try:
                raise error
            finally:
                del error  # whose traceback has this frame
    return kept.find(key)


async def _ended(kept: Kept, key: Any, ahead: Flight, label: str) -> BaseException | None:
    """How a flight ended: without an error, or with this one."""
    check_waiting(ahead, label)
    told: asyncio.Future[BaseException | None] = asyncio.get_running_loop().create_future()
    ahead.waiting = [*(ahead.waiting or ()), told]
    if kept.flights.get(key) is not ahead:
        return None  # it has ended in another thread, which may not have seen that somebody waits
    with awaited(ahead, told):
        return await told


@contextmanager
def awaited(ahead: Flight, *until: "asyncio.Future[Any]") -> Iterator[None]:
    """The body waits for a flight until one of these is done: so it is known what holds up what it was about to make."""
    held_up = [each for each in _under_way(type(ahead)) if each is not ahead]
    for each in held_up:
        each.held_up_by = ahead, until
    try:
        yield
    finally:
        for each in held_up:
            each.held_up_by = None


def check_waiting(ahead: Flight, label: str) -> None:
    """Whether the running code can wait for a flight: it is in a task, and the flight does not wait for it."""
    own = _under_way(type(ahead))
    follow: Flight | None = ahead
    while follow is not None:
        if follow in own:
            reason = f"{label} is asked for by what makes it"
            fix = "take it as a parameter, or ask for it lazily: di.Lazy[...]"
            raise errors.CycleError(label, reason, ((label, reason),), fixes=(fix,))
        follow = _holding_up(follow)
    if not _is_in_task():
        reason = "another thread or task is making it"
        raise errors.NeedsAwaitError(label, reason, ((label, reason),), fixes=("await di.nject(...)",))


def _holding_up(flight: Flight) -> Flight | None:
    """What a flight waits for. It does so no more as soon as it could go on, though its task may not have had its turn yet."""
    ahead, until = flight.held_up_by or (None, ())
    return None if any(each.done() for each in until) else ahead


def _under_way(kind: type) -> list[Flight]:
    """What the running code is in the middle of making."""
    found: list[Flight] = []
    frame: FrameType | None = inspect.currentframe()
    outermost = _frame_of_task()
    while frame is not None:
        of_frame = _flight_of(frame)
        if isinstance(of_frame, kind):
            found.append(of_frame)
        frame = None if frame is outermost else frame.f_back
    return found


def _frame_of_task() -> FrameType | None:
    """Where the running task begins: below that may lie who has started it, if it was started eagerly."""
    try:
        task = asyncio.current_task()
    except RuntimeError:
        return None
    return None if task is None else getattr(task.get_coro(), "cr_frame", None)


def _flight_of(frame: FrameType) -> Any:
    """What this code is making: it has that in ``flight``; or in ``first`` the scope of which it was the first to ask."""
    names = frame.f_code.co_varnames
    if "flight" in names:
        return frame.f_locals.get("flight")
    is_first = "first" in names and "handed_over" in frame.f_globals
    return frame.f_locals["first"].flight if is_first and "first" in frame.f_locals else None


def _is_in_task() -> bool:
    try:
        return asyncio.current_task() is not None
    except RuntimeError:
        return False
