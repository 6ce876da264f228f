"""What did planning look for in the context, and did it find it? Where another context says the same, the same plan is right.

So a component that nobody on the way asked for plans nothing anew, and compiles nothing.
"""

from typing import Any, TypeAlias

from rostra.components import Key
from rostra.di.annotations import Option

LIMIT = 1_000
"""So many answers are remembered for one registry; then they are found out anew."""

_MOST_VARIANTS = 8
"""So many answers to one question; one that is answered otherwise in every context is better planned each time."""

Found: TypeAlias = bool | None
"""Whether a component came from above the scope; None if there was none."""


class Facts:
    """What was asked of the context, and what it said; ``True`` in a key stands for what the stage's objects see.

    ``seen`` is by type and name, ``names`` are those of all components of one type, from the lowest layer up.
    """

    __slots__ = ("names", "seen")

    def __init__(self) -> None:
        self.seen: dict[tuple[bool, Option], Found] = {}
        self.names: dict[tuple[bool, Key], list[str | None]] = {}


class Remembered:
    """Answers by question, for all contexts in which the facts are those from which each was found."""

    __slots__ = ("_answers",)

    def __init__(self) -> None:
        self._answers: dict[Any, list[tuple[Facts, Any]]] = {}

    def __len__(self) -> int:
        return len(self._answers)

    def of(self, question: Any) -> list[tuple[Facts, Any]]:
        """The answers that a question has had, the latest first."""
        return self._answers.get(question, [])

    def add(self, question: Any, facts: Facts, answer: Any) -> None:
        """One more."""
        if len(self._answers) >= LIMIT:
            self._answers.clear()
        self._answers[question] = [(facts, answer), *self.of(question)[: _MOST_VARIANTS - 1]]

    def clear(self) -> None:
        """What can be made is made otherwise now."""
        self._answers.clear()
