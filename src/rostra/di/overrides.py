"""What stands in for something else, seen from one layer of the context on.

The override of a type acts like a component of that layer; the override of an adapter acts wherever that adapter
would have been called. What lives as long as the stage is not made anew.
"""

import functools
import inspect
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NewType

from rostra import context, errors
from rostra.components import Components, Key, keys
from rostra.di.adapters import adapter_of, identity
from rostra.di.annotations import Option, origin_of, read
from rostra.di.plans import Constant
from rostra.di.views import Overrides, Replacement


@contextmanager
def override(target: Any, replacement: Any) -> Iterator[Components]:
    """Let something else stand in for ``target`` in the body; it runs in a context layer of its own.

    Things made per call or per scope are made with it. What lives as long as the stage stays as it is, but for
    ``target`` itself, which is hidden.

    Args:
        target: A type: whoever asks for it gets the replacement. Or an adapter, as it was registered: wherever it
            would be called, the replacement is.
        replacement: An adapter (a function, method, ``functools.partial`` or class), or else the object itself.
            Whether it is of the right type is not checked.

    Raises:
        AdapterError: ``target`` is neither a type nor a callable.
    """
    instead = _replacement(replacement)
    with context.child("override") as layer:
        if _is_function(target) or (callable(target) and not _is_type(target)):
            layer.add(Overrides({}, {identity(target): instead}))
        else:
            layer.add(Overrides(_targets(target, instead), {}))
        yield layer


def _targets(target: Any, instead: Replacement) -> dict[Option, tuple[Key, Replacement]]:
    want = read(target)
    if len(want.options) != 1 or isinstance(target, str):
        raise errors.AdapterError(
            repr(target), "", "it is no type", "override one type, or an adapter as it was registered"
        )
    (option,) = want.options
    return {Option(key, option.name): (option.key, instead) for key in keys(option.key)}


def _replacement(replacement: Any) -> Replacement:
    if isinstance(replacement, type) or _is_function(replacement):
        return adapter_of(replacement, eager=False)
    return Constant(replacement)


def _is_function(item: Any) -> bool:
    return inspect.isroutine(item) or isinstance(item, functools.partial)


def _is_type(item: Any) -> bool:
    return isinstance(item, type | NewType) or origin_of(item) is not None
