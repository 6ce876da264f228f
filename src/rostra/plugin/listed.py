"""Which plugins do the settings name? The setting ``plugins``, read into a list; all that is wrong with it at once.

It is a list of names and of tables with ``plugin``, ``alias`` and ``options``, or a table by alias. In both forms
option ``url`` of the plugin with the alias ``mongo`` is the setting ``plugins.mongo.url``. Pure: nothing is imported.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from rostra.config.layers import Layer, narrowed
from rostra.config.showing import shown
from rostra.config.text import boolean, items
from rostra.config.tree import Nothing, Path, at, dotted, object_in
from rostra.errors import ConfigError, Mistake, closest
from rostra.plugin.noting import SETTING, Listed

_KEYS = ("plugin", "alias", "options")

_RESERVED = {
    "alias": "unknown; in a table of plugins the key is the alias",
    "options": "unknown; in a table of plugins the options stand beside plugin",
}


def listed(layers: Sequence[Layer]) -> tuple[Listed, ...]:
    """The plugins in the order in which they are first listed.

    A later list replaces what was said before. A table is laid over it, plugin by plugin.

    Args:
        layers: What each says that ``plugins`` is: a list, a table, a text that means one of them, or None.

    Raises:
        ConfigError: Entries are no such thing, or get in each other's way: all mistakes.
    """
    reading = _Reading()
    opened = [each.but(values=_opened(each.values)) for each in layers]
    start = max((n for n, each in enumerate(opened) if not isinstance(each.values, Mapping)), default=0)
    for each in opened[start:]:
        reading.read(each)
    if mistakes := (*reading.mistakes, *clashes(reading.plugins)):
        raise wrong(mistakes)
    return tuple(reading.plugins)


def wrong(mistakes: Sequence[Mistake], fix: tuple[str, ...] = ()) -> ConfigError:
    """The error for all that is wrong with the setting."""
    settings = "1 setting of plugins is" if len(mistakes) == 1 else f"{len(mistakes)} settings of plugins are"
    return ConfigError(f"{settings} wrong", tuple(mistakes), fix)


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


class _Reading:
    def __init__(self) -> None:
        self.plugins: list[Listed] = []
        self.mistakes: list[Mistake] = []

    def read(self, layer: Layer) -> None:
        """Lay what one says over what those below it said."""
        said = layer.values
        if isinstance(said, Mapping):
            for alias, path in _aliases(said, [each.alias for each in self.plugins]):
                self._lay_over(layer, alias, path)
        elif isinstance(said, list | tuple):
            self.plugins = [made for number in range(len(said)) for made in self._item(layer, number)]
        elif isinstance(said, str):
            self._refuse(layer, (), "expected names with commas between them, or JSON, found neither")
        elif said is not None:
            self._refuse(layer, (), f"expected a list or a table of plugins, found {shown(said)}")

    def _item(self, layer: Layer, number: int) -> Iterator[Listed]:
        """An item of a list: a name, or a table that has one."""
        item, path = layer.values[number], (number,)
        if isinstance(item, str):
            yield from self._made(layer, path, (path, item))
        elif isinstance(item, Mapping):
            self._check_keys(layer, path, item)
            at_plugin, at_alias = (*path, "plugin"), (*path, "alias")
            if "plugin" not in item:
                self._refuse(layer, at_plugin, "missing; expected the name of a plugin")
            else:
                alias = (at_alias, item.get("alias")) if item.get("alias") is not None else None
                yield from self._made(layer, path, (at_plugin, item["plugin"]), alias, (*path, "options"))
        else:
            self._refuse(layer, path, f"expected the name of a plugin, or a table, found {shown(item)}")

    def _check_keys(self, layer: Layer, path: Path, item: Mapping[Any, Any]) -> None:
        for key in item:
            if key not in _KEYS:
                near = closest(str(key), _KEYS)
                hint = f"did you mean {near}?" if near else "what the plugin itself reads stands in options"
                self._refuse(layer, (*path, key), f"unknown; {hint}")
        options = item.get("options")
        if not (options is None or isinstance(options, Mapping)):
            self._refuse(layer, (*path, "options"), f"expected a table, found {shown(options)}")

    def _lay_over(self, layer: Layer, alias: str, path: Path) -> None:
        """An entry of a table: options, with ``plugin`` if the alias is not its name; or its name; or False."""
        entry = _meant(at(layer.values, path))
        if isinstance(entry, str):
            self._lay(layer, alias, path, (path, entry))
        elif isinstance(entry, Mapping):
            for word, meant in _RESERVED.items():
                if word in entry:
                    self._refuse(layer, (*path, word), meant)
            name = ((*path, "plugin"), entry["plugin"]) if entry.get("plugin") is not None else None
            self._lay(layer, alias, path, name, _within(layer, path, entry))
        elif entry is None or entry is True:
            self._lay(layer, alias, path)
        elif entry is False:
            self.plugins = [each for each in self.plugins if each.alias != alias]
        else:
            reason = f"expected its options, its name, or false to leave it out, found {shown(entry)}"
            self._refuse(layer, path, reason)

    def _lay(
        self,
        layer: Layer,
        alias: str,
        path: Path,
        name: tuple[Path, Any] | None = None,
        within: tuple[Layer, ...] = (),
    ) -> None:
        """Put a plugin under an alias, or tell the one that has it more."""
        known = next((n for n, each in enumerate(self.plugins) if each.alias == alias), None)
        below = None if known is None else self.plugins[known]
        called = name or (path, alias if below is None else below.name)
        for made in self._made(layer, path, called, (path, alias)):
            if known is None or below is None:
                self.plugins.append(made._replace(layers=within))
            else:
                self.plugins[known] = below._replace(name=made.name, layers=(*below.layers, *within))

    def _made(
        self,
        layer: Layer,
        path: Path,
        name: tuple[Path, Any],
        alias: tuple[Path, Any] | None = None,
        options: Path | None = None,
    ) -> Iterator[Listed]:
        """A plugin, if its name and its alias, each with its path, are such."""
        wrong = [each for each in (name, alias) if each is not None and not _is_name(each[1])]
        for at_name, found in wrong:
            what = "the name of a plugin" if (at_name, found) == name else "a name"
            self._refuse(layer, at_name, f"expected {what}, found {shown(found)}")
        if not wrong:
            called = name[1].strip()
            within = narrowed((layer,), options) if options else ()
            yield Listed(
                called,
                alias[1].strip() if alias else called,
                (SETTING, *path),
                f"from {layer.origin_at(path)}",
                tuple(each for each in within if isinstance(each.values, Mapping)),
            )

    def _refuse(self, layer: Layer, path: Path, reason: str) -> None:
        self.mistakes.append(Mistake(dotted((SETTING, *path)), reason, f"from {layer.origin_at(path)}"))


def _opened(said: Any) -> Any:
    """A list or a table in place of a text that means one."""
    if not isinstance(said, str):
        return said
    if (table := object_in(said)) is not None:
        return table
    try:
        return items(said)
    except ValueError:
        return said


def _meant(entry: Any) -> Any:
    """What a text in place of a table says: whether it is loaded at all, a table in JSON, or else a name."""
    if not isinstance(entry, str):
        return entry
    try:
        return boolean(entry)
    except ValueError:
        return object_in(entry) or entry or None


def _is_name(found: Any) -> bool:
    return isinstance(found, str) and bool(found.strip())


def _within(layer: Layer, path: Path, entry: Mapping[Any, Any]) -> tuple[Layer, ...]:
    """The options in an entry of a table: all but the name."""
    options = {key: value for key, value in entry.items() if key != "plugin"}
    return tuple(each.but(values=options) for each in narrowed((layer,), path))


def _aliases(table: Mapping[Any, Any], known: Sequence[str]) -> Iterator[tuple[str, Path]]:
    """The aliases that a table speaks of, with the paths of their entries.

    ``--set plugins.shop.mongo.url=...`` speaks of ``shop.mongo`` if that is a known alias, and ``shop`` is none.
    """
    for key in table:
        inner = [tuple(each.split(".")) for each in known if each.startswith(f"{key}.") and key not in known]
        found = [path for path in inner if not isinstance(at(table, path), Nothing)]
        if found:
            yield from ((".".join(path), path) for path in found)
        else:
            yield str(key), (key,)
