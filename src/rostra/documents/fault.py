"""What is wrong with a document: every fault with its place, in words that its sender understands."""

import json
from collections.abc import Sequence
from typing import Any, NamedTuple

_LONGEST = 60


class Fault(NamedTuple):
    """One thing that is wrong.

    Args:
        place: The keys and indices that lead to it, from the outside in; none for the whole.
        detail: What was expected, and what was found.
    """

    place: tuple[str | int, ...]
    detail: str

    @property
    def pointer(self) -> str:
        """The place as a JSON pointer (RFC 6901): ``/items/0/name``."""
        return "".join(f"/{str(key).replace('~', '~0').replace('/', '~1')}" for key in self.place)


class MismatchError(ValueError):
    """A value is not of the kind that was expected. For readers; ``faults`` makes a ``Fault`` of it."""

    def __init__(self, expected: str, found: object) -> None:
        self.expected = expected
        super().__init__(f"expected {expected}, found {shown(found)}")


class BoundsError(MismatchError):
    """A value is of the kind that was expected, but not within the bounds that stand beside its type."""

    def __init__(self, expected: str, found: str) -> None:
        super().__init__(expected, None)
        self.args = (f"expected {expected}, found {found}",)


class UnreadableTypeError(Exception):
    """There is no way to make this type from JSON."""


def shown(value: object) -> str:
    """A value in JSON's words; long texts are cut, lists and objects are only named. Bytes that are no UTF-8 are spelt."""
    if isinstance(value, list):
        return "a list"
    if isinstance(value, dict):
        return "an object"
    text = (
        json.dumps(value, ensure_ascii=False) if isinstance(value, str | int | float | None) else repr(value)
    )
    text = text.encode(errors="backslashreplace").decode()
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


def either(words: Sequence[str]) -> str:
    """Words as a choice: ``red, green or blue``."""
    return " or ".join(filter(None, [", ".join(words[:-1]), *words[-1:]]))


def detail_of(error: Exception) -> str:
    """What an exception of a validator or converter says about a value."""
    first: Any = error.args[0] if error.args else ""
    return str(first) or type(error).__name__
