"""How many processes, which sockets? One stage in several workers, whose parent binds, forks, and keeps them alive.

The parent has neither a loop nor a thread: it decides by a state machine what is to be done, and does that. Workers find
their listening sockets in ``Sockets``, and themselves as ``Worker``. A lone process, too, asks ``Sockets``; so nothing is
imported here before it is asked for, and the types stand in the stub next to this file.
"""

from importlib import import_module

__all__ = [  # pyright: ignore[reportUnsupportedDunderAll]  (see the stub)
    "Balance",
    "Bound",
    "Merged",
    "Recycling",
    "Refusal",
    "Series",
    "SocketAddress",
    "Sockets",
    "TcpAddress",
    "UnixAddress",
    "Watched",
    "Worker",
    "read_address",
    "refusal",
    "stage",
]

_HOMES = {
    "Balance": "balancing",
    "Bound": "binding",
    "Merged": "merging",
    "Recycling": "recycling",
    "Refusal": "refusals",
    "Series": "merging",
    "SocketAddress": "addresses",
    "Sockets": "sockets",
    "TcpAddress": "addresses",
    "UnixAddress": "addresses",
    "Watched": "watching",
    "Worker": "worker",
    "read_address": "addresses",
    "refusal": "refusals",
    "stage": "staging",
}


def __getattr__(name: str) -> object:
    if name in _HOMES:
        return getattr(import_module(f"rostra.fork.{_HOMES[name]}"), name)
    msg = f"module {__name__!r} has no attribute {name!r}"
    raise AttributeError(msg, name=name, obj=__import__(__name__))


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
