"""The running application, as those see it who start it and wait for it.

A stage lives in a task of its own, from the first prepare to the end of the teardown. Entering, starting and
leaving only signal it and wait, so that they may be done by different tasks, as test fixtures do.
"""

import asyncio
from collections.abc import Mapping
from contextlib import nullcontext
from types import TracebackType
from typing import Any, Self

from rostra import health
from rostra.clock import Clock, SystemClock
from rostra.components import Components
from rostra.config import ConfigSource
from rostra.metrics import Metrics
from rostra.plugin.cancelling import Chosen
from rostra.plugin.finding import LISTED, Named
from rostra.plugin.life import Life
from rostra.plugin.lifecycle import Lifecycle, Phase
from rostra.plugin.noting import Record, StageLayer
from rostra.plugin.preparing import Performing
from rostra.plugin.signals import Signals

_ALWAYS = ("rostra.config",)
_LOG = "rostra.log"


class Stage:
    """The running application: its plugins, its components, its tasks.

    ::

        async with plugin.Stage("myapp") as stage:      # plugins are prepared when the body begins
            await stage.start()                         # tasks run, all have started
            ...
                                                        # leaving stops the tasks and puts everything away

    The body, too, may end a stage: ``results = await stage.run()`` starts it and waits until its tasks have
    ended.

    Args:
        plugins: What to load, in order; named as for ``Loader``, but never relative. What the setting ``plugins``
            lists is loaded before.
        components: Components that the stage sees below its own; it adds nothing to them.
        config: The settings, or mappings of them; empty if left out.
        signals: What signals do; left out, none are handled. Only in the main thread.
        start_timeout: Seconds for preparing and starting together; the time before ``start`` does not count.
        stop_timeout: Seconds for draining and teardown together; 5 s of it, at most half, are kept for
            teardown.
        return_exceptions: ``run`` returns the exceptions of tasks among the results, instead of raising them.
        rehearsing: For ``rehearse``, whose stages are looked at and not started.
    """

    def __init__(
        self,
        *plugins: Named,
        components: Components | None = None,
        config: ConfigSource | Mapping[str, Any] | None = None,
        signals: Signals | None = None,
        start_timeout: float = 60,
        stop_timeout: float = 25,
        return_exceptions: bool = False,
        rehearsing: Performing | None = None,
    ) -> None:
        self._layer = StageLayer(components, "stage")
        self._layer.add(self)
        self._furnish(config)
        self._life = Life(
            self._layer, _in_order(plugins), start_timeout, stop_timeout, rehearsing or Performing()
        )
        self._layer.get(health.Checks).add("stage", lambda: self._life.lifecycle.is_running, every=0)
        self._signals = signals
        self._return_exceptions = return_exceptions
        self._living: asyncio.Task[None] | None = None
        self._is_told = False

    def __repr__(self) -> str:
        return f"<Stage {self.phase}>"

    @property
    def components(self) -> Components:
        """Its layer: what plugins add is found here."""
        return self._layer

    @property
    def records(self) -> tuple[Record, ...]:
        """Its plugins, in the order in which they were first asked for."""
        return self._life.records

    @property
    def lifecycle(self) -> Lifecycle:
        """Its phase, to wait for."""
        return self._life.lifecycle

    @property
    def phase(self) -> Phase:
        """What it is doing now."""
        return self._life.lifecycle.phase

    @property
    def is_cut_short(self) -> bool:
        """Whether its stop was cut short: something was cancelled before it was done."""
        return self._life.verdict.cut_short is not None

    async def __aenter__(self) -> Self:
        """Prepare the plugins.

        Raises:
            StartTimeoutError: They were not prepared in time.
            ResolveError: What tasks or handlers need cannot be built; several such are raised as an
                ExceptionGroup.
            Exception: Whatever a ``prepare`` raised, with a note that says of which plugin. All is put away
                then.
        """
        if self._living is not None:
            msg = "a stage cannot be entered twice; make another"
            raise RuntimeError(msg)
        self._living = asyncio.get_running_loop().create_task(self._live(), name="the stage: life")
        try:
            await self._life.is_prepared.wait()
        except asyncio.CancelledError as interruption:
            self.stop("entering it was cancelled")
            await self._over()
            raise interruption from self._untold()
        await self._raise_if_failed()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop the tasks in order, and put everything away.

        Raises:
            ExceptionGroup: What tasks and the teardown raised, unless ``run`` or ``start`` have raised it
                already.
            StopTimeoutError: The stop was cut short.
        """
        self._life.stop("its body ended" if error is None else f"its body raised {type(error).__name__}")
        await self._over()
        self._tell()

    async def start(self) -> None:
        """Start the tasks; return when all have started, or when the stage was stopped meanwhile in order.

        Raises:
            ExceptionGroup: A task failed before all had started.
            StartTimeoutError: Not all started in time.
        """
        self._check_entered()
        self._life.start_asked.set()
        if await self._life.lifecycle.wait_for(Phase.RUNNING) is not Phase.RUNNING:
            await self._raise_if_failed()

    async def run(self) -> list[Any]:
        """Start the tasks, wait for the end of the stage, and return the results in the order of the yields.

        It ends when all tasks but background ones have ended, when one fails, when one sets its Cancel, when
        a signal says so, or by ``stop``; it is put away then. A task that was cancelled by that has the
        result None.

        Raises:
            ExceptionGroup: What tasks raised, each with a note that says which task it was; not if
                ``return_exceptions`` is set.
            StartTimeoutError: Not all tasks started in time.
            StopTimeoutError: The stop was cut short.
            asyncio.CancelledError: The one that waits was cancelled. The stage was stopped in order.
        """
        self._check_entered()
        self._life.start_asked.set()
        self._life.run_asked.set()
        await self._over()
        self._tell()
        return self._life.crew.results(with_exceptions=self._return_exceptions)

    def stop(self, reason: str = "it was asked to") -> None:
        """Let it end in good order; returns at once. Nothing happens if it ends already.

        Args:
            reason: For the log.
        """
        self._life.stop(reason)

    def stop_now(self, reason: str = "it was asked to stop at once") -> None:
        """Cancel all tasks that still run; the teardown is whole all the same. Returns at once.

        Args:
            reason: For the log and the ``StopTimeoutError``.
        """
        self._life.stop_now(reason)

    def _furnish(self, config: ConfigSource | Mapping[str, Any] | None) -> None:
        """Add what every stage has and its life does not make; what ``components`` has of it stays."""
        layer = self._layer
        if config is not None or layer.get(ConfigSource, default=None) is None:
            layer.add(config if isinstance(config, ConfigSource) else ConfigSource(config or {}))
        if layer.get(Clock, default=None) is None:
            layer.add(SystemClock(), Clock)
        if layer.get(Metrics, default=None) is None:
            layer.add(Metrics())
        if layer.get(Chosen, default=None) is None:
            layer.add(Chosen())
        layer.add(health.Checks())

    async def _live(self) -> None:
        signals = nullcontext() if self._signals is None else self._signals.installed(self)
        with signals:
            await self._life.live()

    async def _over(self) -> None:
        """Return when the stage has ended. A cancellation stops it, a second hurries; raised at the end."""
        living = self._check_entered()
        cancelled: asyncio.CancelledError | None = None
        while not living.done():
            try:
                await asyncio.wait({living})
            except asyncio.CancelledError as error:
                ask = self.stop if cancelled is None else self.stop_now
                ask("the one that waits for it was cancelled")
                cancelled = error
        if cancelled is not None:
            raise cancelled from self._untold()

    def _check_entered(self) -> "asyncio.Task[None]":
        if self._living is None:
            msg = "a stage must be entered first: async with plugin.Stage(...) as stage:"
            raise RuntimeError(msg)
        return self._living

    async def _raise_if_failed(self) -> None:
        if self._life.has_failed:
            await self._over()
            self._tell()

    def _tell(self) -> None:
        """Raise what went wrong, unless somebody was told already."""
        if (error := self._untold()) is not None:
            raise error

    def _untold(self) -> BaseException | None:
        """What went wrong, the first time that somebody asks."""
        if self._is_told:
            return None
        self._is_told = True
        return self._life.verdict.error(with_tasks=not self._return_exceptions)


def _in_order(plugins: tuple[Named, ...]) -> tuple[tuple[Named, ...], ...]:
    """What is imported and prepared together, and what before what.

    First what every stage loads, and what logs if it is named first, so that what goes wrong with all others is logged as it
    should be; then what is named before what the settings list, such as what hears the parent of a worker; then the others.
    """
    first, rest = (plugins[:1], plugins[1:]) if plugins[:1] == (_LOG,) else ((), plugins)
    end = rest.index(LISTED) if LISTED in rest else 0
    others = rest if LISTED in rest else (LISTED, *rest)
    return (*_ALWAYS, *first), others[:end], others[end:]
