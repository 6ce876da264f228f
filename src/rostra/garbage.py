"""How often does Python look for garbage? Seldom during a start, since nearly all that it makes is there to stay."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["collected_seldom"]

_SELDOM = 50_000
"""So many new objects before garbage is looked for; as a rule Python looks after 700."""


@contextmanager
def collected_seldom() -> Iterator[None]:
    """Look for garbage less often during the body, which imports or prepares plugins.

    Whatever of it is garbage goes with the first collection afterwards.
    """
    usual = gc.get_threshold()
    if not usual[0]:  # somebody has switched it off
        yield
        return
    seldom = (max(usual[0], _SELDOM), *usual[1:])
    gc.set_threshold(*seldom)
    try:
        yield
    finally:
        if gc.get_threshold() == seldom:  # nobody has found a better one
            gc.set_threshold(*usual)
