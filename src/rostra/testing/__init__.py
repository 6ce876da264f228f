"""What does a test need? Stages for tests, and fakes that are as real as they can be.

The pytest plugin (``rostra.testing.pytest_plugin``) is loaded by every pytest run of an environment in which
rostra is installed, and this module before it. So nothing is imported here until it is asked for; the types
stand in the stub next to this file.
"""

from importlib import import_module

__all__ = ["Journal", "ManualClock", "TcpProxy", "checkpoint", "contract"]

_HOMES = {
    "Journal": "rostra.testing.journal",
    "ManualClock": "rostra.clock",
    "TcpProxy": "rostra.testing.proxy",
    "checkpoint": "rostra.testing.journal",
}


def __getattr__(name: str) -> object:
    if name == "contract":
        return import_module("rostra.testing.contract")
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    msg = f"module {__name__!r} has no attribute {name!r}"
    raise AttributeError(msg, name=name, obj=__import__(__name__))


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
