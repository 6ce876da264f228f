"""How others add a resolver of secrets."""

from contextlib import AbstractAsyncContextManager
from typing import Protocol

from rostra.config.resolve import Resolve
from rostra.config.source import ConfigSource


class Resolver(Protocol):
    """Opens what ``${op:reference}`` asks. It is an entry point of the group ``rostra.secrets`` with the name ``op``.

    It is written as a function that takes the source and gives an async context manager, whose body has a
    ``Resolve``. It is opened when the first setting asks it, in a task of its own, and closed there when all
    have their answers, whatever happens. Its own settings are a section of the source as any other, whose
    strings may ask for variables and files, but for no other resolver.
    """

    def __call__(self, source: ConfigSource, /) -> AbstractAsyncContextManager[Resolve]:
        """Open it.

        Args:
            source: The settings, of which those are resolved that ask for variables and files only.
        """
        ...
