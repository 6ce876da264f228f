"""Values as JSON and as msgpack: attrs classes, dataclasses, structs, and what these consist of."""

import functools
from collections.abc import Callable, Mapping
from ipaddress import IPv4Address, IPv6Address
from pathlib import PurePath
from types import NoneType
from typing import Any

_LEAVES = frozenset({str, int, float, bool, NoneType, bytes})
_LISTS = frozenset({list, tuple, set, frozenset})
_TOO_MUCH: Mapping[type[Exception], str] = {
    OverflowError: "a whole number that is too large",
    UnicodeEncodeError: "a text with half a character in it",
    RecursionError: "a value in a value in a value, too often",
}
_AS_TEXT = (str, PurePath, IPv4Address, IPv6Address)


class UnsayableError(TypeError):
    """A value is nothing that can be sent. Who got it from somebody says whose it is.

    Args:
        what: The value, as its kind.
        why: What could be sent.
        fix: What to do instead.
    """

    def __init__(self, what: str, why: str, fix: str) -> None:
        self.what, self.why, self.fix = what, why, fix
        super().__init__(f"{what}: {why}")


def encoded(value: Any) -> bytes:
    """A value as JSON.

    Raises:
        UnsayableError: There is something in it that JSON cannot say.
    """
    try:
        return _encode()(_in_order(value))
    except (OverflowError, UnicodeEncodeError, RecursionError) as error:
        what = type(error)
    raise _unsayable(what)


def packed(value: Any) -> bytes:
    """A value as msgpack, which has bytes and moments of its own.

    Raises:
        UnsayableError: There is something in it that msgpack cannot say.
    """
    import msgspec

    try:
        return msgspec.msgpack.encode(_in_order(value), enc_hook=_plain)
    except (OverflowError, UnicodeEncodeError, RecursionError) as error:
        what = type(error)
    raise _unsayable(what)


def _unsayable(what: type[Exception]) -> UnsayableError:
    return UnsayableError(
        _TOO_MUCH[what],
        "texts consist of whole characters, lists are in lists to some depth, and numbers of msgpack have 64 bits",
        "give such a number as a text, such a text as bytes in base64, and what is so deep in parts",
    )


@functools.cache
def _encode() -> Callable[[Any], bytes]:
    import msgspec  # a service that only answers with texts does without

    return msgspec.json.Encoder(enc_hook=_plain).encode


def _in_order(value: Any) -> Any:
    """The same with objects of attrs classes as dicts: of those with slots msgspec writes the fields by alphabet."""
    kind: Any = type(value)
    if kind in _LEAVES:
        return value
    if kind in _LISTS:
        return [_in_order(item) for item in value]
    if kind is dict:
        return {key: _in_order(item) for key, item in value.items()}
    names = _names(kind)
    if names is None:
        return value
    return {name: _in_order(getattr(value, name)) for name in names if hasattr(value, name)}


@functools.lru_cache(maxsize=1024)
def _names(kind: type) -> tuple[str, ...] | None:
    """The attributes of a class that are written; None if it is none of attrs."""
    import attrs

    if not attrs.has(kind):
        return None
    return tuple(field.name for field in attrs.fields(kind) if not field.name.startswith("_"))


def _plain(value: Any) -> Any:
    """What msgspec does not know itself. Secrets are not known, on purpose."""
    if isinstance(value, _AS_TEXT):
        return str(value)
    if isinstance(value, int):  # a class of somebody's own on top of a plain one
        return int(value)
    if isinstance(value, float):
        return float(value)
    article = "an" if type(value).__qualname__[0] in "aeiouAEIOU" else "a"
    raise UnsayableError(
        f"{article} {type(value).__qualname__}, which JSON cannot say",
        "JSON says texts, numbers, lists, mappings, dates, and attrs classes, dataclasses and structs of these",
        "give such a value, or bytes and texts that you wrote yourself",
    )
