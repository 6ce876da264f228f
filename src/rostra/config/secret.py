"""A value that does not show itself.

A ``Secret`` is masked wherever text is made of it, and refuses to be pickled. It is a plain class on purpose:
``attrs.asdict``, ``dataclasses.asdict`` and pretty printers walk into attrs classes and dataclasses, and would
find the value.
"""

from typing import Any, Generic, NoReturn, Self, TypeVar

T_co = TypeVar("T_co", covariant=True)

MASK = "***"


class Secret(Generic[T_co]):
    """A password, token or key, which only ``reveal()`` gives away.

    ``repr``, ``str``, ``format`` and every log and error show ``***``. Two secrets are compared in constant time
    if they are texts or bytes; a secret never equals the bare value. It is false if its value is, so that an
    empty password can be told from a set one.

    Args:
        value: What is to be hidden.
    """

    __slots__ = ("__value",)

    def __init__(self, value: T_co) -> None:
        self.__value = value

    def reveal(self) -> T_co:
        """The value itself. Keep it in no variable that outlives its use."""
        return self.__value

    def __repr__(self) -> str:
        return f"Secret({MASK})"

    def __str__(self) -> str:
        return MASK

    def __format__(self, spec: str) -> str:
        return MASK

    def __bool__(self) -> bool:
        return bool(self.__value)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Secret):
            return NotImplemented
        import hmac

        mine, theirs = self.__value, other.reveal()
        if isinstance(mine, str) and isinstance(theirs, str):
            return hmac.compare_digest(_encoded(mine), _encoded(theirs))
        if isinstance(mine, bytes) and isinstance(theirs, bytes):
            return hmac.compare_digest(mine, theirs)
        return bool(mine == theirs)

    def __hash__(self) -> int:
        return hash((Secret, self.__value))

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        return self

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        msg = "a Secret is not pickled: pickle what reveal() gives, if you really mean it"
        raise TypeError(msg)

    def __getstate__(self) -> NoReturn:
        self.__reduce_ex__(None)


def _encoded(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")
