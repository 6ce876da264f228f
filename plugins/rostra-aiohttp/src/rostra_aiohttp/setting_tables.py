"""What the tables of the settings have in common: they are equal if what they say is, and show it."""

from typing import Any

import attrs


class Table:
    """A base for frozen attrs classes that are made at every start, with ``eq=False, repr=False``.

    What attrs would write and compile anew for each of them takes longer than all the rest that it does.
    """

    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        return _said(self) == _said(other) if type(other) is type(self) else NotImplemented

    def __hash__(self) -> int:
        return hash(_said(self))

    def __repr__(self) -> str:
        kind: Any = type(self)
        names = (field.name for field in attrs.fields(kind))
        said = (f"{name}={value!r}" for name, value in zip(names, _said(self), strict=True))
        return f"{kind.__qualname__}({', '.join(said)})"


def _said(table: Any) -> tuple[Any, ...]:
    return attrs.astuple(table, recurse=False)
