"""What a parser of YAML found, put together as tables, lists and values that know their lines.

Nothing is ever constructed that settings do not have. A word without quotes that the core schema of YAML 1.2 gives no
other meaning is a ``Text``, so that the type of the setting says what ``yes``, ``1m30s`` and ``0777`` mean. Aliases
count as much as what they stand for: no text is larger than it looks.
"""

import math
import re
from bisect import bisect
from collections.abc import Hashable, Iterator, Mapping, Sequence
from typing import Any

import attrs

from rostra.config.formats.content import HALF, MOST_MISTAKES, TOO_DEEP, Keys, and_more, is_half, mistake
from rostra.config.tree import DEEPEST, Text
from rostra.errors import Mistake

MOST_VALUES = 100_000
"""Values of one file, with those that aliases stand for."""

_MERGE = object()
_CORE = "tag:yaml.org,2002:"
_WORDS: dict[str, Any] = (
    dict.fromkeys(("", "~", "null", "Null", "NULL"))
    | dict.fromkeys(("true", "True", "TRUE"), True)
    | dict.fromkeys(("false", "False", "FALSE"), False)
    | dict.fromkeys((".nan", ".NaN", ".NAN"), math.nan)
    | dict.fromkeys((sign + word for sign in ("", "+") for word in (".inf", ".Inf", ".INF")), math.inf)
    | dict.fromkeys(("-.inf", "-.Inf", "-.INF"), -math.inf)
)
_DECIMAL = re.compile(r"[-+]?(?:0|[1-9][0-9]*)")
_OTHER_BASE = re.compile(r"0o[0-7]+|0x[0-9a-fA-F]+")
_FRACTION = re.compile(r"[-+]?(?:\.[0-9]+|(?:0|[1-9][0-9]*)(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_KINDS: dict[str, tuple[type, ...]] = {
    "int": (int,),
    "float": (int, float),
    "bool": (bool,),
    "null": (type(None),),
}


class MalformedError(ValueError):
    """The text cannot be read any further.

    Args:
        mistake: Why.
    """

    def __init__(self, mistake: Mistake) -> None:
        super().__init__(mistake)
        self.mistake = mistake


@attrs.frozen(eq=False)
class Node:
    """A value and where it stands.

    Args:
        value: It.
        line: Where it begins, counted from one.
        parts: The node of each key with the key's line, or of each position.
        size: How many values it is, with those within it.
        height: How many tables and lists are within each other here.
    """

    value: Any = attrs.field(repr=False)
    line: int
    parts: "Mapping[Hashable, tuple[int, Node]]" = attrs.field(factory=dict, repr=False)
    size: int = 1
    height: int = 0

    def line_at(self, path: Keys) -> int | None:
        """The line of what stands at a path, or None if nothing does."""
        node, line = self, None
        for key in path:
            if key not in node.parts:
                return None
            line, node = node.parts[key]
        return line


def _node(value: Any, line: int, parts: Mapping[Hashable, tuple[int, Node]]) -> Node:
    size = 1 + sum(part.size for _, part in parts.values())
    return Node(value, line, parts, size, 1 + max((part.height for _, part in parts.values()), default=0))


