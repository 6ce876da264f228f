"""Settings of a service for a command that reads a part of them."""

from rostra.config import ConfigSource

__all__ = ["PartlyRead"]


class PartlyRead(ConfigSource):
    """A source of which what nobody has read is no mistake; options, which were typed for the command, still are."""

    def hints(self) -> tuple[str, ...]:
        """None: the rest is for others."""
        return ()
