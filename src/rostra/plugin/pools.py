"""Threads that are daemons, for loops that take nothing but a pool of Python's own kind."""

import threading
from concurrent.futures import ThreadPoolExecutor

from rostra.plugin.daemons import DaemonThreads


class Pool(DaemonThreads, ThreadPoolExecutor):
    """What ``loop.set_default_executor`` takes; of Python's own pool it has the type only.

    Args:
        crowd: Gets each thread that begins.
    """

    def __init__(self, crowd: list[threading.Thread]) -> None:
        ThreadPoolExecutor.__init__(self)
        DaemonThreads.__init__(self, crowd=crowd)
