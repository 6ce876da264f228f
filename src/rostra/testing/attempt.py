"""One life of a plugin on a stage of its own, cancelled at a given step, and what is wrong with it afterwards."""

import asyncio
from collections.abc import Iterator, Mapping
from typing import Any

import attrs

from rostra.plugin import Named, Stage, awaits, telling
from rostra.testing.footprint import Footprint
from rostra.testing.stepping import Steps

__all__ = ["Attempt", "attempt"]

_IDLE_TURNS = 10


@attrs.frozen
class Attempt:
    """What came of one life.

    Args:
        steps: At how many awaits its code was suspended until it was running and had settled.
        place: At which of them it was cancelled; "" if it was not, or had fewer steps this time.
        breaches: What is wrong, one line each.
        is_stuck: Whether it did not end, so that nothing can be said of what it leaves.
        error: Why it could not be loaded, if so.
    """

    steps: int
    place: str
    breaches: tuple[str, ...]
    is_stuck: bool = False
    error: BaseException | None = None


def attempt(
    plugin: Named, config: Mapping[str, Any] | None, *, cancel_at: int | None = None, patience: float = 10.0
) -> Attempt:
    """Load the plugin alone, start it, let it settle, and stop it, or cancel it on the way.

    Args:
        plugin: As it is given to a stage.
        config: Its settings.
        cancel_at: The step at which its stage is cancelled, from 1; None lets it run and stops it in order.
        patience: Seconds that a start may take, and a stop.

    Raises:
        RuntimeError: An event loop runs here already.
    """
    if asyncio._get_running_loop() is not None:  # noqa: SLF001  (documented; the other one raises instead of telling)
        msg = "a plugin is tried in event loops of its own: do it in a synchronous test"
        raise RuntimeError(msg)
    before = Footprint.take()
    unseen: list[str] = []
    loop = asyncio.new_event_loop()
    steps = Steps(loop, cancel_at)
    loop.set_exception_handler(lambda _, event: unseen.append(_unseen(event)))
    try:
        life = loop.create_task(_life(steps, plugin, config, patience))
        loop.run_until_complete(asyncio.wait({life}, timeout=3 * patience))
        if stuck := not life.done():
            breaches = [f"does not end: it waits in {_places(loop, life)}"]
        else:
            breaches = [*_end(life, was_cancelled=bool(steps.place))]
        left = loop.run_until_complete(_put_away())
        loop.run_until_complete(_close_executor(loop, patience))
    finally:
        loop.close()
    if not stuck:
        breaches += [*left, *unseen, *(f"leaves {each}" for each in Footprint.take().added_since(before))]
    return Attempt(steps.count, steps.place, tuple(dict.fromkeys(breaches)), stuck, _error(life))


async def _life(steps: Steps, plugin: Named, config: Mapping[str, Any] | None, patience: float) -> None:
    steps.life = asyncio.current_task()
    try:
        async with Stage(plugin, config=config, start_timeout=patience, stop_timeout=patience) as stage:
            await stage.start()
            for _ in range(_IDLE_TURNS):
                await asyncio.sleep(0)
            steps.life = None
    finally:
        steps.life = None


def _end(life: "asyncio.Task[None]", *, was_cancelled: bool) -> Iterator[str]:
    error = _error(life)
    if error is not None:
        yield f"{'fails with' if was_cancelled else 'does not load alone:'} {_worded(error)}"
    elif life.cancelled() != was_cancelled:
        yield "goes on although it was cancelled" if was_cancelled else "ends cancelled by nobody"


def _error(life: "asyncio.Task[None]") -> BaseException | None:
    return life.exception() if life.done() and not life.cancelled() else None


async def _put_away() -> tuple[str, ...]:
    """Give transports the turns that their closing takes; then cancel the tasks that are left and name them."""
    for _ in range(_IDLE_TURNS):
        await asyncio.sleep(0)
    left = asyncio.all_tasks() - {asyncio.current_task()}
    lines = tuple(sorted(f'leaves the task "{task.get_name()}" in {_place(task)}' for task in left))
    for task in left:
        task.cancel()
    if left:
        await asyncio.wait(left, timeout=1.0)
    return lines


async def _close_executor(loop: asyncio.AbstractEventLoop, patience: float) -> None:
    """End the threads of ``asyncio.to_thread``: they are the loop's, unless one never returns."""
    await loop.shutdown_asyncgens()
    await asyncio.wait({loop.create_task(loop.shutdown_default_executor())}, timeout=patience)


def _places(loop: asyncio.AbstractEventLoop, life: "asyncio.Task[None]") -> str:
    """Where the plugin's own code waits."""
    everywhere = [place for task in asyncio.all_tasks(loop) for place in telling(awaits(task))]
    theirs = {str(place) for place in everywhere if not place.is_ours and not place.is_pythons}
    return "; ".join(sorted(theirs)) or _place(life)


def _place(task: "asyncio.Task[Any]") -> str:
    places = telling(awaits(task))
    return str(places[-1]) if places else getattr(task.get_coro(), "__qualname__", "its first line")


def _unseen(event: Mapping[str, Any]) -> str:
    error = event.get("exception")
    return f"tells only the event loop: {event['message']}" + (f": {_worded(error)}" if error else "")


def _worded(error: BaseException) -> str:
    leaf = error
    while isinstance(leaf, BaseExceptionGroup):
        leaf = leaf.exceptions[0]
    return f"{type(leaf).__name__}: {leaf}".partition("\n")[0]
