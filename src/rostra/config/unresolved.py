"""Texts that may have references, as those see them who do not resolve them.

What references are stands in ``rostra.config.references``.
"""

from collections.abc import Iterator
from typing import Any, Self

from rostra.config.hooks import Fault
from rostra.config.layers import Layer
from rostra.config.speakers import speaker
from rostra.config.tree import Path

_UNASKED = "has a reference; await source.resolve() first"


class Unresolved(str):
    """A text of which nothing has come; a class that needs it hears why."""

    __slots__ = ("reason",)

    reason: str

    @classmethod
    def since(cls, text: str, reason: str) -> Self:
        """This text, and why nothing has come of it."""
        made = cls(text)
        made.reason = reason
        return made


def is_plain(text: str) -> bool:
    """Whether a text means itself: it has neither a reference nor an escape."""
    return "${" not in text


def strings_in(value: Any, path: Path = ()) -> Iterator[tuple[Path, str]]:
    """All strings of a table, also those in lists, with their paths."""
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, dict):
        for key, each in value.items():
            yield from strings_in(each, (*path, key))
    elif type(value) is list or type(value) is tuple:
        for number, each in enumerate(value):
            yield from strings_in(each, (*path, number))


def asks_for_secrets(told: str) -> bool:
    """Whether a reference, as ``str`` gives it, asks where secrets are kept: a resolver, and not a variable."""
    return ":" in told and not told.startswith("${env:")


def pending(section: Any, layers: tuple[Layer, ...]) -> tuple[Fault, ...]:
    """The strings of a section whose references nobody has replaced yet.

    Args:
        section: What stands there.
        layers: What each says about it.
    """
    referring = [(path, text) for path, text in strings_in(section) if not is_plain(text)]
    return tuple(_why(path, text) for path, text in referring if _is_pending(path, text, layers))


def _is_pending(path: Path, text: str, layers: tuple[Layer, ...]) -> bool:
    by = speaker(layers, path)
    return isinstance(text, Unresolved) or (by is not None and by.may_refer)


def _why(path: Path, text: str) -> Fault:
    return Fault(path, text.reason if isinstance(text, Unresolved) else _UNASKED)
