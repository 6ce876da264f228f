"""What a text with ``${…}`` in it says. Pure.

``${NAME}`` stands for a variable, ``${op:reference}`` for what the resolver ``op`` gives for ``reference``, and
``:-default`` behind either for what is taken instead if there is none, or if it is empty; a default may hold
references, and braces in pairs. ``$${`` is ``${``, and a ``$`` without a brace is a ``$``. What takes the place of a
reference is never read again. What is malformed is told by its place alone: the text around may be a secret.
"""

import re
from collections.abc import Iterator
from typing import TypeAlias

import attrs

from rostra.config.unresolved import is_plain

DEEPEST = 16
"""Defaults within defaults."""

LONGEST = 1024**2
"""Characters of a text with references, and of what comes of it."""

VARIABLE = r"[A-Za-z_][A-Za-z0-9_]*"
DOTTED = rf"{VARIABLE}(?:[.-][A-Za-z0-9_]+)*"
"""A setting, ``db.pool-size``; every variable is one, too."""

_OPENING = r"\$?\$\{"
_BRACES = rf"{_OPENING}|[{{}}]"
_RESOLVER = r"(?P<op>[A-Za-z][A-Za-z0-9_-]*):(?!-)(?P<asked>[^{}\x00-\x1f\x7f]+?)"


@attrs.frozen
class Reference:
    """One ``${…}``.

    Args:
        op: The resolver; None for a variable.
        name: Of the variable, or what the resolver is asked for.
        default: What is taken if there is none or if it is empty; None if it must be there.
        at: Where it begins in its text, from 0.
        end: Where it ends.
    """

    op: str | None
    name: str
    default: "Template | None" = attrs.field(default=None, repr=False)  # it may be a secret
    at: int = attrs.field(default=0, eq=False)
    end: int = attrs.field(default=0, eq=False)

    def __str__(self) -> str:
        """As it is told: without its default."""
        return f"${{{self.op}:{self.name}}}" if self.op else f"${{{self.name}}}"


Template: TypeAlias = tuple[str | Reference, ...]
"""A text in parts. No part is empty, and no two texts stand side by side."""


class MalformedError(ValueError):
    """A ``${`` is the beginning of no reference.

    Args:
        at: Where it stands in its text, from 0.
        reason: What was expected; it holds nothing of the text.
    """

    def __init__(self, at: int, reason: str) -> None:
        super().__init__(reason)
        self.at = at
        self.reason = reason


def escaped(text: str) -> str:
    """A text that means ``text``."""
    return text.replace("${", "$${")


def parsed(text: str, names: str = VARIABLE) -> Template:
    """The parts of a text.

    Args:
        text: As it stands in a file.
        names: The pattern of what may stand where a variable does.

    Raises:
        MalformedError: It has a ``${`` that begins no reference, or it is too long or too deep.
    """
    if is_plain(text):
        return (text,) if text else ()
    if len(text) > LONGEST:
        raise MalformedError(LONGEST, f"a text with references has at most {LONGEST} characters")
    parts, _ = _template(text, 0, names, 0)
    return parts


def reference_at(text: str, at: int, names: str = VARIABLE) -> Reference:
    """The reference that begins at ``at``.

    Raises:
        MalformedError: None does.
    """
    return _reference(text, at, names, 0)


def openings(text: str, at: int = 0) -> Iterator["re.Match[str]"]:
    """Each ``${`` and each ``$${``, wherever they stand."""
    return re.compile(_OPENING).finditer(text, at)


def asked_in(template: Template) -> Iterator[Reference]:
    """All references, those in defaults included."""
    for part in template:
        if isinstance(part, Reference):
            yield part
            yield from asked_in(part.default or ())


def place(text: str, at: int) -> str:
    """Where that is for a person who reads the text: ``column 5``."""
    line, column = text.count("\n", 0, at) + 1, at - text.rfind("\n", 0, at)
    return f"column {column}" if line == 1 else f"line {line}, column {column}"


def _template(text: str, start: int, names: str, depth: int) -> tuple[Template, int]:
    """The parts from ``start`` on: to the end or, in a default, to the brace that closes its reference."""
    parts: list[str | Reference] = []
    literal: list[str] = []
    opened, at = 0, start
    tokens = re.compile(_BRACES if depth else _OPENING)
    while (token := tokens.search(text, at)) is not None:
        literal.append(text[at : token.start()])
        at = token.end()
        if token[0] == "${":
            reference = _reference(text, token.start(), names, depth)
            _append(parts, literal)
            parts.append(reference)
            at = reference.end
        elif token[0] == "}" and not opened:
            _append(parts, literal)
            return tuple(parts), at
        else:
            opened += -1 if token[0] == "}" else 1
            literal.append(token[0].removeprefix("$"))
    if depth:
        return (), -1
    literal.append(text[at:])
    _append(parts, literal)
    return tuple(parts), len(text)


def _append(parts: list[str | Reference], literal: list[str]) -> None:
    if whole := "".join(literal):
        parts.append(whole)
    literal.clear()


def _reference(text: str, at: int, names: str, depth: int) -> Reference:
    if depth == DEEPEST:
        raise MalformedError(at, f"references are nested more than {DEEPEST} deep")
    head = re.compile(rf"(?:{_RESOLVER}|(?P<name>{names}))(?P<end>:-|\}})").match(text, at + 2)
    if head is None:
        if "}" not in text[at:]:
            raise MalformedError(at, "the ${ that begins here is not closed by a }")
        raise MalformedError(at, "expected a variable's name, or resolver:reference, between ${ and }")
    default, end = None, head.end()
    if head["end"] == ":-":
        default, end = _template(text, end, names, depth + 1)
        if end < 0:
            raise MalformedError(at, "the ${ that begins here is not closed by a }")
    return Reference(head["op"], head["name"] or head["asked"], default, at, end)
