"""What a value of a type is called in messages: "a whole number", "one of red, green"."""

import collections.abc as abstract
import typing
from collections import OrderedDict, deque
from collections.abc import Callable, Iterable
from types import NoneType
from typing import Any

from rostra.components import name_of
from rostra.config.choices import phrase_of_options
from rostra.config.declared import bare, is_section, members, options
from rostra.config.hooks import own
from rostra.config.scalars import scalar
from rostra.config.secret import Secret
from rostra.config.showing import with_article

SEQUENCES: dict[Any, Callable[[Iterable[Any]], Any]] = {
    list: list,
    tuple: tuple,
    deque: deque,
    set: set,
    frozenset: frozenset,
    abstract.Sequence: tuple,
    abstract.Collection: tuple,
    abstract.Iterable: tuple,
    abstract.MutableSequence: list,
    abstract.Set: frozenset,
    abstract.MutableSet: set,
}
"""What a list of values becomes, by type."""

LIST = "a list"
TABLE = "a table"

MAPPINGS: dict[Any, Callable[[dict[Any, Any]], Any]] = {
    dict: dict.copy,
    OrderedDict: OrderedDict,
    abstract.Mapping: dict.copy,
    abstract.MutableMapping: dict.copy,
}
"""What the entries of a table become, by type."""


def phrase(wanted: Any) -> str:
    """What to expect where this type is wanted."""
    wanted = bare(wanted)
    origin = typing.get_origin(wanted) or wanted
    if (known := own(origin)) is not None:
        return known.expected or with_article(name_of(wanted))
    if origin is Secret:
        return phrase(hidden(wanted))
    if members(wanted):
        return " or ".join(dict.fromkeys(phrase(each) for each in members(wanted) if each is not NoneType))
    if options(wanted):
        return phrase_of_options(wanted)
    if origin in SEQUENCES:
        return LIST
    if origin in MAPPINGS or is_section(origin) or typing.is_typeddict(origin):
        return TABLE
    known_scalar = scalar(wanted)
    return known_scalar.expected if known_scalar else with_article(name_of(wanted))


def hidden(wanted: Any) -> Any:
    """What a ``Secret[...]`` hides; a bare ``Secret`` hides text."""
    return (typing.get_args(wanted) or (str,))[0]
