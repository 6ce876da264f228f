"""Who of those that share a listening socket takes the next connection? The one that has the fewest.

The system wakes all who wait, and the first to run would take all connections of a client that opens several at once, and
keep them as long as they last. So each worker writes how many it has where the others can read that: in memory that all of
them share. What stands there is a hint: whoever has more lets the others have a moment, and then takes what is still there.
"""

_NOBODY = -1
_BYTES = 8


class Balance:
    """What one worker knows of the others, and they of it.

    Args:
        numbers: In memory that is shared: how many places were ever taken, and then for each place how many connections
            there are, or -1.
        place: Its own, from 1 on.
    """

    __slots__ = ("_numbers", "_place")

    def __init__(self, numbers: "memoryview[int]", place: int) -> None:
        self._numbers = numbers
        self._place = place

    def tell(self, count: int) -> None:
        """It has so many, and takes more."""
        self._numbers[self._place] = count

    def leave(self) -> None:
        """It takes no more; the others need not wait for it."""
        self._numbers[self._place] = _NOBODY

    @property
    def is_due(self) -> bool:
        """Whether nobody who takes connections has clearly fewer than it told: a quarter of them is no difference."""
        numbers = self._numbers[1 : self._numbers[0] + 1].tolist()
        own = numbers[self._place - 1]
        return not any(other > _NOBODY and other + other // 4 < own for other in numbers)


class Places:
    """The memory, and which worker has which place in it: made by the parent before the first fork.

    Args:
        most: How many workers there can be; those beyond are not balanced.
    """

    def __init__(self, most: int = 256) -> None:
        import mmap  # only a parent needs it

        self._memory = mmap.mmap(-1, (most + 1) * _BYTES)
        self._numbers = memoryview(self._memory).cast("q")
        self._taken: dict[int, int] = {}
        self._free = list(range(1, most + 1))[::-1]
        for place in self._free:
            self._numbers[place] = _NOBODY

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
            self._numbers[place] = _NOBODY
            self._free.append(place)
