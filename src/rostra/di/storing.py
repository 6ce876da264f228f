"""Which classes do nothing but store what they are given? Making such an object asks for nothing, and needs no care for it.

That is so of most classes that get what they need from outside. It is read from the instructions of their ``__init__``;
whatever is not known there counts as if it asked.
"""

import dis
import itertools
from types import CodeType, MemberDescriptorType
from typing import Any

from rostra.di.functions import is_ordinary_class, ordinary

_NUMBERS = dis.opmap
_CACHE, _STORE_ATTR = _NUMBERS["CACHE"], _NUMBERS["STORE_ATTR"]
_OTHERS = "BUILD_LIST BUILD_TUPLE COPY LOAD_CONST LOAD_FAST LOAD_FAST_LOAD_FAST NOP RESUME RETURN_CONST RETURN_VALUE"
_CALL_NOBODY = frozenset((_CACHE, _STORE_ATTR, *map(_NUMBERS.get, _OTHERS.split())))
"""These run nobody's code, if the attribute is stored plainly."""
_LOAD_FIRST = frozenset(
    (
        (_NUMBERS["LOAD_FAST"], 0),
        *((_NUMBERS.get("LOAD_FAST_LOAD_FAST"), 16 * another) for another in range(16)),
    )
)
"""After these the first parameter is at hand for the next instruction."""


def only_stores(make: Any) -> bool:
    """Whether a call makes an object and stores in its attributes what it is given, and runs nobody else's code."""
    if not isinstance(make, type) or not is_ordinary_class(make) or not _has_usual(make, "__setattr__"):
        return False
    if _has_usual(make, "__init__"):
        return True
    init = ordinary(make)
    if init is None or not _CALL_NOBODY.issuperset(init.__code__.co_code[::2]):
        return False
    code = init.__code__
    return _stores_in_first(code) and all(_is_plain(make, name) for name in code.co_names)


def _stores_in_first(code: CodeType) -> bool:
    """Whether it stores attributes of its first parameter only."""
    steps = [step for step in zip(code.co_code[::2], code.co_code[1::2], strict=True) if step[0] != _CACHE]
    return all(
        before in _LOAD_FIRST for before, (step, _) in itertools.pairwise(steps) if step == _STORE_ATTR
    )


def _is_plain(cls: type, attribute: str) -> bool:
    """Whether nobody's code runs when it is stored."""
    declared = _declared(cls, attribute)
    return isinstance(declared, MemberDescriptorType) or not hasattr(type(declared), "__set__")


def _has_usual(cls: type, method: str) -> bool:
    """Whether it is that of all objects."""
    return _declared(cls, method) is _declared(object, method)


def _declared(cls: type, attribute: str) -> Any:
    return next((vars(each)[attribute] for each in cls.__mro__ if attribute in vars(each)), None)
