"""Names that are unique and do not depend on the order in which things are named: the shortest that nothing else has."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TypeVar

Key = TypeVar("Key")

_FORBIDDEN = re.compile(r"[^A-Za-z0-9_.-]+")


def unique(candidates: Mapping[Key, Sequence[str]], taken: Sequence[str] = ()) -> dict[Key, str]:
    """A name for each key.

    Args:
        candidates: For each key what it may be called, the shortest first. Of those that share one, none gets it. Where
            even the last is shared, a number is added.
        taken: Names that nobody may have.
    """
    found: dict[Key, str] = {}
    level = dict.fromkeys(candidates, 0)
    while True:
        said = {key: cleaned(candidates[key][place]) for key, place in level.items()}
        count = Counter([*said.values(), *taken])
        longer = [
            key for key, name in said.items() if count[name] > 1 and level[key] + 1 < len(candidates[key])
        ]
        if not longer:
            break
        for key in longer:
            level[key] += 1
    for key, name in said.items():
        found[key] = _numbered(name, {*found.values(), *taken})
    return found


def cleaned(name: str) -> str:
    """A name with nothing in it that the names of components forbid (OpenAPI 3.1, section 4.8.7)."""
    return _FORBIDDEN.sub("_", name).strip("_")


def _numbered(name: str, taken: set[str]) -> str:
    chosen, number = name, 1
    while chosen in taken:
        number += 1
        chosen = f"{name}{number}"
    return chosen
