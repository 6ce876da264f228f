"""Is everything there that will be needed? What happens between the last prepare and the first task."""

from rostra import context, di
from rostra.config import Config, ConfigSource
from rostra.errors import ConfigError, together
from rostra.handlers import Handlers


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


def _wrong_sections(report: di.CheckReport) -> list[ConfigError]:
    sections = [key for key in report.built if isinstance(key, type) and issubclass(key, Config)]
    try:
        context.get(ConfigSource).load_sections(sorted(sections, key=lambda each: each.__qualname__))
    except ConfigError as error:
        return [error]
    return []
