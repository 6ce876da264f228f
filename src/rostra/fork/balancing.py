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
        numbers: One for each place, in memory that is shared: how many connections there are, or -1.
        place: Its own.
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
        """Whether nobody who takes connections has fewer than it told."""
        own = self._numbers[self._place]
        return all(own <= other for other in self._numbers if other != _NOBODY)


class Places:
    """The memory, and which worker has which place in it: made by the parent before the first fork.

    Args:
        most: How many workers there can be; those beyond are not balanced.
    """

    def __init__(self, most: int = 256) -> None:
        import mmap  # only a parent needs it

        self._memory = mmap.mmap(-1, most * _BYTES)
        self._numbers = memoryview(self._memory).cast("q")
        self._taken: dict[int, int] = {}
        self._free = list(range(most))[::-1]
        for place in self._free:
            self._numbers[place] = _NOBODY

    def take(self, key: int) -> Balance | None:
        """A place for a worker that is about to be forked; None if all are taken."""
        if not self._free:
            return None
        place = self._taken[key] = self._free.pop()
        return Balance(self._numbers, place)

    def give_back(self, key: int) -> None:
        """A worker is gone, or was never made."""
        if (place := self._taken.pop(key, None)) is not None:
            self._numbers[place] = _NOBODY
            self._free.append(place)
