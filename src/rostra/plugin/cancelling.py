"""What the stage and a task tell each other: take no new work; I have started; it is your turn."""

import asyncio
from collections.abc import Callable

from rostra import context
from rostra.clock import Clock, SystemClock

__all__ = ["Cancel", "Chosen", "Started"]


class Cancel:
    """Asks a task to take no new work, to finish what it has, and to end.

    The stage sets it when it stops: first that of the tasks with ``intake=True``, then that of the others. A
    task that takes a ``Cancel`` is given time to end by itself; one that does not is cancelled in its turn. A
    task that sets it begins the stop of the whole stage::

        async def sweep(cancel: plugin.Cancel, orders: Orders):
            while not await cancel.within(60):
                ...

    It is used in the thread of the stage's loop.

    Args:
        begin_stop: Called when somebody sets it; without one it is a mere event, as a test needs it.
    """

    __slots__ = ("_begin_stop", "_event", "_is_set")

    def __init__(self, begin_stop: Callable[[], None] | None = None) -> None:
        self._begin_stop = begin_stop
        self._is_set = False
        self._event: asyncio.Event | None = None  # made for who waits: every web socket has a Cancel

    def __repr__(self) -> str:
        return f"<Cancel {'set' if self.is_set() else 'not set'}>"

    def set(self) -> None:
        """Begin the stop of the stage. More than once is nothing more."""
        self._is_set = True
        if self._event is not None:
            self._event.set()
        if self._begin_stop is not None:
            self._begin_stop()

    def is_set(self) -> bool:
        """Whether to take no new work."""
        return self._is_set

    async def wait(self) -> None:
        """Return when it is set; at once if it is already."""
        if not self._is_set:
            self._event = self._event or asyncio.Event()
            await self._event.wait()

    async def within(self, seconds: float) -> bool:
        """Whether it is set within so many seconds of the stage's clock: the pause of a loop that ends soon.

        ::

            while not await cancel.within(60):
                await sweep()
        """
        clock = context.get(Clock, default=None) or SystemClock()
        pause = asyncio.ensure_future(clock.sleep(seconds))
        heard = asyncio.ensure_future(self.wait())
        try:
            await asyncio.wait({pause, heard}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            pause.cancel()
            heard.cancel()
        return self._is_set


class Started:
    """Says that a task is ready: its port is bound, its broker connected.

    A task with a parameter of this type is starting until it calls it; the stage is ready when all have::

        async def serve(started: plugin.Started, cancel: plugin.Cancel):
            server = await asyncio.start_server(answer, "127.0.0.1", 8080)
            started()
            await cancel.wait()

    Calling it again is nothing.
    """

    __slots__ = ("_called", "_lack", "_tell")

    def __init__(self, tell: Callable[[], None] | None = None) -> None:
        """Made by rostra; in a test it needs nobody to tell.

        Args:
            tell: Called the first time.
        """
        self._tell = tell
        self._called = False
        self._lack: Callable[[], str] | None = None

    def __repr__(self) -> str:
        return f"<Started {'called' if self._called else 'not called'}>"

    def __call__(self) -> None:
        """Say so."""
        if not self._called:
            self._called = True
            if self._tell is not None:
                self._tell()

    def is_called(self) -> bool:
        """Whether the task has started."""
        return self._called

    def waits_for(self, lack: Callable[[], str]) -> None:
        """Let the error of a start that takes too long tell what the task waits for.

        Args:
            lack: Called then; what is missing and why, a line for each: ``broker default: connection refused``.
                What stands before the colon is what the error says to see to.
        """
        self._lack = lack

    @property
    def lack(self) -> str:
        """What is missing now, as the task says, a line for each; empty if it says nothing."""
        return self._lack() if self._lack is not None and not self._called else ""


class Chosen:
    """Whether this process is the one, among several workers, in which tasks with ``workers="one"`` run. A component.

    A lone process is it from the start. A worker is it from the moment in which its parent chooses it, to its end; no
    two are at a time, as long as they have the same parent. What came to its end in one of them runs in no other.

    Args:
        is_chosen: Whether it is already.
        tell: Called with each such task that came to its end here, so that others need not run it.
        conclude: Called with a reason when such a task ends the stage: it does so for all workers.
    """

    __slots__ = ("_changed", "_conclude", "_ended", "_is_chosen", "_tell")

    def __init__(
        self,
        is_chosen: bool = True,
        tell: Callable[[str], None] | None = None,
        conclude: Callable[[str], None] | None = None,
    ) -> None:
        self._is_chosen = is_chosen
        self._tell = tell
        self._conclude = conclude
        self._ended: set[str] = set()
        self._changed = asyncio.Event()

    def __repr__(self) -> str:
        return f"<Chosen {'set' if self._is_chosen else 'not set'}>"

    def set(self) -> None:
        """It is, from now on."""
        self._is_chosen = True
        self._wake()

    def is_set(self) -> bool:
        """Whether it is."""
        return self._is_chosen

    async def wait(self) -> None:
        """Return when it is; at once if it is already."""
        while not self._is_chosen:
            await self._changed.wait()

    async def turn_of(self, task: str) -> None:
        """Return when this process is the one, or the task has come to its end in another."""
        while not (self._is_chosen or self.has_ended(task)):
            await self._changed.wait()

    def has_ended(self, task: str) -> bool:
        """Whether a task has come to its end in another process."""
        return task in self._ended

    def note_end(self, task: str) -> None:
        """A task has come to its end in another process."""
        self._ended.add(task)
        self._wake()

    def tell_end(self, task: str) -> None:
        """A task has come to its end here."""
        if not self.has_ended(task) and self._tell is not None:
            self._tell(task)

    def conclude(self, reason: str) -> None:
        """A task ends the stage, wherever it runs."""
        if self._conclude is not None:
            self._conclude(reason)

    def _wake(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()  # for what changes next
