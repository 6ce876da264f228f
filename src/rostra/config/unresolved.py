"""Texts that may have references, as those see them who do not resolve them. Every start imports this.

What references are stands in ``rostra.config.references``.
"""

from collections.abc import Hashable, Iterator
from typing import Any, Self


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


def strings_in(value: Any, path: tuple[Hashable, ...] = ()) -> Iterator[tuple[tuple[Hashable, ...], str]]:
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
