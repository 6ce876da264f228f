"""What may a stage be given to run? Tasks, which a ``prepare`` yields, and jobs, which are started and forgotten.

A task is an awaitable, a callable, or has wishes, by ``plugin.task``. No job is lost: they are bounded, those that fail are
told of, and at teardown they are cancelled.
"""

import asyncio
import functools
import inspect
import sys
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, Literal, Self, TypeAlias

from rostra import context, di, errors, log
from rostra.components import Components
from rostra.errors import closest
from rostra.plugin.finding import Call
from rostra.values import Values

Runnable: TypeAlias = "Awaitable[Any] | Callable[..., Any]"

_Job: TypeAlias = "Coroutine[Any, Any, Any] | Callable[..., Any]"

_PATIENCE = 1.0
"""Seconds in which jobs that were cancelled have to end."""

_WORKERS = ("all", "one")

_WAYS = ("on-failure", "always")
"""When a task may be started again."""

_AMOUNTS = ("budget", "within", "delay", "longest")

_FIX_RESTART = ('plugin.task(..., restart="on-failure") has useful values for all of them',)

_log = log.get("rostra.plugin")


class _Policy(Values):
    when: Literal["on-failure", "always"]
    budget: int
    within: float
    delay: float
    longest: float
    jitter: float


class Restart(_Policy):
    """How a task is started again after it ended.

    The pause before the n-th restart of the window is ``delay * 2 ** (n - 1)``, at most ``longest``, and of
    that a random part, given by ``jitter``, is left out. A task that ran for longer than ``within`` starts
    over with a full budget and the shortest pause.

    Args:
        when: ``on-failure``: only if it raised or ended cancelled; ``always``: also if it returned.
        budget: So many restarts within ``within``; when it is used up, the task has failed.
        within: Seconds.
        delay: Seconds before the first restart.
        longest: Seconds that a pause never exceeds.
        jitter: The part of a pause that chance may take off, between 0 and 1.
    """

    __slots__ = ()

    def __new__(
        cls,
        when: Literal["on-failure", "always"] = "on-failure",
        budget: int = 10,
        within: float = 300.0,
        delay: float = 0.5,
        longest: float = 30.0,
        jitter: float = 0.5,
    ) -> Self:
        """See the class."""
        made = super().__new__(cls, when, budget, within, delay, longest, jitter)
        made._check()
        return made

    def _check(self) -> None:
        if self.when not in _WAYS:
            near = closest(str(self.when), _WAYS)
            fix = _FIX_RESTART if near is None else (f'did you mean when="{near}"?',)
            raise errors.PluginError(
                f"when of a Restart must be on-failure or always, not {self.when}", fix=fix
            )
        for name, value in zip(_AMOUNTS, self[1:5], strict=True):
            if not value > 0:
                raise errors.PluginError(
                    f"{name} of a Restart must be more than 0, not {value}", fix=_FIX_RESTART
                )
        if not 0 <= self.jitter <= 1:
            raise errors.PluginError(
                f"jitter of a Restart must be between 0 and 1, not {self.jitter}", fix=_FIX_RESTART
            )


class Task:
    """A task before it runs; made by ``plugin.task``.

    Args:
        run: An awaitable, or a callable whose parameters come from ``di``.
        name: How messages and the log call it.
        restart: How it is started again, or None.
        intake: Whether it takes work from outside.
        background: Whether the stage may end before it does.
        workers: In which workers of a stage it runs: in ``all``, or in the ``one`` that is chosen.
    """

    __slots__ = ("background", "intake", "name", "restart", "run", "workers")

    def __init__(
        self,
        run: Runnable,
        name: str,
        restart: Restart | None = None,
        intake: bool = False,
        background: bool = False,
        workers: Literal["all", "one"] = "all",
    ) -> None:
        self.run = run
        self.name = name
        self.restart = restart
        self.intake = intake
        self.background = background
        self.workers = workers

    def discard(self) -> None:
        """Let go of a task that never started: nothing of it is left waiting or unawaited."""
        if isinstance(self.run, asyncio.Future):
            self.run.cancel()
        elif inspect.iscoroutine(self.run):
            self.run.close()


