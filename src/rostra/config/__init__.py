"""What are the settings, and who said so?"""

from rostra.config.origin import Origin
from rostra.config.quantities import Bytes, Duration
from rostra.config.secret import Secret
from rostra.config.section import Config, bool_var
from rostra.config.source import ConfigSource
from rostra.errors import ConfigError

__all__ = ["Bytes", "Config", "ConfigError", "ConfigSource", "Duration", "Origin", "Secret", "bool_var"]


async def prepare() -> None:
    """Let every stage inject the sections: each ``Config`` subclass is found by its type."""
    from rostra import di

    di.register(Config.from_source, lifetime="stage")
