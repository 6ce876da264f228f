"""Tables that are read like objects, ``source.db.url`` is ``source["db"]["url"]``, and how mappings become such tables.

A table of a mapping is copied once: what reads the settings and what shows them share it, since nobody changes it.
"""

from collections.abc import Iterable, Iterator, Mapping
from types import NoneType
from typing import Any, NoReturn

from rostra.config.tree import DEEPEST, Path, Text
from rostra.errors import closest

_INERT = frozenset({int, float, bool, NoneType})
_ATOMS = _INERT | {str}
_STRINGS = frozenset({str})


class TooDeepError(ValueError):
    """Tables are nested more than ``DEEPEST`` deep, or contain themselves."""


def _refuse(*_: object, **__: object) -> NoReturn:
    raise TypeError("settings do not change: make others, ConfigSource(settings, {...})")


_refused: Any = _refuse  # dict's methods have other signatures
_put = dict.__setitem__


class View(dict[str, Any]):
    """A table of settings that nobody changes. A copy of it, pickled or not, is a plain dict.

    A key that is also a method of dict, such as ``items``, is found in brackets only. ``repr`` shows no values:
    which of them are secret, only the classes of the sections know.
    """

    __slots__ = ("_home", "_place")

    _home: list[Any]  # the parts of which it shows a table
    _place: Path

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


def view(table: Any, home: list[Any], place: Path) -> View:
    """A view whose values are those of ``table``, as they are.

    Args:
        table: A dict with names for keys.
        home: The parts that say so, or that will have said so when somebody asks.
        place: Where in them it stands.
    """
    made = View(table)
    made._home = home  # noqa: SLF001  (its own module)
    made._place = place  # noqa: SLF001  (as above)
    return made


def bearing(parts: Iterable[Any]) -> View:
    """A view that shows nothing, but brings parts along into a source."""
    return view({}, list(parts), ())


class Copy:
    """A mapping that is being copied. Every setting of every source comes by here.

    Args:
        home: See ``view``.
    """

    __slots__ = ("_home", "is_odd", "refers")

    def __init__(self, home: list[Any]) -> None:
        self._home = home
        self.is_odd = False
        """It has keys or texts that are not to be shown as they are."""
        self.refers = False
        """A string in it may have references."""

    def of(self, mapping: Mapping[Any, Any]) -> dict[Any, Any]:
        """The copy: views, or plain dicts if it has keys or texts that are not to be shown as they are.

        Raises:
            TooDeepError: The mapping is nested too deeply.
        """
        made = self._table(mapping, (), DEEPEST)
        if not self.is_odd:
            return made
        from rostra.config.copies import plain

        whole: dict[Any, Any] = plain(made)
        return whole

    def _table(self, table: Mapping[Any, Any], place: Path, levels: int) -> View:
        if not levels:
            raise TooDeepError
        made = View(table)
        made._home = self._home  # noqa: SLF001  (its own module)
        made._place = place  # noqa: SLF001  (as above)
        if not _STRINGS.issuperset(map(type, table)):
            self.is_odd = True
        for key, value in table.items():
            kind = type(value)
            if kind is str:
                if "${" in value:
                    self.refers = True
            elif kind in _INERT:
                continue
            elif kind is list:
                _put(made, key, self.listed(value, levels - 1))
            elif kind is dict or isinstance(value, Mapping):
                _put(made, key, self._table(value, (*place, key), levels - 1))
            else:
                _put(made, key, self._inner(value, levels - 1))
        return made

    def listed(self, values: Iterable[Any], levels: int) -> list[Any]:
        """The copy of a list.

        Raises:
            TooDeepError: There are no levels left.
        """
        if not levels:
            raise TooDeepError
        made = list(values)
        for position, value in enumerate(made):
            kind = type(value)
            if kind is str:
                if "${" in value:
                    self.refers = True
            elif kind not in _INERT:
                made[position] = self._inner(value, levels - 1)
        return made

    def _inner(self, value: Any, levels: int) -> Any:
        """What is no table, or stands in a list."""
        from rostra.config.copies import inner

        return inner(self, value, levels)


def shown(values: dict[Any, Any], home: list[Any], place: Path = ()) -> View:
    """Values as they are shown: keys are names, texts strings, and tables views. What is a view already is kept."""
    made = view(values if _STRINGS.issuperset(map(type, values)) else _named(values), home, place)
    for key, value in values.items():
        kind = type(value)
        if kind is View or kind in _ATOMS:
            continue
        if kind is dict:
            _put(made, str(key), shown(value, home, (*place, key)))
        elif kind is Text:
            _put(made, str(key), str(value))
        elif kind is not list or not _ATOMS.issuperset(map(type, value)):
            from rostra.config.copies import without_texts

            _put(made, str(key), without_texts(value))
    return made


def _named(values: dict[Any, Any]) -> dict[str, Any]:
    return {str(key): each for key, each in values.items()}
