"""What is wrong with what a client sent: every fault with its place, in words that the client understands."""

from collections.abc import Iterable, Iterator
from typing import Literal, TypeAlias

from rostra import documents
from rostra.values import Values

Part: TypeAlias = Literal["path", "query", "header", "cookie", "body"]


class Fault(Values):
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
            pointer = documents.Fault(self.place, self.detail).pointer
            return {"in": "body", "pointer": f"#{pointer}", "detail": self.detail}
        return {"in": self.part, "name": str(self.place[0]), "detail": self.detail}


class UnfitError(Exception):
    """What was sent does not fit the handler: all faults. It becomes the answer 422."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = tuple(faults)
        super().__init__(f"{len(self.faults)} faults")


def of_body(error: Exception) -> Iterator[Fault]:
    """All that is wrong with a document, as faults of the body.

    Raises:
        Exception: One of those that are no fault of the client, but of a validator, say.
    """
    return (Fault("body", *each) for each in documents.faults(error))
