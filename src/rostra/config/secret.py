"""A value that does not show itself.

A ``Secret`` is masked wherever text is made of it, and refuses to be pickled. It is a plain class on purpose:
``attrs.asdict``, ``dataclasses.asdict`` and pretty printers walk into attrs classes and dataclasses, and would
find the value. What looks through an object's slots finds a function, not the value.
"""

from collections.abc import Callable
from typing import Any, Generic, NoReturn, Self, TypeVar

T_co = TypeVar("T_co", covariant=True)

MASK = "***"


class Secret(Generic[T_co]):
    """A password, token or key, which only ``reveal()`` gives away.

    ``repr``, ``str``, ``format`` and every log and error show ``***``. It has no length, no items and no
    conversions, and its hash depends on a key that this process drew. It is false if its value is, so that an
    empty password can be told from a set one.

    Two secrets are equal if their values are; a secret never equals the bare value. Texts and bytes, also those
    in lists, tuples and dicts, are compared in a time that depends on their length alone.

    Args:
        value: What is to be hidden.
    """

    __slots__ = ("__give",)

    def __init__(self, value: T_co) -> None:
        self.__give: Callable[[], T_co] = lambda: value

    def reveal(self) -> T_co:
        """The value itself. Keep it in no variable that outlives its use."""
        return self.__give()

    def __repr__(self) -> str:
        return f"Secret({MASK})"

    def __str__(self) -> str:
        return MASK

    def __format__(self, spec: str) -> str:
        return MASK

    def __bool__(self) -> bool:
        return bool(self.__give())

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Secret):
            return NotImplemented
        from rostra.config.comparing import are_same

        return are_same(self.__give(), other.reveal())

    def __hash__(self) -> int:
        from rostra.config.comparing import keyed

        return keyed(hash(self.__give()))

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        return self

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        msg = "a Secret is not pickled: pickle what reveal() gives, if you really mean it"
        raise TypeError(msg)

    def __getstate__(self) -> NoReturn:
        self.__reduce_ex__(None)