@attrs.define(eq=False)
class Composer:
    """Puts a text together.

    Args:
        name: The file's.
        odd_breaks: The positions of what a parser counts as the end of a line, but nobody else does.
        mistakes: All that is wrong but did not keep it from reading on.
    """

    name: str
    odd_breaks: Sequence[int] = ()
    mistakes: list[Mistake] = attrs.field(factory=list)
    _anchors: dict[str, Node | None] = attrs.field(factory=dict)
    _size: int = 0

    def document(self, events: Iterator[Any]) -> Node:
        """The only document, which is a table; an empty one if there is none.

        Raises:
            MalformedError: It cannot be read any further.
        """
        next(events)  # of the stream
        if _kind(next(events)) == "StreamEnd":
            return Node({}, 1)
        top = self._node(next(events), events, 0)
        next(events)  # of the document
        if _kind(end := next(events)) != "StreamEnd":
            raise self._malformed(end, "a second document begins here, and a file is one")
        if top.value is None:
            return Node({}, 1)
        if not isinstance(top.value, dict):
            self.mistakes.append(mistake(self.name, "expected a table at the top: name: value", top.line))
        return top

    def _malformed(self, event: Any, reason: str) -> MalformedError:
        return MalformedError(self._told(event, reason))

    def _wrong(self, event: Any, reason: str) -> None:
        if len(self.mistakes) == MOST_MISTAKES:
            raise MalformedError(and_more(self.name))
        self.mistakes.append(self._told(event, reason))

    def _told(self, event: Any, reason: str) -> Mistake:
        return mistake(self.name, reason, self._line(event), event.start_mark.column + 1)

    def _line(self, event: Any) -> int:
        mark = event.start_mark
        line: int = mark.line + 1 - bisect(self.odd_breaks, mark.index)
        return line

    def _node(self, event: Any, events: Iterator[Any], depth: int) -> Node:
        """The value that begins with an event."""
        if depth > DEEPEST:
            raise self._malformed(event, TOO_DEEP)
        if (kind := _kind(event)) == "Alias":
            return self._alias(event, depth)
        self._count(event, 1)
        if event.anchor:
            self._anchors[event.anchor] = None
        if kind == "Scalar":
            made = Node(self._scalar(event), self._line(event))
        elif kind == "SequenceStart":
            made = self._sequence(event, events, depth)
        else:
            made = self._mapping(event, events, depth)
        if event.anchor:
            self._anchors[event.anchor] = made
        return made

    def _alias(self, event: Any, depth: int) -> Node:
        if event.anchor not in self._anchors:
            raise self._malformed(event, "no anchor of this alias stands above it")
        node = self._anchors[event.anchor]
        if node is None:
            raise self._malformed(event, "an alias stands within what it stands for")
        if depth + node.height > DEEPEST:
            raise self._malformed(event, TOO_DEEP)
        self._count(event, node.size)
        return node

    def _count(self, event: Any, size: int) -> None:
        self._size += size
        if self._size > MOST_VALUES:
            reason = f"holds more than {MOST_VALUES} values, with those that aliases stand for"
            raise self._malformed(event, reason)

    def _sequence(self, event: Any, events: Iterator[Any], depth: int) -> Node:
        self._check_tag(event, "seq")
        nodes = []
        while _kind(item := next(events)) != "SequenceEnd":
            nodes.append(self._node(item, events, depth + 1))
        parts: dict[Hashable, tuple[int, Node]] = {
            index: (node.line, node) for index, node in enumerate(nodes)
        }
        return _node([node.value for node in nodes], self._line(event), parts)

    def _mapping(self, event: Any, events: Iterator[Any], depth: int) -> Node:
        self._check_tag(event, "map")
        parts: dict[Hashable, tuple[int, Node]] = {}
        merged: list[Node] = []
        while _kind(key := next(events)) != "MappingEnd":
            name = self._key(key, events, depth + 1)
            value = next(events)
            node = self._node(value, events, depth + 1)
            if name in parts:
                self._wrong(key, f"the same key stands in line {parts[name][0]}")
            elif name is not None:
                parts[name] = (self._line(key), node)
                merged += self._tables_in(node, value) if name is _MERGE else ()
        parts.pop(_MERGE, None)
        for table in merged:
            parts = {**table.parts, **parts}
        return _node({key: node.value for key, (_, node) in parts.items()}, self._line(event), parts)

    def _key(self, event: Any, events: Iterator[Any], depth: int) -> Hashable:
        """The text of a key, ``_MERGE``, or None for what can be no key."""
        name = self._node(event, events, depth).value
        if name == "<<" and type(name) is Text and _kind(event) == "Scalar":
            return _MERGE
        if isinstance(name, str):
            return str(name)
        self._wrong(event, "a key is no text: put it in quotes")
        return None

    def _tables_in(self, node: Node, event: Any) -> list[Node]:
        """The tables that a merge key names, the strongest first."""
        nodes = [each for _, each in node.parts.values()] if isinstance(node.value, list) else [node]
        if all(isinstance(each.value, dict) for each in nodes):
            return nodes
        self._wrong(event, "<< takes a table, or a list of tables")
        return []

    def _check_tag(self, event: Any, kind: str) -> None:
        if event.tag not in {None, "!", _CORE + kind}:
            self._wrong(event, "a tag that settings do not have")

    def _scalar(self, event: Any) -> Any:
        """A value that is neither a table nor a list."""
        if is_half(event.value):
            self._wrong(event, HALF)
        if event.tag is None and event.implicit[0]:
            return self._plain(event)
        tag: str = event.tag or "!"
        if tag in {"!", f"{_CORE}str"}:
            return event.value
        kind = tag.removeprefix(_CORE)
        if kind not in _KINDS or kind == tag:
            self._wrong(event, "a tag that settings do not have")
            return None
        value = self._plain(event)
        if type(value) not in _KINDS[kind]:
            self._wrong(event, "it is not what its tag says")
        return value

    def _plain(self, event: Any) -> Any:
        """What a word without quotes means."""
        text: str = event.value
        if text in _WORDS:
            return _WORDS[text]
        try:
            number = _number(text)
        except ValueError:
            self._wrong(event, "a number is out of range")
            return None
        return Text(text) if number is None else number


def _number(text: str) -> int | float | None:
    if _DECIMAL.fullmatch(text):
        return int(text)
    if _OTHER_BASE.fullmatch(text):
        return int(text, 0)
    if not _FRACTION.fullmatch(text):
        return None
    number = float(text)
    if not math.isfinite(number):
        raise ValueError
    return number


def _kind(event: Any) -> str:
    return type(event).__name__.removesuffix("Event")
