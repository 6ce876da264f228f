"""How secrets are compared: in a time that tells nothing of them, and by a hash that nobody else can find out."""

import hashlib
import hmac
import os
from collections.abc import Iterable, Mapping
from typing import Any

__all__ = ["are_same", "keyed"]


def are_same(mine: Any, theirs: Any) -> bool:
    """Whether two values are equal, found out without stopping at the first difference."""
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
    found = [are_same(mine, theirs) for mine, theirs in pairs]  # all() alone would stop early
    return all(found)


def _encoded(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


_key: list[bytes] = []


def keyed(of_value: int) -> int:
    """A hash from which nobody without the key can find out the value by trying."""
    if not _key:
        _key.append(os.urandom(32))
    digest = hashlib.blake2b(of_value.to_bytes(16, "big", signed=True), key=_key[0], digest_size=8)
    return int.from_bytes(digest.digest(), "big", signed=True)