class Returned(Values):
    """The task came to its end."""

    value: Any


class Cancelled(Values):
    """The stage cancelled the task when it stopped."""

    error: asyncio.CancelledError


class Failed(Values):
    """The task raised, or ended cancelled though nobody cancelled it."""

    error: BaseException


Outcome: TypeAlias = Returned | Cancelled | Failed


def task(
    run: Runnable,
    *,
    name: str | None = None,
    restart: Literal["on-failure", "always"] | Restart | None = None,
    intake: bool = False,
    background: bool = False,
    workers: Literal["all", "one"] = "all",
) -> Task:
    """A task with wishes, to be yielded by a ``prepare``.

    Args:
        run: An awaitable, or a callable whose parameters come from ``di``.
        name: How messages and the log call it; the name of the function if it is left out.
        restart: Start it again when it failed (``on-failure``) or whenever it ended (``always``), with a
            back-off and a budget; ``plugin.Restart`` says them in detail. Without it a failure stops the
            stage. An awaitable can be awaited only once, so this needs a callable.
        intake: It takes work from outside (a server, a consumer, a schedule): it starts after the other tasks
            and is asked to end before them.
        background: It does not keep the stage alive: when all others have ended, it is asked to end.
        workers: Where several workers run the same stage (``rostra run --workers``), whether it runs in each of
            them or in one only. When that one ends before the task has come to its end, the task runs in another one
            from its beginning; the stage does not wait for it to start. When it returns, it is done in all of them,
            until the next reload, and when it sets a ``Cancel`` all of them stop. A lone process runs it in any case.

    Raises:
        PluginError: ``run`` is no task, or cannot be started again, or not in this way, or not in these workers.
    """
    called = name or name_of_run(run)
    if reason := _unfit(run):
        raise errors.PluginError(f"{called} is no task", why=(reason,), fix=_HOW)
    if restart is not None and not callable(run):
        what = f"task {called} cannot be restarted"
        why = f"it is {_article(type(run).__name__)}, and can be awaited only once"
        raise errors.PluginError(what, why=(why,), fix=("pass the function itself, without calling it",))
    if isinstance(restart, str) and restart not in _WAYS:
        caller = sys._getframe(1)  # noqa: SLF001  (the only cheap way to know the caller's line)
        raise _no_way(called, restart, Call(caller.f_code.co_filename, caller.f_lineno))
    if workers not in _WORKERS:
        why = f'workers is "all" or "one", not {workers!r}'
        fix = ("how many there are is said when they are started: rostra run --workers N",)
        raise errors.PluginError(f"task {called} cannot run in these workers", why=(why,), fix=fix)
    policy = Restart(when=restart) if isinstance(restart, str) else restart
    return Task(run, called, policy, intake, background, workers)


def tasks_of(value: object, plugin: str, place: str) -> tuple[Task, ...]:
    """The tasks in what a ``prepare`` yielded or returned: one, or a list or tuple of them.

    Raises:
        PluginError: It is no task.
    """
    if isinstance(value, list | tuple):
        return tuple(each for item in value for each in tasks_of(item, plugin, place))
    if isinstance(value, Task):
        return (value,)
    if isinstance(value, Awaitable) or callable(value):
        if reason := _unfit(value):
            raise errors.PluginError(
                f"{name_of_run(value)} is no task", (f"plugin {plugin}, {place}",), (reason,), _HOW
            )
        return (task(value),)
    reason = f"found {value!r} of type {type(value).__name__}"
    raise errors.PluginError(
        "prepare yields what is no task", (f"plugin {plugin}, {place}",), (reason,), _HOW
    )


def _no_way(called: str, restart: str, call: Call) -> "errors.PluginError":
    near = closest(restart, _WAYS)
    fix = (f'did you mean restart="{near}"?',) if near else ("in detail: restart=plugin.Restart(...)",)
    why = (f'restart is "on-failure", "always" or a plugin.Restart, not "{restart}"',)
    return errors.PluginError(f"task {called} cannot be restarted in this way", (str(call),), why, fix)


