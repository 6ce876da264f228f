"""A value that does not show itself.

A ``Secret`` is masked wherever text is made of it, and refuses to be pickled. It is a plain class on purpose:
``attrs.asdict``, ``dataclasses.asdict`` and pretty printers walk into attrs classes and dataclasses, and would
find the value. What looks through an object's slots finds a function, not the value.
"""

from collections.abc import Callable, Iterable, Mapping
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
        return _same(self.__give(), other.reveal())

    def __hash__(self) -> int:
        return _keyed(hash(self.__give()))

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        return self

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        msg = "a Secret is not pickled: pickle what reveal() gives, if you really mean it"
        raise TypeError(msg)

    def __getstate__(self) -> NoReturn:
        self.__reduce_ex__(None)


def _same(mine: Any, theirs: Any) -> bool:
    """Whether two values are equal, found out without stopping at the first difference."""
    import hmac

    if isinstance(mine, str) and isinstance(theirs, str):
        return hmac.compare_digest(_encoded(mine), _encoded(theirs))
    if isinstance(mine, bytes) and isinstance(theirs, bytes):
        return hmac.compare_digest(mine, theirs)
    if isinstance(mine, list | tuple) and type(mine) is type(theirs):
        return len(mine) == len(theirs) and _all_same(zip(mine, theirs, strict=True))
    if isinstance(mine, Mapping) and type(mine) is type(theirs):
        return mine.keys() == theirs.keys() and _all_same((mine[key], theirs[key]) for key in mine)
    return bool(mine == theirs)


def _all_same(pairs: Iterable[tuple[Any, Any]]) -> bool:
    found = [_same(mine, theirs) for mine, theirs in pairs]  # all() alone would stop early
    return all(found)


def _encoded(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


_key: list[bytes] = []


def _keyed(of_value: int) -> int:
    """A hash from which nobody without the key can find out the value by trying."""
    import hashlib
    import os

    if not _key:
        _key.append(os.urandom(32))
    digest = hashlib.blake2b(of_value.to_bytes(16, "big", signed=True), key=_key[0], digest_size=8)
    return int.from_bytes(digest.digest(), "big", signed=True)
