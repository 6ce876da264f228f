"""What can go wrong, and what then?

Every error that rostra raises of its own accord is a ``RostraError`` and also the builtin that a caller would
catch for it. It says what went wrong, where, why, and how to fix it (see ``rostra.errors.base``).

::

    RostraError
    ├─ AdapterError (TypeError)                 what was registered cannot be an adapter
    ├─ AddressError (ValueError)                an address to listen on cannot be read
    ├─ AnnotationError (NameError)              an annotation written as a string cannot be read
    ├─ AsyncioMissingError (RuntimeError)       a test's stage has no event loop
    ├─ CheckNameError (ValueError)              two checks have one name
    ├─ ClosedError (RuntimeError)               a scope was used after its end
    ├─ CommandLineError (ValueError)            what was typed cannot be done
    ├─ ComponentNotFoundError (LookupError)     nothing of that type in the context
    ├─ ConfigError (ValueError)                 settings are wrong
    ├─ ContractError (AssertionError)           a plugin breaks what plugins promise
    ├─ GivenError (TypeError)                   a given value cannot be used as it is
    ├─ HandlerError (TypeError)                 a handler cannot be bound to its trigger
    ├─ JobsFullError (RuntimeError)             as many jobs run as may
    ├─ ListenError (OSError)                    a server cannot listen where it should
    ├─ NoContextError (LookupError)             neither a stage nor a layer here
    ├─ NotAComponentError (TypeError)           a class instead of an instance
    ├─ PluginCycleError (RuntimeError)          plugins load each other in a circle
    ├─ PluginError (RuntimeError)               a plugin is not as it must be
    ├─ PluginNotFoundError (LookupError)        no plugin has this name
    ├─ ProbeError (ConnectionError)             a stage does not answer a probe
    ├─ PytestMarkError (TypeError)              the mark does not say what was meant
    ├─ ResolveError (LookupError)               something cannot be built
    │  ├─ ConflictError                         several adapters are equally near
    │  ├─ CycleError                            something needs itself
    │  └─ NeedsAwaitError                       di.now meets something that needs await
    ├─ ResolverError (RuntimeError)             a resolver of secrets failed
    │  ├─ ResolverDeniedError (PermissionError) it was denied what it was asked for
    │  └─ ResolverTimeoutError (TimeoutError)   it did not answer in time
    ├─ StageNotFoundError (LookupError)         no stage runs, or several do
    ├─ StartTimeoutError (TimeoutError)         the stage did not get to run in time
    ├─ StopTimeoutError (TimeoutError)          the stop was cut short
    ├─ TaskEndedError (RuntimeError)            a task ended without an exception of its own
    ├─ WorkerError (RuntimeError)               workers did not start, or died again and again
    └─ WrongProductError (TypeError)            an adapter made something else than it declares
"""

from rostra.doors import on_demand
from rostra.errors.base import RostraError, Wording, closest, shortened, together

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

_HOMES = {
    "cli": ("CommandLineError", "StageNotFoundError"),
    "components": ("ComponentNotFoundError", "NoContextError", "NotAComponentError"),
    "config": ("ConfigError", "Mistake"),
    "di": (
        "AdapterError",
        "AnnotationError",
        "ClosedError",
        "ConflictError",
        "CycleError",
        "GivenError",
        "NeedsAwaitError",
        "ResolveError",
        "WrongProductError",
    ),
    "handlers": ("HandlerError",),
    "health": ("CheckNameError", "ProbeError"),
    "plugin": (
        "JobsFullError",
        "PluginCycleError",
        "PluginError",
        "PluginNotFoundError",
        "StartTimeoutError",
        "StopTimeoutError",
        "TaskEndedError",
    ),
    "resolvers": ("ResolverDeniedError", "ResolverError", "ResolverTimeoutError"),
    "sockets": ("AddressError", "ListenError"),
    "testing": ("AsyncioMissingError", "ContractError", "PytestMarkError"),
    "workers": ("WorkerError",),
}
__getattr__, __dir__ = on_demand(__name__, _HOMES)
