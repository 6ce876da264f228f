"""What are the settings, and who said so?

``ConfigSource`` merges mappings, files and options, and remembers the origin of every value; ``load`` makes of a
section an instance of its class, which is attrs', a dataclass or a ``Config`` subclass. It reads strictly, tells all
mistakes in one ``ConfigError``, and never shows what a ``Secret`` hides. The environment is read here and nowhere
else, with a prefix or where a reference names a variable. ``rostra.config`` is also the plugin that lets every
``Config`` subclass be injected.
"""

from rostra.config.layers import Origin
from rostra.config.quantities import Bytes, Duration
from rostra.config.secret import Secret
from rostra.config.source import Config, ConfigSource
from rostra.config.tables import field, frozen
from rostra.doors import on_demand

__all__ = [
    "Bytes",
    "Config",
    "ConfigError",
    "ConfigSource",
    "Duration",
    "Origin",
    "Resolve",
    "Resolver",
    "Secret",
    "bool_var",
    "field",
    "frozen",
    "reads",
]

_HOMES = {
    "resolve": ("Resolve",),
    "resolver": ("Resolver",),
    "summaries": ("ConfigError",),
    "taught": ("reads",),
    "words": ("bool_var",),
}
__getattr__, __dir__ = on_demand(__name__, _HOMES)


async def prepare() -> None:
    """Let every stage inject the sections: each ``Config`` subclass is found by its type."""
    from rostra import di

    di.register(Config.from_source, lifetime="stage")
