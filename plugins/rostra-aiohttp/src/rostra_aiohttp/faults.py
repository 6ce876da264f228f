"""What is wrong with what a client sent: every fault with its place, in words that the client understands."""

import json
from collections.abc import Iterable, Sequence
from typing import Any, Literal, NamedTuple, TypeAlias

Part: TypeAlias = Literal["path", "query", "header", "cookie", "body"]

_LONGEST = 60


class Fault(NamedTuple):
    """One thing that is wrong.

    Args:
        part: Of the request.
        place: The name of a parameter; for the body its keys and indices from the outside in.
        detail: What was expected, and what was found.
    """

    part: Part
    place: tuple[str | int, ...]
    detail: str

    def as_json(self) -> dict[str, str]:
        """As problem details show it (RFC 9457, section 3): ``pointer`` is a JSON pointer (RFC 6901)."""
        if self.part == "body":
            pointer = "".join(f"/{str(key).replace('~', '~0').replace('/', '~1')}" for key in self.place)
            return {"in": "body", "pointer": f"#{pointer}", "detail": self.detail}
        return {"in": self.part, "name": str(self.place[0]), "detail": self.detail}


class MismatchError(ValueError):
    """A value is not of the kind that was expected. For the readers in here; clients get a Fault."""

    def __init__(self, expected: str, found: object) -> None:
        self.expected = expected
        super().__init__(f"expected {expected}, found {shown(found)}")


class UnfitError(Exception):
    """What was sent does not fit the handler: all faults. It becomes the answer 422."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = tuple(faults)
        super().__init__(f"{len(self.faults)} faults")


def shown(value: object) -> str:
    """A value in JSON's words; long texts are cut, lists and objects are only named."""
    if isinstance(value, list):
        return "a list"
    if isinstance(value, dict):
        return "an object"
    text = (
        json.dumps(value, ensure_ascii=False) if isinstance(value, str | int | float | None) else repr(value)
    )
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


def either(words: Sequence[str]) -> str:
    """Words as a choice: ``red, green or blue``."""
    return " or ".join(filter(None, [", ".join(words[:-1]), *words[-1:]]))


def detail_of(error: Exception) -> str:
    """What an exception of a validator or converter says about a value."""
    first: Any = error.args[0] if error.args else ""
    return str(first) or type(error).__name__
