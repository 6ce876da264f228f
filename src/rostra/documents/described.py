"""A document in which the stage describes itself to others; a plugin makes it, and a transport may show it."""

from collections.abc import Callable, Mapping
from typing import Any


class SelfDescription:
    """What a plugin can tell of the stage to those outside: a component, found by its name, ``asyncapi`` say.

    Whoever serves the stage to others may show it; rostra-aiohttp does as ``/asyncapi.json``, beside the document of
    OpenAPI and only where that is shown.

    Args:
        make: Makes the document. It is called in a thread, once, when somebody asks for it.
    """

    __slots__ = ("make",)

    def __init__(self, make: Callable[[], Mapping[str, Any]]) -> None:
        self.make = make
