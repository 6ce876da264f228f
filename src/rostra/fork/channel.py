"""One end of the control channel between a worker and its parent: a pair of Unix sockets that never blocks.

It knows no loop: the parent asks it when ``poll`` says so, a worker when its loop does.
"""

import os
import select
import socket
from collections import deque
from collections.abc import Iterator
from time import monotonic

from rostra.fork.messages import Message, read, written

__all__ = ["Channel", "pair"]

_MOST_BYTES = 65536
_MOST_DESCRIPTORS = 16
"""Of one call; more lines and descriptors come with the next."""

_CLOSED_ON_EXEC = getattr(socket, "MSG_CMSG_CLOEXEC", 0)
"""What a worker starts gets no sockets."""


class Channel:
    """Sends and receives messages, and the descriptors that they bring.

    What the socket does not take now waits: ask ``is_waiting``, and ``flush`` when the socket can be written.

    Args:
        end: Of a pair, in stream mode; it becomes the channel's.
    """

    __slots__ = ("_descriptors", "_end", "_is_over", "_received", "_waiting")

    def __init__(self, end: socket.socket) -> None:
        end.setblocking(False)
        self._end = end
        self._received = b""
        self._descriptors: deque[int] = deque()
        self._waiting: deque[tuple[bytes, tuple[int, ...]]] = deque()
        self._is_over = False

    def fileno(self) -> int:
        """For ``poll`` and loops; -1 when it is closed."""
        return self._end.fileno()

    @property
    def is_over(self) -> bool:
        """Whether the other end is gone: nothing will come, and nothing sent will arrive."""
        return self._is_over

    @property
    def is_waiting(self) -> bool:
        """Whether something is still to be sent."""
        return bool(self._waiting) and not self._is_over

    def send(self, message: Message, *descriptors: int) -> None:
        """Send a message, at once if the socket takes it. It is lost if the other end is gone.

        Args:
            message: What to say.
            descriptors: What it brings; the other end gets duplicates. They must stay open until ``is_waiting`` says no.
        """
        self._waiting.append((written(message), descriptors))
        self.flush()

    def flush(self) -> None:
        """Send what waits, as much as the socket takes."""
        while self.is_waiting:
            line, descriptors = self._waiting[0]
            try:
                sent = (
                    socket.send_fds(self._end, [line], descriptors) if descriptors else self._end.send(line)
                )
            except (BlockingIOError, InterruptedError):
                return
            except OSError:  # the other end is gone; whoever receives is told
                self._is_over = True
                return
            if sent == len(line):
                self._waiting.popleft()
            else:
                self._waiting[0] = (line[sent:], ())

    def finish(self, seconds: float) -> None:
        """Send what waits, and block for that, but no longer than so many seconds."""
        last = monotonic() + seconds
        writable = select.poll()
        writable.register(self._end, select.POLLOUT)
        while self.is_waiting and (left := last - monotonic()) > 0:
            writable.poll(left * 1000)
            self.flush()

    def received(self) -> Iterator[Message]:
        """Whatever has arrived; ``is_over`` may be true afterwards."""
        while self._receive():
            pass
        *lines, self._received = self._received.split(b"\n")
        for line in lines:
            yield read(line)

    def descriptor(self) -> int:
        """The next descriptor that a message brought; it becomes the caller's."""
        return self._descriptors.popleft()

    def close(self) -> None:
        """Close this end; the other one sees that it is over. More than once is nothing more."""
        self._is_over = True
        self._end.close()
        while self._descriptors:
            os.close(self._descriptors.popleft())

    def _receive(self) -> bool:
        try:
            data, descriptors, _, _ = socket.recv_fds(
                self._end, _MOST_BYTES, _MOST_DESCRIPTORS, _CLOSED_ON_EXEC
            )
        except (BlockingIOError, InterruptedError):
            return False
        except OSError:
            self._is_over = True
            return False
        for each in descriptors:
            os.set_inheritable(each, False)  # where the system does not do it at once
            self._descriptors.append(each)
        self._received += data
        self._is_over = self._is_over or not data
        return bool(data)


def pair() -> tuple[Channel, Channel]:
    """Both ends of a new channel."""
    one, other = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
    return Channel(one), Channel(other)
