"""What would a stage be made of, and what would keep it from starting? For the commands that look and start nothing.

All plugins are prepared, each in spite of the failures of others, and everything that is wrong is told together:
with the settings, the plugins, the adapters, the handlers. No task is started and nothing is built but what a
``prepare`` asks for.
"""

import os
import re
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import attrs
import click

from rostra import plugin
from rostra.cli.naming import plugins_named, see_working_directory
from rostra.cli.problems import MAY_FOLLOW
from rostra.cli.report import FAILED, leaves, worded
from rostra.config import ConfigError, ConfigSource
from rostra.config.misspelt import misspelt
from rostra.errors import ConflictError, CycleError, ResolveError, StartTimeoutError
from rostra.log import LogConfig
from rostra.plugin.finding import all_installed
from rostra.plugin.mistaken import distinct

__all__ = ["Examined", "examine"]

_INSTALLED = frozenset({"site-packages", "dist-packages"})
_CERTAIN = (ConfigError, ConflictError, CycleError)
"""Problems that are there whatever the plugins that failed would have made."""


@attrs.frozen
class Examined:
    """What was found.

    Args:
        problems: What would keep the plugins from starting; each is told once. Those that may follow from others come last, and
            bear a note that says so.
        hints: What works, but is perhaps not meant.
        rehearsal: What the stage was made of: its layer, plugins, adapters, handlers and settings.
    """

    problems: Sequence[Exception]
    hints: Sequence[str]
    rehearsal: plugin.Rehearsal

    @property
    def source(self) -> ConfigSource:
        """The settings, with the sections that were loaded."""
        return self.rehearsal.source


def examine(
    plugins: Sequence[str],
    source: ConfigSource,
    *,
    start_timeout: float = 60,
    look: Callable[[plugin.Rehearsal], None] = lambda _: None,
) -> Examined:
    """Prepare plugins on a stage, look at it, and put it away.

    Args:
        plugins: As they were typed.
        source: The settings.
        start_timeout: Seconds for preparing. What is not prepared then is a problem, drawn as ``rostra run`` does.
        look: Looks at what must be seen while the stage stands. It may write, but not ask for anything to be built.

    Raises:
        CommandLineError: A path that was typed is no plugin.
        KeyboardInterrupt: A signal came before all was prepared.
    """
    see_working_directory()
    named = plugins_named(plugins, source)
    seen: list[plugin.Rehearsal] = []

    def see(rehearsal: plugin.Rehearsal) -> None:
        seen.append(rehearsal)
        look(rehearsal)

    ended = plugin.rehearse(*named, look=see, config=source, start_timeout=start_timeout, blocked=_give_up)
    rehearsal = seen[0]
    return Examined(_problems(rehearsal, ended), tuple(_hints(rehearsal, ended)), rehearsal)


def _give_up(error: StartTimeoutError) -> None:
    """Code that blocks the loop can only be ended with the process."""
    click.echo(worded(error), err=True)
    os._exit(FAILED)


def _problems(rehearsal: plugin.Rehearsal, ended: BaseException | None) -> Sequence[Exception]:
    """What is wrong, and then what may only follow from it: what a plugin that failed did not make is missed by others."""
    # Where not even the settings were resolved, what of [logging] is wrong is not known yet.
    found = [*_alone(rehearsal.wrong), *(_of_logging(rehearsal.source) if rehearsal.records else ())]
    causes = [*rehearsal.failed, *(() if ended is None else _alone([ended]))]
    if not causes:
        is_all_of_settings = all(isinstance(each, ConfigError) for each in found)
        return distinct(_alone([*found, *(_of_options(rehearsal.source) if is_all_of_settings else ())]))
    causes, found = _told_once(causes, found)
    certain = distinct(_alone([*causes, *(each for each in found if isinstance(each, _CERTAIN))]))
    uncertain = [each for each in found if not isinstance(each, _CERTAIN)]
    for each in uncertain:
        each.add_note(MAY_FOLLOW)
    return [*certain, *distinct(_alone(uncertain))]


def _told_once(
    causes: Sequence[Exception], found: Sequence[Exception]
) -> tuple[list[Exception], list[Exception]]:
    """What a ``prepare`` lacked is found again by looking at it; it stays with the ``prepare``, with who else lacks it."""
    lacking = {each.path: each for each in causes if isinstance(each, ResolveError) and each.path}
    known = {place for (_, place), *_ in lacking}
    left: list[Exception] = []
    for each in found:
        if not isinstance(each, ResolveError):
            left.append(each)
            continue
        others = tuple(other for other in each.others if other[1] not in known)
        if each.path in lacking:
            lacking[each.path] = _of_others(lacking[each.path], others)
        else:
            left.append(_of_others(each, others))
    return [lacking.get(each.path, each) if isinstance(each, ResolveError) else each for each in causes], left


def _of_others(problem: ResolveError, others: tuple[tuple[str, str], ...]) -> ResolveError:
    """The same problem, with its notes, which these have, too."""
    if others == problem.others:
        return problem
    told = problem.of_others(others)
    for note in getattr(problem, "__notes__", ()):
        told.add_note(note)
    return told


def _hints(rehearsal: plugin.Rehearsal, ended: BaseException | None) -> Iterable[str]:
    if not rehearsal.records:  # not even the settings could be resolved, so nobody could read any
        return ()
    if rehearsal.failed or ended is not None:
        # What failed may have needed an adapter of which nobody else knows, and may have read a table.
        return misspelt(rehearsal.source)
    folders = _folders(rehearsal.records)
    hints = (*rehearsal.report.hints, *rehearsal.source.hints())
    return (hint for hint in hints if _is_about(hint, folders))


def _of_logging(source: ConfigSource) -> Iterable[Exception]:
    """What is wrong with ``[logging]``, which ``rostra run`` reads for the process and nothing here applies."""
    try:
        source.load(LogConfig)
    except ConfigError as error:
        return (error,)
    return ()


def _of_options(source: ConfigSource) -> Iterable[Exception]:
    try:
        source.check_options()
    except ConfigError as error:
        return (error,)
    return ()


def _folders(records: Iterable[plugin.Record]) -> set[Path]:
    """Where the plugins are that were named to the stage; not those that they load, nor what every stage has.

    Those that the settings list and that were installed as plugins are used, not written, by who reads the hints.
    """
    used = {value.partition(":")[0] for value in all_installed().values()}
    named = ((each.plugin.module, each.listed) for each in records if each.asked_by is None)
    own = (
        module
        for module, listed in named
        if module is not None
        and not module.__name__.startswith("rostra.")
        and not (listed is not None and module.__name__ in used)
    )
    return {Path(each.__file__).parent for each in own if each.__file__}


def _is_about(hint: str, folders: Iterable[Path]) -> bool:
    """Whether a hint is about these plugins: that others have more to give than is used is no news."""
    told = [Path(file).absolute() for file in re.findall(r"(\S+\.py):\d+", hint)]
    return not told or any(_is_of(folder, file) for file in told for folder in folders)


def _is_of(folder: Path, file: Path) -> bool:
    """Whether a file belongs to a folder: what is installed somewhere below it, as in a ``.venv``, does not."""
    return file.is_relative_to(folder) and _INSTALLED.isdisjoint(file.relative_to(folder).parts)


def _alone(problems: Iterable[BaseException]) -> Iterable[Exception]:
    return (leaf for each in problems for leaf in leaves(each) if isinstance(leaf, Exception))
