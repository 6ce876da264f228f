"""From the settings to plugins: which ones do they list, where is each of them, and do they fit together?

All are found, and so imported, before the first is prepared: everything that is wrong is known at once, and a plugin
that another one loads before its turn has its options all the same.
"""

from collections.abc import Callable, Hashable, Iterator
from typing import NamedTuple

from rostra import di
from rostra.config import ConfigSource
from rostra.config.apart import said_of
from rostra.config.speakers import origin_around
from rostra.config.tree import dotted
from rostra.errors import ConfigError, Mistake, PluginNotFoundError, RostraError, closest
from rostra.plugin.finding import Plugin
from rostra.plugin.listed import clashes, listed, wrong
from rostra.plugin.noting import SETTING, Listed
from rostra.plugin.options import Options

_TAKE_THEM = ("leave them out, or let the plugin take them: async def prepare(options: plugin.Options):",)


class Listing(NamedTuple):
    """The plugins that the settings list, and what is wrong with them.

    Args:
        plugins: Those that were found, in their order.
        problems: What keeps the others, and perhaps these, from being loaded.
    """

    plugins: tuple[tuple[Listed, Plugin], ...] = ()
    problems: tuple[Exception, ...] = ()


def plugins_in(source: ConfigSource) -> tuple[Listed, ...]:
    """The plugins that the settings list; nothing is imported.

    Raises:
        ConfigError: The setting is no list of plugins: all mistakes.
    """
    place = (SETTING,)
    found = listed(said_of(source, place, Options))
    if not found or source.variable(SETTING) is None:
        return found
    return listed(said_of(source, place, Options, [each.section for each in found]))


def listing(source: ConfigSource, find: Callable[[Listed], Plugin]) -> Listing:
    """Find the plugins that the settings list.

    Args:
        source: The settings.
        find: Finds and imports one.
    """
    try:
        wanted = plugins_in(source)
    except ConfigError as error:
        return Listing(problems=(error,))
    found: list[tuple[Listed, Plugin]] = []
    problems: list[Exception] = []
    for each in wanted:
        try:
            found.append((each, find(each)))
        except PluginNotFoundError as error:
            problems.append(_placed(error, each, wanted))
        except Exception as error:  # noqa: BLE001  (the import of one may raise anything; the others are looked at)
            error.add_note(f"listed as {each}")
            problems.append(error)
    unread = [mistake for each in found for mistake in _unread(*each)]
    if mistakes := [*_clashes(found), *unread]:
        problems.append(wrong(mistakes, _TAKE_THEM if unread else ()))
    return Listing(tuple(found), tuple(problems))


def _placed(error: PluginNotFoundError, each: Listed, wanted: tuple[Listed, ...]) -> PluginNotFoundError:
    """The same with its place; and where that is the key of a table, which may add to what another says, with the one that
    comes close.
    """
    is_key = isinstance(each.place[1], str) and each.alias == each.name
    near = closest(each.alias, (other.alias for other in wanted if other is not each)) if is_key else None
    meant = (f"or did you mean {dotted((SETTING, near))}?",) if near else ()
    return PluginNotFoundError(error.wanted, error.asked_by, error.why, (*error.fix, *meant), str(each))


def _clashes(found: list[tuple[Listed, Plugin]]) -> list[Mistake]:
    """Those that only show when it is known what each name means."""
    names: dict[Hashable, str] = {}
    return clashes(
        each._replace(name=names.setdefault(plugin.identity, plugin.name)) for each, plugin in found
    )


def _unread(each: Listed, plugin: Plugin) -> Iterator[Mistake]:
    """Options of a plugin that takes none."""
    options = each.options
    if not options or takes_options(plugin):
        return
    reason = f"nobody reads it: prepare of plugin {plugin.name} takes no plugin.Options"
    if plugin.prepare is None:
        reason = f"nobody reads it: plugin {plugin.name} has no prepare"
    for key in options:
        yield Mistake(dotted((*each.section, key)), reason, f"from {origin_around(each.layers, (key,))}")


def takes_options(plugin: Plugin) -> bool:
    """Whether its ``prepare`` has a parameter for its options. What cannot be known counts: it is told later."""
    if plugin.prepare is None:
        return False
    try:
        return any(each.want.key is Options for each in di.signature(plugin.prepare).parameters)
    except RostraError:
        return True
