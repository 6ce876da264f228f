"""Where does Python look for garbage? During a start hardly anywhere, since nearly all that it makes is there to stay."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["collected_seldom", "uncollected"]

_NEW = 2_000
"""So many new objects before garbage is looked for among them; as a rule it is 700.

Plugins, and libraries that they import, leave some, which so makes room for what comes next. So few objects are still in
the processor's caches: to look once in 30,000 takes twice as long.
"""

_OFTEN = 100
"""So often that is done before what has stayed is looked through again; as a rule it is 10 times."""

_TIMES = iter(range(4))
"""How often all counts as old in a process: its commands, libraries and plugins are imported, and its stage is prepared.

One that goes on to make stage after stage leaves garbage behind each time, which has to be found soon.
"""


@contextmanager
def uncollected() -> Iterator[None]:
    """Look for no garbage during the body, which imports modules of rostra or what they stand on.

    They are known to leave little, classes that were made twice above all: a third of a MiB for aiohttp, which goes with the
    first full collection. To look for it all the while takes one part in twenty of the time until a service answers.
    """
    if not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
        _grow_old()


@contextmanager
def collected_seldom() -> Iterator[None]:
    """Look for garbage only among what is new during the body, which prepares plugins.

    What became garbage later than that goes with the first full collection.
    """
    usual = gc.get_threshold()
    if not usual[0]:  # somebody has switched it off
        yield
        return
    seldom = (max(usual[0], _NEW), max(usual[1], _OFTEN), usual[2])
    gc.set_threshold(*seldom)
    try:
        yield
    finally:
        if gc.get_threshold() == seldom:  # nobody has found a better one
            _grow_old()
            gc.set_threshold(*usual)


def _grow_old() -> None:
    """Count all that there is as old: the next collection, which looks at what is new, would walk through it for nothing.

    That is for processes that have just begun, in which nobody has looked through everything yet, and nobody has frozen
    anything, which could not be told from what is frozen here. Python 3.12 freezes a little itself, so there it is not done.
    """
    has_begun = not gc.get_stats()[-1]["collections"] and not gc.get_freeze_count()
    if has_begun and next(_TIMES, None) is not None:
        gc.freeze()
        gc.unfreeze()
