"""Does a file that values were put into say what it said, with the values in their places? Pure.

Both are parsed: the file with a mark in each place, and the one with the values. They must be alike, and the texts of
the one those of the other, when the marks in them are replaced.
"""

import json
import tomllib
from collections.abc import Callable, Hashable
from typing import Any, NoReturn

import attrs

__all__ = ["parse", "same"]


@attrs.frozen
class _Pairs:
    """A table, of which no entry is lost."""

    entries: tuple[tuple[Any, Any], ...]


def parse(text: str, kind: str) -> Any:
    """What a text of a format says, as lists, texts and scalars.

    Raises:
        ValueError: It is no such text.
    """
    return _PARSERS[kind](text) if kind in _PARSERS else text


def same(marked: Any, filled: Any, meant: Callable[[str], str]) -> bool:
    """Whether what was parsed is alike.

    Args:
        marked: With marks.
        filled: With values.
        meant: Replaces the marks in a text by the values.
    """
    return _Comparison(meant).same(marked, filled)


class _Comparison:
    def __init__(self, meant: Callable[[str], str]) -> None:
        self._meant = meant
        self._seen: set[tuple[int, int]] = set()

    def same(self, one: Any, other: Any) -> bool:
        if isinstance(one, str):
            return isinstance(other, str) and self._meant(one) == other
        if not isinstance(one, list | _Pairs):  # numbers, words, dates: what stands without quotes
            return not isinstance(other, list | _Pairs | str)
        if type(one) is not type(other):
            return False
        if (id(one), id(other)) in self._seen:  # YAML may say one thing in many places, or within itself
            return True
        self._seen.add((id(one), id(other)))
        ones, others = _parts(one), _parts(other)
        return len(ones) == len(others) and all(map(self.same, ones, others))


def _parts(whole: Any) -> list[Any]:
    return whole if isinstance(whole, list) else [part for pair in whole.entries for part in pair]


def _pairs(value: Any) -> Any:
    """Dicts as pairs, in lists, too."""
    if isinstance(value, dict):
        return _Pairs(tuple((key, _pairs(each)) for key, each in value.items()))
    return [_pairs(each) for each in value] if isinstance(value, list) else value


def _json(text: str) -> Any:
    try:
        return json.loads(
            text, object_pairs_hook=lambda pairs: _Pairs(tuple(pairs)), parse_constant=_constant
        )
    except (ValueError, RecursionError):
        pass
    raise ValueError


def _constant(_: str) -> NoReturn:
    raise ValueError


def _toml(text: str) -> Any:
    try:
        return _pairs(tomllib.loads(text))
    except (ValueError, RecursionError):
        pass
    raise ValueError


def _ini(text: str) -> Any:
    from rostra.config.formats.ini_format import ini

    return _texts(_pairs(ini(text, "").values))


def _dotenv(text: str) -> Any:
    from rostra.config.formats.dotenv_format import variables

    return _texts(_pairs(variables(text, "").values))


def _texts(value: Any) -> Any:
    if isinstance(value, _Pairs):
        return _Pairs(tuple((key, _texts(each)) for key, each in value.entries))
    return str(value)


def _yaml(text: str) -> Any:
    import yaml

    try:
        documents = list(
            yaml.compose_all(text, Loader=yaml.SafeLoader)
        )  # kept, since nodes are known by their id
        known: dict[Hashable, Any] = {}
        return [_node(each, known) for each in documents]
    except (yaml.YAMLError, RecursionError):
        pass
    raise ValueError


def _node(node: Any, known: dict[Hashable, Any]) -> Any:
    """A node of YAML: its texts as they stand, whatever they would be converted to."""
    if id(node) in known:
        return known[id(node)]
    if isinstance(node.value, str):
        return node.value
    made: list[Any] = [type(node).__name__]
    known[id(node)] = made
    for each in node.value:
        made += [_node(part, known) for part in each] if isinstance(each, tuple) else [_node(each, known)]
    return made


_PARSERS: dict[str, Callable[[str], Any]] = {
    "dotenv": _dotenv, "ini": _ini, "json": _json, "toml": _toml, "yaml": _yaml,
}  # fmt: skip
