"""Classes whose objects no document says: they come ready-made beside it, as the files of a form do."""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from rostra.values import Values

Class = TypeVar("Class", bound=type)

_MARK = "__rostra_opaque__"


class Opaque(Values):
    """What is said of such a class.

    Args:
        expected: What its objects are, in words.
        schema: What JSON Schema says of them.
    """

    expected: str
    schema: Mapping[str, Any]


def opaque(expected: str, schema: Mapping[str, Any]) -> Callable[[Class], Class]:
    """Mark a class whose objects are taken as they are, and are nothing else.

    Args:
        expected: What its objects are, in words: ``a file``.
        schema: What JSON Schema says of them.
    """

    def marked(cls: Class) -> Class:
        setattr(cls, _MARK, Opaque(expected, schema))
        return cls

    return marked


def opaque_of(kind: Any) -> Opaque | None:
    """What was said of a class; None if it is not marked."""
    return getattr(kind, _MARK, None) if isinstance(kind, type) else None
