"""What would the stage be made of? Plugins are prepared and looked at, and no task is started.

Tools are made of this: they see everything that is wrong at once, because a plugin that cannot be prepared does
not keep the others from it. Nothing is built but what a ``prepare`` asks for.
"""

from collections.abc import Awaitable, Callable

from rostra import context, di
from rostra.components import Components
from rostra.config import ConfigSource
from rostra.handlers import Handlers
from rostra.plugin.completing import examined
from rostra.plugin.finding import Named
from rostra.plugin.loading import Record


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


class Rehearsing:
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

    async def spare(self, loading: Awaitable[None], plugin: "Named | None") -> None:
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
