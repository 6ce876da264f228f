"""Tables that are read like objects: ``source.db.url`` is ``source["db"]["url"]``."""

from collections.abc import Iterator, Mapping
from types import NoneType
from typing import Any, NoReturn

from rostra.config import parts as parts_of
from rostra.config.parts import Part
from rostra.config.text import Text
from rostra.config.tree import Path
from rostra.errors import closest


def _refuse(*_: object, **__: object) -> NoReturn:
    raise TypeError("settings do not change: make others, ConfigSource(settings, {...})")


_refused: Any = _refuse  # dict's methods have other signatures


class View(dict[str, Any]):
    """A table of settings that nobody changes. A copy of it, pickled or not, is a plain dict.

    A key that is also a method of dict, such as ``items``, is found in brackets only. ``repr`` shows no values:
    which of them are secret, only the classes of the sections know.
    """

    __slots__ = ("_parts", "_place")

    def __init__(self, values: Mapping[Any, Any], parts: tuple[Part, ...] = (), place: Path = ()) -> None:
        super().__init__(values if _ARE_STRINGS.issuperset(map(type, values)) else _with_names(values))
        self._parts = parts
        self._place = place
        for key, each in values.items():
            if type(each) not in _AS_THEY_ARE:
                dict.__setitem__(self, str(key), _shown(each, parts, (*place, key)))

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


_ARE_STRINGS = frozenset({str})
_AS_THEY_ARE = frozenset({str, int, float, bool, NoneType})


def _with_names(values: Mapping[Any, Any]) -> dict[str, Any]:
    return {str(key): each for key, each in values.items()}


def _shown(value: Any, parts: tuple[Part, ...], path: Path) -> Any:
    if type(value) is dict:
        return View(value, parts, path)
    return _without_texts(value)


def _without_texts(value: Any) -> Any:
    """What has a type of its own only: a ``Text`` is shown as the string that it is."""
    if isinstance(value, Text):
        return str(value)
    if type(value) is list or type(value) is tuple:
        if _AS_THEY_ARE.issuperset(map(type, value)):
            return value
        return type(value)(map(_without_texts, value))
    if type(value) is dict:
        return {key: _without_texts(each) for key, each in value.items()}
    return value


def brought_by(mapping: Mapping[Any, Any], name: str) -> tuple[Part, ...]:
    """What a mapping says; a view brings along who said it, and where it can be asked again."""
    if not isinstance(mapping, View):
        return (parts_of.of_mapping(mapping, name),)
    known, place = mapping._parts, mapping._place  # noqa: SLF001  (its own module)
    return (parts_of.of_table(known, place),) if place else known
