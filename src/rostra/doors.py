"""Front doors that open on demand: what a room offers is imported when somebody asks for it.

A service starts with a fraction of what rostra can do, and each module that it does without is time and memory saved.
Type checkers read the stub next to such a front door, which says the same in their way.
"""

import sys
from collections.abc import Callable, Mapping
from importlib import import_module

__all__ = ["on_demand"]


def on_demand(
    door: str, homes: Mapping[str, tuple[str, ...]]
) -> tuple[Callable[[str], object], Callable[[], list[str]]]:
    """``__getattr__`` and ``__dir__`` of a package (PEP 562).

    A name that is also that of a module of the package cannot be among them: whoever imports that module makes it the
    package's attribute. The package imports such a name at once.

    Args:
        door: The package, as ``__name__`` says.
        homes: The names that are found when they are asked for, by the module of the package that has them.
    """
    room = sys.modules[door]
    home_of = {name: home for home, names in homes.items() for name in names}

    def find(name: str) -> object:
        if name not in home_of:
            raise AttributeError(f"module {door!r} has no attribute {name!r}", name=name, obj=room)
        found = getattr(import_module(f"{door}.{home_of[name]}"), name)
        setattr(room, name, found)  # asked for once
        return found

    def known() -> list[str]:
        return sorted({*vars(room), *home_of})

    return find, known
