"""What would the stage be made of? Plugins are prepared and looked at, and no task is started.

Tools are made of this: they see everything that is wrong at once, because a plugin that cannot be prepared does
not keep the others from it. Nothing is built but what a ``prepare`` asks for.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from itertools import dropwhile
from typing import Any

from rostra import context, di, errors
from rostra.components import Components
from rostra.config import ConfigSource
from rostra.handlers import Handlers
from rostra.plugin.finding import Named
from rostra.plugin.hanging import calls, drawn, telling
from rostra.plugin.noting import Record
from rostra.plugin.preparing import Performing, examined
from rostra.plugin.running import program
from rostra.plugin.signals import Signals
from rostra.plugin.stage import Stage


class Rehearsal:
    """What a stage was made of that did not start.

    Args:
        components: The layer of the stage.
        records: The plugins, in the order in which they were first asked for.
        failed: What kept plugins from being prepared, each with a note that says which one it was.
        unloaded: The plugins named to the stage that could not even be found or imported, with what they failed by.
        wrong: What else is wrong: with settings, with what tasks and handlers need, with the handlers themselves.
        report: What ``di.check`` says.
    """

    __slots__ = ("components", "failed", "records", "report", "unloaded", "wrong")

    def __init__(
        self,
        components: Components,
        records: tuple[Record, ...],
        *,
        failed: tuple[Exception, ...],
        unloaded: tuple[tuple[Named, Exception], ...],
        wrong: tuple[Exception, ...],
        report: di.CheckReport,
    ) -> None:
        self.components = components
        self.records = records
        self.failed = failed
        self.unloaded = unloaded
        self.wrong = wrong
        self.report = report

    @property
    def source(self) -> ConfigSource:
        """The settings, with the sections that were loaded."""
        return self.components.get(ConfigSource)

    @property
    def registry(self) -> di.Registry:
        """The adapters."""
        return self.components.get(di.Registry)

    @property
    def handlers(self) -> Handlers:
        """The handlers, with where their parameters come from."""
        return self.components.get(Handlers)


class Rehearsing(Performing):
    """What a stage does differently that only rehearses.

    Args:
        look: Called when all is prepared, while the stage still stands.
    """

    __slots__ = ("_failed_as", "_look", "failed", "has_looked")

    def __init__(self, look: Callable[[Rehearsal], None]) -> None:
        self._look = look
        self._failed_as: list[tuple[Named, Exception]] = []
        self.failed: list[Exception] = []
        self.has_looked = False

    async def see_through(self, loading: Awaitable[None], plugin: "Named | None" = None) -> None:
        """Keep what a plugin fails by, so that the others are prepared all the same.

        Args:
            loading: Of one plugin, or of all that are left.
            plugin: As it was named to the stage.
        """
        try:
            await loading
        except Exception as problem:  # noqa: BLE001  (it is told with the others)
            self.failed.append(problem)
            if plugin is not None:
                self._failed_as.append((plugin, problem))

    def refuse(self, problems: "Sequence[tuple[Named | None, Exception]]") -> None:
        """Keep them."""
        self.failed.extend(problem for _, problem in problems)
        self._failed_as.extend((named, problem) for named, problem in problems if named is not None)

    async def end(self, records: tuple[Record, ...]) -> None:
        """All is prepared: bind the handlers, as a start would, and look."""
        wrong, report = examined()
        wrong += await _of_binding()
        self._see(records, wrong, report)

    def end_early(self, layer: Components, records: tuple[Record, ...]) -> None:
        """Look at what there is of a stage that was put away before all was prepared."""
        if not self.has_looked:
            with context.use(layer):
                self._see(records, *examined())

    def _see(self, records: tuple[Record, ...], wrong: list[Exception], report: di.CheckReport) -> None:
        self.has_looked = True
        layer = context.current_context()
        told = [record.failure for record in records]
        unloaded = tuple(each for each in self._failed_as if all(each[1] is not failure for failure in told))
        seen = Rehearsal(
            layer, records, failed=tuple(self.failed), unloaded=unloaded, wrong=tuple(wrong), report=report
        )
        self._look(seen)


async def _of_binding() -> tuple[Exception, ...]:
    try:
        await context.get(Handlers).bind_all()
    except ExceptionGroup as several:
        return several.exceptions
    except Exception as problem:  # noqa: BLE001  (it is shown with the others)
        return (problem,)
    return ()


def rehearse(
    *plugins: Named,
    look: Callable[[Rehearsal], None],
    config: ConfigSource | Mapping[str, Any] | None = None,
    start_timeout: float = 60,
    blocked: "Callable[[errors.StartTimeoutError], None] | None" = None,
) -> BaseException | None:
    """Prepare plugins, look at what a stage would be made of, and put it away; no task is started.

    A plugin that cannot be prepared does not keep the others from it. The event loop is owned as by ``stage``.

    Args:
        plugins: What to load, in order, as for ``stage``.
        look: Called once: when all is prepared, while the stage stands; or, if that took too long, with what
            there was, after it was put away.
        config: The settings, or mappings of them; empty if left out.
        start_timeout: Seconds for preparing.
        blocked: Called from another thread when a ``prepare`` neither ends in time nor awaits: nothing in the loop
            can end it. It is logged if this is left out.

    Returns:
        What went wrong besides what was seen: a start that took too long, what the teardown raised.

    Raises:
        PluginError: An event loop runs here already.
        KeyboardInterrupt: A signal came first.
    """
    rehearsing = Rehearsing(look)
    made = Stage(*plugins, config=config, start_timeout=start_timeout, rehearsing=rehearsing)
    del config  # it may hold secrets, and tracebacks may show what stands here
    signals = Signals()
    ended = program(
        made,
        _rehearsed,
        signals=signals,
        start_timeout=start_timeout,
        blocked=_telling(blocked, start_timeout),
    )
    if not rehearsing.has_looked and signals.stops:
        raise KeyboardInterrupt
    rehearsing.end_early(made.components, made.records)
    return ended


async def _rehearsed(made: Stage) -> BaseException | None:
    try:
        async with made:
            pass
    except (Exception, BaseExceptionGroup) as error:  # noqa: BLE001  (it is told with what was seen)
        return error
    return None


def _telling(
    blocked: "Callable[[errors.StartTimeoutError], None] | None", seconds: float
) -> Callable[[int], None] | None:
    """What the watchdog does to tell ``blocked`` where a thread hangs."""
    if blocked is None:
        return None

    def tell(thread: int) -> None:
        below = dropwhile(lambda place: place.file != __file__, calls(thread))  # without who called rostra
        blocked(errors.StartTimeoutError(seconds, drawn(telling(tuple(below)))))

    return tell
