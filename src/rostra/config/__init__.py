"""What are the settings, and who said so?"""

from rostra.config.secret import Secret
from rostra.config.section import Config
from rostra.config.source import ConfigSource

__all__ = ["Config", "ConfigSource", "Secret"]


async def prepare() -> None:
    """Let every stage inject the sections: each ``Config`` subclass is found by its type."""
    from rostra import di

    di.register(Config.from_source, lifetime="stage")
