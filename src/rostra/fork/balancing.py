"""The memory in which workers tell each other how many connections they have (``Balance``), and who has which place in it.

The parent makes it before it forks.
"""

import mmap

from rostra.fork.worker import NOBODY, Balance

_BYTES = 8


class Places:
    """Which worker has which place.

    Args:
        most: How many workers there can be; those beyond are not balanced.
    """

    def __init__(self, most: int = 256) -> None:
        self._memory = mmap.mmap(-1, (most + 1) * _BYTES)
        self._numbers = memoryview(self._memory).cast("q")
        self._taken: dict[int, int] = {}
        self._free = list(range(1, most + 1))[::-1]
        for place in self._free:
            self._numbers[place] = NOBODY

    def take(self, key: int) -> Balance | None:
        """A place for a worker that is about to be forked; None if all are taken."""
        if not self._free:
            return None
        place = self._taken[key] = self._free.pop()
        self._numbers[0] = max(self._numbers[0], place)
        return Balance(self._numbers, place)

    def give_back(self, key: int) -> None:
        """A worker is gone, or was never made."""
        if (place := self._taken.pop(key, None)) is not None:
            self._numbers[place] = NOBODY
            self._free.append(place)
