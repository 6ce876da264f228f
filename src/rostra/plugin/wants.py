"""Does it ask for that? Whether a function, or something that is built for it, takes a certain component."""

from typing import Any

from rostra import di
from rostra.components import Key


def takes(run: Any, key: Key) -> bool:
    """Whether ``run`` is a callable with a parameter of this type."""
    return callable(run) and any(each.want.key is key for each in di.signature(run).parameters)
