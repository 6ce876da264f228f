"""What would keep plugins from starting? All of it, found without starting them.

All plugins are prepared, each in spite of the failures of others; then settings, adapters and handlers are checked.
No task is started and nothing is built but what a ``prepare`` asks for.
"""

import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

import attrs

from rostra import context
from rostra.cli.report import leaves
from rostra.config import ConfigError, ConfigSource
from rostra.errors import RostraError
from rostra.handlers import Handlers
from rostra.log import LogConfig
from rostra.plugin import Loader, Stage
from rostra.plugin.completing import examined
from rostra.plugin.finding import Named, find

__all__ = ["Findings", "checked"]


@attrs.frozen
class Findings:
    """What was found.

    Args:
        problems: What would keep the plugins from starting.
        hints: What works, but is perhaps not meant.
    """

    problems: Sequence[Exception] = ()
    hints: Sequence[str] = ()


async def checked(plugins: Sequence[Named], source: ConfigSource) -> Findings:
    """Prepare the plugins on a stage, look at it, and put it away."""
    problems: list[Exception] = []
    hints: list[str] = []

    async def examine() -> None:
        for each in plugins:
            try:
                await context.get(Loader)(each)
            except Exception as problem:  # noqa: BLE001  (the others are looked at all the same)
                problems.append(problem)
        # What a plugin that failed did not make is missed by others; that is no news.
        follows = bool(problems)
        found, report = examined()
        found += _of_logging(source)
        # Nor that nothing needs an adapter: what failed may have.
        hints.extend([*(() if follows else report.hints), *source.hints()])
        found += await _of_binding()
        problems.extend(each for each in found if isinstance(each, ConfigError) or not follows)
        raise _ExaminedError

    try:
        async with Stage(examine, config=source):
            pass
    except Exception as end:  # noqa: BLE001  (what the teardown found is one more problem)
        problems.extend(each for each in _alone([end]) if not isinstance(each, _ExaminedError))
    return Findings(_distinct(problems), [hint for hint in hints if _is_about(hint, plugins)])


class _ExaminedError(Exception):
    """Ends the stage before anything is built for its tasks."""


def _of_logging(source: ConfigSource) -> list[Exception]:
    """What is wrong with ``[logging]``, which ``rostra run`` reads for the process and a check does not apply."""
    try:
        source.load(LogConfig)
    except ConfigError as error:
        return [error]
    return []


async def _of_binding() -> Iterable[Exception]:
    try:
        await context.get(Handlers).bind_all()
    except Exception as problem:  # noqa: BLE001  (it is shown with the others)
        return _alone([problem])
    return ()


def _is_about(hint: str, plugins: Sequence[Named]) -> bool:
    """Whether a hint is about these plugins: that others have more to give than is used is no news."""
    named = {Path(file).parent for each in plugins if (file := getattr(_module(each), "__file__", None))}
    told = [Path(file).absolute() for file in re.findall(r"(\S+\.py):\d+", hint)]
    return not told or any(file.is_relative_to(folder) for file in told for folder in named)


def _module(plugin: Named) -> ModuleType | None:
    try:
        return find(plugin).module
    except Exception:  # noqa: BLE001  (why it cannot be found is among the problems)
        return None


def _distinct(problems: Iterable[Exception]) -> Sequence[Exception]:
    """The problems without what others have said already, as all do that need one wrong section."""
    kept: list[Exception] = []
    said: set[Any] = set()
    for each in sorted(
        _alone(problems), key=lambda one: -len(one.mistakes) if isinstance(one, ConfigError) else 0
    ):
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


def _alone(problems: Iterable[Exception]) -> Iterable[Exception]:
    return (leaf for each in problems for leaf in leaves(each) if isinstance(leaf, Exception))
