"""What stands in for something else, seen from one layer of the context on.

An override of a type acts like a component of that layer; an override of an adapter acts wherever that adapter
would have been called. What the stage has built already stays as it is.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import attrs

from rostra import context
from rostra.components import Components, keys
from rostra.di.adapters import Adapter, adapter_of, identity
from rostra.di.annotations import Option, read
from rostra.di.plans import Constant

Replacement = Adapter | Constant


@attrs.define(eq=False)
class Overrides:
    """A component: what this layer overrides.

    Args:
        by_type: By the type that is overridden, and each type that it descends from.
        by_adapter: By the identity of the adapter that is not to be called.
    """

    by_type: dict[Option, Replacement] = attrs.field(factory=dict)
    by_adapter: dict[Any, Replacement] = attrs.field(factory=dict)


def replaced(layers: Iterator[Components], adapter: Adapter) -> tuple[int, Replacement] | None:
    """What stands in for ``adapter``, and how many layers up that was said."""
    wanted = identity(adapter.make)
    for depth, layer in enumerate(layers):
        for overrides in layer.own(Overrides).values():
            if wanted in overrides.by_adapter:
                return depth, overrides.by_adapter[wanted]
    return None
