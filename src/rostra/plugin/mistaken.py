"""Settings are wrong: what else is wrong with them? All that can be known is told at once.

This is imported when there is a mistake to be told.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, TypeGuard

from rostra import context, di, log
from rostra.config import Config, ConfigError, ConfigSource
from rostra.config.misspelt import misspelt
from rostra.di.registry import defined_in
from rostra.errors import RostraError, together
from rostra.handlers import Handlers, collect
from rostra.plugin.finding import Plugin

_log = log.get("rostra.plugin")


def while_preparing(error: ConfigError, source: ConfigSource, plugins: Iterable[Plugin]) -> Exception:
    """What to raise for settings that keep a plugin from being prepared: all that is wrong with sections of others, too.

    What is surely misspelt is logged.

    Args:
        error: What the ``prepare`` raised.
        source: The settings.
        plugins: Those that are prepared, or would have been next.
    """
    _tell(misspelt(source))
    sections = dict.fromkeys(section for each in plugins for section in _taken_by(each))
    try:
        source.load_sections(sections)
    except ConfigError as others:
        return together("settings are wrong", distinct([error, others]))
    return error


async def when_prepared(problems: Sequence[Exception], source: ConfigSource) -> Exception:
    """What to raise for what is wrong when all is prepared.

    Handlers are bound all the same, which makes nothing but what their transports put them on, an application of aiohttp say:
    then it is known what transports say, too, and, if all that is wrong is settings, what options say.

    Args:
        problems: What was found without building anything.
        source: The settings.
    """
    found = [*problems, *await _of_binding()]
    if all(isinstance(each, ConfigError) for each in found):
        found += _of_options(source)
        _tell(source.hints())
    elif any(isinstance(each, ConfigError) for each in found):
        _tell(misspelt(source))
    found = distinct(found)
    return together(f"{len(found)} things are wrong", found)


def _taken_by(plugin: Plugin) -> Iterator[type[Config]]:
    """The sections that its ``prepare`` and its handlers take as parameters."""
    handlers = () if plugin.module is None else collect(plugin.module, defined_in(plugin.module))
    functions = [each.function for each in handlers]
    for function in functions if plugin.prepare is None else [plugin.prepare, *functions]:
        try:
            wanted = [each.want.key for each in di.signature(function).parameters]
        except RostraError:
            continue  # it is told when its turn comes
        yield from filter(_is_read_for, wanted)


def _is_read_for(key: Any) -> TypeGuard[type[Config]]:
    """Whether it is a section, which nobody gives in another way."""
    is_section = isinstance(key, type) and issubclass(key, Config) and key.__rostra_section__ is not ...
    return is_section and context.get(key, default=None) is None


async def _of_binding() -> Sequence[Exception]:
    try:
        await context.get(Handlers).bind_all()
    except ExceptionGroup as several:
        return several.exceptions
    except Exception as problem:  # noqa: BLE001  (it is told with the others)
        return [problem]
    return ()


def _of_options(source: ConfigSource) -> Sequence[Exception]:
    try:
        source.check_options()
    except ConfigError as error:
        return [error]
    return ()


def distinct(problems: Iterable[Exception]) -> list[Exception]:
    """Without errors that say what others do, as of all who need one wrong section; the longest stay."""
    kept: list[Exception] = []
    said: set[Any] = set()
    for each in sorted(problems, key=_breadth):
        facts = _facts(each)
        if not facts <= said:
            kept.append(each)
            said |= facts
    return kept


def _facts(problem: Exception) -> set[Any]:
    """What a problem says. Rostra's own say all in their text; of others, two plugins may raise the same one."""
    if isinstance(problem, ConfigError) and problem.mistakes:
        return set(problem.mistakes)
    if isinstance(problem, RostraError):
        return {str(problem)}
    return {(type(problem), str(problem), *getattr(problem, "__notes__", ()))}


def _breadth(problem: Exception) -> int:
    return -len(problem.mistakes) if isinstance(problem, ConfigError) else 0


def _tell(hints: Iterable[str]) -> None:
    for hint in hints:
        _log.warning("settings.unread", hint=hint)
