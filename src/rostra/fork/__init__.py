"""How many processes, which sockets? One stage in several workers, whose parent binds, forks, and keeps them alive.

The parent has neither a loop nor a thread: it decides by a state machine what is to be done, and does that. Workers find
their listening sockets in ``Sockets``, and themselves as ``Worker``.
"""

from rostra.fork.sockets import Sockets
from rostra.fork.worker import Worker

__all__ = ["Sockets", "Worker"]
