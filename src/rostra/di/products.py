"""Did an adapter make what it declares? And if it failed, for whom was it called?"""

from typing import Any

from typing_extensions import is_protocol

from rostra import errors
from rostra.components import name_of
from rostra.di.annotations import origin_of
from rostra.di.offers import Offer, step_of

_NOTE = "while building "

Way = tuple[Offer, ...]
"""The adapters from the outermost to the one that is being called."""


def product_class(offer: Offer) -> Any:
    """What the product must be an instance of."""
    return origin_of(offer.made) or offer.made


def check(offer: Offer, made: Any) -> None:
    """Do nothing if it is what was declared.

    Raises:
        WrongProductError: It is not.
    """
    cls = product_class(offer)
    if offer.is_override or not isinstance(cls, type) or is_protocol(cls) or isinstance(made, cls):
        return
    adapter = offer.adapter
    raise errors.WrongProductError(adapter.label, adapter.place, name_of(offer.made), name_of(type(made)))


def add_note(error: Exception, way: Way) -> None:
    """Say for whom it was built, once: the innermost call knows best. Rostra's own places alone say nothing."""
    if any(note.startswith(_NOTE) for note in getattr(error, "__notes__", ())) or all(map(_is_ours, way)):
        return
    steps = [f"{'  ' * depth}└ {step_of(offer)}   {offer.adapter.place}" for depth, offer in enumerate(way)]
    error.add_note("\n  ".join([f"{_NOTE}{name_of(way[0].made)}", *steps]))


def _is_ours(offer: Offer) -> bool:
    return str(getattr(offer.adapter.make, "__module__", "")).startswith("rostra.")
