"""What do the settings tell one plugin? Its options, for a ``prepare`` that takes them."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeAlias, TypeVar

from rostra import context, errors
from rostra.components import Key, canonical, keys, name_of
from rostra.config import ConfigSource
from rostra.config.apart import know, source_of
from rostra.config.layers import Layer
from rostra.config.tree import Path
from rostra.errors import closest
from rostra.plugin.loading import MAKERS, Loading
from rostra.plugin.noting import SETTING, Record

Section = TypeVar("Section")
Item = TypeVar("Item")

Owner: TypeAlias = Callable[[Key, str | None], str | None]
"""Which plugin added what is found under this type and name, if one did."""


class Options(Mapping[str, Any]):
    """What the settings tell one plugin; its ``prepare`` takes this as a parameter.

    ::

        @attrs.frozen
        class MongoOptions:
            url: str
            password: config.Secret[str] | None = None

        async def prepare(options: plugin.Options, teardown: plugin.Teardown):
            told = options.load(MongoOptions)
            options.add(await teardown.enter(open_mongo(told.url)))

    ``options["url"]`` and ``options.url`` are what mappings, files and ``--set`` say, as they say it. ``load`` reads
    them as strictly as any section, the environment included. An option that is called like a method is found in
    brackets only. There are none if the settings do not list the plugin.

    Attributes:
        alias: What the settings call the plugin; its name, if they do not give it an alias.
    """

    __slots__ = ("_is_named", "_layers", "_own", "_owner", "_place", "_plugin", "_source", "alias")

    def __init__(
        self,
        alias: str,
        plugin: str,
        source: ConfigSource,
        *,
        place: Path,
        layers: tuple[Layer, ...],
        owner: Owner,
        is_named: bool,
    ) -> None:
        self.alias = alias
        self._plugin = plugin
        self._source = source
        self._place = place
        self._layers = layers
        self._owner = owner
        self._is_named = is_named
        self._own: ConfigSource | None = None

    def __getitem__(self, key: str) -> Any:
        return self._values[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_") or name == "alias":  # asked for while a copy is made
            raise AttributeError(name)
        values = self._values
        if name in values:
            return values[name]
        near = closest(name, values)
        hint = f"; did you mean {near}?" if near else ""
        raise AttributeError(f"there is no option {name} for {self.alias}{hint}", name=name, obj=self)

    def __repr__(self) -> str:
        return f"<Options of {self.alias}: {', '.join(self._values) or 'none'}>"

    def __rich_repr__(self) -> Iterator[str]:
        """What tracebacks with locals show where rich is installed."""
        yield from self._values

    def __reduce_ex__(self, protocol: object) -> Any:
        """A copy, pickled or not, is a plain dict."""
        return dict, (dict(self),)

    def load(self, cls: type[Section]) -> Section:
        """The options as an instance of an attrs class or a dataclass.

        They are the section ``plugins.ALIAS``: ``APP_PLUGINS_MONGO_URL`` and ``--set plugins.mongo.url=...`` set
        ``url``, in whichever form the plugin is listed.

        Raises:
            ConfigError: Options are wrong, missing or unknown: all mistakes.
        """
        own = self._own_source
        try:
            return own.load(cls, ".".join(map(str, self._place)))
        finally:
            know(self._source, own)

    def add(self, item: Item, namespace: Key | None = None) -> Item:
        """Put a component into the context, by the plugin's alias as its name, and return it.

        Without an alias it has no name. Unlike ``context.add``, this never hides what another plugin added.

        Args:
            item: Any object but a class.
            namespace: The key to be found by, instead of the item's type.

        Raises:
            PluginError: There is one of this type and name already.
            NotAComponentError: ``item`` is a class, and no namespace says that this is meant.
        """
        layer = context.current_context()
        name = self.alias if self._is_named else None
        key = type(item) if namespace is None else canonical(namespace)
        if name in layer.own(key):
            raise self._collision(key, name)
        return layer.add(item, namespace, name=name)

    @property
    def _own_source(self) -> ConfigSource:
        if self._own is None:
            self._own = source_of(self._source, self._place, self._layers)
        return self._own

    @property
    def _values(self) -> Mapping[str, Any]:
        values: Any = self._own_source
        for key in self._place:
            values = values.get(key, {})
        found: Mapping[str, Any] = values
        return found

    def _collision(self, key: Key, name: str | None) -> "errors.PluginError":
        adder = self._owner(key, name)
        other = None if adder == self._plugin else adder
        called = "without a name" if name is None else f'named "{name}"'
        what = "there is already" if other is None else "two plugins add"
        alias = "an alias" if name is None else "another alias"
        return errors.PluginError(
            f"{what} a {name_of(key)} {called}",
            (self._plugin,) if other is None else (self._plugin, other),
            ("components are found by their type and name: the second would hide the first",),
            (f"give one of them {alias}, in the settings that list it",),
        )


def _made(loading: Loading, record: Record) -> Options:
    """What the settings tell the plugin; nothing, if they do not list it."""
    listed = record.listed

    def owner(key: Key, name: str | None) -> str | None:
        added = ((each, *found) for each in loading.records for found in each.brought.components)
        return next((_place(each) for each, known, as_ in added if as_ == name and key in keys(known)), None)

    return Options(
        record.name if listed is None else listed.alias,
        _place(record),
        context.get(ConfigSource),
        place=(SETTING, *record.name.split(".")) if listed is None else listed.section,
        layers=() if listed is None else listed.layers,
        owner=owner,
        is_named=listed is not None and listed.alias != listed.name,
    )


def _place(record: Record) -> str:
    return f"plugin {record.name}, {record.listed}" if record.listed else f"plugin {record.name}"


MAKERS[Options] = _made
