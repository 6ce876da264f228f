"""Tables that are read like objects: ``source.db.url`` is ``source["db"]["url"]``."""

from collections.abc import Iterator, Mapping
from typing import Any, NoReturn

from rostra.config.origin import Origin
from rostra.config.text import Text
from rostra.config.tree import Table, Value, plain, tree
from rostra.errors import closest


def _refuse(*_: object, **__: object) -> NoReturn:
    raise TypeError("settings do not change: make others, ConfigSource(settings, {...})")


_refused: Any = _refuse  # dict's methods have other signatures


class View(dict[str, Any]):
    """A table of settings that nobody changes. A copy of it, pickled or not, is a plain dict.

    A key that is also a method of dict, such as ``items``, is found in brackets only. ``repr`` shows no values:
    which of them are secret, only the classes of the sections know.
    """

    __slots__ = ("_tree",)

    def __init__(self, shown: Table) -> None:
        super().__init__({str(key): _viewed(node) for key, node in shown.entries.items()})
        self._tree = shown

    def __getattr__(self, name: str) -> Any:
        try:
            return self[name]
        except KeyError:
            near = closest(name, map(str, self))
            hint = f"; did you mean {near}?" if near else ""
        raise AttributeError(f"there is no setting {name} here{hint}", name=name, obj=self)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {', '.join(map(str, self)) or 'nothing'}>"

    def __rich_repr__(self) -> Iterator[str]:
        """What tracebacks with locals show where rich is installed: it would not ask ``repr`` of a dict."""
        yield from map(str, self)

    def __reduce_ex__(self, protocol: object) -> Any:
        return dict, (dict(self),)

    __setitem__ = __delitem__ = __ior__ = _refused
    clear = pop = popitem = setdefault = update = _refused


def _viewed(node: Value | Table) -> Any:
    value = View(node) if isinstance(node, Table) else plain(node)
    return str(value) if isinstance(value, Text) else value


def said_by(mapping: Mapping[Any, Any], origin: Origin) -> Table:
    """What a mapping says; a view remembers who said it."""
    return mapping._tree if isinstance(mapping, View) else tree(mapping, origin)  # noqa: SLF001  (its own module)
