"""The parent's view of who watches files for it: a child that has a loop of its own, and is no worker."""

import os
import select
import signal
from collections.abc import Callable, Iterable

from rostra.fork.channel import Channel, pair
from rostra.fork.messages import Message
from rostra.fork.titles import set_title
from rostra.fork.waking import forked
from rostra.fork.watching import Watched, watch

_PATIENCE = 10.0
"""Seconds to begin; then the workers start without."""


class Watcher:
    """A process that watches.

    Args:
        pid: Of the process.
        channel: The parent's end.
    """

    __slots__ = ("_is_waited_for", "channel", "pid")

    def __init__(self, pid: int, channel: Channel) -> None:
        self.pid = pid
        self.channel = channel
        self._is_waited_for = False

    def wait_for_word(self, seconds: float) -> None:
        """Block until it tells something, no longer than so many seconds."""
        readable = select.poll()
        readable.register(self.channel, select.POLLIN)
        readable.poll(seconds * 1000)

    def received(self) -> list[Message]:
        """What it has told since the last time."""
        return list(self.channel.received())

    def close(self) -> None:
        """End it, and wait for that. More than once is nothing more."""
        self.channel.close()
        if self._is_waited_for:
            return
        self._is_waited_for = True
        os.kill(self.pid, signal.SIGKILL)  # it has nothing to put away
        os.waitpid(self.pid, 0)


def start_watcher(watched: Watched, put_off: Callable[[Iterable[int]], None]) -> Watcher:
    """Fork a process that watches, and wait until it does: what is saved from now on is told.

    Args:
        watched: What.
        put_off: Called in the child, with the mask of signals: it puts off all that it has of the parent.

    Raises:
        OSError: There is no room for a process.
    """
    ours, theirs = pair()

    def live(mask: Iterable[int]) -> None:
        ours.close()
        put_off(mask)
        set_title("rostra watcher")
        watch(watched, theirs)
        os._exit(0)

    try:
        made = Watcher(forked(live), ours)
    except OSError:
        ours.close()
        raise
    finally:
        theirs.close()
    made.wait_for_word(_PATIENCE)
    return made
