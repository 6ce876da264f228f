"""Is everything there that will be needed? What happens between the last prepare and the first task."""

from collections.abc import Coroutine, Sequence
from typing import Any

from rostra import context, di, errors, log
from rostra.config import Config, ConfigSource
from rostra.errors import together
from rostra.handlers import Handlers
from rostra.plugin.finding import Named
from rostra.plugin.noting import Record

_log = log.get("rostra.plugin")


class Performing:
    """What a stage does that is to run: whatever is wrong ends its start, and when all is prepared it is completed.

    One that only rehearses does otherwise.
    """

    __slots__ = ()

    def see_through(
        self,
        loading: Coroutine[Any, Any, None],
        plugin: "Named | None" = None,  # noqa: ARG002  (a rehearsal tells which one failed)
    ) -> Coroutine[Any, Any, None]:
        """Let plugins be prepared.

        Args:
            loading: Of one plugin, or of all that are left.
            plugin: As it was named to the stage.
        """
        return loading

    def refuse(self, problems: Sequence[Exception]) -> None:
        """Say what is wrong with the plugins that the settings list, if anything is."""
        if problems:
            raise together(f"{len(problems)} things are wrong with the plugins listed", problems)

    async def end(self, records: tuple[Record, ...]) -> None:  # noqa: ARG002  (a rehearsal looks at them)
        """All is prepared."""
        await complete()
        for hint in context.get(ConfigSource).hints():
            _log.warning("settings.unread", hint=hint)


async def complete() -> None:
    """Plan handlers, check that all can be built, load the sections, build what is eager, bind the handlers.

    By then everybody has asked for what there is to be asked for: options that nobody has read are refused.

    Raises:
        RostraError: The one thing that is wrong.
        ExceptionGroup: The things that are wrong, as far as they can be known without building anything.
    """
    problems, _ = examined()
    if problems:
        raise together(f"{len(problems)} things are wrong", problems)
    await context.get(di.StageObjects).build_eager()
    await context.get(Handlers).bind_all()
    context.get(ConfigSource).check_options()


def examined() -> tuple[list[Exception], di.CheckReport]:
    """What is wrong with handlers, adapters and settings, found without building anything; and the report."""
    unplanned = context.get(Handlers).plan()
    report = di.check()
    return [*unplanned, *report.problems, *_wrong_sections(report)], report


def _wrong_sections(report: di.CheckReport) -> "list[errors.ConfigError]":
    sections = [key for key in report.built if isinstance(key, type) and issubclass(key, Config)]
    try:
        context.get(ConfigSource).load_sections(sorted(sections, key=lambda each: each.__qualname__))
    except errors.ConfigError as error:
        return [error]
    return []