_HOW = ("yield a coroutine function or a coroutine: yield sweep, or yield sweep()",)


def _unfit(run: object) -> str | None:
    if isinstance(run, type):
        return "it is a class; what would run is the making of an instance"
    if inspect.isasyncgenfunction(run):
        return "it is an async generator function, and nothing would take what it yields"
    if not isinstance(run, Awaitable) and not callable(run):
        return f"it is {_article(type(run).__name__)}, neither an awaitable nor a callable"
    return None


def name_of_run(run: object) -> str:
    """How messages call something that runs: the name of its function."""
    if isinstance(run, asyncio.Task):
        return run.get_name()
    while isinstance(run, functools.partial):
        run = run.func
    qualname: str = getattr(run, "__qualname__", None) or type(run).__qualname__
    return qualname.rpartition("<locals>.")[2]


def _article(noun: str) -> str:
    return f"an {noun}" if noun[:1].lower() in "aeiou" else f"a {noun}"


class Jobs:
    """Background coroutines in the stage's context. A component.

    ::

        @post("/orders")
        async def place(order: Order, jobs: plugin.Jobs) -> Order:
            jobs.start(send_receipt(order))
            return order

    A job that fails is logged and counted, and nothing else happens: whoever needs its result awaits the work
    instead. Jobs run on while the stage drains; those that are left at teardown are cancelled and awaited.

    Args:
        layer: Of the stage. Each job runs in a layer of its own above it.
        limit: How many may run at once. One more is an error, not a wait: waiting would turn ``start`` into
            something that may hang, and its caller would hold on to what it was to get rid of.
    """

    def __init__(self, layer: Components, limit: int = 1000) -> None:
        self._layer = layer
        self._limit = limit
        self._running: set[asyncio.Task[Any]] = set()
        self._failed = 0
        self._is_closed = False

    @property
    def limit(self) -> int:
        """How many may run at once."""
        return self._limit

    @property
    def running(self) -> int:
        """How many run now."""
        return len(self._running)

    @property
    def failed(self) -> int:
        """How many have failed since the stage began."""
        return self._failed

    def start(self, job: _Job, *, name: str | None = None) -> None:
        """Let ``job`` run in the background.

        Args:
            job: A coroutine, or a function whose parameters come from ``di``.
            name: How the log calls it; the name of the function if it is left out.

        Raises:
            JobsFullError: As many run as may. The coroutine is closed.
            ClosedError: The stage is at its teardown. The coroutine is closed.
        """
        if self._is_closed or len(self._running) >= self._limit:
            _discard(job)
            raise errors.ClosedError("jobs") if self._is_closed else errors.JobsFullError(self._limit)
        called = name or name_of_run(job)
        layer = Components(self._layer, f"job {called}")
        layer.add(di.Unscoped())
        task = asyncio.get_running_loop().create_task(
            _run(job, called), name=f"job {called}", context=context.bound(layer)
        )
        self._running.add(task)
        task.add_done_callback(lambda _: self._ended(task, job, called))

    async def close(self) -> None:
        """Let no more start, cancel those that run and wait until they have ended; for a bounded time."""
        self._is_closed = True
        left = set(self._running)
        for task in left:
            task.cancel()
        if left:
            _, left = await asyncio.wait(left, timeout=_PATIENCE)
        for task in left:
            from rostra.plugin.hanging import at

            _log.error("job.abandoned", job=task.get_name(), awaits=at(task))

    def _ended(self, task: "asyncio.Task[Any]", job: _Job, name: str) -> None:
        self._running.discard(task)
        _discard(job)  # one that was cancelled before its first step was never awaited
        cancelled_by_us = self._is_closed and task.cancelled()
        if cancelled_by_us:
            return
        error = asyncio.CancelledError() if task.cancelled() else task.exception()
        if error is not None:
            self._failed += 1
            _log.error("job.failed", job=name, exc_info=error)


def _discard(job: _Job) -> None:
    if inspect.iscoroutine(job):
        job.close()


async def _run(job: _Job, name: str) -> None:
    log.bind(job=name)
    if callable(job):
        await di.call(job)
    else:
        await job
