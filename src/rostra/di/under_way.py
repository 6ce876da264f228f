"""What has the first plan of a scope made so far? It has all of it in local variables, as code by hand would.

Whenever somebody else may get to ask, it leaves to the scope what it has made until then, and says what it is about to make:
that costs little, a tuple. Who asks in the middle, another task or what it is just calling, makes of that what a scope
keeps, and waits if need be. The plan finds out as soon as it goes on, and then makes the rest like everybody else.
"""

# ruff: noqa: SLF001  (what a plan makes belongs to its scope)

from collections.abc import Iterable
from typing import Any, TypeAlias

from rostra.di.keeping import MISSING, Flight, Kept

Made: TypeAlias = "tuple[Any, ...] | None"
"""What a plan has left: a ``Leg``, what was made in that, and what it had left before."""

ROW = 18
"""So much is left at once: CPython has tuples of up to twenty things in store."""


class Leg:
    """How far a plan has come; the same for all of its calls.

    Args:
        products: What was made since the leg before.
        ahead: What is made now and kept then; None if there is nothing like that.

    ``places`` says where in what the plan leaves each product is.
    """

    __slots__ = ("ahead", "places")

    def __init__(self, products: Iterable[Any], ahead: Any = None) -> None:
        self.places = {product: place for place, product in enumerate(products, 1)}
        self.ahead = ahead


_OVER = Leg(())


class KeptMeanwhile(Kept):
    """What a scope keeps, for those who ask after its first plan has begun.

    Args:
        made: What that has left.

    ``flight`` is what it makes now; None if it makes nothing that is kept, or goes on like everybody else.
    """

    __slots__ = ("flight", "made")

    def __init__(self, made: Made) -> None:
        self.values, self.flights = {}, {}  # as ``super`` would, which takes longer than all this
        self.flight: Flight | None = None
        self.made = made
        if made and made[0].ahead is not None:
            self.flight = self.flights[made[0].ahead] = Flight()

    def find(self, key: Any) -> Any:
        """What is kept under ``key``, or ``MISSING``."""
        made = self.made
        while made:
            place = made[0].places.get(key)
            if place is not None:
                return made[place]
            made = made[-1]
        return self.values.get(key, MISSING)

    def end(self, error: BaseException | None) -> None:
        """The plan makes nothing any more that others would wait for."""
        flight, self.flight = self.flight, None
        if flight is not None:
            self.abandon(flight, error)


def handed_over(scope: Any) -> None:
    """Somebody has asked ``scope`` in the middle of its first plan: what that has made since is theirs, too."""
    kept, made = scope._kept, scope.made
    while made and made is not kept.made:
        for product, place in made[0].places.items():
            kept.values.setdefault(product, made[place])
        made = made[-1]
    kept.end(None)


def broken_off(scope: Any, error: BaseException) -> None:
    """The first plan of ``scope`` has failed: what it has made until then stays."""
    scope.made = _OVER, scope.made  # first, for who asks at this very moment in another thread
    if scope._kept is not None:
        scope._kept.end(error)
        handed_over(scope)
