from rostra.errors.base import RostraError as RostraError
from rostra.errors.base import Wording as Wording
from rostra.errors.base import closest as closest
from rostra.errors.base import shortened as shortened
from rostra.errors.base import together as together
from rostra.errors.cli import CommandLineError as CommandLineError
from rostra.errors.cli import StageNotFoundError as StageNotFoundError
from rostra.errors.components import ComponentNotFoundError as ComponentNotFoundError
from rostra.errors.components import NoContextError as NoContextError
from rostra.errors.components import NotAComponentError as NotAComponentError
from rostra.errors.config import ConfigError as ConfigError
from rostra.errors.config import Mistake as Mistake
from rostra.errors.di import AdapterError as AdapterError
from rostra.errors.di import AnnotationError as AnnotationError
from rostra.errors.di import ClosedError as ClosedError
from rostra.errors.di import ConflictError as ConflictError
from rostra.errors.di import CycleError as CycleError
from rostra.errors.di import GivenError as GivenError
from rostra.errors.di import NeedsAwaitError as NeedsAwaitError
from rostra.errors.di import ResolveError as ResolveError
from rostra.errors.di import WrongProductError as WrongProductError
from rostra.errors.handlers import HandlerError as HandlerError
from rostra.errors.health import CheckNameError as CheckNameError
from rostra.errors.health import ProbeError as ProbeError
from rostra.errors.plugin import JobsFullError as JobsFullError
from rostra.errors.plugin import PluginCycleError as PluginCycleError
from rostra.errors.plugin import PluginError as PluginError
from rostra.errors.plugin import PluginNotFoundError as PluginNotFoundError
from rostra.errors.plugin import StartTimeoutError as StartTimeoutError
from rostra.errors.plugin import StopTimeoutError as StopTimeoutError
from rostra.errors.plugin import TaskEndedError as TaskEndedError
from rostra.errors.resolvers import ResolverDeniedError as ResolverDeniedError
from rostra.errors.resolvers import ResolverError as ResolverError
from rostra.errors.resolvers import ResolverTimeoutError as ResolverTimeoutError
from rostra.errors.sockets import AddressError as AddressError
from rostra.errors.sockets import ListenError as ListenError
from rostra.errors.testing import AsyncioMissingError as AsyncioMissingError
from rostra.errors.testing import ContractError as ContractError
from rostra.errors.testing import PytestMarkError as PytestMarkError
from rostra.errors.workers import WorkerError as WorkerError

__all__ = [
    "AdapterError",
    "AddressError",
    "AnnotationError",
    "AsyncioMissingError",
    "CheckNameError",
    "ClosedError",
    "CommandLineError",
    "ComponentNotFoundError",
    "ConfigError",
    "ConflictError",
    "ContractError",
    "CycleError",
    "GivenError",
    "HandlerError",
    "JobsFullError",
    "ListenError",
    "Mistake",
    "NeedsAwaitError",
    "NoContextError",
    "NotAComponentError",
    "PluginCycleError",
    "PluginError",
    "PluginNotFoundError",
    "ProbeError",
    "PytestMarkError",
    "ResolveError",
    "ResolverDeniedError",
    "ResolverError",
    "ResolverTimeoutError",
    "RostraError",
    "StageNotFoundError",
    "StartTimeoutError",
    "StopTimeoutError",
    "TaskEndedError",
    "Wording",
    "WorkerError",
    "WrongProductError",
    "closest",
    "shortened",
    "together",
]
