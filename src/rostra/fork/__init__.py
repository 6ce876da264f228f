"""How many processes, which sockets? One stage in several workers, whose parent binds, forks, and keeps them alive.

The parent has neither a loop nor a thread: it decides by a state machine what is to be done, and does that. Workers find
their listening sockets in ``Sockets``, and themselves as ``Worker``. A lone process, too, asks ``Sockets``; so nothing is
imported here before it is asked for, and the types stand in the stub next to this file.
"""

from rostra.doors import on_demand

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
    "merging": ("Merged", "Series"),
    "recycling": ("Recycling",),
    "refusals": ("Refusal", "refusal"),
    "sockets": ("Bound", "SocketAddress", "Sockets", "TcpAddress", "UnixAddress"),
    "staging": ("stage",),
    "uris": ("read_address",),
    "watching": ("Watched",),
    "worker": ("Balance", "Worker"),
}
__getattr__, __dir__ = on_demand(__name__, _HOMES)
