"""Which plugins do the settings name? The setting ``plugins``, read into a list; all that is wrong with it at once.

It is a list of names and of tables with ``plugin``, ``alias`` and ``options``, or a table by alias. In both forms
option ``url`` of the plugin with the alias ``mongo`` is the setting ``plugins.mongo.url``. Pure: nothing is imported.
"""

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeAlias

import attrs

from rostra.config.faults import shown
from rostra.config.text import boolean, items, object_in
from rostra.config.tree import dotted
from rostra.errors import ConfigError, Mistake, closest

SETTING = "plugins"

Path: TypeAlias = tuple[Hashable, ...]
Told: TypeAlias = Callable[[Path], str]
"""Who said what stands at a path, for messages: ``from app.yml:3``."""

_KEYS = ("plugin", "alias", "options")


@attrs.frozen
class Listed:
    """A plugin that the settings name.

    Args:
        name: Of the plugin, as it was written.
        alias: What its options and components are called by; its name if it was given none.
        place: The path of its entry.
        options: What it is told; values may be secrets.
        said: By whom, for messages: ``from app.yml:3``.
    """

    name: str
    alias: str
    place: Path
    options: Mapping[str, Any] = attrs.field(factory=dict, repr=False)
    said: str = ""

    def __str__(self) -> str:
        """Where it is listed: ``plugins[1], from app.yml:3``."""
        return f"{dotted(self.place)}, {self.said}" if self.said else dotted(self.place)


def listed(setting: Any, told: Told = lambda _: "") -> tuple[Listed, ...]:
    """The plugins in the order in which they are listed.

    Args:
        setting: What ``plugins`` is: a list, a table, a text that says one of them, or None.
        told: Who said something.

    Raises:
        ConfigError: Entries are no such thing, or get in each other's way: all mistakes.
    """
    reading = _Reading(told)
    found = tuple(reading.entries(setting))
    reading.mistakes += clashes(found)
    if reading.mistakes:
        raise wrong(reading.mistakes)
    return found


def wrong(mistakes: Sequence[Mistake]) -> ConfigError:
    """The error for all that is wrong with the setting."""
    settings = "1 setting of plugins is" if len(mistakes) == 1 else f"{len(mistakes)} settings of plugins are"
    return ConfigError(f"{settings} wrong", tuple(mistakes))


def clashes(plugins: Iterable[Listed]) -> list[Mistake]:
    """Plugins that are listed twice, and aliases that mean two plugins. Each names both places."""
    plugins = tuple(plugins)
    return [
        Mistake(dotted(each.place), f"{reason} {other}", each.said)
        for number, each in enumerate(plugins)
        for other in plugins[:number]
        if (reason := _clash(each, other))
    ]


def _clash(one: Listed, other: Listed) -> str | None:
    if one.name == other.name:
        return f'plugin "{one.name}" is listed twice; it is also'
    if one.alias == other.name:
        return f'alias "{one.alias}" is the name of another plugin,'
    if one.name == other.alias:
        return f'plugin "{one.name}" has the name that is the alias of'
    if one.alias == other.alias:
        return f'alias "{one.alias}" is given twice; it is also that of'
    return None


@attrs.define
class _Reading:
    told: Told
    mistakes: list[Mistake] = attrs.field(factory=list)

    def entries(self, setting: Any) -> Iterator[Listed]:
        place: Path = (SETTING,)
        if isinstance(setting, str):
            setting = self._of_text(setting)
        if isinstance(setting, Mapping):
            for alias, entry in setting.items():
                yield from self._of_table((*place, alias), str(alias), entry)
        elif isinstance(setting, list | tuple):
            for number, entry in enumerate(setting):
                yield from self._of_list((*place, number), entry)
        elif setting is not None:
            self._refuse(place, f"expected a list or a table of plugins, found {shown(setting)}")

    def _of_text(self, text: str) -> Any:
        if (table := object_in(text)) is not None:
            return table
        try:
            return items(text)
        except ValueError:
            self._refuse((SETTING,), "expected names with commas between them, or JSON, found neither")
            return None

    def _of_list(self, place: Path, entry: Any) -> Iterator[Listed]:
        """An item of the list: a name, or a table that has one."""
        if isinstance(entry, str):
            yield from self._made(place, entry, None, {})
        elif isinstance(entry, Mapping):
            for key in entry:
                if key not in _KEYS:
                    near = closest(str(key), _KEYS)
                    hint = (
                        f"did you mean {near}?" if near else "what the plugin itself reads stands in options"
                    )
                    self._refuse((*place, key), f"unknown; {hint}")
            if "plugin" not in entry:
                self._refuse((*place, "plugin"), "missing; expected the name of a plugin")
            options = self._options((*place, "options"), entry.get("options"))
            if "plugin" in entry:
                yield from self._made(place, entry["plugin"], entry.get("alias"), options, "plugin", "alias")
        else:
            self._refuse(place, f"expected the name of a plugin, or a table, found {shown(entry)}")

    def _of_table(self, place: Path, alias: str, entry: Any) -> Iterator[Listed]:
        """An entry of the table: its options, with ``plugin`` if the alias is not its name; or its name; or False."""
        if isinstance(entry, str):
            entry = _meant(entry)
        if isinstance(entry, Mapping):
            options = {str(key): value for key, value in entry.items() if key != "plugin"}
            yield from self._made(place, entry.get("plugin", alias), alias, options, "plugin")
        elif entry is None or isinstance(entry, str):
            yield from self._made(place, entry or alias, alias, {})
        elif entry is not False:
            self._refuse(
                place, f"expected its options, its name, or false to leave it out, found {shown(entry)}"
            )

    def _options(self, place: Path, options: Any) -> dict[str, Any]:
        if isinstance(options, Mapping):
            return {str(key): value for key, value in options.items()}
        if options is not None:
            self._refuse(place, f"expected a table, found {shown(options)}")
        return {}

    def _made(
        self, place: Path, name: Any, alias: Any, options: Mapping[str, Any], *keys: str
    ) -> Iterator[Listed]:
        at_name, at_alias = (*place, *keys[:1]), (*place, *keys[1:])
        if not (isinstance(name, str) and name.strip()):
            self._refuse(at_name, f"expected the name of a plugin, found {shown(name)}")
        elif not (alias is None or (isinstance(alias, str) and alias.strip())):
            self._refuse(at_alias, f"expected a name, found {shown(alias)}")
        else:
            name = str(name).strip()
            yield Listed(name, str(alias or name).strip(), place, options, self.told(place))

    def _refuse(self, place: Path, reason: str) -> None:
        self.mistakes.append(Mistake(dotted(place), reason, self.told(place)))


def _meant(text: str) -> Any:
    """What a text in place of a table says: whether it is loaded at all, a table in JSON, or else a name."""
    try:
        return boolean(text)
    except ValueError:
        return object_in(text) or text
