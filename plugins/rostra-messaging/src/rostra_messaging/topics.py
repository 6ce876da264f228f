"""Which subscriptions want a message of this topic? By the rules of AMQP, on every broker.

A topic is words between dots. In what a subscription asks for, ``*`` stands for exactly one word and ``#`` for any number
of them, none included; both stand alone between their dots. Many patterns are kept in a tree of their words, and all are
followed at once, word by word: what a match costs depends on the words and on the branches that fit, not on how many
patterns there are, and no row of ``#`` makes it explode.
"""

from collections.abc import Iterable
from typing import Generic, TypeVar

__all__ = ["Topics", "has_wildcards", "matches", "mistake_in"]

Wanted = TypeVar("Wanted")

_ONE, _ANY = "*", "#"
_MOST_BYTES = 255
_MOST_KEPT = 1024


def matches(pattern: str, topic: str) -> bool:
    """Whether a subscription to ``pattern`` gets what is published with ``topic``."""
    return bool(Topics([(pattern, True)]).match(topic))


def has_wildcards(pattern: str) -> bool:
    """Whether it stands for more than the topic that it spells."""
    return not {_ONE, _ANY}.isdisjoint(pattern.split("."))


def mistake_in(pattern: str) -> str | None:
    """Why nobody can mean this pattern, or topic; None if it is well.

    The limit of 255 bytes is that of AMQP's short strings.
    """
    words = pattern.split(".")
    if not pattern:
        return "it is empty"
    if "" in words:
        return "there is no word between two of its dots, or at its end"
    if not _is_utf_8(pattern):
        return "it has half a character in it, which UTF-8 cannot say"
    if len(pattern.encode()) > _MOST_BYTES:
        return f"it has more than {_MOST_BYTES} bytes"
    for word in words:
        if len(word) > 1 and (_ONE in word or _ANY in word):
            return f"{word} is a word with a wildcard in it; * and # stand for whole words only"
    return None


def _is_utf_8(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


class _Node(Generic[Wanted]):
    """Where patterns go on that have begun with the same words."""

    __slots__ = ("further", "is_any", "wanted")

    def __init__(self, word: str = "") -> None:
        self.is_any = word == _ANY
        self.further: dict[str, _Node[Wanted]] = {}
        self.wanted: list[Wanted] = []


class Topics(Generic[Wanted]):
    """What wants which topics.

    Args:
        wanted: Pairs of a pattern and what is to be found by it: any hashable.
    """

    __slots__ = ("_kept", "_root")

    def __init__(self, wanted: Iterable[tuple[str, Wanted]] = ()) -> None:
        self._root: _Node[Wanted] = _Node()
        self._kept: dict[str, tuple[Wanted, ...]] = {}
        for pattern, item in wanted:
            self.add(pattern, item)

    def add(self, pattern: str, wanted: Wanted) -> None:
        """Let ``wanted`` be found by what matches ``pattern``. It may have several; the same twice is once."""
        node = self._root
        for word in pattern.split("."):
            node = node.further.setdefault(word, _Node(word))
        if wanted not in node.wanted:
            node.wanted.append(wanted)
        self._kept.clear()

    def discard(self, pattern: str, wanted: Wanted) -> None:
        """Let ``wanted`` be found by ``pattern`` no more; nothing happens if it is not."""
        path = [self._root]
        words = pattern.split(".")
        for word in words:
            if (node := path[-1].further.get(word)) is None:
                return
            path.append(node)
        if wanted in path[-1].wanted:
            path[-1].wanted.remove(wanted)
        for word, above, node in zip(reversed(words), path[-2::-1], path[:0:-1], strict=True):
            if not node.wanted and not node.further:
                del above.further[word]
        self._kept.clear()

    def match(self, topic: str) -> tuple[Wanted, ...]:
        """All that want this topic, each once; the same ones in the same order as long as nothing is added.

        What was found for a topic is kept, for as many topics as a program usually has.
        """
        found = self._kept.get(topic)
        if found is None:
            found = self._found(topic)
            if len(self._kept) >= _MOST_KEPT:
                self._kept.clear()
            self._kept[topic] = found
        return found

    def _found(self, topic: str) -> tuple[Wanted, ...]:
        here = _with_none_of_any([self._root])
        for word in topic.split("."):
            here = _with_none_of_any(
                [next_ for node in here for next_ in (*_after(node, word), *([node] if node.is_any else ()))]
            )
        return tuple(dict.fromkeys(item for node in here for item in node.wanted))


def _after(node: _Node[Wanted], word: str) -> list[_Node[Wanted]]:
    steps = (node.further.get(word), node.further.get(_ONE))
    return [step for step in steps if step is not None]


def _with_none_of_any(nodes: list[_Node[Wanted]]) -> list[_Node[Wanted]]:
    """These, each once, and where their patterns go on if ``#`` stands for no word."""
    reached = dict.fromkeys(nodes)
    waiting = list(reached)
    while waiting:
        further = waiting.pop().further.get(_ANY)
        if further is not None and further not in reached:
            reached[further] = None
            waiting.append(further)
    return list(reached)
