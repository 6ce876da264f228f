from rostra.config.layers import Origin as Origin
from rostra.config.quantities import Bytes as Bytes
from rostra.config.quantities import Duration as Duration
from rostra.config.resolve import Resolve as Resolve
from rostra.config.resolver import Resolver as Resolver
from rostra.config.secret import Secret as Secret
from rostra.config.source import Config as Config
from rostra.config.source import ConfigSource as ConfigSource
from rostra.config.tables import field as field
from rostra.config.tables import frozen as frozen
from rostra.config.taught import reads as reads
from rostra.config.words import bool_var as bool_var
from rostra.errors import ConfigError as ConfigError

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

async def prepare() -> None: ...
