"""Which sections do plugins read? For ``rostra config``, which shows their settings."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from typing import Any, TypeVar

import attrs

from rostra import di, plugin
from rostra.cli.awaiting import completed
from rostra.cli.examining import Examined, examine
from rostra.config import Config, ConfigError, ConfigSource
from rostra.config.declared import UnknownTypeError
from rostra.config.described import DescribedClass, described
from rostra.config.effective import EffectiveSection, Reader, effective, readers_of, with_only
from rostra.config.tree import Path, bracketed, dotted
from rostra.errors import Mistake, RostraError
from rostra.log import LogConfig
from rostra.plugin.listing import plugins_in
from rostra.plugin.noting import SETTING

__all__ = ["Sections", "sections_read_by"]

Shown = TypeVar("Shown", EffectiveSection, DescribedClass)


@attrs.define(eq=False)
class Sections:
    """Who reads which settings.

    Args:
        plugins: As they were typed, or as the settings list them.
        source: The settings.
        readers: By place.
        examined: What came of preparing the plugins; None if there are none.
        unresolved: Why they were prepared without the settings that there are.
    """

    plugins: Sequence[str]
    source: ConfigSource
    readers: Sequence[Reader]
    examined: Examined | None
    unresolved: Sequence[Exception] = ()
    _told: set[Mistake] = attrs.field(factory=set, init=False)
    _are_shown: bool = attrs.field(default=False, init=False)
    _unknown: list[ConfigError] = attrs.field(factory=list, init=False)

    @property
    def title(self) -> str:
        """Whose settings these are."""
        return f"The settings of {', '.join(self.plugins)}" if self.plugins else "The settings"

    def effective(self) -> list[EffectiveSection]:
        """The sections as they are. Their mistakes are told by that."""
        self._are_shown = True
        sections = _once([effective(each) for each in self.readers], lambda each: each.place)
        self._told.update(mistake for section in sections for mistake in section.mistakes)
        return sections

    def hints(self) -> tuple[str, ...]:
        """What nobody reads; nothing if there are no plugins, which would."""
        return self.source.hints() if self.plugins else ()

    def described(self, *, with_parts: bool = False) -> list[DescribedClass]:
        """The sections as their classes declare them.

        Args:
            with_parts: Those that are read apart, too: the options of plugins.
        """
        readers = [each for each in self.readers if with_parts or not each.is_apart]
        found = [each for reader in readers if (each := self._described(reader)) is not None]
        return _once(found, lambda each: each.path)

    def _described(self, reader: Reader) -> DescribedClass | None:
        try:
            return described(reader.cls, reader.place)
        except UnknownTypeError as error:
            mistake = Mistake(bracketed(reader.place), str(error))
        self._unknown.append(ConfigError("a section cannot be described", (mistake,)))
        return None

    def variable(self, path: Path) -> str | None:
        """The variable that sets what stands at a path."""
        return self.source.variable(dotted(path))

    def problems(self) -> Sequence[Exception]:
        """Why there may be settings that are not shown: what kept plugins from being prepared.

        And what is wrong with settings, if they are shown, and not told with them. Not what handlers and adapters
        lack, which is for ``rostra check``.
        """
        if self.examined is None:
            return [*self.unresolved, *self._unknown]
        wrong = self.examined.rehearsal.wrong
        problems = [
            each
            for each in self.examined.problems
            if all(each is not other for other in wrong)
            or (self._are_shown and isinstance(each, ConfigError))
        ]
        untold = (each for each in problems if not _is_told(each, self._told))
        return [*self.unresolved, *untold, *self._unknown]


def sections_read_by(
    plugins: Sequence[str], source: ConfigSource, start_timeout: float, *, with_values: bool
) -> Sections:
    """Prepare plugins, and find out what they, their adapters, handlers and tasks read.

    Args:
        plugins: As they were typed. Those that the settings list are prepared, too; there may be none at all.
        source: The settings.
        start_timeout: Seconds for preparing.
        with_values: Values are of interest. If not, plugins are prepared also where references stand for nothing.

    Raises:
        CommandLineError: A path that was typed is no plugin.
        ConfigError: What the settings list is no list of plugins; or references stand for nothing.
    """
    needed: list[type] = [LogConfig]
    has_plugins = bool(plugins) or bool(plugins_in(source))
    unresolved = None if with_values and has_plugins else _unresolved(source, start_timeout / 2)
    if unresolved is not None:
        if with_values:
            raise unresolved
        source = with_only(source, SETTING)
    if not has_plugins:
        return Sections((), source, readers_of(source, needed), None)
    examined = examine(
        plugins, source, start_timeout=start_timeout, look=lambda rehearsal: needed.extend(_needed(rehearsal))
    )
    listed = [each.listed.name for each in examined.rehearsal.records if each.listed is not None]
    found = examined.source
    told = () if unresolved is None else (unresolved,)
    return Sections((*listed, *plugins), found, readers_of(found, needed), examined, told)


def _unresolved(source: ConfigSource, timeout: float) -> Exception | None:
    """Why references cannot be replaced; None if they have been."""
    try:
        completed(source.resolve(min(10, timeout)))
    except (RostraError, ExceptionGroup) as error:
        return error
    return None


def _once(sections: list[Shown], place_of: Callable[[Shown], Path]) -> list[Shown]:
    """Each setting in one place: a table of which a section says more is shown by that, and a section within a table of
    anything by the table.
    """
    tables = {setting.path for section in sections for setting in section.settings}
    places = {place_of(section) for section in sections}
    shown = (
        each
        for each in sections
        if not any(place_of(each)[:end] in tables for end in range(len(place_of(each))))
    )
    return [
        attrs.evolve(each, settings=tuple(one for one in each.settings if one.path not in places))
        for each in shown
    ]


def _needed(rehearsal: plugin.Rehearsal) -> Iterator[type]:
    """The ``Config`` subclasses that somebody takes as a parameter, whether or not it will be called."""
    registry = rehearsal.registry
    adapters = (each.signature for each in registry.adapters)
    roots = (_signature(root.function) for root in registry.roots)
    for signature in (*adapters, *roots):
        for parameter in signature.parameters if signature else ():
            with suppress(RostraError):  # an annotation that cannot be read is for ``rostra check`` to tell
                for option in parameter.read(registry.names).options:
                    if isinstance(option.key, type) and _is_section(option.key):
                        yield option.key


def _is_section(cls: type) -> bool:
    return issubclass(cls, Config) and cls.__rostra_section__ is not ...


def _signature(function: Callable[..., Any]) -> di.Signature | None:
    try:
        return di.signature(function)
    except RostraError:
        return None


def _is_told(problem: Exception, told: set[Mistake]) -> bool:
    return isinstance(problem, ConfigError) and bool(problem.mistakes) and told.issuperset(problem.mistakes)
